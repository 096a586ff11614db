"""The library as pairs: what is listed, saved, retired, copied, put back, imported and exported, and what takes it back (RE3, TPL-08)."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.dialects import sqlite

from request_desk.domain.access import SYSTEM, Actor, ActorKind, Role
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, UndoRefused
from request_desk.domain.ids import PhraseId
from request_desk.domain.phrase_library import SuggestedAct
from request_desk.domain.phrases import Phrase, PhraseOutcome, Prompt, dump, parse
from request_desk.domain.requests import RequestKind
from request_desk.services.desk import Desk, Outcome
from request_desk.services.inbox import marks
from request_desk.services.practice import phrase_pairs, phrase_previews, phrases
from request_desk.services.practice.phrase_pairs import Half, PairsWanted, PhraseFile, PhrasePair
from request_desk.store import schema
from tests.builders import Practice

BOOKED = Phrase("booked", "Booked", "schedule", PhraseOutcome.BOOKED, "en", "Booking", 10, "See you on {{ new.time }}.")
SPANISH = replace(BOOKED, language="es", body="Nos vemos: {{ new.time }}.")
ASKING = Phrase(
    "ask-form", "Ask for a form", "any", PhraseOutcome.NEED_INFO, "en", "Questions", 20, "Please bring {{ ask.form }}.",
    (Prompt("form", "Which form?", "choice", "the school form", ("the school form", "the camp form")),),
)  # fmt: skip
EVERYTHING = PairsWanted()


@pytest.fixture
def library(desk: Desk, practice: Practice) -> Practice:
    desk.perform(SYSTEM, phrases.sync_shipped, [BOOKED, SPANISH, ASKING])
    return practice


def listed(desk: Desk, actor: Actor, wanted: PairsWanted = EVERYTHING) -> dict[str, PhrasePair]:
    return {
        each.first.slug + (" mine" if each.owner else ""): each
        for each in desk.query(actor, phrase_pairs.pairs, wanted)
    }


def halves(pair: PhrasePair, **values: object) -> list[Half]:
    return [Half(replace(each.phrase, **values), each.id, each.version) for each in pair.halves]  # type: ignore[arg-type]


def undo(desk: Desk, actor: Actor, outcome: Outcome[Any]) -> None:
    assert outcome.undo is not None
    desk.undo(actor, outcome.undo)


def test_phrases_are_listed_as_pairs_with_what_is_missing(desk: Desk, library: Practice) -> None:  # RE3
    found = listed(desk, library.maria)
    assert list(found) == ["booked", "ask-form"]
    pair = found["booked"]
    assert [each.phrase.language for each in pair.halves] == ["en", "es"]
    assert (pair.missing, pair.owner, pair.shipped, pair.active) == ((), None, True, True)
    assert found["ask-form"].missing == ("es",)
    assert pair.suggested == (
        SuggestedAct(RequestKind.SCHEDULE, PhraseOutcome.BOOKED, "en"),
        SuggestedAct(RequestKind.SCHEDULE, PhraseOutcome.BOOKED, "es"),
    )
    assert desk.query(library.maria, phrase_pairs.pair, pair.halves[1].id) == pair
    with pytest.raises(NotFound):
        desk.query(library.maria, phrase_pairs.pair, PhraseId(1))


def test_a_list_is_narrowed_by_words_kind_owner_and_state(desk: Desk, library: Practice) -> None:  # RE3
    desk.perform(library.maria, phrase_pairs.copy_as_own, listed(desk, library.maria)["booked"].id)
    desk.perform(library.admin, phrase_pairs.switch_pair, listed(desk, library.admin)["ask-form"].seen, active=False)
    for wanted, names in (
        (PairsWanted(text="nos vemos"), ["booked", "booked mine"]),
        (PairsWanted(text="BÓOKED"), ["booked", "booked mine"]),
        (PairsWanted(text="nothing of this"), []),
        (PairsWanted(kinds=("any",)), ["ask-form"]),
        (PairsWanted(whose="mine"), ["booked mine"]),
        (PairsWanted(whose="practice", state="active"), ["booked"]),
        (PairsWanted(state="retired"), ["ask-form"]),
    ):
        assert list(listed(desk, library.maria, wanted)) == names


def test_what_began_from_a_phrase_is_counted_for_ninety_days(
    desk: Desk, library: Practice, clock: FixedClock
) -> None:  # RE3
    desk.perform(library.maria, phrase_pairs.copy_as_own, listed(desk, library.maria)["booked"].id)
    request = library.a_request()
    for days, author, withdrawn in (
        (1, library.maria, False),
        (2, library.kofi, False),
        (89, library.kofi, False),
        (91, library.kofi, False),
        (1, library.maria, True),
    ):
        at = clock.now() - timedelta(days=days)
        library.insert(
            schema.message, id=library.new_id(), request_id=request, author_kind="staff", author_id=author.id, body="x",
            phrase="booked", created_at=at, visible_at=at, withdrawn_at=at if withdrawn else None,
        )  # fmt: skip
    found = listed(desk, library.maria)
    assert (found["booked"].used, found["booked mine"].used, found["ask-form"].used) == (3, 1, 0)
    assert listed(desk, library.kofi)["booked"].used == 3


def test_both_halves_are_written_or_none(desk: Desk, library: Practice) -> None:  # RE3, RE2
    pair = listed(desk, library.admin)["booked"]
    english, spanish = halves(pair, title="All set")
    wrong = replace(spanish, phrase=replace(spanish.phrase, body="Hola\n{{ nosuch.field }}"))
    with pytest.raises(Invalid) as refused:
        desk.perform(library.admin, phrase_pairs.save_pair, [english, wrong], own=False)
    assert refused.value.field == "body.es"
    assert "Line 2" in refused.value.sentence
    assert listed(desk, library.admin)["booked"] == pair
    desk.perform(library.admin, phrase_pairs.save_pair, [english, spanish], own=False)
    assert [each.phrase.title for each in listed(desk, library.admin)["booked"].halves] == ["All set", "All set"]
    with pytest.raises(Conflict):  # the versions that were seen before
        desk.perform(library.admin, phrase_pairs.save_pair, halves(pair, title="All right"), own=False)


def test_a_save_can_be_taken_back_while_there_is_time(desk: Desk, library: Practice, clock: FixedClock) -> None:  # RE3
    pair = listed(desk, library.admin)["booked"]
    saved = desk.perform(library.admin, phrase_pairs.save_pair, halves(pair, body="Until then."), own=False)
    undo(desk, library.admin, saved)
    back = listed(desk, library.admin)["booked"]
    assert [each.phrase for each in back.halves] == [BOOKED, SPANISH]
    assert back.shipped
    late = desk.perform(library.admin, phrase_pairs.save_pair, halves(back, body="Until then."), own=False)
    clock.advance(timedelta(minutes=5))
    with pytest.raises(UndoRefused):
        undo(desk, library.admin, late)


def test_a_new_phrase_gets_an_id_of_its_title_and_can_be_taken_back(desk: Desk, library: Practice) -> None:  # RE3
    new = [Half(replace(each, slug="")) for each in (BOOKED, SPANISH)]
    made = desk.perform(library.maria, phrase_pairs.save_pair, new, own=True)
    pair = desk.query(library.maria, phrase_pairs.pair, made.value)
    assert [each.phrase.slug for each in pair.halves] == ["booked-2", "booked-2"]
    undo(desk, library.maria, made)
    assert not desk.query(library.maria, phrase_pairs.pair, made.value).active
    again = [Half(replace(each, slug="booked-2")) for each in (BOOKED, SPANISH)]
    assert desk.perform(library.maria, phrase_pairs.save_pair, again, own=True).value == made.value
    assert desk.query(library.maria, phrase_pairs.pair, made.value).active


def test_an_own_copy_stands_for_the_practices(desk: Desk, library: Practice) -> None:  # RE3
    source = listed(desk, library.maria)["booked"]
    copied = desk.perform(library.maria, phrase_pairs.copy_as_own, source.id)
    found = listed(desk, library.maria)
    assert (found["booked"].is_covered, found["booked"].suggested) == (True, ())
    assert len(found["booked mine"].suggested) == 2
    assert not listed(desk, library.kofi)["booked"].is_covered
    for wrong in (source.id, copied.value):
        with pytest.raises(Refused):
            desk.perform(library.maria, phrase_pairs.copy_as_own, wrong)
    undo(desk, library.maria, copied)
    assert not listed(desk, library.maria)["booked"].is_covered


def test_a_retired_pair_is_out_of_the_library_until_it_is_brought_back(desk: Desk, library: Practice) -> None:  # RE3
    pair = listed(desk, library.admin)["booked"]
    retired = desk.perform(library.admin, phrase_pairs.switch_pair, pair.seen, active=False)
    assert [each.slug for each in desk.query(library.maria, phrases.library)] == ["ask-form"]
    assert desk.perform(SYSTEM, phrases.sync_shipped, [BOOKED, SPANISH, ASKING]).value == 0
    undo(desk, library.admin, retired)
    assert listed(desk, library.admin)["booked"].shipped
    again = listed(desk, library.admin)["booked"]
    desk.perform(library.admin, phrase_pairs.switch_pair, again.seen, active=False)
    out = listed(desk, library.admin)["booked"]
    assert not out.active
    desk.perform(library.admin, phrase_pairs.switch_pair, out.seen, active=True)
    back = listed(desk, library.admin)["booked"]
    assert back.active
    assert back.shipped  # it says what the product ships, so updates reach it again


def test_history_leads_back_to_any_text_with_its_questions(desk: Desk, library: Practice) -> None:  # TPL-08
    pair = listed(desk, library.admin)["ask-form"]
    desk.perform(library.admin, phrase_pairs.save_pair, halves(pair, body="Bring it.", prompts=()), own=False)
    second = listed(desk, library.admin)["ask-form"]
    desk.perform(library.admin, phrase_pairs.save_pair, halves(second, body="Bring it, please."), own=False)
    told = desk.query(library.admin, phrase_pairs.earlier, pair.id)
    assert [(each.body, each.shipped, each.replaced_by) for each in told] == [
        ("Bring it.", False, library.admin.name),
        (ASKING.body, True, library.admin.name),
    ]
    now = listed(desk, library.admin)["ask-form"]
    put = desk.perform(library.admin, phrase_pairs.put_back, told[1].id, expect_version=now.halves[0].version)
    back = listed(desk, library.admin)["ask-form"]
    assert back.halves[0].phrase == ASKING
    assert back.shipped
    undo(desk, library.admin, put)
    assert listed(desk, library.admin)["ask-form"].first.body == "Bring it, please."
    with pytest.raises(Conflict):
        desk.perform(library.admin, phrase_pairs.put_back, told[1].id, expect_version=now.halves[0].version)
    with pytest.raises(NotAllowed):
        desk.perform(library.maria, phrase_pairs.put_back, told[1].id, expect_version=1)


def test_the_way_back_to_the_products_text_leads_to_the_newest(desk: Desk, library: Practice) -> None:  # RE3
    pair = listed(desk, library.admin)["booked"]
    with pytest.raises(Refused):
        desk.perform(library.admin, phrase_pairs.restore_shipped, pair.seen)
    desk.perform(library.admin, phrase_pairs.save_pair, halves(pair, body="Ours."), own=False)
    newer = replace(BOOKED, body="The newest of the product.")
    for _again in range(2):
        assert desk.perform(SYSTEM, phrases.sync_shipped, [newer, SPANISH, ASKING]).value == 0
    changed = listed(desk, library.admin)["booked"]
    assert changed.first.body == "Ours."
    restored = desk.perform(library.admin, phrase_pairs.restore_shipped, changed.seen)
    back = listed(desk, library.admin)["booked"]
    assert [each.phrase for each in back.halves] == [newer, SPANISH]
    assert back.shipped
    told = desk.query(library.admin, phrase_pairs.earlier, pair.id)
    assert [each.body for each in told] == [
        "Ours.",
        newer.body,
        BOOKED.body,
    ]  # kept beside once, however often it is brought
    undo(desk, library.admin, restored)
    assert [each.phrase.body for each in listed(desk, library.admin)["booked"].halves] == ["Ours.", "Ours."]


def test_one_bad_file_is_said_with_its_line_and_the_others_come_in(desk: Desk, library: Practice) -> None:  # RE3
    fresh = replace(ASKING, slug="fresh", title="Fresh")
    bad = dump(replace(BOOKED, slug="bad", body="Fine.\n{{ nosuch.field }}"))
    files = [
        PhraseFile("booked.toml", dump(replace(BOOKED, body="Ours."))),
        PhraseFile("bad.toml", bad),
        PhraseFile("fresh.toml", dump(fresh)),
        PhraseFile("same.toml", dump(SPANISH)),
        PhraseFile("noise.toml", "\0{{{"),
    ]
    told = desk.perform(library.admin, phrase_pairs.import_files, files, own=False)
    assert [(each.name, each.title, each.is_new, each.is_same, bool(each.problem)) for each in told.value] == [
        ("booked.toml", "Booked", False, False, False),
        ("bad.toml", "", False, False, True),
        ("fresh.toml", "Fresh", True, False, False),
        ("same.toml", "Booked", False, True, False),
        ("noise.toml", "", False, False, True),
    ]
    line = 1 + next(number for number, text in enumerate(bad.split("\n")) if "nosuch" in text)
    assert told.value[1].problem.startswith(f"Line {line}: ")
    found = listed(desk, library.admin)
    assert sorted(found) == ["ask-form", "booked", "fresh"]
    assert found["booked"].first.body == "Ours."
    undo(desk, library.admin, told)
    after = listed(desk, library.admin)
    assert after["booked"].first == BOOKED
    assert not after["fresh"].active
    with pytest.raises(Refused):
        desk.perform(library.admin, phrase_pairs.import_files, [PhraseFile("x", "")] * 501, own=False)


def test_what_is_exported_is_what_is_imported(desk: Desk, library: Practice) -> None:  # RE3
    desk.perform(library.maria, phrase_pairs.copy_as_own, listed(desk, library.maria)["booked"].id)
    found = listed(desk, library.maria)
    files = desk.query(library.maria, phrase_pairs.exported, [each.id for each in found.values()])
    assert sorted(each.name for each in files) == [
        "ask-form.toml",
        "booked.es.toml",
        "booked.toml",
        "mine/booked.es.toml",
        "mine/booked.toml",
    ]
    assert [parse(each.text) for each in files if each.name == "booked.es.toml"] == [SPANISH]
    told = desk.perform(library.admin, phrase_pairs.import_files, files, own=False).value
    assert all(each.is_same for each in told)
    assert len(desk.query(library.maria, phrase_pairs.exported, [found["ask-form"].id])) == 1


def test_who_may_change_what(desk: Desk, library: Practice) -> None:  # RE3
    pair = listed(desk, library.maria)["booked"]
    own = desk.perform(library.maria, phrase_pairs.save_pair, [Half(replace(ASKING, slug="own"))], own=True).value
    with pytest.raises(NotAllowed):
        desk.perform(library.maria, phrase_pairs.save_pair, halves(pair, body="Mine!"), own=False)
    with pytest.raises(NotAllowed):  # nor in the clothes of an own one
        desk.perform(library.maria, phrase_pairs.save_pair, halves(pair, body="Mine!"), own=True)
    with pytest.raises(NotFound):
        desk.perform(library.admin, phrase_pairs.save_pair, halves(pair, body="Mine!"), own=True)
    with pytest.raises(NotAllowed):
        desk.perform(library.maria, phrase_pairs.restore_shipped, pair.seen)
    with pytest.raises(NotAllowed):
        desk.perform(library.maria, phrase_pairs.import_files, [], own=False)
    assert "own mine" not in listed(desk, library.admin)
    for actor in (library.kofi, library.admin):
        with pytest.raises((NotFound, NotAllowed)):
            desk.perform(actor, phrase_pairs.switch_pair, [(own, 1)], active=False)
        with pytest.raises(NotFound):
            desk.query(actor, phrase_pairs.earlier, own)
        assert desk.query(actor, phrase_pairs.exported, [own]) == ()
    nobody = Actor(ActorKind.STAFF, library.maria.id, "x", frozenset({Role.TYPES}))
    with pytest.raises(NotAllowed):
        desk.query(nobody, phrase_pairs.pairs, EVERYTHING)


def test_hostile_words_are_kept_as_they_are(desk: Desk, library: Practice) -> None:  # TPL-08
    body = "<script>alert(1)</script> \u202eabc \u200b حجز ' OR 1=1 -- 你好"
    title = "<b>Ünï</b> & 'x'"
    new = Half(replace(BOOKED, slug="", title=title, body=body))
    made = desk.perform(library.admin, phrase_pairs.save_pair, [new], own=False).value
    pair = desk.query(library.admin, phrase_pairs.pair, made)
    assert (pair.first.title, pair.first.body) == (title, body)
    file = desk.query(library.admin, phrase_pairs.exported, [made])[0]
    assert parse(file.text) == pair.first


def test_a_preview_has_the_values_of_what_is_usually_done(desk: Desk, library: Practice) -> None:  # RE3
    request = library.a_request(type_=library.well)
    found = desk.query(library.maria, phrase_previews.requests_for, "schedule")
    assert [(each.id, each.kind, each.patient_name) for each in found] == [
        (request, RequestKind.SCHEDULE, "Zuri Okafor")
    ]
    assert desk.query(library.maria, phrase_previews.requests_for, "cancel") == ()
    assert len(desk.query(library.maria, phrase_previews.requests_for, "any")) == 1
    told = desk.query(library.maria, phrase_previews.preview_values, request, PhraseOutcome.BOOKED, ["en", "es"])
    assert told.kind is RequestKind.SCHEDULE
    assert {language: bool(each["new.time"]) for language, each in told.by_language.items()} == {"en": True, "es": True}
    assert told.by_language["en"]["new.time"] != told.by_language["es"]["new.time"]
    offered = desk.query(library.maria, phrase_previews.preview_values, request, PhraseOutcome.OFFERED, ["en"])
    assert "offer.times" in offered.by_language["en"]
    plain = desk.query(library.maria, phrase_previews.preview_values, request, PhraseOutcome.DECLINED, ["en"])
    assert "new.time" not in plain.by_language["en"]


def test_what_one_is_working_on_is_looked_at_first(desk: Desk, library: Practice) -> None:  # RE3
    older, newer = library.a_request(), library.a_request(patient=library.zuri)
    assert [each.id for each in desk.query(library.maria, phrase_previews.requests_for, "any")] == [newer, older]
    desk.perform(library.maria, marks.claim, older)
    assert [each.id for each in desk.query(library.maria, phrase_previews.requests_for, "any")] == [older, newer]
    assert [each.id for each in desk.query(library.kofi, phrase_previews.requests_for, "any")] == [newer, older]


def test_uses_are_counted_over_their_index(sqlite_practice: Practice) -> None:  # RE3
    asked = phrase_pairs._USED.params(slugs=["booked"], since=sqlite_practice.desk.clock.now())
    plan = asked.compile(dialect=sqlite.dialect(), compile_kwargs={"render_postcompile": True})
    with sqlite_practice.desk.database.read(SYSTEM) as connection:
        told = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {plan}", ("booked", 0)).all()
    assert any("USING INDEX ix_message_phrase_created_at" in str(line) for line in told)
