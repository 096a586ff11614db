"""Hostile texts from the portal's form to the window: they are shown as they were typed, and the window stays usable (QT, INP)."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from urllib.parse import unquote

import pytest
from PySide6.QtCore import Qt
from PySide6.QtWidgets import QApplication, QLabel, QTextEdit, QWidget

from request_desk.domain.errors import Invalid
from request_desk.domain.ids import RequestId
from request_desk.domain.text import clean_text
from request_desk.services.desk import Desk
from request_desk.store import schema
from request_desk.store.database import Database
from request_desk.ui.running.loop_probe import LoopProbe
from request_desk.ui.widgets.plain_text import body_text
from tests.builders import TODAY
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import House, RunningDesk
from tests.samples import naughty
from tests.web.conftest import Visitor, portal, token_for

# What froze or killed windows that show such text as rich text, and what is slow even as plain text.
OURS = (
    '<img src="/dev/zero">',
    '<img src="/dev/urandom"><b>bold</b> <i>thin</i> <a href="file:///etc/passwd">look</a>',
    "<table><tr><td>" * 200 + "deep",
    "<font size=7 color=red>URGENT</font><br><h1>title</h1><hr>",
    "<!DOCTYPE html><html><body><p>a whole page</p></body></html>",
    "# title\n**bold** [link](javascript:alert(1)) ![picture](http://example.org/x.png)",
    "&lt;b&gt; &amp; &nbsp; &#x202e;",
    "a" * 4000,
    "a" * 4001,
    "w" * 1500 + " " + "i" * 1500,
    "😀" * 3999,
    "👨‍👩‍👧‍👦" * 200,
    "e" + "\u0301" * 500,
    "\u202eevil \u2066 unclosed \u2067 and more",
    "Jo\u202eanna",
    "شكرا " * 200 + "thanks" + " תודה" * 200,
    "\n" * 1500 + "below",
    "line\r\nline\rline\u2028line\u2029line\x85line",
    "\t".join("tabs" for _ in range(300)),
    "\0nul",
    "\x01\x02\x1b[31mred\x7f",
    "\ufeff\u200b\u200d\u2060",
    "\ufdd0\ufffe",
    "{{ 7*7 }} {% for x in y %} ${x} %s %n ‹open field›",
    "'\";-- %_\\",
    "=cmd|' /C calc'!A0",
    "..\\..\\ ../../etc/passwd C:\\ \\\\unc\\share",
    "&Mnemonic && &&& &X",
    "ﷺ" * 100 + "𒐫" * 100,
    "한국어 中文 日本語 ไทย हिन्दी አማርኛ",
)
SLOWEST = 5_000  # milliseconds of one turn of the event loop; the cases above took 10 s to for ever as rich text


@pytest.fixture(params=["ours", "shared"])
def texts(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "ours":
        return list(OURS)
    return naughty()


@contextmanager
def portal_desk(house: House) -> Iterator[Desk]:
    """The portal's own connection to the practice."""
    desk = Desk(Database(house.url), house.clock)
    try:
        yield desk
    finally:
        desk.close()


def accepted(text: str) -> str | None:
    """Return what the boundary makes of a text, None when it refuses it."""
    try:
        return clean_text(text, field="Message")
    except Invalid:
        return None


def send_all(house: House, texts: Sequence[str]) -> dict[RequestId, str]:
    """Send each text by the portal's form, each from a family of its own; return what was accepted, as it is to be shown."""
    practice = house.practice
    sent: dict[RequestId, str] = {}
    with portal_desk(house) as desk:
        app = portal(desk, house.clock)
        for number, text in enumerate(texts):
            with house.allowed():
                child = practice.a_patient("Kim", f"Family {number}", TODAY - timedelta(days=900 + number))
                parent = practice.a_contact(
                    "Jo", f"Family {number}", f"p{number}@example.org", {child: {"relation": "mother"}}
                )
                token = token_for(practice, parent)
            visitor = Visitor(app)
            visitor.client.cookies.set("session", token)
            visitor.open(f"/ask/schedule?child={child}&type={practice.well}&go=next")
            expected = accepted(text)
            page = visitor.send("/ask/schedule", message=text)
            assert page.status == (200 if expected is not None else 422), text
            if expected is not None:
                reference = unquote(visitor.last).rpartition("/")[2]
                (row,) = [
                    row
                    for row in house.rows(schema.request.c.id, schema.request.c.reference)
                    if str(row.reference) == reference
                ]
                sent[RequestId(row.id)] = expected
    return sent


