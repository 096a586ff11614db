"""Keyset paging: a page is a tuple of rows and the cursor behind its last one."""

from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`rows` in order; `after` is what the next page is asked with, None when this was the last. Nobody but its query reads it."""

    rows: tuple[Row, ...]
    after: Any
