"""Webhooks against receivers that listen: the signature, the guard of addresses, and every abuse (WH1, WH2, HOOK-01 … HOOK-07)."""

import base64
import gc
import hashlib
import hmac
import json
import socket
import ssl
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Event

import pytest
from standardwebhooks import Webhook

from request_desk.domain.clock import FixedClock, SystemClock
from request_desk.domain.errors import Invalid, Unavailable
from request_desk.domain.ids import new_uuid
from request_desk.domain.webhooks import WebhookEnd, new_secret, webhook_id
from request_desk.gateways.webhooks import WebhookPost, WebhookSender
from tests import receivers
from tests.receivers import NAME, Answer, Certificate, answering, certificate, receiving

BODY = json.dumps({"type": "appointment.confirmed", "data": {"name": "Zürich ✓"}}, ensure_ascii=False).encode()
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
SHORT = 0.5  # seconds that a receiver who takes too long is waited for


def here(_host: str, _port: int) -> Sequence[str]:
    return ("127.0.0.1",)


def sender(seconds: float = 15, ca_file: Path | None = None) -> WebhookSender:
    """A sender that finds every name on the loopback, and may go there."""
    authority = str(ca_file) if ca_file else None
    return WebhookSender(SystemClock(), resolver=here, allow_loopback=True, ca_file=authority, seconds=seconds)


def post_to(url: str, *secrets: str, body: bytes = BODY, headers: tuple[tuple[str, str], ...] = ()) -> WebhookPost:
    return WebhookPost(url, webhook_id(new_uuid()), body, secrets or (SECRET,), headers)


