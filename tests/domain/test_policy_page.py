"""The page that tells the policy: as the table has it, and not older."""

from pathlib import Path

from request_desk.domain.policy import APPOINTMENT_POLICY, Party
from request_desk.domain.policy_page import COMMAND, page

PAGE = Path(__file__).parents[2] / "docs" / "policy.md"


def test_the_page_in_the_documentation_is_not_stale() -> None:
    assert PAGE.read_text("utf-8") == page(), f"write it anew: {COMMAND}"


def test_every_row_and_every_party_stands_on_the_page() -> None:
    lines = page().splitlines()
    heading = next(place for place, line in enumerate(lines) if line.startswith("| |"))
    rows = lines[heading + 2 : heading + 2 + len(APPOINTMENT_POLICY)]
    assert lines[heading].count("|") == len(Party) + 2
    assert all(row.count("|") == len(Party) + 2 for row in rows)
    for row, told in zip(APPOINTMENT_POLICY, rows, strict=True):
        never = [cell.strip() == "–" for cell in told.split("|")[2:-1]]
        assert never == [party not in row.parties for party in Party]
