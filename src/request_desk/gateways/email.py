"""Sending one letter by SMTP, and saying what became of it; nothing of a letter's text is decided here."""

import email
import email.policy
import re
import smtplib
import ssl
from collections.abc import Callable
from datetime import datetime
from email.headerregistry import Address
from email.message import Message, MIMEPart
from email.utils import format_datetime
from typing import Final
from uuid import UUID

from request_desk.config import Mail
from request_desk.domain.errors import Invalid
from request_desk.domain.icalendar import Invitation, calendar_text, method_of
from request_desk.domain.text import parse_email
from request_desk.domain.words import _, speaking
from request_desk.gateways.html_part import html_part
from request_desk.gateways.letters import Letter, Permanent, Result, Sent, Temporary

_SUBJECT_LIMIT: Final = 150
_POLICY: Final = email.policy.SMTP.clone(cte_type="7bit")  # every server takes it
_HEADERS: Final = frozenset(
    {
        "from",
        "to",
        "subject",
        "date",
        "message-id",
        "auto-submitted",
        "content-type",
        "mime-version",
    }
)
_PART_HEADERS: Final = {
    "multipart": frozenset({"content-type"}),
    "text": frozenset({"content-type", "content-transfer-encoding"}),
    "application": frozenset({"content-type", "content-transfer-encoding", "content-disposition"}),
}
CALENDAR_FILE: Final = "invite.ics"  # the name that mail programs look for
_ENHANCED: Final = re.compile(rb"^([245]\.\d{1,3}\.\d{1,3})\b")
_LINE: Final = re.compile(r"[\x00-\x1f\x7f\u0085\u2028\u2029]")


class Mailer:
    """Speaks to the mail server of the settings; one connection a letter, so that a bad one spoils no other.

    Blocks for as long as the server takes, at most `timeout_seconds` a step: call it from a worker thread.
    """

    def __init__(self, mail: Mail, password: str = "", *, now: Callable[[], datetime]) -> None:
        self._mail = mail
        self._password = password
        self._now = now

    def send(self, letter: Letter) -> Result:
        """Send one letter. Never raises for what a server or an address does; everything else is a bug."""
        if not self._mail.host:
            return Temporary(_("No mail server is set up on this machine."))
        try:
            message = compose(letter, self._mail, self._now())
        except Invalid as error:
            return Permanent(error.sentence)
        try:
            with self._connect() as server:
                # Not send_message: it writes ">From" into a body.
                server.sendmail(
                    self._mail.from_address, [str(message["to"].addresses[0].addr_spec)], message.as_bytes()
                )
        except smtplib.SMTPRecipientsRefused as error:
            code, answer = next(iter(error.recipients.values()))
            return _judged(_("The mailbox was refused"), code, answer)
        except smtplib.SMTPAuthenticationError as error:
            return Temporary(_answered(_("The mail server refused our sign-in"), error.smtp_code, error.smtp_error))
        except smtplib.SMTPResponseException as error:
            return _judged(_("The mail server refused the letter"), error.smtp_code, error.smtp_error)
        except (smtplib.SMTPNotSupportedError, ssl.SSLError):
            return Temporary(_("The mail server offers no safe connection, so nothing was sent."))
        except (smtplib.SMTPException, OSError) as error:
            if isinstance(error, TimeoutError) or isinstance(error.__context__, TimeoutError):
                return Temporary(_("The mail server did not answer in time."))
            return Temporary(_("The mail server cannot be reached."))
        return Sent()

    def _connect(self) -> smtplib.SMTP:
        mail = self._mail
        # Our own name in HELO would tell the network's names to the outside.
        hello = mail.from_address.rpartition("@")[2]
        if mail.security == "tls":
            server: smtplib.SMTP = smtplib.SMTP_SSL(
                mail.host, mail.port, local_hostname=hello, timeout=mail.timeout_seconds, context=_tls(mail)
            )
        else:
            server = smtplib.SMTP(mail.host, mail.port, local_hostname=hello, timeout=mail.timeout_seconds)
        try:
            if mail.security == "starttls":
                server.starttls(context=_tls(mail))
            if mail.user:
                server.login(mail.user, self._password)
        except BaseException:
            server.close()
            raise
        return server


