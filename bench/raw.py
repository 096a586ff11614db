"""The floor of reading: the statements that a use case sent, sent again on a bare connection and fetched as they come."""

import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from sqlalchemy import event

from request_desk.services.desk import Desk

Said = tuple[str, Sequence[Any]]


def recorded(desk: Desk, use: Callable[[], object]) -> list[Said]:
    """Return the SQL, with its values, that `use` sends."""
    said: list[Said] = []

    def note(_connection: object, _cursor: object, statement: str, parameters: Any, *_rest: object) -> None:
        said.append((statement, parameters))

    engine = desk.database.engine
    event.listen(engine, "before_cursor_execute", note)
    try:
        use()
    finally:
        event.remove(engine, "before_cursor_execute", note)
    return said


class Raw:
    """A bare sqlite3 connection on a file, opened with the pragmas that matter for reading."""

    def __init__(self, path: Path) -> None:
        self._connection = sqlite3.connect(path, isolation_level=None, cached_statements=512)
        self._connection.execute("PRAGMA query_only=ON")
        self._execute = self._connection.execute

    def run(self, said: Sequence[Said]) -> None:
        """Send statements in one transaction and fetch everything."""
        execute = self._execute
        execute("BEGIN")
        for statement, values in said:
            execute(statement, values).fetchall()
        execute("ROLLBACK")

    def rows(self, statement: str, values: Sequence[Any] = ()) -> list[Any]:
        """Return the rows of one statement."""
        return self._execute(statement, values).fetchall()

    def close(self) -> None:
        self._connection.close()
