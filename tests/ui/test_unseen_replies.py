"""The mark and the list of replies that nobody has read while the visit comes near, by real keys (RE10)."""

from collections.abc import Callable
from datetime import timedelta

from request_desk.domain.requests import Disposition, Reply
from request_desk.services.inbox import handling, letters_seen
from request_desk.ui.inbox.unseen_sheet import UnseenSheet
from tests.builders import TODAY, Practice
from tests.ui.inbox_desk import DeskWindow
from tests.ui.page_desk import nameless
from tests.ui.test_inbox_page import Setup, desks, practice  # noqa: F401  # fixtures


def test_a_reply_that_nobody_reads_is_marked_and_opened_from_the_list(
    desks: Callable[..., DeskWindow], practice: Practice, database_setup: Setup
) -> None:
    with database_setup():
        visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "15:00")
        request = practice.a_request("cancel", appointment=visit)
        practice.desk.perform(
            practice.maria,
            handling.resolve,
            request,
            None,
            reply=Reply("Please bring the card."),
            disposition=Disposition.COMPLETED,
            expect_version=1,
        )
    desk = desks()
    desk.look()
    assert desk.page.filters.unseen.isHidden()
    desk.hand.advance(timedelta(minutes=5).total_seconds())
    desk.settle()
    assert desk.page.filters.unseen_count.text() == "1"
    assert desk.page.filters.unseen.accessibleName() == "1 reply about a visit within 24 hours is not seen yet."
    desk.page.filters.unseen.click()
    desk.settle()
    sheet = desk.dialog()
    assert isinstance(sheet, UnseenSheet)
    assert nameless(sheet) == []
    sheet.grab().save("/tmp/c8/unseen.png")
    desk.press("Down")
    sheet.button.click()
    desk.settle()
    assert desk.shown == request
    desk.look()
    with database_setup():
        practice.desk.perform(practice.amara, letters_seen.note_seen, request)
    desk.hear()
    assert desk.page.filters.unseen.isHidden()
