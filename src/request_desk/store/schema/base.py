"""What every table is made of: the one metadata, and columns that many of them have."""

from typing import Any

from sqlalchemy import Column, Connection, Integer, MetaData, Text, event, false, text

from request_desk.store.types import NAMING, Flag, Id

metadata = MetaData(naming_convention=NAMING)


def where(condition: str) -> dict[str, str]:
    """Return the `info` of an index that has these rows alone, on both engines.

    An index that names the engines loads the dialects of both when it is declared, and a start waits for that of PostgreSQL.
    """
    return {"where": condition}


@event.listens_for(metadata, "before_create")
def _tell_engine(_metadata: MetaData, connection: Connection, **_given: Any) -> None:
    """Say the conditions of indexes in the words of the engine whose tables are made."""
    for table in metadata.tables.values():
        for index in table.indexes:
            if "where" in index.info:
                index.dialect_kwargs[f"{connection.dialect.name}_where"] = text(index.info["where"])


def id_column() -> Column[int]:
    """Return the key of a thing that has an id of its own, given by the program."""
    return Column("id", Id, primary_key=True, autoincrement=False)


def version_column() -> Column[int]:
    """Return what counts the changes of a thing, so that nobody overwrites what they have not seen."""
    return Column("version", Integer, nullable=False, server_default=text("1"))


def flag(name: str, *, default: bool) -> Column[bool]:
    """Return a yes or no."""
    return Column(name, Flag, nullable=False, default=default)


def text_column(name: str) -> Column[str]:
    """Return a text that is empty where there is none."""
    return Column(name, Text, nullable=False, default="")


# Columns that came later: SQLite adds one only with the value that the rows before it have.


def added_text(name: str, value: str = "") -> Column[str]:
    """Return a text that came later."""
    return Column(name, Text, nullable=False, server_default=text(f"'{value}'"))


def added_number(name: str) -> Column[int]:
    """Return a number that came later, 0 for the rows before it."""
    return Column(name, Integer, nullable=False, server_default=text("0"))


def added_flag(name: str) -> Column[bool]:
    """Return a yes or no that came later, no for the rows before it."""
    return Column(name, Flag, nullable=False, server_default=false())
