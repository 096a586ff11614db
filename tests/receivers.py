"""Receivers of webhooks on the loopback, with and without TLS: one that verifies, and one for each abuse."""

import gzip
import socket
import ssl
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from threading import Event, Thread
from typing import Final

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

NAME: Final = "hooks.example.org"  # what certificates are for, and what a test's resolver finds on the loopback


@dataclass(frozen=True, slots=True)
class Received:
    """One message as it came: its first line, its headers with names in lower case, and the bytes of its body."""

    line: str
    headers: dict[str, str]
    body: bytes


class Caller:
    """The other side of a connection, and whether the receiver is being closed."""

    def __init__(self, connection: socket.socket, over: Event) -> None:
        self.connection = connection
        self.over = over

    def say(self, content: bytes) -> None:
        self.connection.sendall(content)

    def drip(self, content: bytes, seconds: float) -> None:
        """Send one byte after the other, until the receiver is closed."""
        for index in range(len(content)):
            if self.over.wait(seconds):
                return
            self.say(content[index : index + 1])


Answer = Callable[[Caller], None]


class Receiver:
    """Takes one message a connection, keeps it, and answers as it is told; each connection has a thread of its own."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None, *, reads: bool = True) -> None:
        self.received: list[Received] = []
        self.connections = 0
        self._answer = answer
        self._tls = tls
        self._reads = reads
        self._over = Event()
        self._threads: list[Thread] = []
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port: int = self._socket.getsockname()[1]
        self._listener = Thread(target=self._listen, daemon=True)
        self._listener.start()

    @property
    def url(self) -> str:
        """Its address: by name where it has a certificate."""
        return f"https://{NAME}:{self.port}/hook" if self._tls else f"http://127.0.0.1:{self.port}/hook"

    def close(self) -> None:
        """Stop listening and end what hangs; once more does nothing."""
        if self._over.is_set():
            return
        self._over.set()
        with suppress(OSError):  # wakes the listener, which is waiting for somebody to come
            socket.create_connection(("127.0.0.1", self.port), timeout=5).close()
        self._listener.join(20)
        for thread in self._threads:
            thread.join(20)
        self._socket.close()

    def _listen(self) -> None:
        while True:
            connection, _from = self._socket.accept()
            if self._over.is_set():
                connection.close()
                return
            self.connections += 1
            thread = Thread(target=self._serve, args=(connection,), daemon=True)
            self._threads.append(thread)
            thread.start()

    def _serve(self, plain: socket.socket) -> None:
        plain.settimeout(20)
        with plain, suppress(OSError):  # the sender went away, or trusts no certificate of ours
            connection = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
            with connection:
                if self._reads:
                    self.received.append(_read(connection))
                self._answer(Caller(connection, self._over))


def _read(connection: socket.socket) -> Received:
    """Read one message; its length is told by its head."""
    content = b""
    while b"\r\n\r\n" not in content:
        part = connection.recv(65_536)
        if not part:
            raise ConnectionError
        content += part
    head, _end, body = content.partition(b"\r\n\r\n")
    line, *lines = head.decode("latin-1").split("\r\n")
    headers = {name.lower(): value.strip() for name, _colon, value in (each.partition(":") for each in lines)}
    while len(body) < int(headers.get("content-length", "0")):
        part = connection.recv(65_536)
        if not part:
            raise ConnectionError
        body += part
    return Received(line, headers, body)


@contextmanager
def receiving(answer: Answer, tls: ssl.SSLContext | None = None, *, reads: bool = True) -> Iterator[Receiver]:
    """A receiver that listens until the block ends."""
    receiver = Receiver(answer, tls, reads=reads)
    try:
        yield receiver
    finally:
        receiver.close()


# What it answers


def answering(status: int, body: bytes = b"", **headers: str) -> Answer:
    """A whole answer with this status; underscores in the names of headers are hyphens."""
    lines = [f"HTTP/1.1 {status} Told", f"Content-Length: {len(body)}"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    return lambda caller: caller.say("\r\n".join((*lines, "", "")).encode() + body)


def huge(caller: Caller) -> None:
    """An answer without end."""
    caller.say(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n")
    while not caller.over.is_set():
        caller.say(b"10000\r\n" + b"x" * 0x10000 + b"\r\n")


def huge_head(caller: Caller) -> None:
    """Headers without end."""
    caller.say(b"HTTP/1.1 200 OK\r\n")
    while not caller.over.is_set():
        caller.say(b"X-More: " + b"x" * 1_000 + b"\r\n")


def bomb(caller: Caller) -> None:
    """Half a gigabyte of zeros, packed."""
    packed = gzip.compress(bytes(10_000_000), 9)
    caller.say(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % (len(packed) * 50))
    for _each in range(50):
        caller.say(packed)


def slow_head(caller: Caller) -> None:
    """One byte of the head at a time."""
    caller.drip(b"HTTP/1.1 200 OK\r\n" + b"X-Slow: x\r\n" * 1_000, 0.05)


def slow_body(caller: Caller) -> None:
    """An answer that is taken for delivered at its first line, and never ends."""
    caller.say(b"HTTP/1.1 200 OK\r\nContent-Length: 10000\r\n\r\n")
    caller.drip(b"x" * 10_000, 0.05)


def continuing(caller: Caller) -> None:
    """One provisional answer after the other."""
    while not caller.over.wait(0.05):
        caller.say(b"HTTP/1.1 102 Processing\r\n\r\n")


def hanging(caller: Caller) -> None:
    """No answer at all, and no end."""
    caller.over.wait()


def resetting(caller: Caller) -> None:
    """The connection is torn down instead of an answer."""
    caller.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))


def closing(_caller: Caller) -> None:
    """The connection ends without an answer."""


def too_short(caller: Caller) -> None:
    """Less than the length that was told."""
    caller.say(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\nshort")


def too_long(caller: Caller) -> None:
    """More than the length that was told: what follows is not read."""
    caller.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nshortHTTP/1.1 500 No\r\n\r\n")


def two_lengths(caller: Caller) -> None:
    """Two lengths that contradict each other."""
    caller.say(b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nshort")


def not_http(caller: Caller) -> None:
    """Another protocol."""
    caller.say(b"220 mail.example.org ESMTP\r\n")


def switching(caller: Caller) -> None:
    """Another protocol, offered by HTTP."""
    caller.say(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n")


# Certificates


# From Python 3.13 on an authority without a usage is none.
_AUTHORITY: Final = x509.KeyUsage(
    digital_signature=True,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=False,
    encipher_only=False,
    decipher_only=False,
)


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate that is its own authority: trust it by `path`, listen with `tls`."""

    path: Path
    tls: ssl.SSLContext


def certificate(folder: Path, *names: str, began: timedelta = timedelta(days=-1), days: int = 3) -> Certificate:
    """Make a certificate for names and addresses, which begins `began` from now."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "receiver")])
    begins = datetime.now(UTC) + began
    found = [x509.DNSName(each) if each[0].isalpha() else x509.IPAddress(ip_address(each)) for each in names]
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(begins)
        .not_valid_after(begins + timedelta(days=days))
        .add_extension(x509.SubjectAlternativeName(found), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(_AUTHORITY, critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{made.serial_number}.pem"
    private = serialization.PrivateFormat.PKCS8
    content = key.private_bytes(serialization.Encoding.PEM, private, serialization.NoEncryption())
    path.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret = folder / f"{made.serial_number}.key"
    secret.write_bytes(content)
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(path, secret)
    return Certificate(path, context)
