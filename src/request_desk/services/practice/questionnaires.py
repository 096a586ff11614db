"""Questionnaires as an administrator builds them: their questions, their order, the types before which they are asked (ML1)."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, bindparam, delete, exists, insert, select, update

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import AppointmentType
from request_desk.domain.errors import Invalid, NotFound, UndoRefused
from request_desk.domain.ids import QuestionId, QuestionnaireId, TypeId
from request_desk.domain.questionnaires import FormQuestion, Option, QuestionKind, Questionnaire, checked
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.practice import directory, order
from request_desk.store import schema

_form, _question = schema.questionnaire, schema.question
_of_type, _answer = schema.appointment_type_questionnaire, schema.questionnaire_answer
_is_answered = exists().where(_answer.c.question_id == _question.c.id).correlate(_question)
_ALL = select(*_form.c).order_by(_form.c.position, _form.c.name, _form.c.id)
_QUESTIONS = select(*_question.c, _is_answered.label("is_answered")).order_by(_question.c.position, _question.c.id)
_TYPES = select(_of_type.c.questionnaire_id, _of_type.c.type_id)
_NAMED = select(_form.c.id).where(_form.c.name == bindparam("called"))
_KNOWN_TYPES = select(schema.appointment_type.c.id)


@dataclass(frozen=True, slots=True)
class QuestionnairesWithTypes:
    """What the editor of questionnaires needs at once; both in their order."""

    questionnaires: tuple[Questionnaire, ...]
    types: tuple[AppointmentType, ...]


def questionnaires(unit: Unit) -> tuple[Questionnaire, ...]:
    """Return every questionnaire with its questions, those that are switched off too, in their order."""
    unit.require(Permission.VIEW_SETTINGS)
    return load_all(unit)


def questionnaires_with_types(unit: Unit) -> QuestionnairesWithTypes:
    """Return the questionnaires, and the types before which they can be asked."""
    unit.require(Permission.VIEW_SETTINGS)
    return QuestionnairesWithTypes(load_all(unit), directory.appointment_types(unit))


def load_all(unit: Unit) -> tuple[Questionnaire, ...]:
    """Return every questionnaire in its order, within a use case that has asked for the right."""
    questions: dict[int, list[FormQuestion]] = {}
    for row in unit.rows(_QUESTIONS):
        questions.setdefault(row.questionnaire_id, []).append(_read(row))
    types: dict[int, set[TypeId]] = {}
    for row in unit.rows(_TYPES):
        types.setdefault(row.questionnaire_id, set()).add(TypeId(row.type_id))
    return tuple(
        Questionnaire(
            id=QuestionnaireId(row.id),
            name=row.name,
            name_es=row.name_es,
            questions=tuple(questions.get(row.id, ())),
            type_ids=frozenset(types.get(row.id, ())),
            active=row.active,
            version=row.version,
        )
        for row in unit.rows(_ALL)
    )


def add_questionnaire(unit: Unit, new: Questionnaire) -> QuestionnaireId:
    """Make a questionnaire, behind the others; raises Invalid with every problem.

    Can be undone: it is switched off then, since its name is kept.
    """
    unit.require(Permission.MANAGE_SERVICES)
    made = _checked(unit, new, None)
    which = QuestionnaireId(unit.new_id())
    unit.insert(
        _form, id=which, name=made.name, name_es=made.name_es, active=True, position=order.next_place(unit, _form)
    )
    _write(unit, which, made, None)
    unit.record("added_questionnaire", Topic.DIRECTORY, which)
    until = unit.now + unit.grace
    unit.offer_undo(_("Questionnaire added"), switch_questionnaire, which, active=False, expect_version=1, until=until)
    return which


def save_questionnaire(unit: Unit, which: QuestionnaireId, new: Questionnaire, *, expect_version: int) -> int:
    """Change a questionnaire and return its new version; can be undone.

    A question that was answered is never changed into another one, nor removed: it is switched off.
    """
    unit.require(Permission.MANAGE_SERVICES)
    before = _one(unit, which)
    version = _save(unit, which, new, expect_version)
    until = unit.now + unit.grace
    unit.offer_undo(_("Questionnaire saved"), restore_questionnaire, which, before, expect_version=version, until=until)
    return version


def restore_questionnaire(
    unit: Unit, which: QuestionnaireId, before: Questionnaire, *, expect_version: int, until: datetime
) -> int:
    """Take a change of a questionnaire back; what a family has answered meanwhile stands in the way of it."""
    unit.require(Permission.MANAGE_SERVICES)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change the questionnaire again."))
    return _save(unit, which, before, expect_version)


def move_questionnaire(unit: Unit, which: QuestionnaireId, *, up: bool, expect_version: int) -> int:
    """Move a questionnaire one place up or down, and return its new version; can be undone."""
    unit.require(Permission.MANAGE_SERVICES)
    version, moved = order.move(unit, _form, which, up=up, expect_version=expect_version)
    unit.record("moved_questionnaire", Topic.DIRECTORY, which)
    if moved:
        unit.offer_undo(_("Questionnaire moved"), move_questionnaire, which, up=not up, expect_version=version)
    return version


def switch_questionnaire(
    unit: Unit, which: QuestionnaireId, *, active: bool, expect_version: int, until: datetime | None = None
) -> int:
    """Ask a questionnaire no more, or again; what was answered stays. With `until` this is the way back from having done so."""
    unit.require(Permission.MANAGE_SERVICES)
    row = order.switch(unit, _form, which, active=active, expect_version=expect_version, until=until)
    unit.record("switched_on_questionnaire" if active else "switched_off_questionnaire", Topic.DIRECTORY, which)
    label = _("Questionnaire switched on") if active else _("Questionnaire switched off")
    return order.offer_back(unit, label, switch_questionnaire, row, active=active, until=until)


def _one(unit: Unit, which: QuestionnaireId) -> Questionnaire:
    found = next((each for each in load_all(unit) if each.id == which), None)
    if found is None:
        raise NotFound(_("This questionnaire is not there. Reload to see the present state."))
    return found


def _save(unit: Unit, which: QuestionnaireId, new: Questionnaire, expect_version: int) -> int:
    # The row first: its lock keeps a second editor out while what was answered is looked up.
    row = unit.change(_form, which, expect_version)
    before = _one(unit, which)
    made = _checked(unit, new, before)
    unit.run(update(_form).where(_form.c.id == which).values(name=made.name, name_es=made.name_es))
    _write(unit, which, made, before)
    unit.record("saved_questionnaire", Topic.DIRECTORY, which)
    return int(row.version)


def _checked(unit: Unit, new: Questionnaire, before: Questionnaire | None) -> Questionnaire:
    made = checked(new, before)
    taken = unit.first(_NAMED, {"called": made.name})
    if taken is not None and (before is None or taken.id != before.id):
        raise Invalid(_("There is or was a questionnaire of this name. Choose another name."), field="Name")
    if not made.type_ids <= {row.id for row in unit.rows(_KNOWN_TYPES)}:
        raise Invalid(_("One of these types is not there any more. Reload to see which are."), field="Types")
    return made


def _write(unit: Unit, which: QuestionnaireId, made: Questionnaire, before: Questionnaire | None) -> None:
    """Write the types and the questions in their order; what nobody answered and is not named any more goes."""
    unit.run(delete(_of_type).where(_of_type.c.questionnaire_id == which))
    types = [{"type_id": each, "questionnaire_id": which} for each in sorted(made.type_ids)]
    if types:
        unit.run(insert(_of_type), types)
    known = {each.id for each in before.questions} if before is not None else set()
    gone = known - {each.id for each in made.questions}
    if gone:
        unit.run(delete(_question).where(_question.c.id.in_(gone)))
    for place, each in enumerate(made.questions, 1):
        values = _columns(each, place)
        if each.id in known:
            unit.run(update(_question).where(_question.c.id == each.id).values(**values))
        else:  # an undo brings a question back under its own id
            unit.run(insert(_question).values(id=each.id or unit.new_id(), questionnaire_id=which, **values))


def _columns(of: FormQuestion, place: int) -> dict[str, Any]:
    return {
        "position": place,
        "kind": of.kind,
        "text": of.text,
        "text_es": of.text_es,
        "options": [{"text": each.text, "text_es": each.text_es} for each in of.options],
        "required": of.is_required,
        "active": of.active,
    }


def _read(row: Row[Any]) -> FormQuestion:
    return FormQuestion(
        id=QuestionId(row.id),
        kind=QuestionKind(row.kind),
        text=row.text,
        text_es=row.text_es,
        options=_options(row.options),
        is_required=row.required,
        active=row.active,
        is_answered=bool(row.is_answered),
    )


def _options(kept: Sequence[dict[str, str]]) -> tuple[Option, ...]:
    return tuple(Option(each["text"], each["text_es"]) for each in kept)
