"""Tables as CSV (RFC 4180) that a spreadsheet reads as text: no cell can be taken for a formula."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

BOM: Final = "\ufeff"  # at the start of a file, without which spreadsheets read UTF-8 as something else
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def csv_text(rows: Iterable[Sequence[str]]) -> str:
    """Return lines of a file; a cell that a program could run begins with an apostrophe (INP-05)."""
    written = io.StringIO()
    csv.writer(written, lineterminator="\r\n").writerows([_guarded(cell) for cell in row] for row in rows)
    return written.getvalue()


def _guarded(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
