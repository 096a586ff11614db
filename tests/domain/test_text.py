"""The boundary for text: what is refused, what is cleaned, what is shown (INP-01, INP-06 … INP-08, NOTE-03, QT-04, QT-05)."""

import re
import unicodedata
from collections.abc import Callable
from datetime import date
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.errors import Invalid
from request_desk.domain.text import (
    clean_name,
    clean_text,
    name_in_letter,
    one_line,
    parse_birth_day,
    parse_code,
    parse_date,
    parse_email,
    parse_id,
    parse_phone,
    parse_uuid,
    parse_version,
    readable,
)
from tests.samples import naughty

_BIDI = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
any_text = st.text(st.characters(), max_size=200)  # surrogates and noncharacters included
PARSERS = (parse_email, parse_phone, parse_date, parse_code, parse_id, parse_uuid)


def tried(parse: Callable[[str], object], value: str) -> object | Invalid:
    """What came of it: the value, or the refusal; anything else that is raised is a bug."""
    try:
        return parse(value)
    except Invalid as refusal:
        return refusal


def check_message(value: str) -> None:
    text = tried(lambda each: clean_text(each, field="Message"), value)
    if isinstance(text, Invalid):
        assert (text.field, text.sentence[:8]) == ("Message", "Message ")
    else:
        assert isinstance(text, str)
        check_clean(text)


def check_parsers(value: str) -> None:
    for parse in PARSERS:
        found = tried(parse, value)
        if isinstance(found, Invalid):
            assert found.field
            assert found.sentence.endswith(".")


def check_clean(text: str) -> None:
    text.encode("utf-8")
    assert "\0" not in text
    assert text == text.strip() == unicodedata.normalize("NFC", text)
    assert not _BIDI & set(text)
    assert not any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in text)
    assert clean_text(text, field="Message") == text


@given(any_text)
def test_what_is_accepted_can_be_stored_and_is_clean(value: str) -> None:
    check_message(value)


def test_the_hostile_corpus_is_cleaned_or_refused_in_words() -> None:
    for value in naughty():
        check_message(value)
        check_parsers(value)
        assert len(one_line(value)) <= 200


@given(any_text)
def test_whatever_is_stored_can_be_shown(value: str) -> None:
    shown = readable(value)
    shown.encode("utf-8")
    assert not _BIDI & set(shown)
    assert not any(unicodedata.category(sign) in {"Cs", "Cn", "Co"} for sign in shown)
    assert not any(unicodedata.category(sign) == "Cc" and sign not in "\n\t" for sign in shown)
    assert "\n" not in one_line(value)


@given(any_text)
def test_no_parser_breaks_on_anything(value: str) -> None:
    check_parsers(value)


@pytest.mark.parametrize("value", [None, 1, True, 1.5, b"x", ["x"], {}])
def test_what_is_no_text_is_refused_by_all(value: object) -> None:  # INP-04
    for parse in (*PARSERS, lambda each: clean_text(each, field="Message"), clean_name):
        with pytest.raises(Invalid):
            parse(value)


@pytest.mark.parametrize("bad", ["a\0b", "a\ud800b", "a\ufdd0b", "a\uffffb", "a\U0001fffeb", "a\U0010ffffb"])
def test_what_cannot_be_stored_is_refused(bad: str) -> None:
    with pytest.raises(Invalid, match="cannot be stored"):
        clean_text(bad, field="Message")


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("  hi\r\nthere\rnow\x85and\u2028on\u2029end  ", "hi\nthere\nnow\nand\non\nend"),
        ("a\x01\x1b\x7f\x9fb", "ab"),
        ("\ufeffhello", "hello"),
        ("Jo\u202eanna", "Joanna"),
        ("\u2067x\u2069", "x"),
        ("\u200b\u200d\u2060", ""),
        ("\u3164\u00ad", ""),
        ("cafe\u0301", "café"),
        ("👨‍👩‍👧 ok", "👨‍👩‍👧 ok"),
        ("می‌خواهم", "می‌خواهم"),
        ("{{ 7*7 }} <b>x</b> %s ${x}", "{{ 7*7 }} <b>x</b> %s ${x}"),
        ("a\tb", "a\tb"),
        ("", ""),
    ],
)
def test_texts_are_cleaned_without_losing_words(value: str, text: str) -> None:
    assert clean_text(value, field="Message") == text


