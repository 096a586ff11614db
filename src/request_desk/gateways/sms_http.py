"""Sending one text message over HTTP, to whichever service the settings describe; docs/sms.md has the settings of known ones.

Nothing of a message's words is decided here but what makes it fit. No redirects, no proxies, no compression; see ADR 24.
"""

import base64
import http.client
import json
import logging
import re
import socket
import ssl
from collections.abc import Mapping
from contextlib import suppress
from threading import Timer
from typing import Any, Final
from urllib.parse import parse_qsl, urlencode, urlsplit

from request_desk.config import Sms
from request_desk.domain.json_pointers import pointed
from request_desk.domain.sms import as_sent, size
from request_desk.domain.words import _
from request_desk.gateways.letters import Letter, Permanent, Result, Sent, Temporary
from request_desk.logs import Word

_ANSWER_LIMIT: Final = 64 * 1024  # bytes; those of services are some hundred
_NUMBER: Final = re.compile(r"\+[0-9]{8,15}")
_PLACE: Final = re.compile(r"\{(to|digits|text|sender|reference|kind|secret)\}")
_CODE: Final = re.compile(r"[A-Za-z0-9_.-]{1,40}")
_OF_THE_MESSAGE: Final = frozenset({400, 422})  # the service understood us, and will not have this one
_log = logging.getLogger(__name__)


def needs_secret(sms: Sms) -> bool:
    """Tell whether a message cannot be sent without the secret of the service."""
    return bool(sms.user) or "{secret}" in sms.body or any("{secret}" in line for line in sms.headers)


