"""Within the grace time nothing has left the practice: one key takes the whole act back, also as the other desk and the post see it."""

from datetime import timedelta
from typing import Any

import pytest
from PySide6.QtCore import Qt
from PySide6.QtTest import QTest

from request_desk.domain.requests import RequestState
from request_desk.store import schema
from request_desk.ui.widgets.buttons import Button
from tests.builders import TODAY
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import House, worker


def test_one_key_takes_the_act_back_and_no_mail_leaves(house: House, open_desk: OpenDesk) -> None:  # ACT5, RE7
    practice = house.practice
    with house.allowed():
        appointment = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + timedelta(days=9), "8:30")
        wishes = [practice.wish(TODAY, "10:00")]
        request = practice.a_request("reschedule", appointment=appointment, wishes=wishes)
    maria = open_desk(name="front")
    kofi = open_desk(name="back", staff=practice.kofi)
    with worker(house) as post:
        maria.sit_down()
        maria.go_to(request)
        maria.choose(1)
        maria.press("R")
        maria.until(maria.center.response.editor.hasFocus, "the response has the focus")
        maria.type(" Bye!")
        text = maria.text
        maria.send()
        maria.until(lambda: request not in maria.rows(), "it is done")
        kofi.until(lambda: kofi.center.filters.tabs.tabText(0).endswith(" 0"), "the other desk knows it")
        maria.until(lambda: maria.frame.undo_bar.offered() is not None, "undo is offered")
        maria.press("Ctrl+Shift+Z")
        maria.until(lambda: request in maria.rows(), "it is back")
        kofi.until(lambda: kofi.center.filters.tabs.tabText(0).endswith(" 1"), "also at the other desk")
        maria.until(lambda: maria.is_open(request) and maria.text == text, "with the text as it was typed")
        maria.settle()
        assert house.view(request).state is RequestState.OPEN
        appointments = house.rows(schema.appointment.c.id, schema.appointment.c.status)
        assert dict(appointments)[appointment] == "confirmed"
        assert [status for _id, status in appointments].count("confirmed") == 1
        moved = house.rows(schema.outbox.c.id, schema.outbox.c.state, kind="move")
        assert moved
        assert {row.state for row in moved} == {"withdrawn"}
        # The worker looks every second; what it sends is the word that the request has come, and nothing else.
        maria.until(lambda: len(post.to("amara@example.org")) == 1, "the acknowledgement has come")
        assert post.to("chidi@example.org") == []


@pytest.mark.parametrize("house_settings", [{"grace": timedelta(seconds=1)}], ids=["grace of one second"])
def test_after_the_grace_time_the_key_says_why_not_and_offers_a_correction(
    house: House, open_desk: OpenDesk, house_settings: dict[str, Any]
) -> None:  # ACT5
    assert house_settings
    with house.allowed():
        request = house.practice.a_request(wishes=[house.practice.wish(TODAY, "10:00")])
    maria = open_desk()
    maria.press("Ctrl+Shift+Z")
    maria.until(lambda: maria.frame.messages.text() == "There is nothing to take back.", "the key is never dead")
    maria.go_to(request)
    maria.choose(1)
    maria.send()
    maria.until(lambda: maria.shell._too_late is not None, "it is done, and the grace time is over")
    maria.press("Ctrl+Shift+Z")
    maria.until(lambda: "too late to take this back" in maria.frame.messages.text(), "it is refused in words")
    assert maria.frame.messages.text().startswith("Booked Zuri Okafor for Tue, Nov 24, 10:00 AM: ")
    assert house.view(request).state is RequestState.COMPLETED
    correct = maria.frame.messages.findChild(Button)
    assert correct is not None
    assert correct.text() == "Write a correction"
    QTest.mouseClick(correct, Qt.MouseButton.LeftButton)
    maria.until(lambda: maria.is_open(request) and maria.center.response.editor.hasFocus(), "the response waits")
    maria.type("Sorry, please come at ten past.")
    maria.until(lambda: maria.text == "Sorry, please come at ten past.", "it is typed")
    maria.send()
    maria.until(lambda: maria.text == "", "it is sent")
    maria.settle()
    assert [message.body for message in house.view(request).thread][-1] == "Sorry, please come at ten past."