def test_one_line_fields_become_one_line() -> None:
    assert clean_text(" a\n\n b\tc ", field="Subject", lines=False) == "a b c"


@pytest.mark.parametrize(("length", "fits"), [(0, True), (1, True), (4_000, True), (4_001, False), (1_000_000, False)])
def test_length_is_counted_in_code_points(length: int, fits: bool) -> None:
    if fits:
        assert clean_text("𝒳" * length, field="Message") == "𝒳" * length
    else:
        with pytest.raises(Invalid, match="too long"):
            clean_text("𝒳" * length, field="Message")


def test_a_newline_of_a_browser_counts_once() -> None:
    text = "a\r\n" * 1_999 + "a"
    assert len(clean_text(text, field="Message", most=3_999)) == 3_999


@pytest.mark.parametrize("value", ["", "   ", "\n", "\u200b\u200b", "\x01"])
def test_an_empty_text_is_missing_where_one_is_required(value: str) -> None:
    with pytest.raises(Invalid, match="Message is empty"):
        clean_text(value, field="Message", required=True)


@pytest.mark.parametrize(
    "name",
    [
        "Zuri",
        "O’Connor",
        "D'Angelo",
        "Anne-Marie",
        "Nguyễn Thị Minh",
        "مريم",
        "李小龍",
        "Łukasz",
        "नेहा",
        "क्‍ष",
        "X Æ A-12",
        "J",
    ],
)
def test_names_of_any_script_are_names(name: str) -> None:
    assert clean_name(f"  {name} ") == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    "name",
    [
        "",
        " ",
        "Jo\u202eanna",
        "a\ue000",
        "a\u0378",
        "Jo\u200danna",
        "Z" + "\u0335" * 9,
        "x" * 201,
        "a\0",
        "\u2068x\u2069",
    ],
)
def test_what_is_no_name_is_refused(name: str) -> None:
    with pytest.raises(Invalid):
        clean_name(name)


def test_a_name_may_be_missing_where_that_is_allowed() -> None:
    assert clean_name("", required=False) == ""


@pytest.mark.parametrize(
    ("value", "address"),
    [
        ("Amara.Okafor@Example.ORG", "Amara.Okafor@example.org"),
        (" a+b@mail.example.org ", "a+b@mail.example.org"),
        ("a@bücher.example", "a@xn--bcher-kva.example"),
        ("o'neil@example.org", "o'neil@example.org"),
    ],
)
def test_an_address_is_one_plain_address(value: str, address: str) -> None:
    assert parse_email(value) == address


@pytest.mark.parametrize(
    "value",
    [
        "",
        "a",
        "a@",
        "@example.org",
        "a@example",
        "a@b.c, evil@x.y",
        "g: a@b.org;",
        '"a@evil"@b.org',
        "a@b@c.org",
        "a b@c.org",
        "a@c.org\r\nBcc: x@y.org",
        "a@c.org\n",
        "=?utf-8?q?x?=@c.org",
        "A <a@c.org>",
        "a@[127.0.0.1]",
        "a@127.0.0.1",
        "a@-c.org",
        "a@c..org",
        ".a@c.org",
        "a..b@c.org",
        "a@c.org.",
        "ä@c.org",
        "x" * 65 + "@c.org",
        "a@" + "b." * 125 + "org",
        "a@c.org\0",
        "(x)a@c.org",
    ],
)
def test_what_is_no_single_address_is_refused(value: str) -> None:  # NOTE-03
    with pytest.raises(Invalid, match="not an e-mail address"):
        parse_email(value)


