"""A look into a SQLite file by the driver alone, while SQLAlchemy is not loaded yet; what is looked for is the services' business.

The statements are written out in `first_sight.sql`, word for word as SQLAlchemy makes them for the use cases (a test compares
them); columns are read by their names as `types` reads them.
"""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from request_desk.store.version import HEAD

STATEMENTS: Final = Path(__file__).with_suffix(".sql")
NAME: Final = "-- "  # begins the line that names the statement below it
LIST: Final = "(__[POSTCOMPILE_{name}])"  # where SQLAlchemy puts a list of any length
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_WAIT: Final = 0.05  # seconds for a writer to end; without a first sight the window is opened all the same
_DAYS: Final = frozenset({"birth_day", "day"})
_JSON: Final = frozenset({"roles", "settings", "value"})
_INSTANTS: Final = ("_at", "_until")

Values = Mapping[str, Any]


class Look:
    """One steady view of a file; it ends, without an error, where the file is not a database of this version or cannot be read."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._connection: sqlite3.Connection | None = None
        self._statements: Mapping[str, str] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> bool:
        if self._connection is not None:
            self._connection.close()
        return isinstance(error, sqlite3.Error)

    def is_ours(self) -> bool:
        """Open the file and tell whether it is a database of this version."""
        address = f"{self._path.absolute().as_uri()}?mode=ro"
        self._connection = sqlite3.connect(address, uri=True, isolation_level=None, timeout=_WAIT)
        self._statements = dict(statements())
        self._connection.execute("BEGIN")
        return self._connection.execute("SELECT version_num FROM alembic_version").fetchall() == [(HEAD,)]

    def rows(
        self, name: str, values: Values, lists: Mapping[str, Sequence[int]] | None = None
    ) -> list[tuple[Any, ...]]:
        """Return the rows of a statement; `lists` are its values of any length."""
        if self._connection is None:
            raise TypeError("look whether the file is ours first")
        sql = self._statements[name]
        bound = {key: _microseconds(value) if isinstance(value, datetime) else value for key, value in values.items()}
        for key, numbers in (lists or {}).items():
            places = {f"{key}_{place}": number for place, number in enumerate(numbers)}
            sql = sql.replace(LIST.format(name=key), f"({', '.join(f':{place}' for place in places)})")
            bound |= places
        cursor = self._connection.execute(sql, bound)
        readers = [(place, read) for place, column in enumerate(cursor.description) if (read := _reader(column[0]))]
        return [_read(raw, readers) for raw in cursor]


def statements() -> Iterator[tuple[str, str]]:
    """Yield the name and the text of each statement."""
    for part in STATEMENTS.read_text("utf-8").split(f"\n{NAME}")[1:]:
        name, _newline, sql = part.partition("\n")
        yield name, sql.strip()


def _read(raw: Sequence[Any], readers: Iterable[tuple[int, Any]]) -> tuple[Any, ...]:
    row = list(raw)
    for place, read in readers:
        if row[place] is not None:
            row[place] = read(row[place])
    return tuple(row)


def _reader(column: str) -> Any:
    if column.endswith(_INSTANTS):
        return _instant
    if column in _DAYS:
        return date.fromisoformat
    return json.loads if column in _JSON else None


def _instant(microseconds: int) -> datetime:
    return _EPOCH + timedelta(0, 0, microseconds)


def _microseconds(instant: datetime) -> int:
    return (instant - _EPOCH) // _MICROSECOND
