"""The library as a whole: what is suggested for which act, ids, files (RE3)."""

import re
from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from request_desk.domain.errors import Invalid
from request_desk.domain.phrase_library import (
    SUGGESTED_ACTS,
    asked_in,
    file_name,
    free_slug,
    line_in_file,
    missing_languages,
    suggested_for,
)
from request_desk.domain.phrase_order import suggest
from request_desk.domain.phrases import Phrase, PhraseError, PhraseOutcome, Prompt, dump, parse
from request_desk.domain.requests import RequestKind
from request_desk.paths import phrase_files

LANGUAGES = ("en", "es")


def phrase_strategy() -> st.SearchStrategy[Phrase]:
    return st.builds(
        Phrase,
        slug=st.sampled_from(("a", "b", "c")),
        title=st.sampled_from(("One", "Two")),
        kind=st.sampled_from((*map(str, RequestKind), "any")),
        outcome=st.sampled_from(tuple(PhraseOutcome)),
        language=st.sampled_from(("en", "es", "es-MX", "fr")),
        group=st.just("Group"),
        order=st.integers(0, 3),
        body=st.just("Hello."),
    )


def library_strategy() -> st.SearchStrategy[list[Phrase]]:
    return st.lists(phrase_strategy(), max_size=8, unique_by=lambda each: (each.slug, each.language))


@settings(max_examples=150, deadline=None)
@given(library_strategy())
def test_the_table_says_what_would_be_suggested(library: list[Phrase]) -> None:  # RE3
    table = suggested_for(library, LANGUAGES)
    told = {(one.kind, one.outcome, one.language): key for key, acts in table.items() for one in acts}
    assert len(told) == sum(map(len, table.values()))  # no act has two phrases
    for kind, outcomes in SUGGESTED_ACTS.items():
        for outcome in outcomes:
            for language in LANGUAGES:
                taken = suggest(library, kind, outcome, language)
                assert told.get((kind, outcome, language)) == (taken and (taken.slug, taken.language))


def test_for_each_act_the_shipped_library_suggests_a_phrase_in_each_language() -> None:  # RE3
    library = [parse(path.read_text("utf-8")) for path in phrase_files()]
    table = suggested_for(library, LANGUAGES)
    assert sum(map(len, table.values())) == len(LANGUAGES) * sum(map(len, SUGGESTED_ACTS.values()))
    assert all(one.language == language for (_slug, language), acts in table.items() for one in acts)


@settings(max_examples=150)
@given(st.text(max_size=80), st.sets(st.sampled_from(("booked", "booked-2", "phrase", "a"))))
def test_an_id_that_is_made_is_valid_and_free(title: str, taken: set[str]) -> None:  # RE3
    slug = free_slug(title, taken)
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", slug)
    assert len(slug) <= 64
    assert slug not in taken


def test_an_id_is_the_title_in_small_letters() -> None:
    assert free_slug("Señal de llegada!", ()) == "senal-de-llegada"
    assert free_slug("حجز", ()) == "phrase"
    assert free_slug("Booked", ("booked",)) == "booked-2"


def test_a_pair_needs_each_language_in_any_countrys_way() -> None:  # PP6
    assert missing_languages(["en"], LANGUAGES) == ("es",)
    assert missing_languages(["es-MX", "en"], LANGUAGES) == ()
    assert missing_languages([], LANGUAGES) == LANGUAGES


def test_questions_are_found_while_the_text_is_still_wrong() -> None:
    assert asked_in("{{ ask.form }} {{ ask.when | lower }} {% if ask.x") == {"form", "when", "x"}
    assert asked_in("{{ task.form }} ask me") == frozenset()


BOOKED = Phrase("booked", "Booked", "schedule", PhraseOutcome.BOOKED, "en", "Booking", 10, "One.\nTwo.\nThree.")


def test_the_english_file_has_the_id_alone() -> None:
    assert file_name(BOOKED) == "booked.toml"
    assert file_name(replace(BOOKED, language="es")) == "booked.es.toml"


@settings(max_examples=100)
@given(st.integers(0, 6), st.integers(0, 3))
def test_the_line_of_a_mistake_is_that_of_the_file(before: int, empty: int) -> None:  # RE3
    body = "\n" * empty + "Fine.\n" * before + "{{ nosuch.field }}\nMore."
    text = dump(BOOKED).replace('"""\nOne.\nTwo.\nThree.', f'"""\n{body}')
    try:
        parse(text)
        raise AssertionError("a field that there is not")
    except PhraseError as error:
        line = line_in_file(text, error.field, error.line)
    assert "nosuch" in text.split("\n")[line - 1]


def test_a_text_in_one_line_has_one_line() -> None:
    text = dump(BOOKED).replace('"""\nOne.\nTwo.\nThree.\n"""', '"{{ nosuch.field }}"')
    assert "nosuch" in text.split("\n")[line_in_file(text, "body", 1) - 1]
    assert line_in_file("title = 'x'", "body", 2) == 0


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('kind = "schedule"', 'kind = "party"'),
        ('language = "en"', 'language = "English!"'),
        ("order = 10", "order = -1"),
        ('label = "Which form?"', 'label = ""'),
        ("{{ ask.form }}", "it"),
        ("order = 10", "order = 10\nnosuch = 1"),
    ],
)
def test_an_entry_that_is_wrong_is_found_by_its_line(old: str, new: str) -> None:  # RE3
    asking = replace(BOOKED, body="Bring {{ ask.form }}.", prompts=(Prompt("form", "Which form?"),))
    text = dump(asking).replace(old, new)
    with pytest.raises(Invalid) as refused:
        parse(text)
    line = line_in_file(text, refused.value.field)
    part = refused.value.field.split(".")[0]
    assert part in text.split("\n")[line - 1]
    assert line > 0


def test_what_is_wrong_as_a_whole_has_no_line() -> None:
    assert line_in_file("{{{", "file") == 0
    assert line_in_file("title = 'x'", "") == 0