class TextSender:
    """Asks the service of the settings to send; one connection a message, so that a bad one spoils no other.

    Blocks for as long as the service takes, at most `timeout_seconds` for all of it: call it from a worker thread.
    """

    def __init__(self, sms: Sms, secret: str = "") -> None:
        self._sms = sms
        self._secret = secret.strip()

    def send(self, letter: Letter) -> Result:
        """Send one message. Never raises for what a service or a number does; everything else is a bug."""
        if not _NUMBER.fullmatch(letter.to):
            return Permanent(_("This is not a number that text messages go to."))
        if self._lacks_secret():
            return Temporary(_("The secret of the text message service is missing or cannot be sent. Enter it again."))
        try:
            status, answer = self._asked(self._body(letter), self._headers(letter))
        except ssl.SSLError:
            return Temporary(_("The text message service offers no safe connection, so nothing was sent."))
        except TimeoutError:
            return Temporary(_("The text message service did not answer in time."))
        except (OSError, http.client.HTTPException):
            return Temporary(_("The text message service cannot be reached."))
        return self._judged(letter, status, _document(answer))

    def _lacks_secret(self) -> bool:
        return needs_secret(self._sms) and not (self._secret and self._secret.isascii() and self._secret.isprintable())

    def _body(self, letter: Letter) -> bytes:
        """The body of the settings with what is filled in as data: whatever a name holds, it stays inside its value."""
        sms, text = self._sms, as_sent(letter.body)
        values = {
            "to": letter.to,
            "digits": letter.to.removeprefix("+"),
            "text": text,
            "sender": sms.sender,
            "reference": str(letter.reference),
            "kind": sms.gsm_kind if size(text).is_gsm else sms.unicode_kind,
            "secret": self._secret,
        }
        if sms.format == "json":
            return json.dumps(_filled(json.loads(sms.body), values)).encode()
        fields = [(name, _fill(value, values)) for name, value in parse_qsl(sms.body, keep_blank_values=True)]
        return urlencode(fields).encode()

    def _headers(self, letter: Letter) -> dict[str, str]:
        sms = self._sms
        values = {"secret": self._secret, "reference": str(letter.reference)}
        kind = "application/json" if sms.format == "json" else "application/x-www-form-urlencoded"
        headers = {"Content-Type": kind, "Accept": "application/json", "User-Agent": "request-desk"}
        if sms.user:
            headers["Authorization"] = f"Basic {base64.b64encode(f'{sms.user}:{self._secret}'.encode()).decode()}"
        for line in sms.headers:
            name, _colon, value = line.partition(":")
            headers[name] = _fill(value.strip(), values)
        return headers

    def _asked(self, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        """Ask once and return status and answer; b"" for one that is too long. Raises OSError and HTTPException."""
        parts, seconds = urlsplit(self._sms.url), self._sms.timeout_seconds
        host = parts.hostname or ""
        is_safe = parts.scheme == "https"
        kind = http.client.HTTPSConnection if is_safe else http.client.HTTPConnection
        connection = kind(host, parts.port)
        path = f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"
        # The time-out of a socket is for each step: a service that sends a byte a second would keep us for hours.
        limit = _Limit(seconds)
        try:
            connection.sock = limit.holds(socket.create_connection((host, connection.port), seconds))
            if is_safe:
                context = ssl.create_default_context(cafile=self._sms.ca_file or None)
                # Hands are shaken when the limit holds what they are shaken with: the plain socket is an empty shell by then.
                shaken = context.wrap_socket(connection.sock, server_hostname=host, do_handshake_on_connect=False)
                connection.sock = limit.holds(shaken)
                shaken.do_handshake()
            connection.request("POST", path, body, dict(headers))
            answer = connection.getresponse()
            content = answer.read(_ANSWER_LIMIT + 1)
        except (OSError, http.client.HTTPException) as error:
            if limit.is_over:
                raise TimeoutError from error
            raise
        finally:
            limit.stop()
            connection.close()
        if limit.is_over:
            raise TimeoutError
        return answer.status, content if len(content) <= _ANSWER_LIMIT else b""

    def _judged(self, letter: Letter, status: int, document: object) -> Result:
        """What became of it: what the settings name is for never, all else for later."""
        sms = self._sms
        state, error = pointed(document, sms.state_at), pointed(document, sms.error_at)
        if 200 <= status < 300 and (not sms.state_at or state in sms.taken):
            theirs = pointed(document, sms.id_at) if sms.id_at else ""
            if _CODE.fullmatch(theirs):
                _log.info("text message %s is %s at the service", Word(str(letter.reference)), Word(theirs))
            return Sent()
        found = next((code for code in (error, state) if _CODE.fullmatch(code)), "")
        words = f"{status}, {found}" if found else str(status)
        if 300 <= status < 400:
            return Temporary(
                _("The text message service sent us elsewhere ({status}). Check sms.url.").format(status=status)
            )
        if status in (401, 403):
            return Temporary(_("The text message service refused our sign-in ({words}).").format(words=words))
        refused = _("The text message service refused the message ({words}).").format(words=words)
        if found in sms.permanent or (not sms.permanent and status in _OF_THE_MESSAGE):
            return Permanent(refused)
        return Temporary(refused)


class _Limit:
    """Ends what it holds from another thread when the time is over; what it is given afterwards, too."""

    def __init__(self, seconds: float) -> None:
        self.is_over = False
        self._sock: socket.socket | None = None
        self._timer = Timer(seconds, self._end)
        self._timer.daemon = True
        self._timer.start()

    def holds(self, sock: socket.socket) -> socket.socket:
        """Hold this one from now on."""
        self._sock = sock
        if self.is_over:
            self._end()
        return sock

    def stop(self) -> None:
        self._timer.cancel()

    def _end(self) -> None:
        self.is_over = True
        if self._sock is not None:
            with suppress(OSError):
                self._sock.shutdown(socket.SHUT_RDWR)


def _filled(template: Any, values: Mapping[str, str]) -> Any:
    match template:
        case str():
            return _fill(template, values)
        case list():
            return [_filled(each, values) for each in template]
        case dict():
            return {name: _filled(each, values) for name, each in template.items()}
        case _:
            return template


def _fill(template: str, values: Mapping[str, str]) -> str:
    """Once: what is filled in is not looked at again."""
    return _PLACE.sub(lambda place: values.get(place[1], place[0]), template)


def _document(answer: bytes) -> object:
    try:
        return json.loads(answer)
    except (ValueError, RecursionError):
        return None
