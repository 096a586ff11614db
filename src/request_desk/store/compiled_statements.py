"""Statements that are run again and again, on the driver's own cursor: compiled by SQLAlchemy once, its types applied by hand.

A prepared Core statement costs some 60 µs each time in SQLAlchemy's execution context, this some 10 µs; an act is twenty of
them. Several can go to PostgreSQL on one way. Whatever is out of the ordinary (expanding IN, listeners, several rows at once)
goes the ordinary way.
"""

from collections import namedtuple
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

from sqlalchemy import Connection, Executable, TextClause
from sqlalchemy.engine import Dialect
from sqlalchemy.exc import DBAPIError
from sqlalchemy.sql.compiler import SQLCompiler
from sqlalchemy.types import TypeEngine

_Process = Callable[[Any], Any]
_EVENTS = ("before_execute", "after_execute", "before_cursor_execute", "after_cursor_execute")


class _Given(NamedTuple):
    """A parameter that the caller gives: its place among all of them, its key, and how its type writes it."""

    place: int
    key: str
    process: _Process | None


class Answer(NamedTuple):
    """Rows as named tuples, and how many rows were written."""

    rows: list[Any]
    written: int


class _Prepared:
    """One statement for one set of values, ready for the driver."""

    def __init__(self, compiled: SQLCompiler, statement: Any, keys: frozenset[str], dialect: Dialect) -> None:
        self.sql = str(compiled)
        binds = {name: bind for bind, name in compiled.bind_names.items()}
        defaults: dict[str, Any] = {column.key: _default(column) for column in compiled.insert_prefetch}
        self._names = tuple((compiled.positiontup if compiled.positional else binds) or ())
        self._is_positional = compiled.positional
        self._constants: list[Any] = []
        given = []
        for place, name in enumerate(self._names):
            bind = binds[name]
            process = _binder(bind.type, dialect)
            constant = None
            if bind.key in keys:
                given.append(_Given(place, bind.key, process))
            else:
                constant = defaults.get(bind.key, bind.effective_value)
                constant = constant if process is None else process(constant)
            # SQLite's driver looks longer at a word of an enumeration than at a plain one.
            self._constants.append(str(constant) if isinstance(constant, str) else constant)
        self._given = tuple(given)
        columns = tuple(getattr(statement, "exported_columns", ()))
        self._processors = tuple(
            (place, process)
            for place, column in enumerate(columns)
            if (process := _reader(column.type, dialect)) is not None
        )
        self._is_text = isinstance(statement, TextClause)  # which does not tell whether it gives rows
        self._has_columns = bool(columns)
        self._row: Callable[[Any], Any] = tuple
        if columns:
            kind: Any = namedtuple("Row", [column.key for column in columns], rename=True)  # type: ignore[misc]  # noqa: PYI024
            self._row = partial(tuple.__new__, kind)

    def parameters(self, given: Mapping[str, Any]) -> Any:
        """Return the values as the driver takes them."""
        bound = self._constants.copy()
        for place, key, process in self._given:
            value = given[key]
            bound[place] = value if process is None else process(value)
        return bound if self._is_positional else dict(zip(self._names, bound, strict=True))

    def answer(self, cursor: Any) -> Answer:
        """Return what the driver's cursor holds, and close it."""
        # Asked only where it has to be: psycopg makes an object for each column to answer that.
        has_rows = self._has_columns or (self._is_text and cursor.description is not None)
        rows = self._read(cursor.fetchall()) if has_rows else []
        count = cursor.rowcount
        cursor.close()
        return Answer(rows, count)

    def _read(self, raw: list[Any]) -> list[Any]:
        """The rows with their values as the columns' types read them."""
        if not self._processors:
            return [self._row(each) for each in raw]
        rows = []
        for each in raw:
            read = list(each)
            for place, process in self._processors:
                if (value := read[place]) is not None:
                    read[place] = process(value)
            rows.append(self._row(read))
        return rows


