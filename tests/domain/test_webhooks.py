"""Which addresses, headers and secrets a webhook may have, and how long to wait after a failed try (HOOK-01 … HOOK-07)."""

import ipaddress
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.errors import Invalid
from request_desk.domain.ids import new_uuid
from request_desk.domain.webhooks import (
    FIRST_BYTES,
    LONGEST_WAIT,
    WAITS,
    WebhookEnd,
    asked_wait,
    check_address,
    check_found,
    check_headers,
    check_secret,
    end_of,
    is_public,
    new_secret,
    visible,
    wait_after,
    webhook_id,
)

NOW = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
# Written down apart from the rule: from the registries of special addresses of IPv4 and IPv6.
SPECIAL = [
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "::/96",
        "::ffff:0:0/96",
        "64:ff9b::/96",
        "64:ff9b:1::/48",
        "100::/64",
        "2001::/32",
        "2001:2::/48",
        "2001:10::/28",
        "2001:20::/28",
        "2001:db8::/32",
        "2002::/16",
        "3fff::/20",
        "5f00::/16",
        "fc00::/7",
        "fe80::/10",
        "fec0::/10",
        "ff00::/8",
    )
]


@st.composite
def special_addresses(draw: st.DrawFn) -> str:
    network = draw(st.sampled_from(SPECIAL))
    inside = st.integers(int(network.network_address), int(network.broadcast_address))
    edges = st.sampled_from([int(network.network_address), int(network.broadcast_address)])
    found = draw(inside | edges)
    return str(ipaddress.IPv4Address(found) if network.version == 4 else ipaddress.IPv6Address(found))


# Addresses of the network


@given(special_addresses())
def test_no_special_address_is_public(address: str) -> None:  # HOOK-05
    assert not is_public(address)
    with pytest.raises(Invalid):
        check_found(("8.8.8.8", address))
    host = f"[{address}]" if ":" in address else address
    with pytest.raises(Invalid):
        check_address(f"https://{host}/")


@given(st.ip_addresses())
def test_what_is_public_is_global_for_python_too(address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> None:
    assert address.is_global or not is_public(str(address))


@given(st.ip_addresses(v=4))
def test_no_address_of_ipv4_is_reached_inside_one_of_ipv6(address: ipaddress.IPv4Address) -> None:  # HOOK-05
    value = int(address)
    for wrapped in (
        value,  # compatible
        0xFFFF << 32 | value,  # mapped
        0xFFFF << 48 | value,  # translated
        0x64FF9B << 96 | value,  # NAT64
        0x2002 << 112 | value << 80,  # 6to4
        0x20010000 << 96 | (value ^ 0xFFFFFFFF),  # Teredo
    ):
        assert not is_public(str(ipaddress.IPv6Address(wrapped)))


@pytest.mark.parametrize(
    "address", ["8.8.8.8", "1.1.1.1", "172.15.255.255", "172.32.0.0", "100.63.255.255", "223.255.255.255"]
)
def test_addresses_beside_the_special_ones_are_public(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address", ["2606:4700::1111", "2001:4860:4860::8888", "2001:200::1", "2a00::1", "2620:4f:8001::1"]
)
def test_addresses_of_ipv6_that_were_given_out_are_public(address: str) -> None:
    assert is_public(address)
    assert check_address(f"https://[{address}]") == f"https://[{address}]/"


@pytest.mark.parametrize(
    "text", ["", "example.org", "127.1", "2130706433", "0x7f.1", "8.8.8.08", "8.8.8.8 ", "fe80::1%eth0", "2a00::1%1"]
)
def test_what_is_no_plain_address_is_not_public(text: str) -> None:
    assert not is_public(text)


def test_a_name_stands_for_public_addresses_alone() -> None:  # HOOK-05
    assert check_found(iter(["8.8.8.8", "2a00::1", "8.8.8.8"])) == ("8.8.8.8", "2a00::1")
    with pytest.raises(Invalid):
        check_found(())
    assert check_found(("127.0.0.1", "::1"), allow_loopback=True) == ("127.0.0.1", "::1")
    for still in ("10.0.0.1", "169.254.169.254", "::ffff:127.0.0.1", "fe80::1", "0.0.0.0"):
        with pytest.raises(Invalid):
            check_found((still,), allow_loopback=True)


# Addresses as they are typed


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        ("https://example.org", "https://example.org/"),
        ("HTTPS://Hooks.Example.ORG:443/In?key=1", "https://hooks.example.org/In?key=1"),
        ("https://example.org:8443/a%20b/", "https://example.org:8443/a%20b/"),
        ("https://example.org:/", "https://example.org/"),
        ("https://müller.example/", "https://xn--mller-kva.example/"),
        ("https://ＥＸＡＭＰＬＥ.org/", "https://example.org/"),
        ("https://例え。jp/", "https://xn--r8jz45g.jp/"),
        ("https://8.8.8.8/", "https://8.8.8.8/"),
        ("https://[2A00:0::1]:8443/x", "https://[2a00::1]:8443/x"),
    ],
)
def test_an_address_has_one_spelling(typed: str, kept: str) -> None:
    assert check_address(typed) == kept
    assert check_address(kept) == kept


