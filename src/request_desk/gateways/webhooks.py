"""Sending one webhook to the address that was checked and to no other, and saying what became of it (HOOK-01 … HOOK-05)."""

import socket
import ssl
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cached_property
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any, Final
from urllib.parse import urlsplit

import httpcore2
from standardwebhooks import Webhook

from request_desk.domain.clock import Clock
from request_desk.domain.errors import Invalid, Unavailable
from request_desk.domain.webhooks import (
    MOST_BYTES,
    WebhookAttempt,
    WebhookEnd,
    asked_wait,
    check_address,
    check_found,
    check_headers,
    check_secret,
    end_of,
    visible,
)
from request_desk.domain.words import _

Resolver = Callable[[str, int], Sequence[str]]

_MOST_ANSWER: Final = 65_536  # bytes of an answer that are read (HOOK-04)
_SLICE: Final = 4_096  # bytes of one write, so that a receiver who reads slowly is noticed
_MOST_ADDRESSES: Final = 4  # of one name that are tried
_BUSY: Final = frozenset({429, 503})


@dataclass(frozen=True, slots=True)
class WebhookPost:
    """What is sent to one receiver. `webhook_id` is the same on every try; each of `secrets` signs, while one follows another."""

    url: str = field(repr=False)
    webhook_id: str
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(repr=False)
    headers: tuple[tuple[str, str], ...] = field(default=(), repr=False)


class WebhookSender:
    """Sends webhooks; may be used by many threads at once. A try blocks for at most `seconds`, whatever the receiver does.

    `clock` gives the time that is signed: receivers compare it with their own, so outside of tests it is the machine's. `resolver`
    returns the addresses of a name. `allow_loopback` lets receivers on this machine through. `ca_file` replaces the system's authorities.
    """

    def __init__(
        self,
        clock: Clock,
        *,
        resolver: Resolver | None = None,
        allow_loopback: bool = False,
        ca_file: str | None = None,
        seconds: float = 15,
    ) -> None:
        self._clock = clock
        self._resolver = resolver or _resolved
        self._allow_loopback = allow_loopback
        self._ca_file = ca_file
        self._seconds = seconds

    def check(self, url: str) -> str:
        """Return the address in its one spelling when something may be sent there now (HOOK-05).

        Blocks while the name is looked up. Raises Invalid for an address that is refused and a name that nobody knows, Unavailable
        where names cannot be looked up just now.
        """
        found = check_address(url, allow_loopback=self._allow_loopback)
        try:
            self._addresses(found, _Deadline(self._clock, self._seconds))
        except OSError as error:
            if isinstance(error, socket.gaierror) and error.errno != socket.EAI_AGAIN:
                sentence = _("Nobody knows a host of this name. Please look at the address again.")
                raise Invalid(sentence, field="Address") from error
            sentence = _("The host's name cannot be looked up just now. Please try again in a minute.")
            raise Unavailable(sentence) from error
        return found

    def send(self, post: WebhookPost) -> WebhookAttempt:
        """Send once. Never raises for what a receiver, a name or an address does; everything else is a bug."""
        deadline = _Deadline(self._clock, self._seconds)
        try:
            answer = self._sent(post, deadline)
        except Invalid as refused:
            answer = _Answer(WebhookEnd.REFUSED, reason=refused.sentence)
        elapsed = round(deadline.elapsed * 1000)
        return WebhookAttempt(answer.end, answer.status, answer.reason, answer.wait, elapsed, answer.first)

    def _sent(self, post: WebhookPost, deadline: "_Deadline") -> "_Answer":
        url = check_address(post.url, allow_loopback=self._allow_loopback)
        headers = self._headers(post, url)
        answer = _Answer(WebhookEnd.TRY_AGAIN)
        try:
            addresses = self._addresses(url, deadline)
        except OSError:  # a name that nobody knows today may be known tomorrow
            answer.fail(_("The receiver's name cannot be looked up."))
            return answer
        try:
            self._exchange(url, headers, post.body, _Pinned(addresses, deadline), answer)
        except (httpcore2.TimeoutException, TimeoutError):
            answer.fail(_("The receiver did not answer in time."))
        except httpcore2.ConnectError as error:
            answer.fail(_unconnected(error))
        except httpcore2.NetworkError:
            answer.fail(_("The receiver broke the connection."))
        except httpcore2.ProtocolError:
            answer.fail(_("The receiver's answer is not whole, or not one of HTTP."))
        return answer

    def _addresses(self, url: str, deadline: "_Deadline") -> tuple[str, ...]:
        """The addresses of a receiver, each of them looked at; raises Invalid or OSError, TimeoutError among them."""
        parts = urlsplit(url)
        host, port = parts.hostname or "", _port(url)
        answers = SimpleQueue[Sequence[str] | OSError]()

        def ask() -> None:
            try:
                answers.put(self._resolver(host, port))
            except OSError as error:
                answers.put(error)

        # The system's resolver knows no time limit; what comes too late is thrown away.
        Thread(target=ask, name="webhook-name", daemon=True).start()
        try:
            found = answers.get(timeout=deadline.left())
        except Empty as error:
            raise TimeoutError from error
        if isinstance(found, OSError):
            raise found
        return check_found(found, allow_loopback=self._allow_loopback)

    def _headers(self, post: WebhookPost, url: str) -> list[tuple[str, str]]:
        """All headers of a try, signed at this moment (HOOK-01); raises Invalid for what may not leave."""
        if len(post.body) > MOST_BYTES:
            raise Invalid(_("The message is too long to be sent."), field="Address")
        if not post.secrets:
            raise ValueError("a webhook is signed")
        now = self._clock.now()
        body = post.body.decode("utf-8")
        signatures = [Webhook(check_secret(each)).sign(post.webhook_id, now, body) for each in post.secrets]
        return [
            ("Host", urlsplit(url).netloc),
            ("User-Agent", "Request-Desk"),
            ("Accept", "*/*"),
            ("Accept-Encoding", "identity"),
            ("Connection", "close"),
            ("Content-Type", "application/json"),
            ("Content-Length", str(len(post.body))),
            ("webhook-id", post.webhook_id),
            ("webhook-timestamp", str(int(now.timestamp()))),
            ("webhook-signature", " ".join(signatures)),
            *check_headers(post.headers),
        ]

    def _exchange(
        self, url: str, headers: list[tuple[str, str]], body: bytes, backend: "_Pinned", answer: "_Answer"
    ) -> None:
        """Send and read into `answer`, which holds what has come when this breaks off. Nothing is followed, nothing unpacked."""
        parts = urlsplit(url)
        target = f"{parts.path}?{parts.query}" if parts.query else parts.path
        to = httpcore2.URL(scheme=parts.scheme, host=parts.hostname or "", port=_port(url), target=target)
        tls = self._tls if parts.scheme == "https" else None
        with (
            httpcore2.HTTPConnection(to.origin, ssl_context=tls, network_backend=backend) as connection,
            connection.stream("POST", to, headers=headers, content=body) as response,
        ):
            answer.status = response.status
            if response.status in _BUSY:
                told = next((value for name, value in response.headers if name.lower() == b"retry-after"), b"")
                answer.wait = asked_wait(told.decode("ascii", "replace"), self._clock.now())
            content = b""
            try:
                for part in response.iter_stream():
                    content += part
                    if len(content) >= _MOST_ANSWER:
                        break
            finally:
                answer.first = visible(content)
        answer.end = end_of(response.status)
        answer.reason = _told(response.status)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Made once: reading the authorities takes longer than a handshake."""
        return ssl.create_default_context(cafile=self._ca_file or None)


@dataclass(slots=True)
class _Answer:
    """What has come back so far."""

    end: WebhookEnd
    status: int | None = None
    reason: str = ""
    wait: timedelta | None = None
    first: str = ""

    def fail(self, reason: str) -> None:
        self.end, self.reason = WebhookEnd.TRY_AGAIN, reason


class _Deadline:
    """What is left of the time of one try."""

    def __init__(self, clock: Clock, seconds: float) -> None:
        self._clock = clock
        self._began = clock.monotonic()
        self._seconds = seconds

    @property
    def elapsed(self) -> float:
        return self._clock.monotonic() - self._began

    def left(self) -> float:
        """Return the seconds that are left; raises TimeoutError when there are none."""
        left = self._seconds - self.elapsed
        if left <= 0:
            raise TimeoutError
        return left


class _Pinned(httpcore2.NetworkBackend):
    """Connects to the checked addresses, whatever the name stands for by now; TLS still asks for the name."""

    def __init__(self, addresses: Sequence[str], deadline: _Deadline) -> None:
        self._addresses = addresses[:_MOST_ADDRESSES]
        self._deadline = deadline
        self._backend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Try one address after the other, each for its share of the time that is left."""
        for count, address in enumerate(self._addresses):
            share = self._deadline.left() / (len(self._addresses) - count)
            try:
                return _Timed(self._backend.connect_tcp(address, port, share), self._deadline)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout):
                if count == len(self._addresses) - 1:
                    raise
        raise AssertionError("a receiver has an address")