class CompiledStatements:
    """The statements of one database that have been run before."""

    def __init__(self, dialect: Dialect) -> None:
        self._dialect = dialect
        self._error = dialect.loaded_dbapi.Error
        pipeline = getattr(dialect.loaded_dbapi, "Pipeline", None)
        self.has_pipeline = pipeline is not None and bool(pipeline.is_supported())
        self._known: WeakKeyDictionary[Any, dict[frozenset[str], _Prepared | None]] = WeakKeyDictionary()

    def run(self, connection: Connection, statement: Executable, values: Mapping[str, Any]) -> Answer | None:
        """Run a statement that was seen before; None when it has to go the ordinary way.

        Statements are known by identity: those built at module level are quick from the second time on, those built for one
        call never cost more than a look.
        """
        prepared = self._find(connection, statement, values)
        if prepared is None:
            return None
        driver: Any = connection.connection.dbapi_connection
        try:
            return prepared.answer(driver.execute(prepared.sql, prepared.parameters(values)))
        except self._error as error:
            raise self._told(error, connection, driver, prepared.sql) from error

    def run_all(
        self, connection: Connection, asked: Sequence[tuple[Executable, Mapping[str, Any]]]
    ) -> list[Answer] | None:
        """Run statements in their order, with one way to the server and back; None when one of them is not known, and none is run.

        The first one that fails is the error, as if those behind it had never been sent.
        """
        if not self.has_pipeline:
            return None
        # Every one is looked up, so that all of them are known the next time.
        found = [self._find(connection, statement, values) for statement, values in asked]
        known = [prepared for prepared in found if prepared is not None]
        if len(known) < len(found):
            return None
        sent = [
            (prepared.sql, prepared.parameters(values))
            for prepared, (_statement, values) in zip(known, asked, strict=True)
        ]
        driver: Any = connection.connection.dbapi_connection
        try:
            with driver.pipeline():
                cursors = [driver.execute(sql, parameters) for sql, parameters in sent]
            return [prepared.answer(cursor) for prepared, cursor in zip(known, cursors, strict=True)]
        except self._error as error:
            raise self._told(error, connection, driver, "; ".join(prepared.sql for prepared in known)) from error

    def _find(self, connection: Connection, statement: Executable, values: Mapping[str, Any]) -> _Prepared | None:
        # A listener wants to see every statement: tests that inject failures.
        if _is_heard(connection):
            return None
        variants = self._known.get(statement)
        if variants is None:
            self._known[statement] = {}
            return None
        keys = frozenset(values)
        if keys not in variants:
            variants[keys] = self._prepared(statement, keys)
        return variants[keys]

    def _prepared(self, statement: Any, keys: frozenset[str]) -> _Prepared | None:
        compiled = statement.compile(dialect=self._dialect, column_keys=sorted(keys))
        if not isinstance(compiled, SQLCompiler) or compiled.post_compile_params or compiled.literal_execute_params:
            return None
        if compiled.update_prefetch or not all(
            column.default is not None and column.default.is_scalar for column in compiled.insert_prefetch
        ):
            return None
        required = {bind.key for bind in compiled.bind_names if bind.required}
        if not required <= keys or not self._is_plain(compiled):
            return None
        return _Prepared(compiled, statement, keys, self._dialect)

    def _is_plain(self, compiled: SQLCompiler) -> bool:
        """Tell whether each key stands for one value, written in one way, however often the statement names it."""
        binds = compiled.bind_names.items()
        told = {(bind.key, name, _binder(bind.type, self._dialect)) for bind, name in binds}
        return len(told) == len({bind.key for bind, _name in binds}) == len({name for _bind, name in binds})

    def _told(self, error: Exception, connection: Connection, driver: Any, sql: str) -> Exception:
        """The driver's error as SQLAlchemy would tell it; a connection that was lost is not used again."""
        is_lost = self._dialect.is_disconnect(error, driver, None)  # type: ignore[arg-type]
        if is_lost and not connection.invalidated:
            connection.invalidate(error)
        return DBAPIError.instance(sql, None, error, self._error, connection_invalidated=is_lost, dialect=self._dialect)


def _is_heard(connection: Connection) -> bool:
    """Tell whether anybody listens to statements now."""
    return any(getattr(heard.dispatch, name) for heard in (connection, connection.engine) for name in _EVENTS)


def _default(column: Any) -> Any:
    return column.default.arg if column.default is not None else None


def _binder(kind: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    return kind.dialect_impl(dialect).bind_processor(dialect)


def _reader(kind: TypeEngine[Any], dialect: Dialect) -> _Process | None:
    return kind.dialect_impl(dialect).result_processor(dialect, None)