@pytest.mark.parametrize(
    "typed",
    [
        "",
        "example.org",
        "https:",
        "https://",
        "https:///path",
        "https:example.org",
        "//example.org",
        "http://example.org/",
        "ftp://example.org/",
        "file:///etc/passwd",
        "javascript:alert(1)",
        "https://example.org:80/",
        "https://example.org:22/",
        "https://example.org:0/",
        "https://example.org:99999/",
        "https://example.org:x/",
        "https://user@example.org/",
        "https://user:key@example.org/",
        "https://@example.org/",
        "https://8.8.8.8@127.0.0.1/",
        "https://example.org/#part",
        "https://example.org/#",
        "https://localhost/",
        "https://localhost./",
        "https://intranet/",
        "https://example.org./",
        "https://example..org/",
        "https://.example.org/",
        "https://-a.example.org/",
        "https://a_b.example.org/",
        "https://127.1/",
        "https://127.0.0.1./",
        "https://2130706433/",
        "https://0x7f000001/",
        "https://0x7f.1/",
        "https://0177.0.0.1/",
        "https://017700000001/",
        "https://127.0.0.0x1/",
        "https://example.0x/",
        "https://example.123/",
        "https://8.8.8/",
        "https://8.8.8.8.8/",
        "https://08.8.8.8/",
        "https://１２７.１/",
        "https://①②⑦.⓪.⓪.①/",
        "https://127。0。0。1/",
        "https://[::ffff:127.0.0.1]/",
        "https://[::ffff:8.8.8.8]/",
        "https://[::1]/",
        "https://[fe80::1%25eth0]/",
        "https://[2a00::1%1]/",
        "https://[8.8.8.8]/",
        "https://[v1.x]/",
        "https://[::1/",
        "https://2a00::1/",
        "https://%31%32%37.0.0.1/",
        "https://example.org\\@127.0.0.1/",
        "https://example.org\t/",
        "https://exam\nple.org/",
        "https://example.org/a b",
        "https://example.org/\r\nHost: evil",
        "https://example.org/\u202e",
        "https://example.org/ü",
        "https://example.org/%zz",
        'https://example.org/"',
        "https://example.org/<x>",
        "https://" + "a" * 64 + ".org/",
        "https://" + "a." * 130 + "org/",
        "https://example.org/" + "a" * 2_000,
        "https://xn--zz--.\ud800.org/",
    ],
)
@pytest.mark.parametrize("before", ["", " "])
def test_an_address_that_is_refused(typed: str, before: str) -> None:  # HOOK-05
    with pytest.raises(Invalid) as refused:
        check_address(before + typed)
    assert refused.value.field == "Address"
    assert refused.value.sentence.endswith(".")


@given(st.text(max_size=60))
def test_whatever_is_typed_is_refused_in_words_or_has_one_spelling(rest: str) -> None:
    try:
        kept = check_address(f"https://{rest}")
    except Invalid:
        return
    assert kept.isascii()
    assert check_address(kept) == kept


@given(st.ip_addresses(v=4), st.sampled_from(["decimal", "hexadecimal", "octal", "short", "zeros", "dot"]))
def test_an_odd_spelling_of_an_address_is_refused(address: ipaddress.IPv4Address, way: str) -> None:  # HOOK-05
    value, parts = int(address), str(address).split(".")
    odd = {
        "decimal": str(value),
        "hexadecimal": hex(value),
        "octal": ".".join(f"0{int(part):o}" for part in parts),
        "short": f"{parts[0]}.{value & 0xFFFFFF}",
        "zeros": ".".join(part.zfill(4) for part in parts),
        "dot": f"{address}.",
    }[way]
    with pytest.raises(Invalid):
        check_address(f"https://{odd}/")