def rich_parts(top: QWidget) -> list[str]:
    """Walk over every widget of a window and name what could take a text for more than a text."""
    found: list[str] = []
    for widget in [top, *top.findChildren(QWidget)]:
        where = f"{type(widget).__name__} {widget.objectName()}"
        if isinstance(widget, QLabel) and widget.textFormat() is not Qt.TextFormat.PlainText and widget.text():
            found.append(f"{where}: a label with the format {widget.textFormat()}")
        if isinstance(widget, QTextEdit):
            found.append(f"{where}: an editor of rich text")
        for tip in (widget.toolTip(), widget.statusTip(), widget.whatsThis()):
            plain = tip.removeprefix("<qt>").removesuffix("</qt>").replace("<br>", "")
            if "<" in plain:
                found.append(f"{where}: a tip with markup {tip[:80]!r}")
    return found


def shows_literally(desk: RunningDesk, request: RequestId, text: str) -> None:
    """The message says what was typed, to the last sign that can be shown."""
    shown = desk.center.message.text
    wanted = text or "(no message)"
    assert shown.text() == wanted
    assert shown.toPlainText() == body_text(wanted)
    assert desk.frame.isActiveWindow()


def test_hostile_texts_of_the_form_are_read_in_a_window_that_stays_usable(
    texts: list[str], house: House, open_desk: OpenDesk
) -> None:  # QT-01, QT-02, QT-03, QT-04, INP-01
    sent = send_all(house, texts)
    assert sent
    desk = open_desk()
    desk.until(lambda: set(desk.rows()) == set(sent), "all are in the list")
    probe = LoopProbe()
    probe.start()
    for place in range(len(sent)):
        desk.until(desk.is_open, "the next one is open")
        assert desk.now is not None
        request = desk.now.view.id
        shows_literally(desk, request, sent.pop(request))
        assert rich_parts(desk.frame) == []
        if place + 1 < len(texts) and sent:
            before = desk.selected()
            desk.press("J")
            desk.until(lambda before=before: desk.selected() != before, "another row")  # type: ignore[misc]
            desk.until(lambda: desk.is_open(RequestId(desk.selected() or 0)), "it is open")
    assert sent == {}
    report = probe.stop()
    assert report.longest_ms < SLOWEST
    answer_the_last(desk, house)
    assert [widget for widget in QApplication.topLevelWidgets() if widget.isVisible()] == [desk.frame]


def answer_the_last(desk: RunningDesk, house: House) -> None:
    """After all of that, the window does its work."""
    assert desk.now is not None
    request = desk.now.view.id
    desk.press("A")  # another appointment: each has one already
    desk.choose(1)
    desk.send()
    desk.until(lambda: request not in desk.rows(), "it is done")
    assert house.rows(schema.appointment.c.id, status="confirmed") != []


def test_hostile_names_leave_the_window_as_it_is(house: House, open_desk: OpenDesk) -> None:
    # QT-05; such names come from imports and other systems, past the form
    practice = house.practice
    names = [text[:200] for text in OURS if "\0" not in text]
    with house.allowed():
        for number, name in enumerate(names):
            child = practice.a_patient(name, name, TODAY - timedelta(days=900 + number))
            parent = practice.a_contact(name, name, f"n{number}@example.org", {child: {"relation": "mother"}})
            practice.an_appointment(
                child, practice.lindqvist, TODAY + timedelta(days=number // 10), f"{8 + number % 10}:00", minutes=20
            )
            practice.a_request("schedule", by=parent, patient=child, message="hi")
    desk = open_desk()
    desk.until(lambda: len(desk.rows()) == len(names), "all are in the list")
    for place in range(len(names)):
        desk.until(desk.is_open, "the next one is open")
        assert rich_parts(desk.frame) == []
        for role in (Qt.ItemDataRole.ToolTipRole, Qt.ItemDataRole.StatusTipRole, Qt.ItemDataRole.WhatsThisRole):
            assert desk.center.feed.model.data(desk.center.feed.model.index(place, 0), role) in (None, "")
        if place + 1 < len(names):
            before = desk.selected()
            desk.press("J")
            desk.until(lambda before=before: desk.selected() != before, "another row")  # type: ignore[misc]
            desk.until(lambda: desk.is_open(RequestId(desk.selected() or 0)), "it is open")
    desk.frame.show_page("schedule")
    desk.settle()
    assert rich_parts(desk.frame) == []
    desk.frame.show_page("messages")
    desk.sit_down()
    answer_the_last(desk, house)
