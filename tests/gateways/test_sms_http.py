"""Text messages over HTTP against real receivers: what arrives, whatever a name holds, and what each kind of answer means (NOTE-04)."""

import base64
import json
import re
import socket
import ssl
import tomllib
from collections.abc import Callable, Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from threading import Event, Thread
from time import monotonic
from typing import Any
from urllib.parse import parse_qs
from uuid import UUID

import msgspec
import pytest
from hypothesis import given, settings as hypothesis_settings, strategies as st

from request_desk.config import FILE_NAME, Sms, load
from request_desk.gateways.letters import Letter, Permanent, Result, Sent, Temporary
from request_desk.gateways.sms_http import TextSender

LETTER = Letter("+12065550147", "", "Harbor Pediatrics: you have news. https://portal.example.org/\n", UUID(int=5))
DOCS = Path(__file__).resolve().parents[2] / "docs" / "sms.md"
Answer = Callable[[socket.socket], None]


def said(status: str, body: bytes = b"{}", *headers: str) -> Answer:
    """Answer like a service that means well."""

    def answer(sock: socket.socket) -> None:
        lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers, "", ""]
        sock.sendall("\r\n".join(lines).encode() + body)

    return answer


class Receiver:
    """A service on the loopback that keeps what it was sent and answers as it is told, one connection after the other."""

    def __init__(self, answer: Answer, tls: ssl.SSLContext | None = None) -> None:
        self.answer = answer
        self.got: list[tuple[str, dict[str, str], bytes]] = []
        self.ended = Event()
        self.reads = True
        self._tls = tls
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port = self._listening.getsockname()[1]
        self._thread = Thread(target=self._serve, daemon=True)
        self._thread.start()

    @property
    def url(self) -> str:
        return f"{'https' if self._tls else 'http'}://127.0.0.1:{self.port}/send?a=1"

    def _serve(self) -> None:
        with suppress(OSError):
            while True:
                plain, _address = self._listening.accept()
                with plain, suppress(OSError):
                    sock = self._tls.wrap_socket(plain, server_side=True) if self._tls else plain
                    if self.reads:
                        self.got.append(_read(sock))
                    self.answer(sock)
                    sock.close()

    def close(self) -> None:
        self.ended.set()
        with suppress(OSError):  # closed before
            self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        self._thread.join(10)
        assert not self._thread.is_alive()


def _read(sock: socket.socket) -> tuple[str, dict[str, str], bytes]:
    with sock.makefile("rb") as stream:
        first = stream.readline().decode().strip()
        headers: dict[str, str] = {}
        while line := stream.readline().decode("latin-1").strip():
            name, _colon, value = line.partition(":")
            headers[name.lower()] = value.strip()
        return first, headers, stream.read(int(headers.get("content-length", "0")))


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver(said("200 OK"))
    yield made
    made.close()


def json_way(url: str, **more: Any) -> Sms:
    body = '{"to": "{to}", "from": "{sender}", "parts": [{"text": "{text}"}], "ref": "{reference}", "flag": true}'
    return Sms(**{"way": "http", "url": url, "sender": "Harbor", "body": body, "timeout_seconds": 5, **more})


def form_way(url: str, **more: Any) -> Sms:
    body = "To={to}&n={digits}&Body={text}&kind={kind}"
    return Sms(way="http", url=url, format="form", body=body, timeout_seconds=5, **more)


def test_a_message_arrives_as_json(receiver: Receiver) -> None:
    sms = json_way(receiver.url, headers=("X-Api-Key: {secret}", "Idempotency-Key: {reference}"))
    assert TextSender(sms, "s3cret\n").send(LETTER) == Sent()
    [(line, headers, body)] = receiver.got
    assert line == "POST /send?a=1 HTTP/1.1"
    assert headers["content-type"] == "application/json"
    assert (headers["x-api-key"], headers["idempotency-key"]) == ("s3cret", str(UUID(int=5)))
    assert json.loads(body) == {
        "to": "+12065550147",
        "from": "Harbor",
        "parts": [{"text": "Harbor Pediatrics: you have news. https://portal.example.org/"}],
        "ref": str(UUID(int=5)),
        "flag": True,
    }


def test_a_message_arrives_as_a_form_with_basic_authentication(receiver: Receiver) -> None:
    sms = form_way(receiver.url, user="AC1", gsm_kind="text", unicode_kind="unicode")
    assert TextSender(sms, "s3cret").send(LETTER) == Sent()
    assert TextSender(sms, "s3cret").send(replace(LETTER, body="Ángela ✓")) == Sent()
    first, second = receiver.got
    assert first[1]["authorization"] == f"Basic {base64.b64encode(b'AC1:s3cret').decode()}"
    assert parse_qs(first[2].decode())["n"] == ["12065550147"]
    assert [parse_qs(each[2].decode())["kind"] for each in (first, second)] == [["text"], ["unicode"]]
    assert parse_qs(second[2].decode())["Body"] == ["Ángela ✓"]


