"""Answers as services pass them on: nobody without the secret is read, and no body breaks the reader (HOOK-04)."""

import base64
import json

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.sms_inbound import Inbound, InboundSettings, WrongSecret, read_inbound

SECRET = "correct horse battery staple"
FORM = InboundSettings(is_json=False, header="authorization", number_at="From", text_at="Body")
JSON = InboundSettings(is_json=True, header="X-Inbound", number_at="/message/from", text_at="/message/text")
BASIC = {"authorization": "Basic " + base64.b64encode(f"desk:{SECRET}".encode()).decode()}
HELD = {"x-inbound": SECRET}


def test_a_form_with_the_secret_as_a_password() -> None:
    assert read_inbound(FORM, BASIC, b"From=%2B12065550147&Body=STOP&x=1", SECRET) == Inbound("+12065550147", "STOP")
    bearer = {"authorization": f"Bearer {SECRET}"}
    assert read_inbound(FORM, bearer, b"From=12065550147&Body=", SECRET) == Inbound("12065550147", "")


def test_json_with_the_secret_in_a_header_of_its_own() -> None:
    body = json.dumps({"message": {"from": 12065550147, "text": "Alto ✓"}}).encode()
    assert read_inbound(JSON, HELD, body, SECRET) == Inbound("12065550147", "Alto ✓")


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"authorization": SECRET},
        {"authorization": f"Basic {SECRET}"},
        {"authorization": "Basic " + base64.b64encode(SECRET.encode()).decode()},
        {"authorization": "Basic " + base64.b64encode(f"desk:{SECRET}x".encode()).decode()},
        {"authorization": "Basic " + base64.b64encode(b"\xff\xfe:\xff").decode()},
        {"authorization": f"Digest {SECRET}"},
        {"authorization": "Bearer \ud800"},
        {"x-inbound": SECRET},
    ],
)
def test_without_the_right_secret_nothing_is_read(headers: dict[str, str]) -> None:
    with pytest.raises(WrongSecret):
        read_inbound(FORM, headers, b"From=%2B12065550147&Body=STOP", SECRET)


@pytest.mark.parametrize("secret", ["", "short"])
def test_a_secret_that_can_be_guessed_opens_nothing(secret: str) -> None:
    with pytest.raises(WrongSecret):
        read_inbound(FORM, {"authorization": f"Bearer {secret}"}, b"From=1&Body=STOP", secret)


@given(st.binary(max_size=300) | st.text(max_size=300).map(str.encode))
def test_no_body_breaks_the_reader(body: bytes) -> None:
    for settings, headers in ((FORM, BASIC), (JSON, HELD)):
        found = read_inbound(settings, headers, body, SECRET)
        assert found is None or found.number


@pytest.mark.parametrize(
    "body", [b"[" * 100_000, b"From=" + b"&a=" * 1000, b"\xff", b"From=%ff&Body=x", b"", b"Body=STOP"]
)
def test_what_is_no_answer_is_none(body: bytes) -> None:
    assert read_inbound(JSON, HELD, body, SECRET) is None
    assert read_inbound(FORM, BASIC, body, SECRET) is None


def test_neither_number_nor_text_is_printed() -> None:
    assert "STOP" not in repr(Inbound("+12065550147", "STOP"))
