"""The overview of appointments at the size of the large database: pages of 50 against the same SQL on a bare connection."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

from bench import data
from bench.measure import Goal, Row, Scale, middle, rotated, row
from bench.raw import Raw, recorded
from request_desk.domain.appointment_lists import AppointmentFilters, AppointmentOrder
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.clock import FixedClock
from request_desk.domain.ids import ProviderId
from request_desk.services.desk import Desk
from request_desk.services.schedule import appointment_list
from request_desk.store.database import Database

_PAGE: Final = 50
_GOAL: Final = Goal(3.0)
_ACTIVE: Final = AppointmentFilters(
    statuses=(AppointmentStatus.HELD, AppointmentStatus.CONFIRMED), since=data.NOW
)  # what the page opens with
_OF_ONE: Final = AppointmentFilters(provider_ids=(ProviderId(data.FIRST_PROVIDER),))


def run(scale: Scale, cache: Path) -> Iterator[Row]:
    """Measure what the page opens with, first and deep, and its other orders."""
    large = data.large(scale.requests, cache)
    desk = Desk(Database(large.url), FixedClock(data.NOW))
    raw = Raw(large.path)
    asked: dict[str, dict[str, Any]] = {
        "future active, first": {"filters": _ACTIVE},
        "future active, deep": {"filters": _ACTIVE, "pages": 20},
        "latest first": {"descending": True},
        "of a provider": {"filters": _OF_ONE},
        "by patient": {"filters": _ACTIVE, "order": AppointmentOrder.PATIENT},
        "by provider": {"filters": _ACTIVE, "order": AppointmentOrder.PROVIDER},
        "by status": {"order": AppointmentOrder.STATUS},
    }
    try:
        for name, values in asked.items():
            yield _measured(desk, raw, large, scale, name, **values)
    finally:
        raw.close()
        desk.close()


def _measured(
    desk: Desk, raw: Raw, large: data.Large, scale: Scale, name: str, *, pages: int = 0, **values: Any
) -> Row:
    after = None
    for _page in range(pages):
        page = desk.query(large.big, appointment_list.list_page, limit=_PAGE, after=after, **values)
        after = page.after or after

    def use() -> object:
        return desk.query(large.big, appointment_list.list_page, limit=_PAGE, after=after, **values)

    use()
    said = recorded(desk, use)
    times = rotated({"ours": lambda _number: use(), "raw": lambda _number: raw.run(said)}, scale.rounds)
    label = f"appointments page of {_PAGE}: {name}, {scale.requests:,} requests"
    return row(label, middle(times["ours"]), "ms", middle(times["raw"]), _GOAL)
