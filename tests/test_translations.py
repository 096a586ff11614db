"""Every text that a parent can read is there in Spanish, with the same places to fill in; the catalogue holds nothing else (RE2, NT2)."""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path
from string import Formatter

import pytest
from babel.messages.catalog import Catalog
from babel.messages.extract import extract_from_file
from babel.messages.pofile import read_po

import request_desk
from request_desk.domain.phrases import Phrase, parse
from request_desk.domain.words import _, languages, plural, speaking
from request_desk.gateways import catalogues
from request_desk.paths import phrase_files

ROOT = Path(request_desk.__file__).parent
OTHERS = [language for language in languages() if language != "en"]
# What pages and letters are made of. Sentences of the set-up (`web/server.py`) are the operator's.
ROOMS = (
    "web/",
    "domain/booking_rules.py",
    "domain/calendar_years.py",
    "domain/counter_offers.py",
    "domain/directory.py",
    "domain/manage_links.py",
    "domain/icalendar.py",
    "domain/meetings.py",
    "domain/questionnaires.py",
    "domain/standing.py",
    "domain/text.py",
    "domain/printed_card.py",
    "domain/wishes.py",
    "domain/words.py",
    "services/portal/",
    "services/inbox/counter_offers.py",
    "services/inbox/handling.py",
    "services/people/registration.py",
    "services/schedule/outside_times.py",
    "services/schedule/patient_facts.py",
    "services/schedule/portal_schedule.py",
    "services/schedule/queries.py",
    "services/schedule/slots.py",
    "services/schedule/two_places.py",
)
APART = ("web/server.py",)


def forms(text: str | Sequence[str] | None) -> tuple[str, ...]:
    """The forms of a text, which is known by its first: one, or that for one and that for many."""
    return (text,) if isinstance(text, str) else tuple(text or ())


def extracted() -> Iterator[tuple[str, str]]:
    """Every text of the program and of the pages, with the file that says it."""
    for path in sorted((*ROOT.rglob("*.py"), *ROOT.rglob("*.html"))):
        method = "python" if path.suffix == ".py" else "jinja2"
        for _line, text, _comments, _context in extract_from_file(
            method, path, keywords={"_": None, "_say": None, "later": None, "plural": (1, 2)}
        ):
            yield path.relative_to(ROOT).as_posix(), forms(text)[0]


def catalogue(language: str) -> Catalog:
    with (catalogues.folder() / f"{language}.po").open("rb") as source:
        return read_po(source, locale=language, abort_invalid=True)


def fields(text: str) -> list[str]:
    return sorted(name for _literal, name, _form, _conversion in Formatter().parse(text) if name is not None)


def test_there_is_another_language() -> None:
    assert "es" in OTHERS


@pytest.mark.parametrize("language", OTHERS)
def test_every_text_for_parents_is_translated(language: str) -> None:
    known = catalogue(language)
    wanted = {text for file, text in extracted() if file.startswith(ROOMS) and file not in APART}
    assert len(wanted) > 250
    assert sorted(text for text in wanted if text not in known or not all(forms(known[text].string))) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_over(language: str) -> None:
    said = {text for _file, text in extracted()}
    assert [one for message in catalogue(language) if message.id and (one := forms(message.id)[0]) not in said] == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_fill_in_the_same_places(language: str) -> None:
    messages = [message for message in catalogue(language) if message.id]
    pairs = [pair for one in messages for pair in zip(forms(one.id), forms(one.string), strict=True)]
    assert [ours for ours, theirs in pairs if fields(ours) != fields(theirs)] == []
    assert [ours for ours, theirs in pairs if ours.endswith("\n") != theirs.endswith("\n")] == []


def test_a_text_with_a_number_is_said_in_its_form() -> None:
    with speaking("es"):
        said = [
            plural("{done} of {count} form is filled in.", "{done} of {count} forms are filled in.", n) for n in (1, 2)
        ]
    assert said == ["{done} de {count} formulario está lleno.", "{done} de {count} formularios están llenos."]


def test_what_is_spoken_ends_with_its_block_and_an_unknown_language_is_the_desk_s() -> None:
    with speaking("es-MX"):
        assert _("Sign in") == "Entrar"
        with speaking("tlh"):
            assert _("Sign in") == "Sign in"
        assert plural("one", "many", 2) == "many"
        assert _("a text that nobody has translated") == "a text that nobody has translated"
    assert _("Sign in") == "Sign in"


def library() -> dict[str, dict[str, Phrase]]:
    """The shipped phrases by language and id."""
    found: dict[str, dict[str, Phrase]] = {}
    for path in phrase_files():
        phrase = parse(path.read_text("utf-8"))
        found.setdefault(phrase.language, {})[phrase.slug] = phrase
    return found


@pytest.mark.parametrize("language", OTHERS)
def test_every_phrase_is_there_in_each_language_and_says_the_same_things(language: str) -> None:
    """A missing pair, or one with other fields or questions, would send a parent a letter that says something else."""
    ours, theirs = library()["en"], library()[language]
    assert sorted(set(ours) ^ set(theirs)) == []

    def shape(phrase: Phrase) -> tuple[object, ...]:
        questions = [(one.name, one.type, len(one.choices), bool(one.default)) for one in phrase.prompts]
        kinds = (phrase.title, phrase.kind, phrase.outcome, phrase.group, phrase.order)
        return set(re.findall(r"[a-z]+\.[a-z_]+", phrase.body)) - {"p.m", "a.m"}, questions, kinds

    assert [slug for slug in ours if shape(ours[slug]) != shape(theirs[slug])] == []
    assert [slug for slug in ours if ("911" in ours[slug].body) != ("911" in theirs[slug].body)] == []
