"""Statements that are run again and again, on the driver's own cursor: compiled by SQLAlchemy once, its types applied by hand.

A prepared Core statement costs some 60 µs each time in SQLAlchemy's execution context, this some 10 µs; an act is fifteen of
them. Whatever is out of the ordinary (expanding IN, listeners, several rows at once) goes the ordinary way.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Executable
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

_Process = Callable[[Any], Any]


class _Value(NamedTuple):
    """Where a parameter comes from: the caller's `key`, or `constant` when the caller does not give it."""

    name: str
    key: str
    process: _Process | None
    constant: Any
    is_constant: bool


class Answer(NamedTuple):
    """Rows as named tuples, and how many rows were written."""

    rows: list[Any]
    written: int


class _Prepared:
    """One statement for one set of values, ready for the driver."""

    def __init__(self, compiled: SQLCompiler, statement: Any, keys: frozenset[str], dialect: Dialect) -> None:
        self.sql = str(compiled)
        names = {bind.key: (name, bind) for bind, name in compiled.bind_names.items()}
        defaults: dict[str, Any] = {column.key: _default(column) for column in compiled.insert_prefetch}
        values = {}
        for key, (name, bind) in names.items():
            process = _binder(bind.type, dialect)
            given = key in keys
            constant = None if given else defaults.get(key, bind.effective_value)
            if not given and process is not None:
                constant = process(constant)
            values[name] = _Value(name, key, process, constant, not given)
        order = compiled.positiontup if compiled.positional else tuple(values)
        self._values = tuple(values[name] for name in order or ())
        self._is_positional = compiled.positional
        columns = tuple(getattr(statement, "exported_columns", ()))
        self._processors = tuple(
            (place, process)
            for place, column in enumerate(columns)
            if (process := _reader(column.type, dialect)) is not None
        )
        self._row: Callable[[Any], Any] = tuple
        if columns:
            kind: Any = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024
            self._row = kind._make

    def parameters(self, given: Mapping[str, Any]) -> Any:
        """Return the values as the driver takes them."""
        bound = [
            value.constant
            if value.is_constant
            else given[value.key]
            if value.process is None
            else value.process(given[value.key])
            for value in self._values
        ]
        return bound if self._is_positional else dict(zip((value.name for value in self._values), bound, strict=True))

    def row(self, raw: Any) -> Any:
        """Return one row with its values as the columns' types read them."""
        if self._processors:
            read = list(raw)
            for place, process in self._processors:
                read[place] = process(read[place])
            return self._row(read)
        return self._row(raw)


class Quick:
    """The statements of one database that have been run before."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._known: WeakKeyDictionary[Any, dict[frozenset[str], _Prepared | None]] = WeakKeyDictionary()

    def run(self, connection: Connection, statement: Executable, values: Mapping[str, Any]) -> Answer | None:
        """Run a statement that was seen before; None when it has to go the ordinary way.

        Statements are known by identity: those built at module level are quick from the second time on, those built for one
        call never cost more than a look.
        """
        # A listener wants to see every statement: tests that inject failures, the guard of the UI thread.
        if connection._has_events or connection.engine._has_events:  # noqa: SLF001
            return None
        variants = self._known.get(statement)
        if variants is None:
            self._known[statement] = {}
            return None
        keys = frozenset(values)
        if keys not in variants:
            variants[keys] = self._prepared(statement, keys)
        prepared = variants[keys]
        return None if prepared is None else self._execute(connection, prepared, values)

    def _prepared(self, statement: Any, keys: frozenset[str]) -> _Prepared | None:
        compiled = statement.compile(dialect=self._dialect, column_keys=sorted(keys))
        if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params or compiled.literal_execute_params:
            return None
        if compiled.update_prefetch or not all(
            column.default is not None and column.default.is_scalar for column in compiled.insert_prefetch
        ):
            return None
        required = {bind.key for bind in compiled.bind_names if bind.required}
        if not required <= keys or len({bind.key for bind in compiled.bind_names}) != len(compiled.bind_names):
            return None
        return _Prepared(compiled, statement, keys, self._dialect)

    def _execute(self, connection: Connection, prepared: _Prepared, values: Mapping[str, Any]) -> Answer:
        driver: Any = connection.connection.dbapi_connection
        base = self._dialect.loaded_dbapi.Error
        try:
            cursor = driver.execute(prepared.sql, prepared.parameters(values))
            rows = [prepared.row(raw) for raw in cursor.fetchall()] if cursor.description is not None else []
            count = cursor.rowcount
            cursor.close()
        except base as error:
            is_lost = self._dialect.is_disconnect(error, driver, None)
            if is_lost and not connection.invalidated:
                connection.invalidate(error)
            raise DBAPIError.instance(
                prepared.sql, None, error, base, connection_invalidated=is_lost, dialect=self._dialect
            ) from error
        return Answer(rows, count)


def _default(column: Any) -> Any:
    return column.default.arg if column.default is not None else None


def _binder(kind: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
