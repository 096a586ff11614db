"""The forms and documents of one appointment as a family sees them: listed, filled in page by page, sent (ML1, UPL-07)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import bindparam, delete, insert, select, update

from request_desk.domain.appointments import Appointment
from request_desk.domain.attachments import Attachment, DocumentFile
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Control
from request_desk.domain.errors import Conflict, Invalid, NotFound, Refused
from request_desk.domain.ids import AppointmentId, AttachmentId, QuestionId, QuestionnaireId, ResponseId
from request_desk.domain.questionnaires import FilledForm, FormQuestion, SavedForm, parse_answer, seen_of
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.portal.chains import Arrival, arrival, not_there
from request_desk.services.schedule.attachments import attachments_of, with_content
from request_desk.services.schedule.filled_forms import form_of, forms_of
from request_desk.store import schema

_response, _answer = schema.questionnaire_response, schema.questionnaire_answer
_OWN: Final = select(_response.c.id, _response.c.version).where(
    _response.c.chain_id == bindparam("chain_id"), _response.c.questionnaire_id == bindparam("which")
)
_LOCK: Final = select(schema.appointment.c.id).where(schema.appointment.c.id == bindparam("chain_id")).with_for_update()
_TAKE_OUT: Final = delete(_answer).where(
    _answer.c.response_id == bindparam("response"), _answer.c.question_id == bindparam("question")
)
_CHANGE: Final = (
    update(_answer)
    .where(_answer.c.response_id == bindparam("response"), _answer.c.question_id == bindparam("question"))
    .values(
        value=bindparam("to"),
        answered_at=bindparam("at"),
        answered_by_kind=bindparam("kind"),
        answered_by_id=bindparam("who"),
    )
)


@dataclass(frozen=True, slots=True)
class Papers:
    """What a family finds beside one appointment, of a patient of whom a link tells the first name alone; `may_fill` while it is to come."""

    appointment: Appointment
    first_name: str
    forms: tuple[FilledForm, ...]
    documents: tuple[Attachment, ...]
    may_fill: bool


def papers(unit: Unit, appointment_id: AppointmentId | None, *, is_verified: bool) -> Papers:
    """Return forms and documents of an appointment; a link names its own, so `appointment_id` is None there.

    Raises NotFound for what is not the actor's, and NotVerified where the type asks first who somebody is.
    """
    found = arrival(unit, appointment_id, is_verified=is_verified)
    forms = forms_of(unit, found.appointment) if Control.FORMS in found.shows else ()
    return Papers(found.appointment, found.first_name, forms, _documents(unit, found), _may_fill(unit, found))


def save_answers(
    unit: Unit,
    appointment_id: AppointmentId | None,
    which: QuestionnaireId,
    typed: Mapping[QuestionId, str],
    *,
    seen: str,
    finish: bool,
    is_verified: bool,
) -> SavedForm:
    """Keep the answers of one page of a form, and with `finish` send it to the practice once nothing misses.

    What fits is kept, also when another answer does not fit or one is missing: the result says which. `seen` is the mark of the
    answers that the page showed. Raises Conflict when somebody else has changed one of them meanwhile, Refused when the form
    was sent or the visit is over.
    """
    found = arrival(unit, appointment_id, is_verified=is_verified)
    unit.first(_LOCK, {"chain_id": found.appointment.chain_id})
    form = _form(unit, found, which)
    if not _may_fill(unit, found):
        raise Refused(_("This visit is over or not booked any more, so its forms are closed."))
    if form.completed_at is not None:
        raise Refused(_("This form was sent already. If something has to be changed, please call us."))
    asked = [each for each in form.questionnaire.asked if each.id in typed]
    if len(asked) != len(typed):
        raise Conflict(_("The questions were changed meanwhile. Look at them again, please."))
    answers, problems = _parsed(unit, asked, typed)
    if seen_of(asked, form.values) != seen and any(
        form.values.get(each, "") != value for each, value in answers.items()
    ):
        raise Conflict(
            _(
                "Somebody else has filled in this page meanwhile. What you typed is still here: look at it, and save it again."
            )
        )
    changed = {each: value for each, value in answers.items() if form.values.get(each, "") != value}
    response = _response_of(unit, found.appointment, which)
    _write(unit, response, form, changed)
    missing = _missing(form, changed)
    is_complete = finish and not missing and not problems
    _settle(unit, response, found.appointment, which, is_complete=is_complete, is_changed=bool(changed))
    return SavedForm(problems, missing if finish else (), is_complete)


def portal_document(
    unit: Unit, appointment_id: AppointmentId | None, which: AttachmentId, *, is_verified: bool
) -> DocumentFile:
    """Return a document with its bytes; one of another appointment, or added after the link was sent, is not there (UPL-03)."""
    found = arrival(unit, appointment_id, is_verified=is_verified)
    document = next((each for each in _documents(unit, found) if each.id == which), None)
    if document is None:
        raise not_there()
    return with_content(unit, document)


def _form(unit: Unit, found: Arrival, which: QuestionnaireId) -> FilledForm:
    if Control.FORMS not in found.shows:
        raise not_there()
    try:
        return form_of(unit, found.appointment, which)
    except NotFound as refused:
        raise not_there() from refused


def _documents(unit: Unit, found: Arrival) -> tuple[Attachment, ...]:
    if Control.DOCUMENTS not in found.shows:
        return ()
    return tuple(
        each
        for each in attachments_of(unit, found.appointment)
        if each.is_for_families and (found.sent_at is None or each.added_at <= found.sent_at)
    )


def _may_fill(unit: Unit, found: Arrival) -> bool:
    return found.is_to_come and found.appointment.ends_at > unit.now


def _parsed(
    unit: Unit, asked: Sequence[FormQuestion], typed: Mapping[QuestionId, str]
) -> tuple[dict[QuestionId, str], dict[str, str]]:
    """The answers that fit, and what is wrong with the others, by question."""
    answers: dict[QuestionId, str] = {}
    problems: dict[str, str] = {}
    for each in asked:
        try:
            answers[each.id] = parse_answer(each, typed[each.id], month_first=unit.words.is_month_first)
        except Invalid as refused:
            problems[str(each.id)] = refused.sentence
    return answers, problems


def _response_of(unit: Unit, appointment: Appointment, which: QuestionnaireId) -> ResponseId:
    values = {"chain_id": appointment.chain_id, "which": which}
    row = unit.first(_OWN, values)
    if row is not None:
        return ResponseId(row.id)
    made = ResponseId(unit.new_id())
    unit.run(
        insert(_response).values(id=made, chain_id=appointment.chain_id, questionnaire_id=which, started_at=unit.now)
    )
    return made


def _write(unit: Unit, response: ResponseId, form: FilledForm, changed: Mapping[QuestionId, str]) -> None:
    who: dict[str, Any] = {"at": unit.now, "kind": str(unit.actor.kind), "who": unit.actor.id}
    for question, value in changed.items():
        values = {"response": response, "question": question}
        if not value:
            unit.run(_TAKE_OUT, values)
        elif question in form.answers:
            unit.run(_CHANGE, {**values, **who, "to": value})
        else:
            unit.insert(
                _answer,
                response_id=response,
                question_id=question,
                value=value,
                answered_at=unit.now,
                answered_by_kind=str(unit.actor.kind),
                answered_by_id=unit.actor.id,
            )


def _missing(form: FilledForm, changed: Mapping[QuestionId, str]) -> tuple[int, ...]:
    after = {**form.values, **changed}
    return tuple(each.id for each in form.questionnaire.asked if each.is_required and not after.get(each.id))


def _settle(
    unit: Unit,
    response: ResponseId,
    appointment: Appointment,
    which: QuestionnaireId,
    *,
    is_complete: bool,
    is_changed: bool,
) -> None:
    """Raise the version, and with the last page note who has sent the form."""
    if not is_complete and not is_changed:
        return
    who: dict[str, Any] = (
        {"completed_at": unit.now, "completed_by_kind": str(unit.actor.kind), "completed_by_id": unit.actor.id}
        if is_complete
        else {}
    )
    unit.change(_response, response, None, **who)
    action = "sent_form" if is_complete else "saved_form"
    unit.record(action, Topic.APPOINTMENT, appointment.id, questionnaire_id=which)
