"""The mail catcher of the demo keeps what it gets and sends nothing on."""

import smtplib
import stat
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from request_desk.config import Mail
from request_desk.gateways.email import Mailer, compose
from request_desk.gateways.letters import Letter, Sent
from request_desk.gateways.mail_catcher import MailCatcher, caught
from tests.gateways.test_email import AT, WITH_CALENDAR


def test_letters_are_caught_as_files_and_listed_newest_first(tmp_path: Path) -> None:
    catcher = MailCatcher(tmp_path / "mail")
    catcher.start()
    try:
        assert catcher.port > 0
        mail = Mail(
            host="127.0.0.1", port=catcher.port, security="none", from_address="desk@example.org", from_name="Harbor"
        )
        mailer = Mailer(mail, now=lambda: datetime(2026, 11, 24, 16, 12, tzinfo=UTC))
        for number in range(3):
            assert (
                mailer.send(Letter(f"p{number}@example.org", f"Grüße {number}", f"Text {number} ✓\n", UUID(int=number)))
                == Sent()
            )
    finally:
        catcher.stop()
    found = caught(tmp_path / "mail")
    assert [each.to for each in found] == ["p2@example.org", "p1@example.org", "p0@example.org"]
    assert found[0].subject == "Grüße 2"
    assert found[0].body.strip() == "Text 2 ✓"
    assert found[0].files == ()
    assert found[0].at.tzinfo is UTC
    assert stat.S_IMODE(found[0].path.stat().st_mode) == 0o600
    assert len(catcher.caught(limit=2)) == 2


def test_the_files_of_a_letter_are_named_beside_its_text(tmp_path: Path) -> None:
    (tmp_path / "00000000001764000000-1-000000.eml").write_bytes(
        compose(WITH_CALENDAR, Mail(from_address="desk@example.org"), AT).as_bytes()
    )
    (found,) = caught(tmp_path)
    assert found.files == ("invite.ics",)
    assert found.body.replace("\r\n", "\n") == WITH_CALENDAR.body


def test_two_catchers_have_ports_of_their_own(tmp_path: Path) -> None:
    one, other = MailCatcher(tmp_path / "one"), MailCatcher(tmp_path / "other")
    one.start()
    other.start()
    assert one.port != other.port
    one.stop()
    other.stop()
    with pytest.raises(OSError, match=r"refused|Errno"):
        smtplib.SMTP("127.0.0.1", one.port, timeout=2)


def test_a_folder_that_is_not_there_holds_no_letters(tmp_path: Path) -> None:
    assert caught(tmp_path / "none") == ()
    (tmp_path / "half.part").write_bytes(b"Subject: half")
    assert caught(tmp_path) == ()
