"""What a booking token must look like and say (JWT-01 … JWT-06); signatures are looked at in the service."""

from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.booking_tokens import BadToken, BookingClaims, check_claims, read_token
from tests.partners import SCHOOL, claims_of, header_of, part, signed

NOW = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
SECOND = int(NOW.timestamp())
KID = "0123456789abcdef"
PATIENT = 42


def token(header: Any = None, claims: Any = None) -> str:
    return signed(
        "a secret", header_of(KID) if header is None else header, claims_of(NOW, PATIENT) if claims is None else claims
    )


def reason_of(text: str) -> str:
    """Why a token is refused."""
    with pytest.raises(BadToken) as refused:
        check_claims(read_token(text).claims, SCHOOL, NOW)
    assert refused.value.sentence == "The booking token is not accepted."  # JWT-10: one sentence for all
    return refused.value.reason


def test_a_right_token_is_read() -> None:
    claims = claims_of(NOW, PATIENT, type="Well visit", location="Northside", nbf=SECOND, note="ours not")
    read = read_token(token(claims=claims))
    assert read.key_id == KID
    assert check_claims(read.claims, SCHOOL, NOW) == BookingClaims(claims["jti"], "42", "Well visit", "Northside")


def with_padding() -> str:
    head, body, signature = token().split(".")
    return f"{head}.{body}=.{signature}"


def respelled() -> str:
    """The same bytes, written with other last bits."""
    head, body, signature = token().split(".")
    last = signature[-1]
    alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    return f"{head}.{body}.{signature[:-1]}{alphabet[alphabet.index(last) ^ 1]}"


@pytest.mark.parametrize(
    ("text", "reason"),
    [  # JWT-01
        ("", "shape"),
        ("a.b", "shape"),
        ("a.b.c.d", "shape"),
        ("a..c", "shape"),
        (f" {token()}", "shape"),
        (f"{token()}\n", "shape"),
        (with_padding(), "shape"),
        (token().replace("e", "\ud800", 1), "shape"),
        (token().replace("e", "é", 1), "shape"),
        (token(claims=claims_of(NOW, PATIENT, note="x" * 4096)), "too-long"),
        (respelled(), "base64"),
        ("abcde.abcd.abcd", "base64"),
        (token(header=b"\xef\xbb\xbf" + b'{"alg":"HS256","typ":"rd-booking+jwt","kid":"0123456789abcdef"}'), "json"),
        (token(header='{"alg":"HS256"}'.encode("utf-16")), "json"),
        (token(header=b"\xff"), "json"),
        (token(claims="[" * 2500), "json"),
        (token(claims='{"exp": ' + "1" * 2900 + "}"), "iat"),
        (token(claims="[]"), "json"),
        (token(claims='"text"'), "json"),
    ],
)
def test_what_is_no_token_of_ours_is_refused_before_it_is_parsed(text: str, reason: str) -> None:
    assert reason_of(text) == reason


