"""Every text that a parent can read is there in Spanish, with the same places to fill in; the catalogue holds nothing else (RE2, NT2)."""

import re
from collections.abc import Iterator
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
from request_desk.paths import phrases as phrase_folder

ROOT = Path(request_desk.__file__).parent
OTHERS = [language for language in languages() if language != "en"]
# What pages and letters are made of. Sentences of the set-up (`web/server.py`) are the operator's.
ROOMS = (
    "web/",
    "domain/booking_rules.py",
    "domain/counter_offers.py",
    "domain/directory.py",
    "domain/manage_links.py",
    "domain/icalendar.py",
    "domain/meetings.py",
    "domain/notices.py",
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


def extracted() -> Iterator[tuple[str, str]]:
    """Every text of the program and of the pages, with the file that says it."""
    for path in sorted((*ROOT.rglob("*.py"), *ROOT.rglob("*.html"))):
        method = "python" if path.suffix == ".py" else "jinja2"
        for _line, text, _comments, _context in extract_from_file(
            method, path, keywords={"_": None, "_say": None, "later": None, "plural": (1, 2)}
        ):
            for one in (text,) if isinstance(text, str) else text:
                yield path.relative_to(ROOT).as_posix(), one


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
    assert sorted(text for text in wanted if text not in known or not known[text].string) == []


@pytest.mark.parametrize("language", OTHERS)
def test_no_translation_is_left_over(language: str) -> None:
    said = {text for _file, text in extracted()}
    assert sorted(message.id for message in catalogue(language) if message.id and message.id not in said) == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_fill_in_the_same_places(language: str) -> None:
    messages = [message for message in catalogue(language) if message.id]
    assert [one.id for one in messages if fields(str(one.id)) != fields(str(one.string))] == []
    ends = [one.id for one in messages if str(one.id).endswith("\n") != str(one.string).endswith("\n")]
    assert ends == []


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
    for path in sorted(phrase_folder().rglob("*.toml")):
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
