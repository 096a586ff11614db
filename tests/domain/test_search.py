"""Search finds what people type: other scripts, accents, dates, ends of numbers (MC6)."""

import sqlite3
from datetime import date

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.search import (
    fold,
    fts_query,
    index_person,
    index_text,
    matches,
    person_terms,
    query_terms,
    tsquery,
)
from request_desk.domain.text import APOSTROPHES

ZURI = index_text("Zuri Okafor, 3/12/2022, +12065550147")


def in_sqlite(stored: str, query: str) -> bool:
    """What the real index says; it must agree with `matches` up to the order of words."""
    connection = sqlite3.connect(":memory:")
    try:
        connection.execute("CREATE VIRTUAL TABLE entry USING fts5(words, tokenize='unicode61 remove_diacritics 0')")
        connection.execute("INSERT INTO entry VALUES (?)", (stored,))
        found = connection.execute("SELECT count(*) FROM entry WHERE entry MATCH ?", (query,)).fetchone()
        return bool(found[0])
    finally:
        connection.close()


@pytest.mark.parametrize(
    ("stored", "typed"),
    [
        (ZURI, "okafor"),
        (ZURI, "ZURI Oka"),
        (ZURI, "3/12/22"),
        (ZURI, "03/12/2022 okafor"),
        (ZURI, "2022-03-12"),
        (ZURI, "(206) 555-0147"),
        (ZURI, "555-0147"),
        (ZURI, "5550147"),
        (ZURI, "0147"),
        (ZURI, "+1 206 555 0147"),
        (ZURI, "12065550147"),
        (index_text("Nguyễn Thị Minh"), "nguyen thi"),
        (index_text("Núñez, Íñigo"), "nunez inigo"),
        (index_text("Łukasz Żółć"), "lukasz zolc"),
        (index_text("Søren Ærø"), "soren aero"),
        (index_text("STRASSE"), "straße"),
        (index_text("İpek ışık"), "ipek isik"),
        (index_text("O’Connor"), "oconnor"),
        (index_text("O'Connor"), "o’connor"),
        *[
            (index_text(f"O{stored}Connor"), f"o{typed}connor")
            for stored in APOSTROPHES
            for typed in ("'", "’", "`", "´", "ʼ", "")
        ],
        (index_text("Anne‑Marie"), "anne-marie"),
        (index_text("בן־דוד"), "בן דוד"),
        (index_text("ג׳ורג׳"), "ג'ורג'"),
        (index_text("Gal·la"), "galla"),
        (index_text("ﬁle Ｆｕｌｌ"), "file full"),
        (index_text("田中さくら"), "田中"),
        (index_text("田中さくら"), "さくら"),
        (index_text("田中さくら"), "ら"),
        (index_text("山田 太郎"), "太"),
        (index_text("王小明 has a cough"), "小明 cough"),
        (index_text("김민준"), "민준"),
        (index_text("हिन्दी नाम"), "हिन्दी"),
        (index_text("مَرْيَم"), "مريم"),
        (index_text("Дмитрий Ёлкин"), "елкин"),
        (index_text("call me at 206-555-0199 please"), "2065550199"),
        (index_text("call me at 206-555-0199 please"), "555 0199"),
        (index_text("his birthday is 3/12/22"), "03/12/2022"),
        (index_text("٠١٢٣٤٥٦٧"), "01234567"),
    ],
)
def test_what_is_typed_finds_what_is_stored(stored: str, typed: str) -> None:
    terms = query_terms(typed)
    assert matches(stored, terms)
    assert in_sqlite(stored, fts_query(terms))


@pytest.mark.parametrize("typed", ["okafur", "03/12/2023", "555-0148", "zuri mateo", "ok"])
def test_what_is_something_else_is_not_found(typed: str) -> None:
    terms = query_terms(typed)
    assert not matches(ZURI, terms)
    assert not in_sqlite(ZURI, fts_query(terms))


def test_a_person_is_found_by_name_and_date_of_birth() -> None:
    stored = index_person("Zuri", "Okafor", date(2022, 3, 12))
    assert in_sqlite(stored, fts_query(query_terms("okafor 3/12/22")))


def test_other_countries_write_the_day_first() -> None:
    assert query_terms("12/3/22", month_first=False) == query_terms("3/12/22") == ["20220312"]
    assert query_terms("3/12/51") == ["19510312"]
    assert query_terms("13/45/22") == ["13", "45", "22"]


def test_nothing_to_look_for_is_an_empty_query() -> None:
    for typed in ("", "   ", "?!", "\u200b", "'"):
        assert query_terms(typed) == []
        assert fts_query([]) == tsquery([]) == ""


def test_queries_are_quoted_for_both_databases() -> None:
    assert fts_query(["okafor", "ok", "田中 中さ"]) == '"okafor"* AND "ok" AND "田中 中さ"'
    assert tsquery(["okafor", "ok", "田中 中さ"]) == "'okafor':* & 'ok' & '田中' & '中さ'"


@given(st.text(st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_can_be_indexed_and_typed(text: str) -> None:
    stored, terms = index_text(text), query_terms(text)
    assert len(terms) <= 8
    assert stored == " ".join(stored.split())
    assert fold(fold(text)) == fold(text)
    query = fts_query(terms)
    assert tsquery(terms).count("'") % 2 == 0
    if query and "\0" not in text:
        in_sqlite(stored, query)  # never a syntax error, whatever is typed


@given(
    st.lists(
        st.sampled_from(["Zuri", "José", "田中", "김민준", "O’Neil", "مريم", "3/12/22", "well-visit", "नेहा"]),
        min_size=1,
        max_size=6,
    )
)
def test_a_text_is_found_by_its_own_words(words: list[str]) -> None:
    stored, terms = index_text(" ".join(words)), query_terms(" ".join(words))
    assert matches(stored, terms)
    assert in_sqlite(stored, fts_query(terms))


@pytest.mark.parametrize(
    ("typed", "terms"),
    [
        ("(206) 555", ["206555"]),
        ("0147", ["0147"]),
        ("020 7946", ["207946"]),  # a zero is dialled before the area, not stored
        ("12345", ["12345"]),
        ("147", ["147"]),
        ("+44 20 7946 0958", ["442079460958"]),
        ("Zuri amara@Example.org", ["amara@example.org", "zuri"]),
        ("3/12/2022", ["20220312"]),
        ("Okafor 555-0147", ["5550147", "okafor"]),
        ("", []),
    ],
)
def test_people_are_sought_by_words_numbers_and_addresses(typed: str, terms: list[str]) -> None:
    assert person_terms(typed, month_first=True) == terms


def test_a_date_of_birth_is_read_as_the_practice_writes_it() -> None:
    assert person_terms("3.12.2022", month_first=False) == ["20221203"]
    assert person_terms("3.12.2022", month_first=True) == ["20220312"]
