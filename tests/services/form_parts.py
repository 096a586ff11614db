"""What tests of forms and documents arrange: a questionnaire of every kind, a link, a document."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

from request_desk.domain.access import Actor, ActorKind
from request_desk.domain.attachments import CheckState
from request_desk.domain.ids import AppointmentId, AttachmentId, QuestionId, QuestionnaireId, TypeId
from request_desk.domain.questionnaires import FilledForm, FormQuestion, Option, QuestionKind, Questionnaire, seen_of
from request_desk.domain.spans import Slot
from request_desk.services.portal import questionnaires as portal_forms
from request_desk.services.practice import questionnaires
from request_desk.services.schedule import attachments
from request_desk.store import schema
from tests.builders import Practice, wall
from tests.domain.test_attachments import PDF

KINDS = QuestionKind
QUESTIONS = (
    FormQuestion(QuestionId(0), KINDS.TEXT, "Allergies?", "¿Alergias?"),
    FormQuestion(
        QuestionId(0),
        KINDS.CHOICE,
        "Who looks after the child?",
        "",
        (Option("Mother"), Option("Father", "Padre")),
        True,
    ),
    FormQuestion(QuestionId(0), KINDS.DATE, "Last seen on?", "¿Última cita?"),
    FormQuestion(QuestionId(0), KINDS.YES_NO, "Born early?", "¿Nació antes?"),
    FormQuestion(QuestionId(0), KINDS.NUMBER, "Weight at birth in kg?", "¿Peso al nacer en kg?"),
    FormQuestion(QuestionId(0), KINDS.TEXT, "Medicines?", "¿Medicinas?"),
    FormQuestion(QuestionId(0), KINDS.CONSENT, "I agree to treatment.", "Acepto el tratamiento.", is_required=True),
)


def a_questionnaire(practice: Practice, types: tuple[TypeId, ...], **values: Any) -> Questionnaire:
    """Make the intake form of a practice and return it as it is stored."""
    new = Questionnaire(QuestionnaireId(0), "Intake", "Ingreso", QUESTIONS, frozenset(types), active=True, version=0)
    made = practice.desk.perform(practice.admin, questionnaires.add_questionnaire, replace(new, **values)).value
    return stored(practice, made)


def stored(practice: Practice, which: QuestionnaireId) -> Questionnaire:
    found = practice.desk.query(practice.admin, questionnaires.questionnaires)
    return next(each for each in found if each.id == which)


def a_link(
    practice: Practice,
    chain: AppointmentId,
    *,
    contact: Actor | None = None,
    purpose: str = "manage",
    at: datetime | None = None,
    revoked_at: datetime | None = None,
) -> Actor:
    """Make a manage link and return whoever has it."""
    which = practice.new_id()
    practice.insert(
        schema.manage_link,
        id=which,
        token_hash=f"hash {which}",
        chain_id=chain,
        contact_id=None if contact is None else contact.id,
        purpose=purpose,
        created_at=at or practice.desk.clock.now(),
        created_by_kind="staff",
        created_by_id=practice.maria.id,
        revoked_at=revoked_at,
    )
    return Actor(ActorKind.LINK, which, "")


def filled(
    practice: Practice, who: Actor, appointment: AppointmentId | None, form: Questionnaire, *, is_verified: bool = True
) -> FilledForm:
    """What is in a form so far, as the family sees it."""
    found = practice.desk.query(who, portal_forms.papers, appointment, is_verified=is_verified)
    return next(each for each in found.forms if each.questionnaire.id == form.id)


def answer(
    practice: Practice,
    who: Actor,
    appointment: AppointmentId | None,
    form: Questionnaire,
    typed: dict[int, str],
    *,
    finish: bool = False,
    seen: str | None = None,
    is_verified: bool = True,
) -> Any:
    """Fill in questions by their place, as one page of the form does; returns the outcome."""
    asked = [form.asked[place] for place in sorted(typed)]
    if seen is None:
        seen = seen_of(asked, filled(practice, who, appointment, form, is_verified=is_verified).values)
    return practice.desk.perform(
        who,
        portal_forms.save_answers,
        appointment,
        form.id,
        {form.asked[place].id: text for place, text in typed.items()},
        seen=seen,
        finish=finish,
        is_verified=is_verified,
    )


def a_document(
    practice: Practice,
    appointment: AppointmentId,
    *,
    name: str = "letter.pdf",
    content: bytes = PDF,
    state: CheckState = CheckState.UNCHECKED,
) -> AttachmentId:
    add = attachments.add_attachment
    return practice.desk.perform(practice.maria, add, appointment, name=name, content=content, check_state=state).value


def a_slot(practice: Practice, day: date, time: str, minutes: int) -> Slot:
    start = wall(day, time)
    end = start + timedelta(minutes=minutes)
    return Slot(practice.lindqvist, practice.northside, start, end, end)
