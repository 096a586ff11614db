"""Text messages as e-mails: the number becomes the mailbox, the text is all there is (NOTE-04)."""

import email
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import pytest

from request_desk.config import Mail
from request_desk.gateways.email import Mailer
from request_desk.gateways.letters import Letter, Permanent, Sent
from request_desk.gateways.mail_catcher import MailCatcher
from request_desk.gateways.sms_mail import TextByMail


def test_a_message_arrives_in_the_mailbox_of_its_number(tmp_path: Path) -> None:
    catcher = MailCatcher(tmp_path)
    catcher.start()
    mail = Mail(host="127.0.0.1", port=catcher.port, security="none", from_address="desk@example.org")
    mailer = Mailer(mail, now=lambda: datetime(2026, 11, 24, 16, 12, tzinfo=UTC))
    sender = TextByMail("text.example.org", mailer.send)
    try:
        assert sender.send(Letter("+12065550147", "News", "Amara’s visit – Tue\n", UUID(int=7))) == Sent()
    finally:
        catcher.stop()
    [caught] = catcher.caught()
    assert (caught.to, caught.subject, caught.body.strip()) == (
        "12065550147@text.example.org",
        "",
        "Amara's visit - Tue",
    )
    message = email.message_from_bytes(caught.path.read_bytes())
    assert message.get_content_type() == "text/plain"  # no second part that a gateway might send as well


@pytest.mark.parametrize(
    "number", ["", "2065550147", "x@evil.example", "+1206555@evil.example,a", "+12065550147\r\nTo: x@y.org"]
)
def test_what_is_no_number_becomes_no_address(number: str) -> None:
    sent: list[Letter] = []

    def send(letter: Letter) -> Sent:
        sent.append(letter)
        return Sent()

    assert isinstance(TextByMail("text.example.org", send).send(Letter(number, "", "Text", UUID(int=7))), Permanent)
    assert sent == []