@pytest.fixture(scope="module")
def valid(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return certificate(tmp_path_factory.mktemp("tls"), NAME, "127.0.0.1")


# The message


def test_a_message_arrives_signed_over_the_bytes_that_were_sent(valid: Certificate) -> None:  # HOOK-01
    with receiving(answering(200, b"thanks"), valid.tls) as receiver:
        post = post_to(receiver.url, headers=(("X-Api-Key", "k 1"),))
        attempt = sender(ca_file=valid.path).send(post)
    assert (attempt.end, attempt.status, attempt.reason, attempt.wait) == (WebhookEnd.DELIVERED, 200, "", None)
    assert attempt.first == "thanks"
    (got,) = receiver.received
    assert got.line == "POST /hook HTTP/1.1"
    assert got.body == BODY
    told = got.headers
    assert told.keys() == {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "connection",
        "content-type",
        "content-length",
        "webhook-id",
        "webhook-timestamp",
        "webhook-signature",
        "x-api-key",
    }
    assert (told["host"], told["x-api-key"]) == (f"{NAME}:{receiver.port}", "k 1")
    assert (told["accept-encoding"], told["content-type"]) == ("identity", "application/json")
    signed = f"{post.webhook_id}.{told['webhook-timestamp']}.".encode() + got.body
    key = base64.b64decode(SECRET.removeprefix("whsec_"))
    assert told["webhook-signature"] == "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()


def test_the_vector_of_standard_webhooks(monkeypatch: pytest.MonkeyPatch) -> None:  # HOOK-01
    clock = FixedClock(datetime.fromtimestamp(1614265330, UTC))
    with receiving(answering(204)) as receiver:
        post = WebhookPost(receiver.url, "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}', (SECRET,))
        WebhookSender(clock, allow_loopback=True).send(post)
    told = receiver.received[0].headers
    assert told["webhook-timestamp"] == "1614265330"
    assert told["webhook-signature"] == "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_every_try_has_the_same_id_and_a_time_of_its_own() -> None:  # HOOK-01
    clock = FixedClock(datetime(2026, 11, 24, 16, 12, tzinfo=UTC))
    with receiving(answering(503)) as receiver:
        post = post_to(receiver.url)
        sending = WebhookSender(clock, allow_loopback=True)
        sending.send(post)
        clock.advance(timedelta(seconds=5))
        sending.send(post)
    one, two = (each.headers for each in receiver.received)
    assert one["webhook-id"] == two["webhook-id"] == post.webhook_id
    assert int(two["webhook-timestamp"]) - int(one["webhook-timestamp"]) == 5
    assert one["webhook-signature"] != two["webhook-signature"]


def test_while_a_secret_follows_another_both_verify_and_no_third_does() -> None:  # HOOK-02
    old, new = new_secret(), new_secret()
    with receiving(answering(200)) as receiver:
        sender().send(post_to(receiver.url, new, old))
    (got,) = receiver.received
    assert len(got.headers["webhook-signature"].split(" ")) == 2
    for secret in (old, new):
        assert Webhook(secret).verify(got.body, got.headers) == json.loads(BODY)
    with pytest.raises(Exception, match="No matching signature"):
        Webhook(new_secret()).verify(got.body, got.headers)


def test_a_post_shows_neither_address_nor_secret_nor_content() -> None:  # SEC-05
    shown = repr(post_to("https://example.org/key-1", SECRET, headers=(("X-Key", "key-1"),)))
    assert not any(told in shown for told in ("key-1", "whsec_", "appointment"))


# What an answer means


@pytest.mark.parametrize("status", [200, 201, 202, 204, 299])
def test_every_2xx_has_taken_the_message(status: int) -> None:  # HOOK-04
    with receiving(answering(status)) as receiver:
        attempt = sender().send(post_to(receiver.url))
    assert (attempt.end, attempt.status) == (WebhookEnd.DELIVERED, status)


@pytest.mark.parametrize("status", [300, 301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:  # HOOK-04
    with receiving(answering(200)) as elsewhere, receiving(answering(status, Location=elsewhere.url)) as receiver:
        attempt = sender().send(post_to(receiver.url))
    assert (attempt.end, attempt.status) == (WebhookEnd.TRY_AGAIN, status)
    assert "not followed" in attempt.reason
    assert (receiver.connections, elsewhere.connections) == (1, 0)


@pytest.mark.parametrize("status", [304, 400, 401, 403, 404, 409, 413, 500, 502, 504, 599])
def test_every_other_answer_is_tried_again(status: int) -> None:  # HOOK-04
    with receiving(answering(status, b"because", Retry_After="7")) as receiver:
        attempt = sender().send(post_to(receiver.url))
    assert (attempt.end, attempt.status, attempt.wait) == (WebhookEnd.TRY_AGAIN, status, None)
    assert str(status) in attempt.reason


def test_who_is_gone_wants_no_more() -> None:  # HOOK-04
    with receiving(answering(410, b"bye")) as receiver:
        attempt = sender().send(post_to(receiver.url))
    assert (attempt.end, attempt.status, attempt.first) == (WebhookEnd.GONE, 410, "bye")


@pytest.mark.parametrize("status", [429, 503])
@pytest.mark.parametrize(
    ("told", "seconds"),
    [
        ("120", 120),
        ("99999999999999999", 86_400),
        ("-5", None),
        ("soon", None),
        ("Tue, 24 Nov 2026 16:22:00 GMT", 600),
        ("Tue, 24 Nov 2026 16:02:00 GMT", None),
        ("Fri, 31 Dec 9999 23:59:59 GMT", 86_400),
    ],
)
def test_a_receiver_asks_for_time(status: int, told: str, seconds: int | None) -> None:  # HOOK-04
    clock = FixedClock(datetime(2026, 11, 24, 16, 12, tzinfo=UTC))
    with receiving(answering(status, Retry_After=told)) as receiver:
        attempt = WebhookSender(clock, allow_loopback=True).send(post_to(receiver.url))
    assert attempt.end is WebhookEnd.TRY_AGAIN
    assert attempt.wait == (None if seconds is None else timedelta(seconds=seconds))


# Abuses


@pytest.mark.parametrize("answer", [receivers.slow_head, receivers.slow_body, receivers.continuing, receivers.hanging])
@pytest.mark.parametrize("safe", [False, True])
def test_no_receiver_is_waited_for_longer_than_was_said(
    answer: Answer, safe: bool, valid: Certificate
) -> None:  # HOOK-04
    with receiving(answer, valid.tls if safe else None) as receiver:
        attempt = sender(SHORT, valid.path).send(post_to(receiver.url))
    assert attempt.end is WebhookEnd.TRY_AGAIN
    assert "in time" in attempt.reason
    assert SHORT * 1000 <= attempt.elapsed_ms < SHORT * 1000 + 1_000


def test_a_receiver_who_does_not_read_is_not_waited_for_longer_either() -> None:  # HOOK-04
    with receiving(receivers.hanging, reads=False) as receiver:
        attempt = sender(SHORT).send(post_to(receiver.url))
    assert (attempt.end, attempt.status) == (WebhookEnd.TRY_AGAIN, None)
    assert attempt.elapsed_ms < SHORT * 1000 + 1_000


def test_a_handshake_that_never_comes_ends_in_time(valid: Certificate) -> None:  # HOOK-04
    with receiving(receivers.hanging, reads=False) as receiver:
        attempt = sender(SHORT, valid.path).send(post_to(receiver.url.replace("http:", "https:")))
    assert "in time" in attempt.reason
    assert attempt.elapsed_ms < SHORT * 1000 + 1_000


class Leaping(SystemClock):
    """A clock that leaps over the time of a try when it has been asked so often."""

    def __init__(self, after: int) -> None:
        super().__init__()
        self.asked = 0
        self._after = after

    def monotonic(self) -> float:
        self.asked += 1
        return super().monotonic() + (3_600 if self.asked > self._after else 0)


def test_at_whatever_step_the_time_ends_nothing_is_left_open(valid: Certificate) -> None:  # HOOK-04
    ends = []
    with receiving(answering(200, b"thanks"), valid.tls) as receiver:
        for after in range(1, 30):
            leaping = Leaping(after)
            hurried = WebhookSender(leaping, resolver=here, allow_loopback=True, ca_file=str(valid.path))
            ends.append(hurried.send(post_to(receiver.url)).end)
            gc.collect()  # a connection that nobody closed would warn
            if leaping.asked <= after:
                break
    assert ends[-1] is WebhookEnd.DELIVERED
    assert len(ends) > 5
    assert WebhookEnd.TRY_AGAIN in ends


def test_an_answer_without_end_is_cut_and_its_status_counts() -> None:  # HOOK-04
    with receiving(receivers.huge) as receiver:
        attempt = sender().send(post_to(receiver.url))
    assert (attempt.end, attempt.status) == (WebhookEnd.DELIVERED, 200)
    assert attempt.first == "x" * 500


def test_what_is_packed_is_not_unpacked() -> None:  # HOOK-04
    with receiving(receivers.bomb) as receiver:
        attempt = sender().send(post_to(receiver.url))
    assert attempt.end is WebhookEnd.DELIVERED
    assert attempt.first.startswith(r"\x1f\x8b")
    assert len(attempt.first) <= 2_000


@pytest.mark.parametrize(
    ("answer", "status"),
    [
        (receivers.resetting, None),
        (receivers.closing, None),
        (receivers.too_short, 200),
        (receivers.two_lengths, None),
        (receivers.not_http, None),
        (receivers.huge_head, None),
        (receivers.switching, None),
    ],
)
def test_an_answer_that_is_none_is_tried_again(answer: Answer, status: int | None) -> None:  # HOOK-04
    with receiving(answer) as receiver:
        attempt = sender().send(post_to(receiver.url))
    assert (attempt.end, attempt.status) == (WebhookEnd.TRY_AGAIN, status)
    assert attempt.reason
    assert receiver.connections == 1


def test_what_follows_an_answer_is_not_read() -> None:  # HOOK-04
    with receiving(receivers.too_long) as receiver:
        attempt = sender().send(post_to(receiver.url))
    assert (attempt.end, attempt.first) == (WebhookEnd.DELIVERED, "short")


def test_nobody_listens() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))  # bound, but nobody listens
        attempt = sender().send(post_to(f"http://127.0.0.1:{taken.getsockname()[1]}/"))
    assert (attempt.end, attempt.reason) == (WebhookEnd.TRY_AGAIN, "The receiver cannot be reached.")


def test_a_receiver_that_hangs_delays_no_other(valid: Certificate) -> None:  # HOOK-09
    with (
        receiving(receivers.hanging, valid.tls) as hangs,
        receiving(answering(200), valid.tls) as answers,
        ThreadPoolExecutor(8) as threads,
    ):
        sending = sender(60, valid.path)
        stuck = threads.submit(sending.send, post_to(hangs.url))
        sent = list(threads.map(sending.send, [post_to(answers.url) for _each in range(40)]))
        assert not stuck.done()
        hangs.close()
    assert {each.end for each in sent} == {WebhookEnd.DELIVERED}
    assert stuck.result().end is WebhookEnd.TRY_AGAIN
    assert len(answers.received) == 40


# Certificates


def test_a_receiver_without_a_name_needs_a_certificate_for_its_address(valid: Certificate, tmp_path: Path) -> None:
    named = certificate(tmp_path, NAME)
    for made, end in ((valid, WebhookEnd.DELIVERED), (named, WebhookEnd.TRY_AGAIN)):
        with receiving(answering(200), made.tls) as receiver:
            attempt = sender(ca_file=made.path).send(post_to(receiver.url.replace(NAME, "127.0.0.1")))
        assert attempt.end is end
        assert len(receiver.received) == (end is WebhookEnd.DELIVERED)


@pytest.mark.parametrize("fault", ["name", "over", "not-yet", "stranger"])
def test_nothing_is_sent_where_the_certificate_is_not_valid(  # HOOK-05
    fault: str, valid: Certificate, tmp_path: Path
) -> None:
    made = {
        "name": lambda: certificate(tmp_path, "other.example.org"),
        "over": lambda: certificate(tmp_path, NAME, began=timedelta(days=-9)),
        "not-yet": lambda: certificate(tmp_path, NAME, began=timedelta(days=1)),
        "stranger": lambda: certificate(tmp_path, NAME),
    }[fault]()
    trusted = valid.path if fault == "stranger" else made.path
    with receiving(answering(200), made.tls) as receiver:
        attempt = sender(ca_file=trusted).send(post_to(receiver.url))
    assert (attempt.end, attempt.status) == (WebhookEnd.TRY_AGAIN, None)
    assert "certificate is not valid" in attempt.reason
    assert receiver.received == []


def test_nothing_is_sent_by_an_old_tls(valid: Certificate, tmp_path: Path) -> None:
    made = certificate(tmp_path, NAME)
    with pytest.warns(DeprecationWarning, match="TLSv1_1"):
        made.tls.maximum_version = ssl.TLSVersion.TLSv1_1
    with receiving(answering(200), made.tls) as receiver:
        attempt = sender(ca_file=made.path).send(post_to(receiver.url))
    assert (attempt.end, attempt.reason) == (
        WebhookEnd.TRY_AGAIN,
        "The receiver offers no safe connection, so nothing was sent.",
    )
    assert receiver.received == []


# The guard


def only(*addresses: str) -> WebhookSender:
    """A sender as the program makes it, in a world where every name has these addresses."""
    return WebhookSender(SystemClock(), resolver=lambda _host, _port: addresses, seconds=SHORT)


@pytest.mark.parametrize(
    "addresses",
    [
        ("127.0.0.1",),
        ("10.0.0.7",),
        ("169.254.169.254",),
        ("::1",),
        ("fd00::7",),
        ("fe80::1%eth0",),
        ("::ffff:127.0.0.1",),
        ("64:ff9b::7f00:1",),
        ("8.8.8.8", "127.0.0.1"),
        (),
    ],
)
def test_a_name_that_leads_into_a_private_network_is_refused_at_save_and_at_send(  # HOOK-05
    addresses: tuple[str, ...],
) -> None:
    guarded = only(*addresses)
    with pytest.raises(Invalid, match="private network"):
        guarded.check("https://example.org/hook")
    attempt = guarded.send(post_to("https://example.org/hook"))
    assert (attempt.end, attempt.status) == (WebhookEnd.REFUSED, None)
    assert "private network" in attempt.reason


def test_a_public_name_is_accepted_in_its_one_spelling() -> None:  # HOOK-05
    assert only("8.8.8.8", "2606:2800:220:1::1").check("HTTPS://Example.ORG:443") == "https://example.org/"


def test_a_name_that_changes_its_mind_between_looking_and_sending_is_refused(valid: Certificate) -> None:  # HOOK-05
    answers = iter([["8.8.8.8"], ["127.0.0.1"]])
    rebinding = WebhookSender(SystemClock(), resolver=lambda _host, _port: next(answers))
    url = rebinding.check("https://example.org/")
    assert rebinding.send(post_to(url)).end is WebhookEnd.REFUSED


def test_it_goes_to_the_address_that_was_checked_and_asks_no_second_time(  # HOOK-05
    valid: Certificate, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def once(host: str, port: int) -> Sequence[str]:
        asked.append((host, port))
        return ["127.0.0.1"]

    with receiving(answering(200), valid.tls) as receiver:
        pinned = WebhookSender(SystemClock(), resolver=once, allow_loopback=True, ca_file=str(valid.path))
        assert pinned.send(post_to(receiver.url)).end is WebhookEnd.DELIVERED
    assert asked == [(NAME, receiver.port)]


def test_where_one_address_does_not_listen_the_next_is_tried(valid: Certificate) -> None:
    with receiving(answering(200), valid.tls) as receiver:
        two = WebhookSender(
            SystemClock(),
            resolver=lambda _host, _port: ("127.0.0.2", "127.0.0.1"),
            allow_loopback=True,
            ca_file=str(valid.path),
        )
        assert two.send(post_to(receiver.url)).end is WebhookEnd.DELIVERED


def test_proxies_of_the_environment_are_not_asked(monkeypatch: pytest.MonkeyPatch) -> None:  # HOOK-05
    with receiving(answering(200)) as proxy, receiving(answering(200)) as receiver:
        for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.port}")
        monkeypatch.setenv("no_proxy", "")
        assert sender().send(post_to(receiver.url)).end is WebhookEnd.DELIVERED
    assert (proxy.connections, receiver.connections) == (0, 1)


def test_loopback_is_refused_where_nobody_allowed_it() -> None:  # HOOK-05
    strict = WebhookSender(SystemClock(), seconds=SHORT)
    for url in ("http://127.0.0.1:8080/", "https://127.0.0.1/", "https://localhost/", "https://[::1]/"):
        with pytest.raises(Invalid):
            strict.check(url)
        assert strict.send(post_to(url)).end is WebhookEnd.REFUSED


def test_the_system_is_asked_for_a_name() -> None:
    assert WebhookSender(SystemClock(), allow_loopback=True).check("http://localhost:8080") == "http://localhost:8080/"


@pytest.mark.parametrize(
    ("error", "refusal"),
    [
        (socket.gaierror(socket.EAI_NONAME, "x"), Invalid),
        (socket.gaierror(socket.EAI_AGAIN, "x"), Unavailable),
        (OSError("x"), Unavailable),
    ],
)
def test_a_name_that_cannot_be_looked_up(error: OSError, refusal: type[Exception]) -> None:
    def fails(_host: str, _port: int) -> Sequence[str]:
        raise error

    lost = WebhookSender(SystemClock(), resolver=fails)
    with pytest.raises(refusal):
        lost.check("https://example.org/")
    attempt = lost.send(post_to("https://example.org/"))
    assert (attempt.end, attempt.reason) == (WebhookEnd.TRY_AGAIN, "The receiver's name cannot be looked up.")


def test_a_resolver_that_hangs_is_not_waited_for() -> None:  # HOOK-04
    over = Event()

    def hangs(_host: str, _port: int) -> Sequence[str]:
        over.wait(60)
        return ()

    lost = WebhookSender(SystemClock(), resolver=hangs, seconds=SHORT)
    try:
        with pytest.raises(Unavailable):
            lost.check("https://example.org/")
        attempt = lost.send(post_to("https://example.org/"))
    finally:
        over.set()
    assert attempt.end is WebhookEnd.TRY_AGAIN
    assert attempt.elapsed_ms < SHORT * 1000 + 1_000


# What may not leave


@pytest.mark.parametrize(
    "post",
    [
        post_to("https://example.org/", headers=(("X-Key", "a\r\nHost: evil"),)),  # HOOK-07
        post_to("https://example.org/", headers=(("webhook-id", "1"),)),
        post_to("https://example.org/", "whsec_short"),
        post_to("https://example.org/", body=b"x" * 20_001),  # HOOK-06
        post_to("http://example.org/"),
        post_to("https://user:key@example.org/"),
    ],
)
def test_what_was_changed_in_the_database_is_looked_at_again(post: WebhookPost) -> None:
    attempt = only("8.8.8.8").send(post)
    assert (attempt.end, attempt.status) == (WebhookEnd.REFUSED, None)
    assert attempt.reason


def test_nothing_leaves_unsigned() -> None:
    with pytest.raises(ValueError, match="signed"):
        sender().send(WebhookPost("https://example.org/", "msg_1", BODY, ()))
