"""Phrase Construction before the values of its fields are known: nothing is inserted half, and no key is lost (RE4)."""

from collections.abc import Callable

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest
from pytestqt.qtbot import QtBot

from request_desk.domain.phrases import Phrase, PhraseOutcome, Rendered, parse
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import RequestKind
from request_desk.domain.words import Words
from request_desk.paths import phrase_files
from request_desk.ui.inbox.letters import Values
from request_desk.ui.inbox.phrase_popup import PhrasePopup

LIBRARY = tuple(parse(path.read_text("utf-8")) for path in phrase_files())
KNOWN = {"contact.first_name": "Amara", "patient.first_name": "Zuri", "staff.first_name": "Maria"}
Chosen = list[tuple[Phrase, Rendered]]
Opened = Callable[[dict[str, str] | None], tuple[PhrasePopup, Chosen]]


@pytest.fixture
def opened(qtbot: QtBot) -> Opened:
    def opening(values: dict[str, str] | None) -> tuple[PhrasePopup, Chosen]:
        popup = PhrasePopup(
            LIBRARY,
            values,
            kind=RequestKind.SCHEDULE,
            outcome=PhraseOutcome.ANY,
            language="en",
            words=Words("en_US", PracticeTime("America/Los_Angeles")),
        )
        popup.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose, on=False)
        qtbot.addWidget(popup)
        chosen: Chosen = []
        popup.chosen.connect(lambda phrase, rendered: chosen.append((phrase, rendered)))
        popup.open()
        return popup, chosen

    return opening


def test_known_values_are_inserted_at_once(opened: Opened) -> None:
    popup, chosen = opened(KNOWN)
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert not popup.isVisible()
    assert "Amara" in chosen[0][1].text


def test_return_before_the_values_are_known_inserts_when_they_are(opened: Opened) -> None:
    popup, chosen = opened(None)
    QTest.keyClicks(popup.search, "other times")
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    assert (popup.isVisible(), chosen, popup.open_fields.text()) == (True, [], "")
    popup.take(Values(KNOWN, PhraseOutcome.ANY))
    assert not popup.isVisible()
    ((_phrase, rendered),) = chosen
    assert "Amara" in rendered.text


def test_values_that_come_while_one_still_chooses_only_change_the_preview(opened: Opened) -> None:
    popup, chosen = opened(None)
    assert "Amara" not in popup.preview.text()
    popup.take(Values(KNOWN, PhraseOutcome.ANY))
    assert (popup.isVisible(), chosen) == (True, [])
    assert "Amara" in popup.preview.text()


def test_values_that_cannot_be_read_leave_the_fields_open(opened: Opened) -> None:
    popup, chosen = opened(None)
    QTest.keyClick(popup.search, Qt.Key.Key_Return)
    popup.do_without()
    ((_phrase, rendered),) = chosen
    assert "contact.first_name" in rendered.unresolved
