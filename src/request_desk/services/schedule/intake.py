"""Whether a family still has something to fill in before an appointment; what it says is in `filled_forms`."""

from typing import Final

from sqlalchemy import bindparam, exists, select

from request_desk.domain.ids import AppointmentId
from request_desk.services.desk import Unit
from request_desk.store import schema

_table, _form, _response = schema.appointment, schema.questionnaire, schema.questionnaire_response
_of_type = schema.appointment_type_questionnaire
_is_complete = exists().where(
    _response.c.chain_id == _table.c.chain_id,
    _response.c.questionnaire_id == _form.c.id,
    _response.c.completed_at.is_not(None),
)
_asks_something = exists().where(schema.question.c.questionnaire_id == _form.c.id, schema.question.c.active)
_INCOMPLETE: Final = (
    select(_form.c.id)
    .select_from(
        _table.join(_of_type, _of_type.c.type_id == _table.c.type_id).join(
            _form, _form.c.id == _of_type.c.questionnaire_id
        )
    )
    .where(_table.c.id == bindparam("id"), _form.c.active, _asks_something, ~_is_complete)
    .limit(1)
)


def intake_incomplete(unit: Unit, appointment_id: AppointmentId) -> bool:
    """Tell whether a form of an appointment is not finished, within a use case that has asked for the right (BK8)."""
    return unit.first(_INCOMPLETE, {"id": appointment_id}) is not None