HOSTILE = (
    '"}, "to": "+1900"',
    "{secret} {to} {text}",
    "a&To=+1900&x=",
    "%26To=1",
    "\r\nX-Bad: 1",
    "\\u0022",
    "x\x00y",
    "\ud800",
    "😀" * 20,
)


@pytest.mark.parametrize("name", HOSTILE)
def test_whatever_a_name_holds_stays_inside_its_value(receiver: Receiver, name: str) -> None:  # TPL-05
    letter = replace(LETTER, body=f"For {name}.")
    assert TextSender(json_way(receiver.url), "s3cret").send(letter) == Sent()
    assert TextSender(form_way(receiver.url), "s3cret").send(letter) == Sent()
    sent, form = json.loads(receiver.got[0][2]), parse_qs(receiver.got[1][2].decode())
    assert set(sent) == {"to", "from", "parts", "ref", "flag"}
    assert sent["to"] == form["To"][0] == "+12065550147"
    assert sent["parts"][0]["text"] == form["Body"][0]
    assert form["Body"][0].startswith("For")
    assert set(form) <= {"To", "n", "Body", "kind"}
    assert "s3cret" not in str(receiver.got)
    assert all("x-bad" not in headers for _line, headers, _body in receiver.got)


@given(st.text(max_size=120))
@hypothesis_settings(max_examples=40, deadline=None)
def test_any_text_arrives_as_one_value(text: str) -> None:
    receiver = Receiver(said("202 Accepted"))
    try:
        assert TextSender(json_way(receiver.url)).send(replace(LETTER, body=text)) == Sent()
        found = json.loads(receiver.got[0][2])
        assert set(found) == {"to", "from", "parts", "ref", "flag"}
    finally:
        receiver.close()


@pytest.mark.parametrize(
    "number", ["", "206 555 0147", "12065550147", "+1206555014a", "+12065550147\r\nX: 1", "+1" * 20, "a@b.org"]
)
def test_what_is_no_number_is_never_sent(receiver: Receiver, number: str) -> None:
    assert isinstance(TextSender(json_way(receiver.url)).send(replace(LETTER, to=number)), Permanent)
    assert receiver.got == []


@pytest.mark.parametrize("secret", ["", "  ", "pässword", "a\nb"])
def test_without_a_secret_that_can_be_sent_nothing_leaves(receiver: Receiver, secret: str) -> None:
    found = TextSender(json_way(receiver.url, user="AC1"), secret).send(LETTER)
    assert isinstance(found, Temporary)
    assert "secret" in found.error
    assert receiver.got == []


STATES = {"state_at": "/messages/0/status", "taken": ("0",), "error_at": "/messages/0/status", "permanent": ("6", "7")}
CODES = {"error_at": "/code", "permanent": ("21211",)}


@pytest.mark.parametrize(
    ("status", "body", "more", "kind", "words"),
    [
        ("201 Created", b'{"sid": "SM1"}', {"id_at": "/sid"}, Sent, ""),
        ("200 OK", b"not json", {}, Sent, ""),
        ("200 OK", b'{"messages": [{"status": "0"}]}', STATES, Sent, ""),
        ("200 OK", b'{"messages": [{"status": "1"}]}', STATES, Temporary, "(200, 1)"),
        ("200 OK", b'{"messages": [{"status": "6"}]}', STATES, Permanent, "(200, 6)"),
        ("200 OK", b"900", STATES, Temporary, "(200)"),
        ("200 OK", b"[" * 60_000, STATES, Temporary, "(200)"),
        ("400 Bad Request", b'{"code": 21211}', CODES, Permanent, "(400, 21211)"),
        ("400 Bad Request", b'{"code": 20001}', CODES, Temporary, "(400, 20001)"),
        ("400 Bad Request", b"", {}, Permanent, "(400)"),
        ("422 Unprocessable", b"", {}, Permanent, "(422)"),
        ("400 Bad Request", b'{"code": "call +12065550147 back"}', CODES, Temporary, "(400)"),
        ("401 Unauthorized", b"", {}, Temporary, "sign-in (401)"),
        ("404 Not Found", b"", {}, Temporary, "(404)"),
        ("429 Too Many", b"", {}, Temporary, "(429)"),
        ("500 Oops", b"<h1>", {}, Temporary, "(500)"),
        ("503 Later", b"", CODES, Temporary, "(503)"),
    ],
)
def test_what_each_answer_means(
    receiver: Receiver, status: str, body: bytes, more: dict[str, Any], kind: type[Result], words: str
) -> None:
    receiver.answer = said(status, body)
    found = TextSender(json_way(receiver.url, **more)).send(LETTER)
    assert isinstance(found, kind)
    if not isinstance(found, Sent):
        assert words in found.error
        assert "2065550147" not in found.error


def test_no_redirect_is_followed(receiver: Receiver) -> None:
    other = Receiver(said("200 OK"))
    receiver.answer = said("307 Temporary Redirect", b"", f"Location: {other.url}")
    found = TextSender(json_way(receiver.url)).send(LETTER)
    other.close()
    assert isinstance(found, Temporary)
    assert "elsewhere" in found.error
    assert other.got == []


