"""Rows of a list from the columns that were read for them; the statements that read them are in `inbox_queries`."""

from collections.abc import Mapping
from typing import Any, Final

from request_desk.domain.requests import (
    DayPart,
    InboxRow,
    RequestKind,
    RequestState,
    Wish,
    WishKind,
)
from request_desk.domain.words import full_name

# By place and not by name, with the words of the closed sets looked up: fifty of these are most of a page's cost.
_KINDS: Final[Mapping[str, RequestKind]] = {kind.value: kind for kind in RequestKind}
_WISH_KINDS: Final[Mapping[str, WishKind]] = {kind.value: kind for kind in WishKind}
_STATES: Final[Mapping[str, RequestState]] = {state.value: state for state in RequestState}


def wish_of(row: Any) -> Wish:
    """Make the wish of a row of `request_wish`, all columns in their order."""
    _request_id, rank, kind, provider_id, starts_at, day, part = row
    return Wish(rank, _WISH_KINDS[kind], provider_id, starts_at, day, None if part is None else DayPart(part))


def inbox_row(row: Any, wishes: tuple[Wish, ...]) -> InboxRow:
    """Make the row of a request from the columns of the list, in their order."""
    (
        request_id, version, kind, state, patient_id, given_name, family_name, birth_day, contact_given, contact_family,
        relation, type_name, asked_name, with_name, location_name, appointment_at, appointment_zone, arrived_at, due_at, needed_at,
        urgent, is_read, claim_staff_id, claim_until, claim_initials, waiting_until, completed_at, completed_by, failed,
    ) = row  # fmt: skip
    provider_name = asked_name or (with_name if kind == "cancel" else "") or ""
    return InboxRow(
        request_id,
        version,
        _KINDS[kind],
        _STATES[state],
        patient_id,
        given_name,
        family_name,
        birth_day,
        full_name(contact_given, contact_family),
        relation or "",
        type_name or "",
        provider_name,
        location_name or "",
        appointment_at,
        appointment_zone or "",
        wishes,
        arrived_at,
        due_at,
        needed_at,
        urgent,
        not is_read and state == RequestState.OPEN,  # the marks of what is done with are gone
        claim_staff_id,
        claim_initials or "",
        claim_until,
        waiting_until,
        completed_at,
        completed_by or "",
        bool(failed),
    )