@pytest.mark.parametrize(
    "url",
    [
        "http://127.0.0.1:8080/x",
        "http://localhost:1/",
        "http://[::1]:8080/",
        "http://127.9.9.9/",
        "https://localhost:9443/",
    ],
)
def test_receivers_on_this_machine_where_they_are_allowed(url: str) -> None:
    assert check_address(url, allow_loopback=True) == url
    with pytest.raises(Invalid):
        check_address(url)


@pytest.mark.parametrize(
    "url",
    [
        "http://example.org/",
        "http://10.0.0.1/",
        "https://10.0.0.1/",
        "https://169.254.169.254/",
        "http://[::ffff:127.0.0.1]/",
    ],
)
def test_allowing_this_machine_allows_no_other(url: str) -> None:
    with pytest.raises(Invalid):
        check_address(url, allow_loopback=True)


# Headers


def test_headers_that_are_kept() -> None:  # HOOK-07
    given_ = [("X-Api-Key", " k\t"), ("Authorization", "Bearer a.b-c"), ("x_y", "")]
    assert check_headers(given_) == (("X-Api-Key", "k"), ("Authorization", "Bearer a.b-c"), ("x_y", ""))
    assert check_headers([(f"X-{number}", "x" * 1_000) for number in range(20)])


@pytest.mark.parametrize(
    "name",
    [
        "",
        "X Key",
        "X-Key:",
        ":authority",
        "X-Kéy",
        "X-Key\r\nHost",
        "X-Key\0",
        "X" * 101,
        "Host",
        "HOST",
        "Content-Length",
        "content-type",
        "Transfer-Encoding",
        "Connection",
        "Keep-Alive",
        "TE",
        "Trailer",
        "Upgrade",
        "Expect",
        "Proxy-Authorization",
        "Accept-Encoding",
        "User-Agent",
        "webhook-id",
        "Webhook-Signature",
        "webhook-anything",
        "svix-id",
    ],
)
def test_a_header_that_is_no_name_or_ours_is_refused(name: str) -> None:  # HOOK-07
    with pytest.raises(Invalid) as refused:
        check_headers([(name, "x")])
    assert refused.value.field == "Headers"


@pytest.mark.parametrize(
    "value", ["a\r\nX: y", "a\nb", "a\rb", "a\0b", "a\tb", "a\x7fb", "ü", "a\u2028b", "x" * 1_001, "\n"]
)
def test_a_value_that_could_become_another_header_is_refused(value: str) -> None:  # HOOK-07
    with pytest.raises(Invalid) as refused:
        check_headers([("X-Key", value)])
    assert value not in refused.value.sentence  # it may be a key


@pytest.mark.parametrize("pairs", [[("X-Key", "a"), ("x-key", "b")], [(f"X-{number}", "") for number in range(21)]])
def test_headers_twice_and_too_many_are_refused(pairs: list[tuple[str, str]]) -> None:  # HOOK-07
    with pytest.raises(Invalid):
        check_headers(pairs)


# Secrets and ids


def test_a_new_secret_is_one() -> None:  # HOOK-02
    assert check_secret(new_secret()) != new_secret()
    assert check_secret("whsec_" + "AAAA" * 8)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "whsec_",
        "AAAA" * 8,
        "whsec_" + "AAAA" * 7,
        "whsec_" + "AAAA" * 22,
        "whsec_!" + "AAAA" * 8,
        "whsec_AAA" + "AAAA" * 8,
        "whsec_ü",
    ],
)
def test_a_secret_that_is_none_is_refused_without_being_told(text: str) -> None:  # HOOK-02
    with pytest.raises(Invalid) as refused:
        check_secret(text)
    assert not text or text not in refused.value.sentence or text == "whsec_"


def test_an_id_has_no_full_stop_and_is_its_own() -> None:  # HOOK-01
    assert webhook_id(UUID(int=5)) == "msg_00000000000000000000000000000005"
    assert webhook_id(new_uuid()) != webhook_id(new_uuid())