def dripping(sock: socket.socket, ended: Event, first: bytes) -> None:
    """A sign ten times a second, for as long as anybody listens."""
    sock.sendall(first)
    while not ended.wait(0.1):
        sock.sendall(b"x")


@pytest.mark.parametrize("first", [b"", b"HTTP/1.1 200 OK\r\nX: ", b"HTTP/1.1 200 OK\r\n\r\n"])
def test_a_service_that_drips_is_left_after_the_time_that_is_set(receiver: Receiver, first: bytes) -> None:
    receiver.answer = lambda sock: dripping(sock, receiver.ended, first)
    began = monotonic()
    found = TextSender(json_way(receiver.url, timeout_seconds=1)).send(LETTER)
    assert monotonic() - began < 4
    assert isinstance(found, Temporary)
    assert "in time" in found.error


def test_hands_that_are_shaken_for_ever_are_let_go(receiver: Receiver) -> None:
    record = b"\x16\x03\x03\x40\x00"  # of TLS, with 16 kB to come

    def slow(sock: socket.socket) -> None:
        dripping(sock, receiver.ended, record)

    receiver.answer = slow
    receiver.reads = False
    began = monotonic()
    found = TextSender(json_way(receiver.url.replace("http://", "https://"), timeout_seconds=1)).send(LETTER)
    assert monotonic() - began < 4
    assert found == Temporary("The text message service did not answer in time.")


def test_a_service_that_says_nothing_is_left(receiver: Receiver) -> None:
    def silent(_sock: socket.socket) -> None:
        receiver.ended.wait(20)

    receiver.answer = silent
    found = TextSender(json_way(receiver.url, timeout_seconds=1)).send(LETTER)
    assert found == Temporary("The text message service did not answer in time.")


def test_a_huge_answer_is_not_read_to_its_end(receiver: Receiver) -> None:
    sent = 0

    def flood(sock: socket.socket) -> None:
        nonlocal sent
        sock.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 4000000000\r\n\r\n")
        with suppress(OSError):
            while sent < 200_000_000:
                sent += sock.send(b"x" * 65536)

    receiver.answer = flood
    assert isinstance(TextSender(json_way(receiver.url, **STATES)).send(LETTER), Temporary)
    receiver.close()
    assert sent < 50_000_000


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"SSH-2.0-OpenSSH\r\n",
        b"HTTP/1.1 2x0 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    ],
)
def test_an_answer_that_is_none_is_for_later(receiver: Receiver, raw: bytes) -> None:
    receiver.answer = lambda sock: sock.sendall(raw)
    found = TextSender(json_way(receiver.url)).send(LETTER)
    assert found == Temporary("The text message service cannot be reached.")


def test_nobody_there_is_for_later() -> None:
    receiver = Receiver(said("200 OK"))
    receiver.close()
    found = TextSender(json_way(receiver.url)).send(LETTER)
    assert found == Temporary("The text message service cannot be reached.")


def test_only_a_certificate_of_the_right_name_is_trusted(certificate: tuple[Path, Path]) -> None:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*certificate)
    receiver = Receiver(said("200 OK"), context)
    trusted = json_way(receiver.url, ca_file=str(certificate[0]))
    found = {
        "trusted": TextSender(trusted).send(LETTER),
        "unknown": TextSender(json_way(receiver.url)).send(LETTER),
        "other name": TextSender(
            json_way(receiver.url.replace("127.0.0.1", "localhost"), ca_file=trusted.ca_file)
        ).send(LETTER),
    }
    receiver.close()
    refused = Temporary("The text message service offers no safe connection, so nothing was sent.")
    assert found == {"trusted": Sent(), "unknown": refused, "other name": refused}
    assert len(receiver.got) == 1


def documented() -> list[str]:
    return [part for part in re.findall(r"```toml\n(.*?)```", DOCS.read_text("utf-8"), re.DOTALL) if "[sms]" in part]


@pytest.mark.parametrize("number", range(3))
def test_the_documented_settings_of_known_services_work(receiver: Receiver, tmp_path: Path, number: int) -> None:
    file = tmp_path / FILE_NAME
    file.write_text(documented()[number], "utf-8")
    known = load(file, {}).sms
    answers = (
        b'{"sid": "SM1"}',
        b'{"messages": [{"status": "0", "message-id": "A1"}]}',
        b'{"success": "100", "messages": [{"id": "7"}]}',
    )
    refusals = (b'{"code": 21211}', b'{"messages": [{"status": "6"}]}', b'{"success": "202", "messages": []}')
    sender = TextSender(msgspec.structs.replace(known, url=receiver.url), "s3cret")
    receiver.answer = said("200 OK", answers[number])
    assert tomllib.loads(documented()[number])["sms"]["url"].startswith("https://")
    assert sender.send(LETTER) == Sent()
    receiver.answer = said("400 Bad Request" if number == 0 else "200 OK", refusals[number])
    assert isinstance(sender.send(LETTER), Permanent)
    _line, headers, body = receiver.got[0]
    assert (
        "s3cret"
        in body.decode()
        + "".join(headers.values())
        + base64.b64decode(headers.get("authorization", "Basic ")[6:]).decode()
    )
    assert "2065550147" in body.decode()
