"""How one order of keys becomes another with few removals, moves and insertions; nothing of Qt is here."""

import sys
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

MOST_MOVES: Final = 64  # beyond, one new layout is cheaper for a view than a move each
KEY_BYTES: Final = 8
NEIGHBOURS: Final = 256  # keys on each side of a guess
NO_KEYS: Final["array[int]"] = array("q")


@dataclass(frozen=True, slots=True)
class Removal:
    """Rows first … last go."""

    first: int
    last: int


@dataclass(frozen=True, slots=True)
class RowMove:
    """The row at `source` stands at `target` afterwards."""

    source: int
    target: int


@dataclass(frozen=True, slots=True)
class Insertion:
    """These keys come in before the row that is at `first` now."""

    first: int
    keys: "array[int]"


@dataclass(frozen=True, slots=True)
class Steps:
    """What to do, in this order; where `moves` is None, the rows that stay are laid out anew as `kept`."""

    removals: tuple[Removal, ...]
    kept: "array[int]"
    moves: tuple[RowMove, ...] | None
    insertions: tuple[Insertion, ...]


def as_keys(keys: Iterable[int]) -> "array[int]":
    """Return `keys` as an array; an array is given back as it is."""
    return keys if isinstance(keys, array) else array("q", keys)


def place_of(keys: "array[int]", key: int, near: int = -1) -> int:
    """Return where `key` is, -1 if it is not; looks around `near` first.

    The whole is searched as bytes, which is ten times faster than comparing numbers.
    """
    if near >= 0:
        try:
            return keys.index(key, max(0, near - NEIGHBOURS), near + NEIGHBOURS)
        except ValueError:
            pass
    raw = keys.tobytes()
    wanted = key.to_bytes(KEY_BYTES, sys.byteorder, signed=True)
    at = raw.find(wanted)
    while at >= 0 and at % KEY_BYTES:
        at = raw.find(wanted, at + 1)
    return at // KEY_BYTES


def steps_between(old: "array[int]", new: "array[int]") -> Steps:
    """Return the steps that make `new` of `old`; keys occur once in each."""
    start, end = _common_ends(memoryview(old), memoryview(new))
    old_middle = old[start : len(old) - end]
    new_middle = new[start : len(new) - end]
    single = _single_move(old_middle, new_middle, start)
    if single is not None:
        return Steps((), NO_KEYS, (single,), ())
    staying = set(old_middle) & set(new_middle)
    removals = _runs(old_middle, staying, start)
    wanted = array("q", (key for key in new_middle if key in staying))
    moves = _moves(array("q", (key for key in old_middle if key in staying)), wanted, start)
    kept = NO_KEYS if moves is not None else old[:start] + wanted + old[len(old) - end :]
    return Steps(tuple(removals), kept, moves, tuple(_insertions(new_middle, staying, start)))


def _common_ends(one: "memoryview[int]", two: "memoryview[int]") -> tuple[int, int]:
    """Return how many keys are equal from the start and, of the rest, from the end; by halving over equal slices."""
    low, high = 0, min(len(one), len(two))
    if one[:high] == two[:high]:
        return high, 0
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == two[low:middle]:
            low = middle
        else:
            high = middle - 1
    start = low
    low, high = 0, min(len(one), len(two)) - start
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == two[len(two) - middle : len(two) - low]:
            low = middle
        else:
            high = middle - 1
    return start, low


def _single_move(old: "array[int]", new: "array[int]", offset: int) -> RowMove | None:
    """Return the one move that makes `new` of `old`, which differ at both ends; the most frequent change of a list."""
    last = len(old) - 1
    if last < 1 or len(new) != len(old):
        return None
    if old[0] == new[last] and old[1:] == new[:last]:
        return RowMove(offset, offset + last)
    if old[last] == new[0] and old[:last] == new[1:]:
        return RowMove(offset + last, offset)
    return None


def _runs(keys: "array[int]", staying: set[int], offset: int) -> list[Removal]:
    """Return the removals, last first, so that the places before them stay true."""
    removals: list[Removal] = []
    last = -1
    for place in range(len(keys) - 1, -2, -1):
        goes = place >= 0 and keys[place] not in staying
        if goes and last < 0:
            last = place
        elif not goes and last >= 0:
            removals.append(Removal(offset + place + 1, offset + last))
            last = -1
    return removals


def _insertions(keys: "array[int]", staying: set[int], offset: int) -> list[Insertion]:
    """Return the insertions, first first: the places count what was inserted before."""
    insertions: list[Insertion] = []
    first = -1
    for place in range(len(keys) + 1):
        comes = place < len(keys) and keys[place] not in staying
        if comes and first < 0:
            first = place
        elif not comes and first >= 0:
            insertions.append(Insertion(offset + first, keys[first:place]))
            first = -1
    return insertions


def _moves(old: "array[int]", new: "array[int]", offset: int) -> tuple[RowMove, ...] | None:
    """Return the fewest single moves that make `new` of `old`, None if they are too many."""
    if old == new:
        return ()
    rank = {key: place for place, key in enumerate(new)}
    ranks = [rank[key] for key in old]
    stays = _longest_rising(ranks)
    if len(ranks) - len(stays) > MOST_MOVES:
        return None
    # Keys that stay are in order already; each other one is taken to behind its predecessor.
    order = list(old)
    settled = {new[each] for each in stays}
    moves: list[RowMove] = []
    for place, key in enumerate(new):
        if key in settled:
            continue
        source = order.index(key)
        del order[source]
        target = order.index(new[place - 1]) + 1 if place else 0
        order.insert(target, key)
        moves.append(RowMove(offset + source, offset + target))
    return tuple(moves)


def _longest_rising(ranks: Sequence[int]) -> set[int]:
    """Return the values of a longest rising run within `ranks` (patience sorting)."""
    tails: list[int] = []
    before: list[int] = [-1] * len(ranks)
    at: list[int] = []
    for place, value in enumerate(ranks):
        pile = bisect_left(tails, value)
        if pile:
            before[place] = at[pile - 1]
        if pile == len(tails):
            tails.append(value)
            at.append(place)
        else:
            tails[pile] = value
            at[pile] = place
    rising: set[int] = set()
    place = at[-1] if at else -1
    while place >= 0:
        rising.add(ranks[place])
        place = before[place]
    return rising