def compose(letter: Letter, mail: Mail, at: datetime) -> MIMEPart:
    """Make the message: one recipient, the text plain and as HTML, headers that survive a second reading; raises Invalid otherwise.

    What the reader's calendar is told is a third way to read it, which mail programs act on, and a file beside it for those
    that do not (RFC 6047). The same letter is the same bytes on every try. Python 3.11.7 wrote an encoded line break in a header as a new header (security.md M6): free text with "=?" is refused,
    and the set of headers is compared after parsing what would be sent.
    """
    to = parse_email(letter.to, field=_("E-mail"))
    subject = letter.subject
    if "=?" in subject or _LINE.search(subject) or len(subject) > _SUBJECT_LIMIT:
        raise Invalid(_("The subject cannot be sent."), field="Subject")
    message = MIMEPart(_POLICY)
    message["From"] = Address(mail.from_name, addr_spec=mail.from_address)
    message["To"] = Address(addr_spec=to)
    message["Subject"] = subject
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{letter.reference}@{mail.from_address.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"  # RFC 3834: no out-of-office answers
    message["MIME-Version"] = "1.0"
    if letter.is_bare:
        _set_text(message, letter.body, "plain")
        _read_again(message)
        return message
    ways = [_text(letter.body, "plain"), _text(html_part(letter), "html")]
    if letter.calendar is None:
        message.make_alternative(_boundary(letter.reference, "ways"))
        for way in ways:
            message.attach(way)
    else:
        with speaking(letter.language):
            name = mail.from_name or letter.practice_name
            calendar = calendar_text(letter.calendar, at, Invitation(mail.from_address, name, to))
        message.make_mixed(_boundary(letter.reference, "parts"))
        alternative = MIMEPart(_POLICY)
        alternative.make_alternative(_boundary(letter.reference, "ways"))
        for way in (*ways, _calendar(calendar, method_of(letter.calendar))):
            alternative.attach(way)
        message.attach(alternative)
        message.attach(_file(calendar))
    _read_again(message)
    return message


def _boundary(reference: UUID, name: str) -> str:
    """What neither base64 nor quoted-printable can hold (RFC 2045, 6.7), the same on every try."""
    return f"=_{reference.hex}_{name}"


def _text(text: str, subtype: str) -> MIMEPart:
    part = MIMEPart(_POLICY)
    _set_text(part, text, subtype)
    return part


def _set_text(part: MIMEPart, text: str, subtype: str) -> None:
    # As it is, a text could hold a boundary; what is not ASCII is never sent as it is.
    part.set_content(text, subtype=subtype, cte="quoted-printable" if text.isascii() else None)


def _calendar(text: bytes, method: str) -> MIMEPart:
    part = MIMEPart(_POLICY)
    part.set_content(text.decode(), subtype="calendar", cte="base64", params={"method": method})
    return part


def _file(text: bytes) -> MIMEPart:
    part = MIMEPart(_POLICY)
    part.set_content(text, maintype="application", subtype="ics", disposition="attachment", filename=CALENDAR_FILE)
    return part


def _read_again(message: MIMEPart) -> None:
    parsed = email.message_from_bytes(message.as_bytes(), policy=_POLICY)
    names = [name.lower() for name in parsed.keys()]  # noqa: SIM118  # a message is no mapping: a header may come twice
    wanted = _HEADERS if message.is_multipart() else _HEADERS | {"content-transfer-encoding"}
    if len(names) != len(wanted) or frozenset(names) != wanted or len(parsed["to"].addresses) != 1 or parsed.defects:
        raise Invalid(_("The letter cannot be written safely."), field="Subject")
    same_parts = [part.get_content_type() for part in parsed.walk()] == [
        part.get_content_type() for part in message.walk()
    ]
    if not same_parts or any(_is_strange(part) for part in parsed.walk() if part is not parsed):
        raise Invalid(_("The letter cannot be written safely."), field="Text")
    if str(parsed["subject"]) != str(message["subject"]):
        raise Invalid(_("The subject cannot be sent."), field="Subject")


def _is_strange(part: Message) -> bool:
    """Whether a part has a header that it was not given, one twice, or cannot be read."""
    names = sorted(name.lower() for name in part.keys())  # noqa: SIM118  # as above
    return names != sorted(_PART_HEADERS[part.get_content_maintype()]) or bool(part.defects)


def _tls(mail: Mail) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=mail.ca_file or None)


def _judged(words: str, code: int, answer: bytes | str) -> Result:
    """4xx is for later, 5xx for never (RFC 5321, 4.2.1)."""
    sentence = _answered(words, code, answer)
    return Permanent(sentence) if 500 <= code < 600 else Temporary(sentence)


def _answered(words: str, code: int, answer: bytes | str) -> str:
    """Our words with the codes; the server's own words name the address."""
    raw = answer if isinstance(answer, bytes) else answer.encode("utf-8", "replace")
    detail = _ENHANCED.match(raw)
    return f"{words} ({code}{' ' + detail[1].decode() if detail else ''})."