@pytest.mark.parametrize("value", ["(206) 555-0147", "206-555-0147", "206.555.0147", "+1 206 555 0147", " 2065550147 "])
def test_a_number_is_kept_as_e164(value: str) -> None:
    assert parse_phone(value) == "+12065550147"


@pytest.mark.parametrize(
    "value",
    [
        "",
        "5550147",
        "1-800-FLOWERS",
        "206 555 0147 ext. 5",
        "٢٠٦٥٥٥٠١٤٧",
        "(206) 555-0147;206",
        "911",
        "+" + "1" * 30,
        "+999 123456789",
    ],
)
def test_what_is_no_number_is_refused(value: str) -> None:  # INP-07
    with pytest.raises(Invalid, match="not a phone number"):
        parse_phone(value)


def test_a_number_of_another_country_needs_its_prefix() -> None:
    assert parse_phone("020 7946 0000", "GB") == "+442079460000"
    assert parse_phone("+44 20 7946 0000") == "+442079460000"


@pytest.mark.parametrize("value", ["2026-11-24", "11/24/2026", " 2026-11-24 "])
def test_a_day_is_read_as_browsers_and_americans_write_it(value: str) -> None:
    assert parse_date(value) == date(2026, 11, 24)


@pytest.mark.parametrize(
    "value",
    ["", "2026-W48-2", "2026-328", "2027-02-29", "2026-13-01", "24/11/2026x", "0000-01-01", "10000-01-01", "11/24/26",
     "２０２６-11-24", "2026-11-24T00:00", "infinity", "2026-1-1", "20261124", "-2026-11-24"],
)  # fmt: skip
def test_what_is_no_day_is_refused(value: str) -> None:
    with pytest.raises(Invalid, match="not a date"):
        parse_date(value)


@pytest.mark.parametrize("value", ["0001-01-01", "12/31/1899", "2200-01-01", "9999-12-31"])
def test_a_day_out_of_the_calendar_is_refused_by_its_year(value: str) -> None:  # AV4
    with pytest.raises(Invalid, match=r"outside the calendar, which goes from 1900 to 2199") as refused:
        parse_date(value, field="From")
    assert refused.value.field == "From"


def test_nobody_is_born_tomorrow_or_in_another_age() -> None:
    today = date(2026, 11, 24)
    assert parse_birth_day("2026-11-24", today) == today
    assert parse_birth_day("1899-12-31", today) == date(1899, 12, 31)  # 126 years: there was such a person
    for value in ("2026-11-25", "1850-01-01", "0001-01-01", "01/01/0001", "9999-12-31"):
        with pytest.raises(Invalid, match="born"):
            parse_birth_day(value, today)


def test_a_code_is_ascii_digits_however_they_are_grouped() -> None:  # OTP
    assert parse_code("012 345") == parse_code("012-345") == parse_code(" 012345 ") == "012345"
    for value in ("12345", "1234567", "١٢٣٤٥٦", "12345６", "12a456", "", "²23456"):
        with pytest.raises(Invalid, match="6 digits"):
            parse_code(value)


def test_an_id_is_a_positive_63_bit_number() -> None:
    assert parse_id("9223372036854775807") == 2**63 - 1
    for value in ("0", "-1", "9223372036854775808", "1.0", "1e5", " 1", "٣", "", "1" * 5_000, "0x1"):
        with pytest.raises(Invalid):
            parse_id(value)


def test_a_reference_is_written_in_one_way() -> None:
    text = "6a1f0c9e-3c0b-4b1e-9d58-111122223333"
    assert parse_uuid(text) == parse_uuid(text.upper()) == UUID(text)
    for value in ("", text[:-1], text.replace("-", ""), f"{{{text}}}", f"urn:uuid:{text}"):
        with pytest.raises(Invalid):
            parse_uuid(value)


def test_shown_text_is_bounded_and_visible() -> None:
    assert readable("a\x01\x7fb\x85c") == "a␁␡b\nc"
    assert readable("Jo\u202eanna") == "Joanna"
    assert readable("e" + "\u0301" * 50) == "e" + "\u0301" * 8
    assert readable("x" * 5_000).startswith("x" * 1_000 + "\n" + "x")
    assert len(readable("ab " * 5_000)) <= 4_001
    assert readable("ab " * 5_000).endswith("…")
    assert readable("\ue000\ufdd0\ud800") == "\ufffd" * 3


