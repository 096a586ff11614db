"""The hostile-text corpus through every field of every form: refused in words or shown literally, never a server error (INP)."""

from datetime import timedelta
from uuid import uuid4

import pytest

from request_desk.domain.clock import FixedClock
from tests.builders import TODAY, Practice
from tests.online import Share
from tests.samples import naughty
from tests.services.test_manage_links import minted
from tests.web.conftest import SignIn, Visitor
from tests.web.test_booking import held, sign_in_there
from tests.web.test_counter_offers import Offered
from tests.web.test_home_and_threads import answer_form, link

OURS = (
    "\0",
    "".join(map(chr, range(1, 32))),
    "\x7f\x80\x9f\u2028\u2029\x85",
    "\ufdd0\ufffe\U0010ffff",
    "\ufeffbom",
    "\u200b",
    "\u202eRLO \u2066 unclosed",
    "e" + "\u0301" * 60,
    "İıßẞﬁ ＦＵＬＬ １２３ ٤٥٦",
    "👨‍👩‍👧‍👦" * 40,
    "a" * 4000,
    "a" * 4001,
    "😀" * 4000,
    "'\";-- %_\\ {{ 7*7 }} {% raw %} ${x} %s %n",
    "<img src=/dev/zero onerror=alert(1)><script>alert(1)</script></textarea><table><table>",
    '"><svg/onload=alert(1)> javascript:alert(1) <a href=file:///etc/passwd>x</a>',
    "=cmd|' /C calc'!A0 +1 -1 @x \t\r",
    "../../etc/passwd C:\\ \\\\unc\\share",
    "=?utf-8?q?=00?= \r\nBcc: x@example.org",
    "NaN Infinity 1e999 -0 0x1F 1_000 ２",
    "2024-W01-1 24:00 :60 +23:59:59.999999 0001-01-01 9999-12-31 10000-01-01 infinity 2026-02-29",
    "../../etc/passwd Factory posixrules america/los_angeles",
    "9" * 5000,
)


@pytest.fixture(params=["ours", pytest.param("shared", marks=pytest.mark.slow)])
def texts(request: pytest.FixtureRequest) -> list[str]:
    if request.param == "ours":
        return list(OURS)
    return naughty()


def try_in(visitor: Visitor, path: str, action: str, text: str, *fields: str) -> None:
    """Open a page, send its form once for each field with a text in that field, and look at the answers."""
    opened = visitor.open(path)
    action = next(found for found in opened.forms if found.endswith(action))
    for field in fields:
        visitor.page = opened
        # What was accepted once is answered without a look at the fields: each is sent as for the first time.
        anew = {"submission": str(uuid4())} if "submission" in opened.forms[action] else {}
        page = visitor.send(action, {**anew, field: text})
        assert page.status < 500, (field, text)
        assert page.status in {200, 400, 403, 404, 409, 413, 422}
        for tag in ("<script", "<img", "<svg", "<a href=file", "onerror=alert(1)>"):
            assert tag not in page.html.replace('<script src="/assets/', "")


def test_every_field_of_the_sign_in(stranger: Visitor, texts: list[str]) -> None:
    for text in texts:
        try_in(stranger, "/sign-in", "/sign-in", text, "email")
        stranger.open("/sign-in/6ad9ac54-fbc9-4a3f-a20f-7d0b3b3c5a10")
        assert stranger.send("", code=text).status in {403, 422}, text


def test_every_field_of_an_asking(sqlite_sign_in: SignIn, sqlite_practice: Practice, texts: list[str]) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    where = f"/ask/schedule?child={sqlite_practice.zuri}&type={sqlite_practice.well}&go=next"
    fields = (
        "message", "submission", "best", "child", "type", "provider", "location", "w1", "from", "csrftoken", "appointment",
    )  # fmt: skip
    for text in texts:
        try_in(visitor, where, "/ask/schedule", text, *fields)


def test_every_parameter_of_an_asking(sqlite_sign_in: SignIn, sqlite_practice: Practice, texts: list[str]) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    right = {"child": str(sqlite_practice.zuri), "type": str(sqlite_practice.well)}
    for text in texts:
        for field in (
            "child",
            "type",
            "provider",
            "location",
            "appointment",
            "from",
            "go",
            "on",
            "part",
            "w1",
            "c1",
            "x",
        ):
            for go in ("", "continue") if field in {"on", "part"} else ("",):
                given = {**right, "go": go, "on": "2026-11-30", "part": "morning", field: text}
                answer = visitor.client.get("/ask/schedule", params=given)
                assert answer.status_code in {200, 303, 400, 404, 414, 422}, (field, text)


def test_every_field_of_a_thread(sqlite_sign_in: SignIn, sqlite_practice: Practice, texts: list[str]) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    thread = link(sqlite_practice, sqlite_practice.a_request())
    for text in texts:
        try_in(visitor, thread, "/answer", text, "message", "submission", "csrftoken")
        try_in(visitor, thread, "/withdraw", text, "submission")


def test_what_is_accepted_is_shown_as_it_was_typed(sqlite_sign_in: SignIn, sqlite_practice: Practice) -> None:
    visitor = sqlite_sign_in(sqlite_practice.amara)
    page = visitor.open(link(sqlite_practice, sqlite_practice.a_request()))
    typed = "'\";-- %_\\ {{ 7*7 }} <b>bold</b> 👨‍👩‍👧‍👦 نحتاج موعداً"
    assert typed in visitor.send(answer_form(page), message=typed).words


def test_every_text_of_the_booking_page(sqlite_practice: Practice, stranger: Visitor, texts: list[str]) -> None:
    share = Share(sqlite_practice)
    held(stranger, share)
    for text in texts:
        try_in(stranger, "/booking", "/booking/email", text, "email")
    stranger.open("/booking")
    sign_in_there(stranger, sqlite_practice, "new@example.org")
    fields = ("child_given", "child_family", "birth", "relation", "given", "family", "phone")
    for text in texts:
        try_in(stranger, "/booking/new", "/booking/new", text, *fields)


def test_every_text_behind_a_manage_link(sqlite_practice: Practice, stranger: Visitor, texts: list[str]) -> None:
    day = TODAY + timedelta(days=7)
    for number, text in enumerate(texts):
        minute = 8 * 60 + number % 9 * 60
        visit = sqlite_practice.an_appointment(
            sqlite_practice.zuri, sqlite_practice.lindqvist, day + timedelta(days=number // 9), f"{minute // 60}:00"
        )
        base = f"/m/{minted(sqlite_practice, visit, sqlite_practice.amara)}"
        for field in ("message", "proof"):
            try_in(stranger, f"{base}/ask/move", "/ask/move", text, field)


def test_every_text_to_an_offer_that_does_not_fit(
    sqlite_sign_in: SignIn, sqlite_practice: Practice, clock: FixedClock, texts: list[str]
) -> None:
    offered = Offered(sqlite_practice, sqlite_practice.desk, clock)
    clock.advance(timedelta(seconds=21))
    visitor = sqlite_sign_in(sqlite_practice.amara)
    for text in texts:
        for field in ("offer", "submission", "message"):
            if "times/none" in visitor.open(f"{offered.thread}/times/none").html:
                try_in(visitor, f"{offered.thread}/times/none", "/times/none", text, field)
        if offered.states()[-1] != "open":  # it was a text that a parent may write: offered again
            assert "<script" not in visitor.open(offered.thread).html
            offered = Offered(sqlite_practice, sqlite_practice.desk, clock)
            clock.advance(timedelta(seconds=21))
