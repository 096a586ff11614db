"""Sending by SMTP against a real server: headers, encryption, what a server answers (M6, NOTE-03, NOTE-08)."""

import email
import email.policy
import ssl
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session
from icalendar import Calendar

from request_desk.config import Mail
from request_desk.domain.errors import Invalid
from request_desk.domain.icalendar import CalendarEvent
from request_desk.domain.ids import AppointmentId
from request_desk.gateways.email import CALENDAR_FILE, Mailer, compose
from request_desk.gateways.letters import Letter, Permanent, Sent, Temporary

AT = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
LETTER = Letter(
    "amara@example.org", "Harbor Pediatrics: you have a reply", "Please sign in to read it.\n\nZürich ✓\n", UUID(int=5)
)
FROM = "desk@harbor.example.org"
EVENT = CalendarEvent(
    chain_id=AppointmentId(77),
    sequence=1,
    first_name="",
    practice_name="Harbor Pediatrics",
    practice_phone="(206) 555-0100",
    place="Northside",
    address="1 Main St",
    is_video=False,
    starts_at=AT + timedelta(days=1),
    ends_at=AT + timedelta(days=1, minutes=40),
)
WITH_CALENDAR = replace(LETTER, calendar=EVENT)
HOSTILE = [
    "Northside\r\nBcc: evil@example.org",
    'A "quoted"; name <evil@example.org>, with: signs',
    "\u202eediS\u2066htroN",
    "x" * 300,
    "诊所" * 100,
    "عيادة الميناء",
    "--=_00000000000000000000000000000005_ways--",
]


class Server:
    """A mail server that answers as it is told and keeps what it got."""

    def __init__(self) -> None:
        self.got: list[bytes] = []
        self.recipients: list[list[str]] = []
        self.users: list[bytes] = []
        self.answer = "250 OK"
        self.refuse_recipient = ""

    async def handle_RCPT(
        self, _server: SMTP, _session: Session, envelope: Envelope, address: str, _options: list[str]
    ) -> str:
        if self.refuse_recipient:
            return self.refuse_recipient
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, _server: SMTP, _session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.got.append(envelope.content)
        self.recipients.append(list(envelope.rcpt_tos))
        return self.answer


class Started(Controller):
    """Learns the port that the system chose before it is tried."""

    def _trigger_server(self) -> None:
        server: Any = self.server
        self.port = server.sockets[0].getsockname()[1]
        super()._trigger_server()  # type: ignore[no-untyped-call]


@pytest.fixture
def server() -> Server:
    return Server()


@pytest.fixture
def running(server: Server) -> Iterator[Mail]:
    """A server without encryption on the loopback, and the settings to reach it."""
    controller = Started(server, hostname="127.0.0.1", port=0)
    controller.start()
    yield Mail(
        host="127.0.0.1",
        port=controller.port,
        security="none",
        from_address=FROM,
        from_name="Harbor Pediatrics",
        timeout_seconds=5,
    )
    controller.stop()


def mailer(mail: Mail, password: str = "") -> Mailer:
    return Mailer(mail, password, now=lambda: AT)


def test_a_letter_arrives_with_these_headers_and_no_other(server: Server, running: Mail) -> None:
    assert mailer(running).send(LETTER) == Sent()
    message = email.message_from_bytes(server.got[0], policy=email.policy.default)
    kept = {name.lower(): str(value) for name, value in message.items() if not name.lower().startswith("x-")}
    assert kept == {
        "from": f"Harbor Pediatrics <{FROM}>",
        "to": "amara@example.org",
        "subject": LETTER.subject,
        "date": "Tue, 24 Nov 2026 16:12:00 +0000",
        "message-id": f"<{UUID(int=5)}@harbor.example.org>",
        "auto-submitted": "auto-generated",
        "content-type": f'multipart/alternative; boundary="=_{UUID(int=5).hex}_ways"',
        "mime-version": "1.0",
    }
    body = message.get_body(("plain",))
    assert body is not None
    assert body.get_content().replace("\r\n", "\n") == LETTER.body
    assert server.recipients == [["amara@example.org"]]


def structure(message: Any) -> Any:
    """The kinds of the parts of a message, as they lie in each other."""
    if message.is_multipart():
        return message.get_content_type(), [structure(part) for part in message.get_payload()]
    return message.get_content_type()


def test_a_letter_is_to_be_read_plain_or_as_html(server: Server, running: Mail) -> None:  # NT1
    assert mailer(running).send(LETTER) == Sent()
    message = email.message_from_bytes(server.got[0], policy=email.policy.default)
    assert structure(message) == ("multipart/alternative", ["text/plain", "text/html"])
    html = message.get_body(("html",))
    assert html is not None
    assert "Zürich ✓" in html.get_content()
    assert not list(message.iter_attachments())


