"""Search at the size of the large database: for the whole practice and for an inbox of 150, words of every frequency."""

import random
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from bench import data
from bench.measure import Goal, Row, Scale, p99, rotated, row
from bench.raw import Raw, recorded
from request_desk.domain.access import Actor
from request_desk.services.desk import Desk
from request_desk.services.inbox import search_queries
from request_desk.store.database import Database

_GOAL: Final = Goal(20.0, of_ratio=False)


def run(scale: Scale, cache: Path) -> Iterator[Row]:
    """Measure what is typed into the search: common and rare words, beginnings, pairs, names, days of birth, nonsense."""
    large = data.large(scale.requests, cache)
    desk = Desk(Database(large.url))
    raw = Raw(large.path)
    typed = _typed(large, scale.searches)
    try:
        for where, me, is_mine in (
            ("whole practice", large.big, False),
            (f"inbox of {data.SMALL_INBOX}", large.small, True),
        ):
            ours, floor = _times(desk, raw, me, typed, is_mine=is_mine)
            name = f"search p99, {where}, {scale.requests:,} requests"
            yield row(name, p99(ours), "ms", p99(floor), _GOAL)
    finally:
        raw.close()
        desk.close()


def _times(desk: Desk, raw: Raw, me: Actor, typed: list[str], *, is_mine: bool) -> tuple[list[float], list[float]]:
    def ours(number: int) -> object:
        return desk.query(me, search_queries.search, typed[number % len(typed)], scope_mine=is_mine)

    said = [recorded(desk, lambda number=number: ours(number)) for number in range(len(typed))]  # type: ignore[misc]
    times = rotated({"ours": ours, "raw": lambda number: raw.run(said[number % len(said)])}, len(typed), warm=5)
    return times["ours"], times["raw"]


def _typed(large: data.Large, count: int) -> list[str]:
    """What people type; the same each run."""
    source = random.Random(count)
    words, names = large.words, large.names
    kinds = (
        lambda: source.choice(data.COMMON),
        lambda: words[source.randrange(10)],
        lambda: words[source.randrange(10, 200)],
        lambda: words[source.randrange(200, len(words))],
        lambda: words[source.randrange(len(words))][:3],
        lambda: f"{words[source.randrange(50)]} {words[source.randrange(2_000)]}",
        lambda: source.choice(("nguyen", "garcia", "Nguyen please")),
        lambda: " ".join(source.choice(names)[:2]),
        lambda: f"{source.choice(names)[1][:4]} {source.choice(names)[2]:%m/%d/%Y}",
        lambda: "zzyzx",
    )
    return [kinds[number % len(kinds)]() for number in range(count)]
