"""What families filled in before an appointment, as staff read it; the answers belong to the chain and follow a move (ML1, BK8)."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, func, select

from request_desk.domain.access import ActorKind, Permission
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.changes import Topic
from request_desk.domain.errors import NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import AppointmentId, OutboxId, QuestionId, QuestionnaireId
from request_desk.domain.notices import FORMS
from request_desk.domain.policy import Action, AppointmentSubject, may
from request_desk.domain.questionnaires import FilledForm, GivenAnswer, QuestionKind, Questionnaire
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.notices import outbox
from request_desk.services.practice import questionnaires
from request_desk.services.schedule.views import chain_end
from request_desk.store import schema

_response, _answer = schema.questionnaire_response, schema.questionnaire_answer
_link, _contact = schema.manage_link, schema.contact
_RESPONSES = select(*_response.c).where(_response.c.chain_id == bindparam("chain_id"))
_ANSWERS = (
    select(*_answer.c)
    .join(_response, _response.c.id == _answer.c.response_id)
    .where(_response.c.chain_id == bindparam("chain_id"))
)
_whose: Final = func.trim(_contact.c.given_name.concat(" ").concat(_contact.c.family_name))
_CONTACTS = select(_contact.c.id, _whose.label("name")).where(_contact.c.id.in_(bindparam("ids", expanding=True)))
_LINKS = (
    select(_link.c.id, func.coalesce(_whose, "").label("name"))
    .select_from(_link.outerjoin(_contact, _contact.c.id == _link.c.contact_id))
    .where(_link.c.id.in_(bindparam("ids", expanding=True)))
)
_SIGNED = select(schema.question.c.id).where(schema.question.c.kind == QuestionKind.CONSENT)
_UNSIGN = delete(_answer).where(_answer.c.response_id == bindparam("response"), _answer.c.question_id.in_(_SIGNED))


def forms_of(unit: Unit, appointment: Appointment) -> tuple[FilledForm, ...]:
    """Return the forms of an appointment, within a use case that has asked for the right.

    Those that are asked before its type and can be answered, and those that were answered before an earlier one of its chain.
    """
    values = {"chain_id": appointment.chain_id}
    responses = {row.questionnaire_id: row for row in unit.rows(_RESPONSES, values)}
    forms = questionnaires.load_all(unit)
    shown = [each for each in forms if each.id in responses or _is_asked(each, appointment)]
    if not responses:
        return tuple(FilledForm(each, appointment.id) for each in shown)
    rows = unit.rows(_ANSWERS, values)
    names = _names(unit, (*rows, *responses.values()))
    found: dict[int, dict[QuestionId, GivenAnswer]] = {}
    for row in rows:
        by = names.get((row.answered_by_kind, row.answered_by_id), "")
        answer = GivenAnswer(QuestionId(row.question_id), row.value, row.answered_at, by)
        found.setdefault(row.response_id, {})[answer.question_id] = answer
    return tuple(_filled(each, appointment, responses.get(each.id), found, names) for each in shown)


def form_of(unit: Unit, appointment: Appointment, which: QuestionnaireId) -> FilledForm:
    """Return one form of an appointment, within a use case that has asked for the right; raises NotFound for any other."""
    found = next((each for each in forms_of(unit, appointment) if each.questionnaire.id == which), None)
    if found is None:
        raise NotFound(_("There is no such form for this visit. Look at the visit again."))
    return found


def filled_form(unit: Unit, appointment_id: AppointmentId, which: QuestionnaireId) -> FilledForm:
    """Return what a family filled in, with who answered what and when."""
    unit.require(Permission.VIEW_SCHEDULE)
    return form_of(unit, seen_by_staff(unit, appointment_id), which)


def printed_form(unit: Unit, appointment_id: AppointmentId, which: QuestionnaireId) -> None:
    """Note that the answers were printed or put into a file: whoever takes data out is in the journal."""
    unit.require(Permission.VIEW_SCHEDULE)
    found = form_of(unit, seen_by_staff(unit, appointment_id), which)
    unit.record("printed_form", Topic.APPOINTMENT, found.appointment_id, broadcast=False, questionnaire_id=which)


def reopen_form(unit: Unit, appointment_id: AppointmentId, which: QuestionnaireId, *, expect_version: int) -> int:
    """Let the family change a form that it has sent, and return its new version; what was signed has to be signed anew."""
    unit.require(Permission.SHARE_LINKS)
    found = form_of(unit, seen_by_staff(unit, appointment_id), which)
    if found.completed_at is None:
        raise Refused(_("This form is not finished yet, so the family can change it already."))
    row = unit.first(_RESPONSES.where(_response.c.questionnaire_id == which), {"chain_id": _chain_of(unit, found)})
    if row is None:
        raise NotFound(_("There is no such form for this visit. Look at the visit again."))
    changed = unit.change(
        _response, row.id, expect_version, completed_at=None, completed_by_kind=None, completed_by_id=None
    )
    unit.run(_UNSIGN, {"response": row.id})
    unit.record("reopened_form", Topic.APPOINTMENT, found.appointment_id, questionnaire_id=which)
    return int(changed.version)


def send_forms_link(unit: Unit, appointment_id: AppointmentId) -> int:
    """Send the link to the forms to each contact who may book for the patient, and return to how many; can be undone (BK8).

    Raises Refused when nothing is to be filled in, or nobody can be told.
    """
    unit.require(Permission.SHARE_LINKS)
    seen = seen_by_staff(unit, appointment_id)
    if seen.status is not AppointmentStatus.CONFIRMED or seen.ends_at <= unit.now:
        raise Refused(_("Forms are sent before a visit that is booked. This one is over or not booked."))
    forms = forms_of(unit, seen)
    if not any(each.questionnaire.asked for each in forms):
        raise Refused(
            _("Nothing is asked before {type}. Questionnaires are chosen in Settings.").format(type=seen.type_name)
        )
    if all(each.completed_at is not None for each in forms):
        raise Refused(_("The family has filled in everything. To have it changed, open the form and let them."))
    notices = outbox.notify(
        unit,
        FORMS,
        people=outbox.ask_people(unit, seen.patient_id),
        replied=False,
        sender_id=None,
        appointment_id=seen.id,
        version=unit.new_id(),  # sent as often as somebody wants it sent
    )
    if not notices:
        raise Refused(_("Nobody who may book for this patient has a confirmed e-mail address. Add one in Patients."))
    unit.record("sent_forms_link", Topic.APPOINTMENT, seen.id)
    until = unit.now + unit.grace
    unit.offer_undo(_("Forms link sent"), unsend_forms_link, seen.id, notices=notices, until=until)
    return len(notices)


def unsend_forms_link(
    unit: Unit, appointment_id: AppointmentId, *, notices: tuple[OutboxId, ...], until: datetime
) -> None:
    """Take a forms link back before it has left."""
    unit.require(Permission.SHARE_LINKS)
    if unit.now > until:
        raise UndoRefused(_("It is too late to take this back: the letter has left."))
    outbox.withdraw(unit, notices)
    unit.record("unsent_forms_link", Topic.APPOINTMENT, appointment_id)


def seen_by_staff(unit: Unit, appointment_id: AppointmentId) -> Appointment:
    """Return the present end of a chain that the actor may see, within a use case; raises NotFound or NotAllowed."""
    seen = chain_end(unit, appointment_id)
    if not may(unit.actor, Action.SEE, AppointmentSubject(seen.provider_id), unit.time.day_of(unit.now)):
        raise NotAllowed(_("This visit is with {provider}, and you see your own.").format(provider=seen.provider_name))
    return seen


def _chain_of(unit: Unit, found: FilledForm) -> AppointmentId:
    return chain_end(unit, found.appointment_id).chain_id


def _is_asked(form: Questionnaire, appointment: Appointment) -> bool:
    return form.active and bool(form.asked) and appointment.type_id in form.type_ids


def _filled(
    form: Questionnaire,
    appointment: Appointment,
    row: Row[Any] | None,
    answers: Mapping[int, Mapping[QuestionId, GivenAnswer]],
    names: Mapping[tuple[str, int], str],
) -> FilledForm:
    if row is None:
        return FilledForm(form, appointment.id)
    by = names.get((row.completed_by_kind, row.completed_by_id), "")
    return FilledForm(form, appointment.id, answers.get(row.id, {}), row.completed_at, by, row.version)


def _names(unit: Unit, rows: tuple[Row[Any], ...]) -> dict[tuple[str, int], str]:
    """Who answered, by kind and id: a contact, or whom a link was sent to."""
    who: dict[str, set[int]] = {}
    for row in rows:
        kind, actor_id = (
            (row.answered_by_kind, row.answered_by_id)
            if "answered_by_kind" in row._fields
            else (row.completed_by_kind, row.completed_by_id)
        )
        if kind is not None:
            who.setdefault(kind, set()).add(actor_id)
    names: dict[tuple[str, int], str] = {}
    for kind, statement, unknown in (
        (ActorKind.CONTACT, _CONTACTS, _("The parent")),
        (ActorKind.LINK, _LINKS, _("Somebody with the link")),
    ):
        ids = who.get(kind, set())
        found = {row.id: row.name for row in unit.rows(statement, {"ids": sorted(ids)})} if ids else {}
        names |= {(kind, each): found.get(each) or unknown for each in ids}
    return names