def test_a_cell_is_one_line_of_at_most_200_signs() -> None:
    assert one_line("a\nb\t c") == "a b c"
    assert one_line("ab" * 200) == "ab" * 99 + "a…"
    assert one_line("short", 200) == "short"


NAMES = (  # Latin, Cyrillic, Greek, Arabic, Persian, Hebrew, Devanagari, Bengali, Tamil, Thai, Han, Kana, Hangul, Armenian, Georgian, Ethiopic
    "Seán O'Connor",
    "Seán O’Connor",
    "Kaʻiulani",
    "Ya‘qub",
    "D´Angelo",
    "D`Souza",
    "Shaʹban",
    "L′Hermite",
    "Ngọc-Ánh",
    "Marie‑Ève",
    "Jean–Luc",
    "Gal·la",
    "J. R. Ewing",
    "J.R.R. Tolkien",
    "J.-P. Dubois",
    "St. John",
    "Sørensen",
    "Nguyễn Thị Minh",
    "İpek",
    "Дарья",
    "Ольга Григор’єва",
    "Мар'яна",
    "Αθηνά",
    "مُحَمَّد",
    "سید‌علی",
    "עֲדִי",
    "ג׳ורג׳",
    "בן־דוד",
    "צה״ל",
    "क्षत्रिय",
    "শ্রী‌মতী",
    "தமிழ்ச்செல்வி",
    "สมชาย",
    "田中さくら",
    "ジャン・リュック",
    "マリー＝ルイーズ".replace("＝", "゠"),
    "김민준",
    "Հակոբ",
    "Ավետիս֊Գրիգոր",
    "გიორგი",
    "አበበ",
    "ᏣᎳᎩ",
)


@pytest.mark.parametrize("name", NAMES)
def test_a_name_stands_in_a_letter_as_it_is_written(name: str) -> None:
    assert name_in_letter(name) == name
    assert clean_name(name) == unicodedata.normalize("NFC", name)


@pytest.mark.parametrize(
    ("name", "shown"),
    [
        ("evil.example", "evil. example"),
        ("https://evil.example/x", "https evil. example x"),
        ("www.evil.com", "www. evil. com"),
        ("a@b.example", "a b. example"),
        ("x\r\nBcc: evil", "x Bcc evil"),
        ("'; DROP", "DROP"),
        ("... Ana", "Ana"),
        ("Ana\u200d", "Ana"),
        ("- Ana -", "Ana"),
        ("", ""),
    ],
)
def test_nothing_else_comes_into_a_letter_with_a_name(name: str, shown: str) -> None:
    assert name_in_letter(name) == shown


@given(any_text)
def test_no_address_and_no_header_begins_in_a_name(value: str) -> None:
    shown = name_in_letter(value)
    assert not set(shown) & set(':/@<>=?&%#\\"\n\r\t')
    assert not re.search(r"\.\w{2}", shown)
    assert len(shown) <= 80
    assert name_in_letter(shown) == shown


@pytest.mark.parametrize("value", [None, "", "1", 1.0, True, 0, -1, 2**63])
def test_a_version_is_a_whole_number_that_the_column_holds(value: object) -> None:
    with pytest.raises(Invalid, match="open it again"):
        parse_version(value)
    assert parse_version(2**63 - 1) == 2**63 - 1


@pytest.mark.parametrize(
    ("typed", "month_first", "day"),
    [("3/4/2022", True, (3, 4)), ("3.4.2022", False, (4, 3)), ("2022-03-04", False, (3, 4))],
)
def test_a_written_day_follows_the_order_of_the_practice(typed: str, month_first: bool, day: tuple[int, int]) -> None:
    found = parse_date(typed, month_first=month_first)
    assert (found.month, found.day) == day
