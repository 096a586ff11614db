"""What search reads, kept beside the letters: folded words and the inbox of each; asking for it is in `search_queries`.

SQLite's full-text table is written here and not by triggers: with `trusted_schema` off, the schema may not write one.
"""

from collections.abc import Sequence
from typing import Any

from sqlalchemy import Executable, Row, bindparam, select, text, update

from request_desk.domain.ids import MessageId, RequestId
from request_desk.services.desk import Unit
from request_desk.store import schema

_search, _message = schema.message_search, schema.message
_INSERT = _search.insert()
_ADD = text("INSERT INTO message_fts (rowid, body, scope) VALUES (:id, :body, :scope)")
# The full-text table keeps no text of its own: to forget a letter it has to be told the words again.
_REMOVE = text("INSERT INTO message_fts (message_fts, rowid, body, scope) VALUES ('delete', :id, :body, :scope)")
_letters = select(_message.c.id).where(_message.c.request_id.in_(bindparam("request_ids", expanding=True)))
_OF_REQUESTS = select(_search.c.id, _search.c.body, _search.c.scope).where(_search.c.id.in_(_letters))
_ONE = select(_search.c.id, _search.c.body, _search.c.scope).where(_search.c.id == bindparam("message_id"))
_RESCOPE = update(_search).where(_search.c.id.in_(_letters)).values(scope=bindparam("to_scope"))
_REWORD = update(_search).where(_search.c.id == bindparam("message_id")).values(body=bindparam("words"))


def scope_word(target_id: int) -> str:
    """Return the word by which search knows the requests of an inbox."""
    return f"t{target_id}"


def add(unit: Unit, message_id: MessageId, request_id: RequestId, words: str, target_id: int) -> None:
    """Make a letter findable by its folded words, in the inbox that its request is in."""
    row = {"id": message_id, "request_id": request_id, "body": words, "scope": scope_word(target_id)}
    unit.defer(_INSERT, row)
    if unit.is_sqlite:
        unit.defer(_ADD, {"id": message_id, "body": words, "scope": row["scope"]})


def forget(unit: Unit, message_id: MessageId) -> None:
    """Make a letter that was taken back unfindable; its row stays."""
    change(unit, message_id, "")


def change(unit: Unit, message_id: MessageId, words: str) -> None:
    """Make a letter findable by other words."""
    if unit.is_sqlite:
        _write(unit, _REMOVE, unit.rows(_ONE, {"message_id": message_id}))
    unit.run(_REWORD, {"message_id": message_id, "words": words})
    if unit.is_sqlite:
        _write(unit, _ADD, unit.rows(_ONE, {"message_id": message_id}))


def rescope(unit: Unit, request_ids: Sequence[int], target_id: int) -> None:
    """Move the letters of requests to the inbox that the requests went to."""
    values: dict[str, Any] = {"request_ids": list(request_ids)}
    if unit.is_sqlite:
        _write(unit, _REMOVE, unit.rows(_OF_REQUESTS, values))
    unit.run(_RESCOPE, {**values, "to_scope": scope_word(target_id)})
    if unit.is_sqlite:
        _write(unit, _ADD, unit.rows(_OF_REQUESTS, values))


def _write(unit: Unit, statement: Executable, rows: Sequence[Row[Any]]) -> None:
    if rows:
        unit.run(statement, [{"id": row.id, "body": row.body, "scope": row.scope} for row in rows])
