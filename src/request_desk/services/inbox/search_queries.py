"""Search over patient, sender and text of requests (MC6), newest letter first; folding and query language are in `domain.search`."""

from collections.abc import Sequence
from typing import Any, Final

from sqlalchemy import (
    ARRAY,
    Select,
    Text,
    any_,
    bindparam,
    cast,
    column,
    func,
    literal,
    literal_column,
    select,
    table,
    true,
)
from sqlalchemy.sql.elements import ColumnElement

from request_desk.domain.access import Permission
from request_desk.domain.ids import RequestId
from request_desk.domain.paging import Page
from request_desk.domain.policy import sees_all_requests
from request_desk.domain.requests import InboxRow
from request_desk.domain.search import fts_query, needle, query_terms, tsquery
from request_desk.services.desk import Unit
from request_desk.services.inbox import scope as request_scope
from request_desk.services.inbox.queries import rows
from request_desk.services.inbox.search_index import scope_word
from request_desk.store import schema

_MOST: Final = 200
_LATEST: Final = 2**63 - 1
# Both engines are slow where a word is common and its beginning is asked for: they gather every letter that has it (38 ms for
# a word in seven of ten among a million). So the newest letters are looked through as they are; the index is asked only for
# what lies behind them, and only for the words that are rare among them, the others are looked for in what it finds.
_WINDOW: Final = 600
_COMMON: Final = _WINDOW // 12

_search, _message = schema.message_search, schema.message
_fts = table("message_fts", column("rowid"))
_before = _search.c.id < bindparam("after")
_NEWEST = (
    select(_search.c.id, _search.c.request_id, _search.c.body)
    .where(_before)
    .order_by(_search.c.id.desc())
    .limit(bindparam("most"))
)
# SQLite: the inbox is a word of the same index; filtering afterwards costs 105 ms for a small inbox among a million.
_FTS = (
    select(_search.c.id, _search.c.request_id, _search.c.body)
    .select_from(_fts.join(_search, _search.c.id == _fts.c.rowid))
    .where(literal_column("message_fts").op("MATCH")(bindparam("words")), _fts.c.rowid < bindparam("after"))
    .order_by(_fts.c.rowid.desc())
    .limit(bindparam("most"))
)
_scopes = cast(bindparam("scopes"), ARRAY(Text))
_inbox = func.unnest(_scopes).table_valued("word", name="inbox").render_derived()
_newest_of_inbox = _NEWEST.where(_search.c.scope == _inbox.c.word).lateral("newest")
_NEWEST_OF_MINE = (
    select(_newest_of_inbox.c.id, _newest_of_inbox.c.request_id, _newest_of_inbox.c.body)
    .select_from(_inbox.join(_newest_of_inbox, true()))
    .order_by(_newest_of_inbox.c.id.desc())
    .limit(bindparam("most"))
)
_simple: ColumnElement[str] = literal_column("'simple'")
_is_hit = func.to_tsvector(_simple, _search.c.body).bool_op("@@")(func.to_tsquery(_simple, bindparam("words")))
_is_mine = _search.c.scope == any_(_scopes)
_SHOWN_BEFORE = (
    select(_search.c.request_id, _search.c.body)
    .select_from(_message.join(_search, _search.c.id == _message.c.id))
    .where(_message.c.request_id.in_(bindparam("ids", expanding=True)), _message.c.id >= bindparam("after"))
)