# Waiting


def test_the_schedule_is_the_one_of_standard_webhooks() -> None:  # HOOK-03
    waits = [wait_after(failed, 0.5, None) for failed in range(1, 11)]
    hours = [timedelta(hours=count) for count in (2, 5, 10, 14, 20, 24)]
    assert waits == [timedelta(seconds=5), timedelta(minutes=5), timedelta(minutes=30), *hours, None]


@given(st.integers(1, 9), st.floats(0, 1))
def test_a_wait_moves_by_a_tenth_at_most(failed: int, draw: float) -> None:  # HOOK-03
    wait = wait_after(failed, draw, None)
    assert wait is not None
    assert WAITS[failed - 1] * 0.9 <= wait <= WAITS[failed - 1] * 1.1


@given(st.integers(1, 9), st.floats(0, 1), st.timedeltas(timedelta(0), timedelta(days=900)))
def test_what_a_receiver_asks_for_is_never_undercut_and_never_puts_off_for_ever(  # HOOK-04
    failed: int, draw: float, asked: timedelta
) -> None:
    wait, usual = wait_after(failed, draw, asked), wait_after(failed, draw, None)
    assert wait is not None
    assert usual is not None
    assert min(asked, LONGEST_WAIT) <= wait <= LONGEST_WAIT * 1.1
    assert wait >= usual


@given(st.integers(10, 10_000), st.floats(0, 1), st.none() | st.timedeltas(timedelta(0), timedelta(days=9)))
def test_after_the_last_try_there_is_none_whatever_was_asked(failed: int, draw: float, asked: timedelta | None) -> None:
    assert wait_after(failed, draw, asked) is None


@given(st.text() | st.from_regex(r"-?[0-9]{1,400}"))
def test_any_retry_after_is_within_a_day_or_none(told: str) -> None:  # HOOK-04
    wait = asked_wait(told, NOW)
    assert wait is None or timedelta(0) <= wait <= LONGEST_WAIT


@pytest.mark.parametrize(
    ("told", "wait"),
    [
        ("0", timedelta(0)),
        (" 30 ", timedelta(seconds=30)),
        ("Tue, 24 Nov 2026 16:13:00 GMT", timedelta(minutes=1)),
        ("Tuesday, 24-Nov-26 16:13:00 GMT", timedelta(minutes=1)),
        ("Tue, 24 Nov 2026 16:13:00", timedelta(minutes=1)),
        ("1.5", None),
        ("+5", None),
        ("٣", None),
        ("", None),
        ("Tue, 99 Nov 2026 16:13:00 GMT", None),
        ("Tue, 24 Nov 0000 16:13:00 GMT", None),
    ],
)
def test_a_retry_after_is_seconds_or_a_date(told: str, wait: timedelta | None) -> None:  # HOOK-04
    assert asked_wait(told, NOW) == wait


# Answers


@given(st.integers(100, 999))
def test_a_status_means_one_thing(status: int) -> None:  # HOOK-04
    taken, gone = 200 <= status < 300, status == 410
    expected = WebhookEnd.DELIVERED if taken else WebhookEnd.GONE if gone else WebhookEnd.TRY_AGAIN
    assert end_of(status) is expected


@given(st.binary(max_size=2 * FIRST_BYTES) | st.text().map(str.encode))
def test_what_is_shown_of_an_answer_hides_nothing_and_fits_the_log(content: bytes) -> None:
    shown = visible(content)
    assert len(shown) <= 2_000
    assert shown.isprintable()


@pytest.mark.parametrize(
    ("content", "shown"),
    [
        (b"", ""),
        (b"ok\r\n", "ok"),
        ("schön ✓".encode(), "schön ✓"),
        (b"a\x1b[31mb\0", r"a\x1b[31mb\x00"),
        (b"\xff\xfe", r"\xff\xfe"),
        ("a\u202eb\u2028c\u00a0d".encode(), r"a\u202eb\u2028c\xa0d"),
        (b"x" * 499 + "✓".encode(), "x" * 499),
        (b"x" + "✓".encode()[:2], r"x\xe2\x9c"),
    ],
)
def test_what_cannot_be_seen_is_written_out(content: bytes, shown: str) -> None:
    assert visible(content) == shown
