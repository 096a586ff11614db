"""CSV that a spreadsheet reads as text, and any reader as what was written (INP-05, RFC 4180)."""

import csv
import io

from hypothesis import given, strategies as st

from request_desk.domain.csv_text import csv_text

CELLS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00"))


@given(st.lists(st.lists(CELLS, min_size=2, max_size=4), max_size=5))
def test_what_is_written_is_read_again_but_for_the_apostrophe_before_a_formula(rows: list[list[str]]) -> None:
    read = list(csv.reader(io.StringIO(csv_text(rows), newline="")))
    assert [[cell.removeprefix("'") for cell in row] for row in read] == [
        [cell.removeprefix("'") for cell in row] for row in rows
    ]


@given(st.sampled_from("=+-@\t\r\n＝＋－＠"), CELLS)
def test_no_cell_begins_as_a_formula_does(first: str, rest: str) -> None:
    ((cell, other),) = csv.reader(io.StringIO(csv_text([(first + rest, "plain")]), newline=""))
    assert cell == f"'{first}{rest}"
    assert other == "plain"


def test_lines_end_as_the_standard_says() -> None:
    assert csv_text([("a", 'b "c"'), ("d, e", "f\ng")]) == 'a,"b ""c"""\r\n"d, e","f\ng"\r\n'
