"""Numbers that text messages go to: mobile phones of the countries that are allowed (INP-07, OTP-10)."""

from contextlib import suppress

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.errors import Invalid
from request_desk.domain.phones import may_be_texted, parse_country, parse_mobile


@pytest.mark.parametrize(
    ("typed", "region", "countries", "number"),
    [
        ("(206) 555-0147", "US", (), "+12065550147"),
        ("+1 206 555 0147", "US", (), "+12065550147"),
        ("+52 55 1234 5678", "US", ("US", "MX"), "+525512345678"),
        ("07400 123456", "GB", (), "+447400123456"),
    ],
)
def test_a_mobile_number_is_kept_as_e164(typed: str, region: str, countries: tuple[str, ...], number: str) -> None:
    assert parse_mobile(typed, region, countries) == number


@pytest.mark.parametrize(
    ("typed", "region", "countries", "told"),
    [
        ("020 7946 0018", "GB", (), "mobile phone"),  # a landline
        ("0906 123 4567", "GB", (), "phone"),  # premium rate
        ("+44 7400 123456", "US", (), "not sent to this country"),
        ("+52 55 1234 5678", "US", ("US", "CA"), "not sent to this country"),
        ("(206) 555-0147", "US", ("MX",), "not sent to this country"),
        ("911", "US", (), "phone number"),
        ("(206) 555-0147 x12", "US", (), "phone number"),
    ],
)
def test_other_numbers_are_refused_with_a_sentence(
    typed: str, region: str, countries: tuple[str, ...], told: str
) -> None:
    with pytest.raises(Invalid, match=told) as refusal:
        parse_mobile(typed, region, countries, field="Mobile")
    assert refusal.value.field == "Mobile"


@given(st.text(max_size=60))
def test_hostile_numbers_are_refused_and_never_break(text: str) -> None:
    assert may_be_texted(text, "US") in (True, False)
    with suppress(Invalid):
        assert parse_mobile(text, "US").isascii()


def test_a_country_is_two_letters_that_have_telephones() -> None:
    assert parse_country(" us ") == "US"
    for wrong in ("", "ZZ", "USA", "001"):
        with pytest.raises(Invalid):
            parse_country(wrong)