def test_the_longest_token_is_4096_bytes() -> None:  # JWT-01
    room = 4096 - len(token(claims=claims_of(NOW, PATIENT, note="")))
    notes = (claims_of(NOW, PATIENT, note="x" * size) for size in range(room * 3 // 4 - 8, room * 3 // 4 + 8))
    lengths = {}
    for claims in notes:
        text = token(claims=claims)
        try:
            read_token(text)
            lengths[len(text)] = True
        except BadToken:
            lengths[len(text)] = False
    assert {size: size <= 4096 for size in lengths} == lengths
    assert max(size for size, fits in lengths.items() if fits) >= 4094


@pytest.mark.parametrize(
    "algorithm", ["none", "None", "nOnE", "HS384", "HS512", "RS256", "hs256", ["HS256"], None, 256]
)
def test_no_other_algorithm(algorithm: object) -> None:  # JWT-02
    assert reason_of(token(header=header_of(KID, alg=algorithm))) == "algorithm"


@pytest.mark.parametrize(
    "kid",
    [
        "../../dev/null",
        "' or 1=1--",
        "a\0bcdefgh",
        "short",
        "x" * 65,
        "x" * 1000,
        12345678,
        {"kid": KID},
        None,
        "\ud800" * 8,
    ],
)
def test_the_key_id_is_plain(kid: object) -> None:  # JWT-03
    assert reason_of(token(header=header_of(KID, kid=kid))) == "key-id"


@pytest.mark.parametrize("name", ["jku", "jwk", "x5u", "x5c", "crit", "b64", "zip", "cty", "x5t", "anything"])
def test_the_header_says_three_things_and_no_more(name: str) -> None:  # JWT-04
    assert reason_of(token(header=header_of(KID, **{name: True}))) == "header"


@pytest.mark.parametrize("name", ["alg", "typ", "kid"])
def test_the_header_says_all_three(name: str) -> None:
    assert reason_of(token(header={key: value for key, value in header_of(KID).items() if key != name})) == "header"


@pytest.mark.parametrize("kind", ["JWT", "rd-booking", "application/rd-booking+jwt", "", None, 1])
def test_the_type_is_ours(kind: object) -> None:
    assert reason_of(token(header=header_of(KID, typ=kind))) == "type"


BODY = f'"iss": "{SCHOOL}", "iat": {SECOND}, "exp": {SECOND + 60}, "jti": "0123456789abcdef", "sub": "42"'


@pytest.mark.parametrize(
    ("header", "claims"),
    [  # JWT-06
        (None, f'{{"aud": "x", "aud": "request-desk:booking", {BODY}}}'),
        (None, f'{{"aud": "request-desk:booking", "aud": "request-desk:booking", {BODY}}}'),
        (None, f'{{"aud": "request-desk:booking", "deep": {{"a": 1, "a": 2}}, {BODY}}}'),
        ('{"alg": "HS256", "typ": "rd-booking+jwt", "kid": "0123456789abcdef", "kid": "0123456789abcdef"}', None),
    ],
)
def test_no_member_comes_twice(header: str | None, claims: str | None) -> None:
    assert reason_of(token(header=header, claims=claims)) == "twice"
    assert check_claims(read_token(token(claims=f'{{"aud": "request-desk:booking", {BODY}}}')).claims, SCHOOL, NOW).jti


@pytest.mark.parametrize("name", ["iat", "exp"])
@pytest.mark.parametrize("value", [None, "1795000000", True, 1.5, 10**30, -1, 4_102_444_801, [], {}])
def test_times_are_whole_seconds(name: str, value: object) -> None:  # JWT-05
    assert reason_of(token(claims=claims_of(NOW, PATIENT, **{name: value}))) == name


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_numbers_that_json_has_not_are_refused(number: str) -> None:
    assert reason_of(token(claims=f'{{"exp": {number}}}')) == "number"


def test_an_endless_number_is_no_time() -> None:
    claims = f'{{"aud": "request-desk:booking", {BODY}}}'.replace(f'"exp": {SECOND + 60}', '"exp": 1e400')
    assert reason_of(token(claims=claims)) == "exp"


@pytest.mark.parametrize(
    ("claims", "reason"),
    [  # JWT-05, at each edge
        ({"iat": SECOND - 300, "exp": SECOND - 59}, ""),
        ({"iat": SECOND - 300, "exp": SECOND - 60}, "expired"),
        ({"iat": SECOND - 300, "exp": SECOND - 61}, "expired"),
        ({"iat": SECOND + 60}, ""),
        ({"iat": SECOND + 61, "exp": SECOND + 400}, "issued-later"),
        ({"iat": SECOND, "exp": SECOND + 900}, ""),
        ({"iat": SECOND, "exp": SECOND + 901}, "life"),
        ({"iat": SECOND, "exp": SECOND}, "life"),
        ({"iat": SECOND + 1, "exp": SECOND}, "life"),
        ({"nbf": SECOND + 60}, ""),
        ({"nbf": SECOND + 61}, "not-yet"),
        ({"nbf": "now"}, "nbf"),
        ({"nbf": True}, "nbf"),
        ({"iss": "Another School"}, "issuer"),
        ({"iss": None}, "iss"),
        ({"iss": [SCHOOL]}, "iss"),
        ({"aud": "request-desk"}, "audience"),
        ({"aud": ["request-desk:booking"]}, "audience"),
        ({"aud": None}, "audience"),
        ({"jti": None}, "jti"),
        ({"jti": "x" * 15}, "jti"),
        ({"jti": "x" * 16}, ""),
        ({"jti": "x" * 64}, ""),
        ({"jti": "x" * 65}, "jti"),
        ({"jti": "x" * 15 + " "}, "jti"),
        ({"jti": 1234567890123456}, "jti"),
        ({"sub": None}, "sub"),
        ({"sub": 42}, "sub"),
        ({"sub": "042x"}, "patient"),
        ({"sub": "0"}, "patient"),
        ({"sub": "٤٢"}, "patient"),
        ({"sub": "9" * 20}, "patient"),
        ({"type": 7}, "type"),
        ({"type": "\ud800"}, "type"),
        ({"location": ["Northside"]}, "location"),
        ({"location": "x" * 201}, "location"),
    ],
)
def test_the_claims_at_their_edges(claims: dict[str, Any], reason: str) -> None:
    text = token(claims=claims_of(NOW, PATIENT, **claims))
    if reason:
        assert reason_of(text) == reason
    else:
        assert check_claims(read_token(text).claims, SCHOOL, NOW).patient_number == "42"


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=6,
)


@given(
    st.dictionaries(st.sampled_from(["alg", "typ", "kid", "crit", "jku"]), json_values),
    st.dictionaries(
        st.sampled_from(["iss", "aud", "iat", "exp", "nbf", "jti", "sub", "type", "location"]), json_values
    ),
)
def test_whatever_a_token_holds_it_is_read_or_refused(header: dict[str, Any], claims: dict[str, Any]) -> None:
    for text in (token(header=header), token(claims=claims), token(header=header, claims=claims)):
        with pytest.raises(BadToken):
            check_claims(read_token(text).claims, SCHOOL, NOW)


@given(st.text(max_size=200) | st.binary(max_size=60).map(part).map(lambda each: f"{each}.{each}.{each}"))
def test_whatever_is_sent_it_is_read_or_refused(text: str) -> None:
    with pytest.raises(BadToken):
        check_claims(read_token(text).claims, SCHOOL, NOW)