@pytest.mark.parametrize("is_cancelled", [False, True])
def test_news_of_an_appointment_bring_an_invitation_and_the_same_as_a_file(
    server: Server, running: Mail, is_cancelled: bool
) -> None:  # NOTE-06, RFC 6047
    letter = replace(WITH_CALENDAR, calendar=replace(EVENT, is_cancelled=is_cancelled))
    assert mailer(running).send(letter) == Sent()
    message = email.message_from_bytes(server.got[0], policy=email.policy.default)
    assert structure(message) == (
        "multipart/mixed",
        [("multipart/alternative", ["text/plain", "text/html", "text/calendar"]), "application/ics"],
    )
    plain, calendar = message.get_body(("plain",)), next(each for each in message.walk() if is_calendar(each))
    assert plain is not None
    assert plain.get_content().replace("\r\n", "\n") == LETTER.body
    method = "CANCEL" if is_cancelled else "REQUEST"
    assert dict(calendar["content-type"].params) == {"charset": "utf-8", "method": method}
    (file,) = message.iter_attachments()
    assert file.get_filename() == CALENDAR_FILE == "invite.ics"
    assert file.get_content() == calendar.get_payload(decode=True)
    found = Calendar.from_ical(file.get_content())
    (entry,) = found.walk("VEVENT")
    assert (str(found["METHOD"]), entry["SEQUENCE"], str(entry["UID"])) == (method, 1, "appointment-77@request-desk")
    assert (str(entry["ORGANIZER"]), str(entry["ATTENDEE"])) == (f"mailto:{FROM}", "mailto:amara@example.org")
    assert entry["ORGANIZER"].params["CN"] == "Harbor Pediatrics"
    assert entry.decoded("DTSTAMP") == AT


def is_calendar(part: Any) -> bool:
    return bool(part.get_content_type() == "text/calendar")


def test_a_calendar_is_told_in_the_language_of_the_letter(running: Mail) -> None:
    message = compose(replace(WITH_CALENDAR, language="es"), running, AT)
    (entry,) = Calendar.from_ical(next(message.iter_attachments()).get_content()).walk("VEVENT")
    assert str(entry["SUMMARY"]) == "Cita con Harbor Pediatrics"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_names_and_places_add_no_header_and_no_part(server: Server, running: Mail, hostile: str) -> None:  # M6
    event = replace(EVENT, practice_name=hostile, place=hostile, address=hostile)
    letter = replace(WITH_CALENDAR, body=f"{hostile}\n", practice_name=hostile, calendar=event)
    assert mailer(running).send(letter) == Sent()
    message = email.message_from_bytes(server.got[0], policy=email.policy.default)
    assert len(structure(message)[1]) == 2
    headers = [name.lower() for part in message.walk() for name in part.keys()]  # noqa: SIM118  # a header may come twice
    assert (headers.count("bcc"), headers.count("mime-version"), headers.count("content-type")) == (0, 1, 6)
    assert not any(part.defects for part in message.walk())
    assert all(len(line) <= 998 for line in server.got[0].split(b"\r\n"))
    assert server.got[0].isascii()
    plain = message.get_body(("plain",))
    assert plain is not None
    assert plain.get_content().split() == letter.body.split()


def test_every_try_has_the_same_message_id(server: Server, running: Mail) -> None:  # NOTE-08
    mailer(running).send(LETTER)
    mailer(running).send(LETTER)
    ids = {email.message_from_bytes(each)["Message-ID"] for each in server.got}
    assert len(ids) == 1


@pytest.mark.parametrize(
    "subject",
    [
        "=?utf-8?q?a=0d=0aBcc:evil@example.org?=",
        "a\nBcc: evil@example.org",
        "a\r\n\r\nbody",
        "a\u2028b",
        "x" * 200,
        "tab\x0bhere",
    ],
)
def test_a_subject_that_could_become_another_header_is_not_sent(
    server: Server, running: Mail, subject: str
) -> None:  # M6
    result = mailer(running).send(Letter("amara@example.org", subject, "x", UUID(int=1)))
    assert isinstance(result, Permanent)
    assert server.got == []


@pytest.mark.parametrize(
    "to",
    [
        "a@b.c, evil@example.org",
        "g: a@example.org;",
        '"a@evil.org"@example.org',
        "a@example.org\nBcc: b@example.org",
        "=?utf-8?q?a?=@example.org",
        "",
        "a b@example.org",
        "(x)a@example.org",
    ],
)
def test_one_plain_address_or_none(server: Server, running: Mail, to: str) -> None:  # NOTE-03
    assert isinstance(mailer(running).send(Letter(to, "x", "x", UUID(int=1))), Permanent)
    assert server.got == []


def test_a_domain_of_another_script_is_written_in_ascii(running: Mail, server: Server) -> None:  # NOTE-03
    assert mailer(running).send(Letter("amara@müller.example.org", "x", "x", UUID(int=1))) == Sent()
    assert server.recipients == [["amara@xn--mller-kva.example.org"]]


def test_a_subject_in_any_script_arrives_whole(running: Mail, server: Server) -> None:
    subject = "Praxis Žluťoučký: Antwort für 王小明"
    assert mailer(running).send(Letter("amara@example.org", subject, "x", UUID(int=1))) == Sent()
    assert email.message_from_bytes(server.got[0], policy=email.policy.default)["Subject"] == subject


