"""Each kind of refusal has a code of its own, which is in the documents; its fields are its parameters."""

import re
from pathlib import Path

from request_desk.domain.careful import Doubtful
from request_desk.domain.errors import Invalid, Limit, LimitCode, Refused, Throttled
from request_desk.domain.phrases import PhraseError

DOCUMENT = Path(__file__).resolve().parents[2] / "docs" / "architecture.md"


def kinds(kind: type[Refused]) -> list[type[Refused]]:
    return [kind, *(each for child in kind.__subclasses__() for each in kinds(child))]


def test_each_refusal_has_a_code_of_its_own_and_the_document_lists_them_all() -> None:
    assert {Doubtful, PhraseError} < set(kinds(Refused))
    codes = [kind.code for kind in kinds(Refused)]
    assert len(set(codes)) == len(codes)
    table = DOCUMENT.read_text("utf-8").partition("## Refusals")[2].partition("\n## ")[0]
    assert set(re.findall(r"`([a-z-]+)`", table)) == {*codes, *LimitCode}


def test_the_fields_of_a_refusal_are_its_parameters() -> None:
    assert Throttled("Wait a minute.", seconds=60).params == {"seconds": 60}
    assert Invalid("Choose a day.", field="Day").params == {"field": "Day", "others": ()}
    assert Refused("No.").params == {}


def test_the_sentence_of_a_limit_is_made_of_its_parameters() -> None:
    limit = Limit(
        LimitCode.TOO_SOON, "{appointment} needs {notice}.", {"appointment": "Well {appointment}", "notice": "2 days"}
    )
    assert limit.sentence == "Well {appointment} needs 2 days."