class _Timed(httpcore2.NetworkStream):
    """A connection whose every step ends with the try: a receiver who sends one byte a second gets no more time than another."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: _Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, self._deadline.left())

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        for begin in range(0, len(buffer), _SLICE):
            self._stream.write(buffer[begin : begin + _SLICE], self._deadline.left())

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self, ssl_context: ssl.SSLContext, server_hostname: str | None = None, timeout: float | None = None
    ) -> httpcore2.NetworkStream:
        try:
            left = self._deadline.left()
        except TimeoutError:
            self.close()  # nobody else has it yet
            raise
        return _Timed(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _resolved(host: str, port: int) -> Sequence[str]:
    return [str(found[4][0]) for found in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def _port(url: str) -> int:
    parts = urlsplit(url)
    return parts.port or (443 if parts.scheme == "https" else 80)


def _unconnected(error: httpcore2.ConnectError) -> str:
    if isinstance(error.__cause__, ssl.SSLCertVerificationError):
        return _("The receiver's certificate is not valid for its name, so nothing was sent.")
    if isinstance(error.__cause__, ssl.SSLError):
        return _("The receiver offers no safe connection, so nothing was sent.")
    return _("The receiver cannot be reached.")


def _told(status: int) -> str:
    """What an answer's status says; empty when it took the message."""
    if 200 <= status < 300:
        return ""
    if 300 <= status < 400:
        return _("The receiver answered {status}, and redirects are not followed.").format(status=status)
    if end_of(status) is WebhookEnd.GONE:
        return _("The receiver answered {status}: it wants no more messages.").format(status=status)
    return _("The receiver answered {status}.").format(status=status)