def test_a_body_with_dots_long_lines_and_header_like_lines_arrives_as_it_is(running: Mail, server: Server) -> None:
    body = ".\n..\nBcc: evil@example.org\n" + "x" * 2_000 + "\nFrom here on\n"
    assert mailer(running).send(Letter("amara@example.org", "x", body, UUID(int=1))) == Sent()
    message = email.message_from_bytes(server.got[0], policy=email.policy.default)
    found = message.get_body(("plain",))
    assert found is not None
    assert found.get_content().replace("\r\n", "\n") == body
    assert message["Bcc"] is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("451 4.3.0 try later, amara@example.org", Temporary),
        ("554 5.7.1 no thanks, amara@example.org", Permanent),
    ],
)
def test_the_answer_to_the_letter_decides_about_another_try(
    server: Server, running: Mail, answer: str, kind: type[Temporary | Permanent]
) -> None:
    server.answer = answer
    result = mailer(running).send(LETTER)
    assert isinstance(result, kind)
    assert answer.split()[1] in result.error
    assert "amara" not in result.error


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        ("450 4.2.1 mailbox of amara@example.org busy", Temporary),
        ("550 5.1.1 no such user amara@example.org", Permanent),
    ],
)
def test_the_answer_about_the_mailbox_decides_about_another_try(
    server: Server, running: Mail, answer: str, kind: type[Temporary | Permanent]
) -> None:
    server.refuse_recipient = answer
    result = mailer(running).send(LETTER)
    assert isinstance(result, kind)
    assert result.error.startswith("The mailbox was refused (")
    assert "amara" not in result.error


def test_a_server_that_is_not_there_is_tried_later(running: Mail) -> None:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        away = Mail(host="127.0.0.1", port=taken.getsockname()[1], security="none", from_address=FROM)
        assert mailer(away).send(LETTER) == Temporary("The mail server cannot be reached.")
    assert isinstance(mailer(Mail()).send(LETTER), Temporary)


def test_a_server_that_says_nothing_is_not_waited_for_long() -> None:
    import socket

    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        mail = Mail(
            host="127.0.0.1", port=silent.getsockname()[1], security="none", from_address=FROM, timeout_seconds=1
        )
        assert mailer(mail).send(LETTER) == Temporary("The mail server did not answer in time.")


def tls_server(server: Server, certificate: tuple[Path, Path], **options: Any) -> Started:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate)

    def allow(
        _server: SMTP, _session: Session, _envelope: Envelope, _mechanism: str, data: LoginPassword
    ) -> AuthResult:
        server.users.append(data.login)
        return AuthResult(success=data.password == b"right", handled=False)

    return Started(
        server,
        hostname="127.0.0.1",
        port=0,
        tls_context=context,
        require_starttls=True,
        authenticator=allow,
        auth_required=True,
        **options,
    )


@pytest.fixture
def encrypted(server: Server, certificate: tuple[Path, Path]) -> Iterator[Mail]:
    controller = tls_server(server, certificate)
    controller.start()
    yield Mail(
        host="127.0.0.1",
        port=controller.port,
        security="starttls",
        user="desk",
        from_address=FROM,
        timeout_seconds=5,
        ca_file=str(certificate[0]),
    )
    controller.stop()


def test_starttls_and_sign_in_are_used(server: Server, encrypted: Mail) -> None:
    assert mailer(encrypted, "right").send(LETTER) == Sent()
    assert server.users == [b"desk"]


def test_a_refused_sign_in_is_no_fault_of_the_address(server: Server, encrypted: Mail) -> None:
    result = mailer(encrypted, "wrong").send(LETTER)
    assert isinstance(result, Temporary)
    assert "refused our sign-in (535" in result.error
    assert "wrong" not in result.error


def test_an_unknown_certificate_stops_the_letter_before_the_password(server: Server, encrypted: Mail) -> None:
    stranger = Mail(
        host="127.0.0.1", port=encrypted.port, security="starttls", user="desk", from_address=FROM, timeout_seconds=5
    )
    assert mailer(stranger, "right").send(LETTER) == Temporary(
        "The mail server offers no safe connection, so nothing was sent."
    )
    assert server.users == []
    assert server.got == []


def test_a_server_without_encryption_gets_nothing_when_encryption_is_wanted(server: Server, running: Mail) -> None:
    wanted = Mail(host="127.0.0.1", port=running.port, security="starttls", from_address=FROM, timeout_seconds=5)
    assert isinstance(mailer(wanted).send(LETTER), Temporary)
    assert server.got == []


@pytest.mark.parametrize("letter", [LETTER, WITH_CALENDAR])
def test_a_letter_is_composed_the_same_way_twice(running: Mail, letter: Letter) -> None:
    assert compose(letter, running, AT).as_bytes() == compose(letter, running, AT).as_bytes()


def test_who_is_no_address_gets_nothing_composed(running: Mail) -> None:
    with pytest.raises(Invalid):
        compose(Letter("nobody", "x", "x", UUID(int=1)), running, AT)
