"""Column types that mean the same on SQLite and PostgreSQL, and the naming of constraints."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, DateTime, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}

# SQLite refuses a BigInteger primary key as NULL, and STRICT tables know no BIGINT; both store 63 bits.
Id = BigInteger().with_variant(Integer, "sqlite")


class Instant(TypeDecorator[datetime]):
    """An aware UTC datetime: microseconds since 1970 on SQLite, timestamptz on PostgreSQL; refuses naive values."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else DateTime(timezone=True))

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> Any:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("an instant needs a zone")
        return (value - EPOCH) // _MICROSECOND if dialect.name == "sqlite" else value.astimezone(UTC)

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        # A list reads hundreds of instants: one plain call each instead of three.
        return _from_microseconds if dialect.name == "sqlite" else _in_utc


def _from_microseconds(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(0, 0, value)


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)  # psycopg answers in the server's zone


def _from_iso(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _as_flag(value: Any) -> bool | None:
    return None if value is None else bool(value)


class Day(TypeDecorator[date]):
    """A calendar day: ISO text on SQLite, date on PostgreSQL."""

    impl = Date()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Text() if dialect.name == "sqlite" else Date())

    def process_bind_param(self, value: date | None, dialect: Dialect) -> Any:
        return value.isoformat() if value is not None and dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], date | None]:
        return _from_iso


class Flag(TypeDecorator[bool]):
    """Yes or no: 0 and 1 on SQLite, boolean on PostgreSQL."""

    impl = Boolean()
    cache_ok = True

    def load_dialect_impl(self, dialect: Dialect) -> TypeEngine[Any]:
        return dialect.type_descriptor(Integer() if dialect.name == "sqlite" else Boolean())

    def process_bind_param(self, value: bool | None, dialect: Dialect) -> Any:
        return int(value) if value is not None and dialect.name == "sqlite" else value

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], bool | None]:
        return _as_flag


class Json(TypeDecorator[Any]):
    """A JSON value as text, so that both engines answer the same bytes."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: Any, dialect: Dialect) -> str | None:
        return None if value is None else json.dumps(value, ensure_ascii=False, separators=(",", ":"), sort_keys=True)

    def process_result_value(self, value: Any, dialect: Dialect) -> Any:
        return None if value is None else json.loads(value)


class PublicId(TypeDecorator[UUID]):
    """A random public reference, as text on both engines (STRICT tables have no UUID)."""

    impl = Text()
    cache_ok = True

    def process_bind_param(self, value: UUID | None, dialect: Dialect) -> str | None:
        return None if value is None else str(value)

    def process_result_value(self, value: Any, dialect: Dialect) -> UUID | None:
        return None if value is None else UUID(value)


def one_of(column: str, words: Iterable[str], *, name: str = "") -> CheckConstraint:
    """Allow only these words in a column (INP-02)."""
    listed = ", ".join(f"'{word}'" for word in sorted(words))
    return CheckConstraint(f"{column} IN ({listed})", name=name or column)


def at_most(column: str, octets: int) -> tuple[CheckConstraint, CheckConstraint]:
    """Cap a text in octets on both engines; SQLite's length() of text stops at a NUL, so bytes are counted."""
    return (
        CheckConstraint(f"length(CAST({column} AS BLOB)) <= {octets}", name=f"{column}_octets").ddl_if(
            dialect="sqlite"
        ),
        CheckConstraint(f"octet_length({column}) <= {octets}", name=f"{column}_octets").ddl_if(dialect="postgresql"),
    )
