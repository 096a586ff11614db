"""The inbox at the size of the large database: a page of 50, first and deep, and the badge, against the same SQL on a bare connection."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Final

from bench import data
from bench.measure import Goal, Row, Scale, middle, rotated, row
from bench.raw import Raw, recorded
from request_desk.domain.access import Actor
from request_desk.domain.requests import ListOrder, Tab
from request_desk.services.desk import Desk
from request_desk.services.inbox import queries as inbox_queries
from request_desk.store.database import Database

_PAGE: Final = 50
_PAGE_GOAL: Final = Goal(3.0)
_BADGE_GOAL: Final = Goal(5.0)

_DEEP: Final = (
    "SELECT id FROM request WHERE state = 'completed' AND completed_at >="
    " (SELECT (min(completed_at) + max(completed_at)) / 2 FROM request WHERE state = 'completed') ORDER BY completed_at LIMIT 1"
)

Use = Callable[[], object]


def run(scale: Scale, cache: Path) -> Iterator[Row]:
    """Measure pages and the badge of somebody with much in the inbox."""
    large = data.large(scale.requests, cache)
    desk = Desk(Database(large.url))
    raw = Raw(large.path)
    try:
        yield from _rows(desk, raw, large, scale)
    finally:
        raw.close()
        desk.close()


def _rows(desk: Desk, raw: Raw, large: data.Large, scale: Scale) -> Iterator[Row]:
    me = large.big
    uses: dict[str, tuple[Use, Goal]] = {
        "Unread, first": (_page(desk, me, Tab.UNREAD, None), _PAGE_GOAL),
        "Unread, deep": (_page(desk, me, Tab.UNREAD, _deep(desk, me, Tab.UNREAD)), _PAGE_GOAL),
        "Open, first": (_page(desk, me, Tab.OPEN, None), _PAGE_GOAL),
        "Open, deep": (_page(desk, me, Tab.OPEN, _deep(desk, me, Tab.OPEN)), _PAGE_GOAL),
        "Completed, first": (_page(desk, me, Tab.COMPLETED, None), _PAGE_GOAL),
        "Completed, deep": (_page(desk, me, Tab.COMPLETED, _deep_completed(raw)), _PAGE_GOAL),
        "badge": (lambda: desk.query(me, inbox_queries.badge), _BADGE_GOAL),
    }
    for name, (use, goal) in uses.items():
        use()
        statements = recorded(desk, use)
        times = rotated(
            {"ours": lambda _number, use=use: use(), "raw": lambda _number, said=statements: raw.run(said)},  # type: ignore[misc]
            scale.rounds,
        )
        label = f"inbox {name}" if name == "badge" else f"inbox page of {_PAGE}: {name}"
        yield row(f"{label}, {scale.requests:,} requests", middle(times["ours"]), "ms", middle(times["raw"]), goal)


def _page(desk: Desk, me: Actor, tab: Tab, after: int | None) -> Use:
    return lambda: desk.query(me, inbox_queries.list_page, tab, after=after, limit=_PAGE, order=ListOrder.NEWEST)


def _deep(desk: Desk, me: Actor, tab: Tab) -> int:
    """The id in the middle of an open list."""
    ids = sorted(key.id for key in desk.query(me, inbox_queries.open_keys, tab))
    return ids[len(ids) // 2]


def _deep_completed(raw: Raw) -> int:
    """The id of what was completed in the middle of all time."""
    return int(raw.rows(_DEEP)[0][0])
