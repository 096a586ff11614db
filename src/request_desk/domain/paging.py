"""Keyset paging: a page is a tuple of rows and the cursor behind its last one."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Row = TypeVar("Row")


@dataclass(frozen=True, slots=True)
class Page(Generic[Row]):
    """`rows` in order; `after` is the id to ask the next page with, or None when this was the last."""

    rows: tuple[Row, ...]
    after: int | None
