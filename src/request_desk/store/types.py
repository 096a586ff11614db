"""Column types that mean the same on SQLite and PostgreSQL, and the naming of constraints."""

import json
from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import BigInteger, Boolean, CheckConstraint, Date, DateTime, Integer, Text
from sqlalchemy.engine import Dialect
from sqlalchemy.types import TypeDecorator, TypeEngine

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_ENCODER = msgspec.json.Encoder(order="sorted")

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

    # A list reads hundreds of instants: one plain call each instead of three. The other types do the same.
    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any]:
        return _to_microseconds if dialect.name == "sqlite" else _aware_in_utc

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], datetime | None]:
        return _from_microseconds if dialect.name == "sqlite" else _in_utc


def _to_microseconds(value: datetime | None) -> int | None:
    if value is None:
        return None
    if value.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return (value - EPOCH) // _MICROSECOND


def _aware_in_utc(value: datetime | None) -> datetime | None:
    if value is not None and value.tzinfo is None:
        raise ValueError("an instant needs a zone")
    return _in_utc(value)


def _from_microseconds(value: int | None) -> datetime | None:
    return None if value is None else EPOCH + timedelta(0, 0, value)


def _in_utc(value: datetime | None) -> datetime | None:
    return None if value is None else value.astimezone(UTC)  # psycopg answers in the server's zone


def _from_iso(value: Any) -> date | None:
    return date.fromisoformat(value) if isinstance(value, str) else value


def _as_flag(value: Any) -> bool | None:
    return None if value is None else bool(value)


def _as_number(value: bool | None) -> int | None:
    return None if value is None else int(value)


def _to_json(value: Any) -> str | None:
    return None if value is None else _ENCODER.encode(value).decode()


def _from_json(value: str | None) -> Any:
    return None if value is None else json.loads(value)


def _to_text(value: UUID | None) -> str | None:
    return None if value is None else str(value)


def _to_uuid(value: str | None) -> UUID | None:
    return None if value is None else UUID(value)


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

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], Any] | None:
        return _as_number if dialect.name == "sqlite" else None

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], bool | None]:
        return _as_flag


class Json(TypeDecorator[Any]):
    """A JSON value as text, so that both engines answer the same bytes."""

    impl = Text()
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        return _to_json

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], Any]:
        return _from_json


class PublicId(TypeDecorator[UUID]):
    """A random public reference, as text on both engines (STRICT tables have no UUID)."""

    impl = Text()
    cache_ok = True

    def bind_processor(self, dialect: Dialect) -> Callable[[Any], str | None]:
        return _to_text

    def result_processor(self, dialect: Dialect, coltype: object) -> Callable[[Any], UUID | None]:
        return _to_uuid


def one_of(column: str, words: Iterable[str]) -> CheckConstraint:
    """Allow only these words in a column (INP-02)."""
    listed = ", ".join(f"'{word}'" for word in sorted(words))
    return CheckConstraint(f"{column} IN ({listed})", name=column)


def at_most(column: str, octets: int) -> tuple[CheckConstraint, CheckConstraint]:
    """Cap a text in octets on both engines; SQLite's length() of text stops at a NUL, so bytes are counted."""
    return (
        CheckConstraint(f"length(CAST({column} AS BLOB)) <= {octets}", name=f"{column}_octets").ddl_if(
            dialect="sqlite"
        ),
        CheckConstraint(f"octet_length({column}) <= {octets}", name=f"{column}_octets").ddl_if(dialect="postgresql"),
    )