def search(
    unit: Unit, text: str, *, scope_mine: bool = False, after: int | None = None, limit: int = 50
) -> Page[InboxRow]:
    """Return requests of any state that hold every word typed, those with the newest matching letter first.

    `scope_mine` keeps to the actor's inboxes; somebody who does not work for the whole practice gets no more than that.
    `after` is the cursor of the page before (a letter's id, not a request's).
    """
    unit.require(Permission.VIEW_REQUESTS)
    terms = query_terms(text)
    if not terms:
        return Page((), None)
    most = max(1, min(limit, _MOST))
    scopes = None
    if scope_mine or not sees_all_requests(unit.actor):
        scopes = [scope_word(target) for target in request_scope.my_targets(unit)]
    found: dict[int, int] = {}
    cursor = after or _LATEST
    while len(found) <= most:
        hits = _hits(unit, terms, scopes, cursor, most + 1)
        seen = _shown_before(unit, {request_id for _id, request_id in hits}, after, terms)
        for message_id, request_id in hits:
            if request_id not in seen:
                found.setdefault(request_id, message_id)
        if len(hits) <= most:
            break
        cursor = hits[-1][0]
    ids = [RequestId(each) for each in found][:most]
    return Page(rows(unit, ids), found[ids[-1]] if len(found) > most else None)


def _shown_before(unit: Unit, request_ids: set[int], after: int | None, terms: Sequence[str]) -> set[int]:
    """Those that an earlier page showed already, for a newer letter."""
    if after is None or not request_ids:
        return set()
    needles = [needle(term) for term in terms]
    newer = unit.rows(_SHOWN_BEFORE, {"ids": sorted(request_ids), "after": after})
    return {row.request_id for row in newer if _holds(row.body, needles)}


def _holds(body: str, needles: Sequence[str]) -> bool:
    padded = f" {body} "
    return all(each in padded for each in needles)


def _hits(
    unit: Unit, terms: Sequence[str], scopes: Sequence[str] | None, after: int, most: int
) -> list[tuple[int, int]]:
    """(letter, request) of the newest matching letters before `after`."""
    newest: Sequence[Any] = _newest(unit, scopes, after)
    needles = [needle(term) for term in terms]
    hits = [(message_id, request_id) for message_id, request_id, body in newest if _holds(body, needles)][:most]
    if len(hits) == most or len(newest) < _WINDOW:
        return hits
    counts = {term: sum(needle(term) in f" {body} " for _id, _request, body in newest) for term in terms}
    rarest = min(terms, key=lambda term: counts[term])
    rare = [term for term in terms if counts[term] < _COMMON or term == rarest]
    common = [needle(term) for term in terms if term not in rare]
    return hits + _indexed(unit, rare, common, scopes, newest[-1][0], most - len(hits))


def _newest(unit: Unit, scopes: Sequence[str] | None, after: int) -> Sequence[Any]:
    values: dict[str, Any] = {"after": after, "most": _WINDOW}
    if scopes is None:
        return unit.rows(_NEWEST, values)
    if unit.is_sqlite:
        return unit.rows(_FTS, {**values, "words": _scope_query(scopes)})
    return unit.rows(_NEWEST_OF_MINE, {**values, "scopes": list(scopes)})


def _indexed(
    unit: Unit, rare: Sequence[str], common: Sequence[str], scopes: Sequence[str] | None, after: int, most: int
) -> list[tuple[int, int]]:
    """What the index of words knows behind the newest letters."""
    values: dict[str, Any] = {"after": after, "most": most}
    also = [literal(" ").concat(_search.c.body).concat(" ").contains(each, autoescape=True) for each in common]
    statement: Select[Any]
    if unit.is_sqlite:
        query = f"body : ({fts_query(rare)})"
        values["words"] = query if scopes is None else f"{query} AND {_scope_query(scopes)}"
        statement = _FTS.where(*also)
    else:
        values |= {"words": tsquery(rare), "scopes": list(scopes or ())}
        mine = [] if scopes is None else [_is_mine]
        # Materialized, or the planner walks the ids backwards and looks for a rare word letter by letter.
        found = select(_search.c.id, _search.c.request_id).where(_is_hit, _before, *also, *mine)
        hit = found.cte("hit").prefix_with("MATERIALIZED")
        statement = select(hit.c.id, hit.c.request_id).order_by(hit.c.id.desc()).limit(bindparam("most"))
    return [(row[0], row[1]) for row in unit.connection.execute(statement, values)]


def _scope_query(scopes: Sequence[str]) -> str:
    return "scope : (" + " OR ".join(f'"{word}"' for word in scopes) + ")"
