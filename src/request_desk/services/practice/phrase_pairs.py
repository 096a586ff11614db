"""The library for its page: phrases as language pairs, how often they are used, and what is done with them (RE3, TPL-08)."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from itertools import groupby
from typing import Any, Final

from sqlalchemy import Row, bindparam, func, literal_column, or_, select

from request_desk.domain.access import Permission
from request_desk.domain.errors import Invalid, NotFound, Problems, Refused, UndoRefused
from request_desk.domain.ids import PhraseId, StaffId, TemplateVersionId
from request_desk.domain.phrase_library import (
    SuggestedAct,
    file_name,
    free_slug,
    language_order,
    line_in_file,
    missing_languages,
    suggested_for,
)
from request_desk.domain.phrase_order import found_in
from request_desk.domain.phrases import Phrase, PhraseError, dump, parse
from request_desk.domain.words import _, languages
from request_desk.services.desk import Unit
from request_desk.services.practice import text_history
from request_desk.services.practice.phrases import (
    KeptPhrase,
    kept,
    prompts_of,
    replace_phrase,
    row_of,
    shelf,
    switch_phrase,
    write_phrase,
)
from request_desk.services.practice.text_history import EarlierText, TextOf
from request_desk.store import schema

USED_DAYS: Final = 90  # how far back uses are counted
MOST_FILES: Final = 500  # that are imported at once
Seen = Sequence[tuple[PhraseId, int]]  # the halves of a pair with the version that was seen

_message, _phrase = schema.message.c, schema.phrase.c
_USED = (
    select(_message.phrase, _message.author_id, func.count().label("uses"))
    .where(
        _message.phrase.in_(bindparam("slugs", expanding=True)),
        _message.phrase != literal_column("''"),  # spelled out, or neither engine takes the partial index
        _message.created_at >= bindparam("since"),
        _message.withdrawn_at.is_(None),
    )
    .group_by(_message.phrase, _message.author_id)
)
_SLUGS = select(_phrase.slug).distinct()
_SAME = select(*_phrase).where(
    _phrase.slug == bindparam("slug"),
    _phrase.language == bindparam("language"),
    or_(_phrase.staff_id == bindparam("staff"), _phrase.staff_id.is_(None) & (bindparam("staff") == 0)),
)


@dataclass(frozen=True, slots=True)
class PhrasePair:
    """A phrase in all its languages, English first; `id` is that of its oldest half.

    `missing` are the languages of the practice that it has no half in. `used` counts the replies of the last 90 days that began
    from it: of an own one the own replies, else those of everybody. With `is_covered` an own phrase of the same id stands for it.
    """

    id: PhraseId
    owner: StaffId | None
    halves: tuple[KeptPhrase, ...]
    missing: tuple[str, ...]
    used: int
    suggested: tuple[SuggestedAct, ...]
    is_covered: bool

    @property
    def first(self) -> Phrase:
        """The half that says title, group, kind and outcome of all."""
        return self.halves[0].phrase

    @property
    def active(self) -> bool:
        return any(each.active for each in self.halves)

    @property
    def shipped(self) -> bool:
        """Whether all of it is as the product ships it."""
        return all(each.shipped for each in self.halves)

    @property
    def seen(self) -> Seen:
        return tuple((each.id, each.version) for each in self.halves)


@dataclass(frozen=True, slots=True)
class PairsWanted:
    """Which pairs a list shows: words, kinds, "mine" or "practice", "active" or "retired"; nothing leaves nothing out."""

    text: str = ""
    kinds: tuple[str, ...] = ()
    whose: str = ""
    state: str = ""


@dataclass(frozen=True, slots=True)
class Half:
    """What is to be stored in one language; without `id` it is new."""

    phrase: Phrase
    id: PhraseId | None = None
    version: int | None = None


@dataclass(frozen=True, slots=True)
class PhraseFile:
    """A file to import: its name and what it says."""

    name: str
    text: str


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of a file: the title of its phrase, or the `problem` with the line."""

    name: str
    title: str
    problem: str = ""
    is_new: bool = False
    is_same: bool = False  # it said what the library says already


@dataclass(frozen=True, slots=True)
class _Done:
    """A phrase that was written: its version now, and what it was before; None: it was not there."""

    id: PhraseId
    version: int
    before: KeptPhrase | None


def pairs(unit: Unit, wanted: PairsWanted) -> tuple[PhrasePair, ...]:
    """Return the practice's pairs and the own ones that are wanted, by group and order."""
    unit.require(Permission.OWN_PHRASES)
    return tuple(each for each in _all(unit) if _is_wanted(each, wanted))


def pair(unit: Unit, phrase_id: PhraseId) -> PhrasePair:
    """Return the pair that a phrase is a half of."""
    unit.require(Permission.OWN_PHRASES)
    found = next((each for each in _all(unit) if phrase_id in (each.id, *(half.id for half in each.halves))), None)
    if found is None:
        raise NotFound(_("This phrase is not there any more. Reload the library."))
    return found


def groups(unit: Unit) -> tuple[str, ...]:
    """Return the names of the groups that there are."""
    unit.require(Permission.OWN_PHRASES)
    return tuple(sorted({each.phrase.group for each in shelf(unit)}))


def save_pair(unit: Unit, halves: Sequence[Half], *, own: bool) -> PhraseId:
    """Write the halves of a pair, all or none, and return the id of the first; a new pair without an id gets one.

    Can be undone. Raises Invalid with what is wrong in which language: the field is such as "body.es".
    """
    unit.require(Permission.OWN_PHRASES if own else Permission.MANAGE_PHRASES)
    if not halves:
        raise Invalid(_("Write the phrase in one language at least."), field="body.en")
    first = halves[0].phrase
    slug = first.slug or free_slug(first.title, [row.slug for row in unit.rows(_SLUGS)])
    problems, done = Problems(), []
    for half in halves:
        if half.id is not None and kept(row_of(unit, half.id)).phrase == half.phrase:
            continue  # an update of the product still reaches a half that nobody changed
        write = partial(_written, unit, replace(half, phrase=replace(half.phrase, slug=slug)), own=own)
        one = problems.of(partial(_in_language, half.phrase.language, write), None)
        done += [one] if one is not None else []
    problems.tell()
    if done:
        _offer_undo(unit, _("Phrase saved"), done)
    return min((*(each.id for each in done), *(half.id for half in halves if half.id is not None)))


def switch_pair(unit: Unit, seen: Seen, *, active: bool) -> None:
    """Take a pair out of the library, or back into it; sent replies keep their text. Can be undone."""
    unit.require(Permission.OWN_PHRASES)
    done = []
    for phrase_id, version in seen:
        row = row_of(unit, phrase_id)
        done.append(_change(row, partial(switch_phrase, unit, row, version, active=active)))
    _offer_undo(unit, _("Phrase brought back") if active else _("Phrase retired"), done)


def copy_as_own(unit: Unit, phrase_id: PhraseId) -> PhraseId:
    """Copy a pair of the practice as the actor's own, which stands for it from then on. Can be undone."""
    unit.require(Permission.OWN_PHRASES)
    source = pair(unit, phrase_id)
    if source.owner is not None:
        raise Refused(_("This phrase is your own already."))
    if source.is_covered:
        raise Refused(_("You have your own phrase of this id already. Change that one."))
    done = [_written(unit, Half(each.phrase), own=True) for each in source.halves if each.active]
    if not done:
        raise Refused(_("This phrase is retired. Bring it back first."))
    _offer_undo(unit, _("Phrase copied"), done)
    return min(each.id for each in done)


def restore_shipped(unit: Unit, seen: Seen) -> None:
    """Have a pair say again what the product ships. Can be undone. Raises Refused where it ships no such phrase."""
    unit.require(Permission.MANAGE_PHRASES)
    done = []
    for phrase_id, version in seen:
        row = row_of(unit, phrase_id)
        text = text_history.shipped_text(unit, TextOf.PHRASE, phrase_id)
        if text is not None and not row.shipped:
            back = replace(kept(row).phrase, title=text.subject, body=text.body, prompts=prompts_of(text.prompts or []))
            done.append(_change(row, partial(replace_phrase, unit, row, version, back, shipped=True)))
    if not done:
        raise Refused(_("The program ships no other text for this phrase."))
    _offer_undo(unit, _("Back to the text of the program"), done)


def earlier(unit: Unit, phrase_id: PhraseId) -> tuple[EarlierText, ...]:
    """Return what a phrase said before, the last first; what was written again without a change is left out."""
    unit.require(Permission.OWN_PHRASES)
    half = next((each for each in shelf(unit) if each.id == phrase_id), None)
    if half is None:
        raise NotFound(_("This phrase is not there any more. Reload the library."))
    told, newer = [], (half.phrase.title, half.phrase.body)
    for each in text_history.earlier_texts(unit, TextOf.PHRASE, phrase_id):
        if (each.subject, each.body) != newer:
            told.append(each)
        newer = each.subject, each.body
    return tuple(told)


def put_back(unit: Unit, version_id: TemplateVersionId, *, expect_version: int) -> None:
    """Have a phrase say again what it said before. Can be undone. Raises Invalid when that cannot be used any more."""
    unit.require(Permission.OWN_PHRASES)
    before = text_history.version(unit, TextOf.PHRASE, version_id)
    if before is None:
        raise NotFound(_("This earlier text is not there any more. Reload the library."))
    row = row_of(unit, PhraseId(before.phrase_id))
    text = replace(kept(row).phrase, title=before.subject, body=before.body, prompts=prompts_of(before.prompts or []))
    checked = parse(dump(text))
    newest = text_history.shipped_text(unit, TextOf.PHRASE, row.id)
    is_shipped = newest is not None and (newest.subject, newest.body, newest.prompts) == (
        before.subject,
        before.body,
        before.prompts,
    )
    put = partial(replace_phrase, unit, row, expect_version, checked, shipped=is_shipped)
    _offer_undo(unit, _("Earlier text put back"), [_change(row, put)])


def import_files(unit: Unit, files: Sequence[PhraseFile], *, own: bool) -> tuple[ImportedFile, ...]:
    """Take phrases from files, and say of each what became of it: one that is wrong is left out, and the others come in.

    One that is there already under its id and language is replaced, and what it said is kept. Can be undone as a whole.
    """
    unit.require(Permission.OWN_PHRASES if own else Permission.MANAGE_PHRASES)
    if len(files) > MOST_FILES:
        raise Refused(_("Choose at most {count} files at once.").format(count=MOST_FILES))
    done: list[_Done] = []
    told = [_import(unit, each, done, own=own) for each in files]
    if done:
        _offer_undo(unit, _("Phrases imported"), done)
    return tuple(told)


def exported(unit: Unit, phrase_ids: Sequence[PhraseId]) -> tuple[PhraseFile, ...]:
    """Return the files of these pairs and of none else; the own ones have a folder of their own, "mine"."""
    unit.require(Permission.OWN_PHRASES)
    return tuple(
        PhraseFile(
            f"mine/{file_name(half.phrase)}" if each.owner is not None else file_name(half.phrase), dump(half.phrase)
        )
        for each in _all(unit)
        if each.id in phrase_ids
        for half in each.halves
    )


def take_back(unit: Unit, done: Sequence[_Done], *, until: datetime) -> None:
    """Take back what was written: each phrase is as it was before, and one that was new is retired."""
    unit.require(Permission.OWN_PHRASES)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change the phrase again."))
    for each in done:
        row = row_of(unit, each.id)
        if each.before is None:
            switch_phrase(unit, row, each.version, active=False)
        else:
            before = each.before
            replace_phrase(unit, row, each.version, before.phrase, shipped=before.shipped, active=before.active)


def _offer_undo(unit: Unit, label: str, done: Iterable[_Done]) -> None:
    unit.offer_undo(label, take_back, tuple(done), until=unit.now + unit.grace)


def _written(unit: Unit, half: Half, *, own: bool) -> _Done:
    before = kept(row_of(unit, half.id)) if half.id is not None else _retired(unit, half.phrase, own=own)
    row = write_phrase(unit, half.phrase, own=own, phrase_id=half.id, expect_version=half.version)
    return _Done(PhraseId(row.id), int(row.version), before)


def _retired(unit: Unit, new: Phrase, *, own: bool) -> KeptPhrase | None:
    """What a new phrase takes the place of: one of the same id that was retired."""
    row = _same(unit, new, own=own)
    return None if row is None else kept(row)


def _same(unit: Unit, new: Phrase, *, own: bool) -> Row[Any] | None:
    staff = unit.actor.staff_id if own else 0
    return unit.first(_SAME, {"slug": new.slug, "language": new.language, "staff": staff})


def _change(row: Row[Any], write: Callable[[], Row[Any]]) -> _Done:
    return _Done(PhraseId(row.id), int(write().version), kept(row))


def _in_language(language: str, write: Callable[[], _Done]) -> _Done:
    """Name the language in what is wrong."""
    try:
        return write()
    except Invalid as problem:
        field = f"{problem.field}.{language}" if problem.field.split(".")[0] in ("body", "prompts") else problem.field
        raise Invalid(problem.sentence, field=field) from problem


def _import(unit: Unit, file: PhraseFile, done: list[_Done], *, own: bool) -> ImportedFile:
    try:
        new = parse(file.text)
    except Invalid as problem:
        return ImportedFile(file.name, "", _with_line(file.text, problem))
    row = _same(unit, new, own=own)
    if row is not None and row.active and kept(row).phrase == new:
        return ImportedFile(file.name, new.title, is_same=True)
    is_there = row is not None and row.active
    half = Half(new, PhraseId(row.id), row.version) if row is not None and is_there else Half(new)
    done.append(_written(unit, half, own=own))
    return ImportedFile(file.name, new.title, is_new=not is_there)


def _with_line(text: str, problem: Invalid) -> str:
    """What is wrong with a file, with the line where it stands."""
    line, sentence = line_in_file(text, problem.field), problem.sentence
    if isinstance(problem, PhraseError):
        line, sentence = line_in_file(text, problem.field, problem.line), problem.reason
    return _("Line {line}: {sentence}").format(line=line, sentence=sentence) if line else sentence


def _all(unit: Unit) -> list[PhrasePair]:
    phrases = sorted(shelf(unit), key=lambda each: (each.phrase.slug, each.staff_id or 0))
    used = _used(unit, [each.phrase.slug for each in phrases])
    own = {(each.phrase.slug, each.phrase.language) for each in phrases if each.staff_id is not None and each.active}
    shown = [each for each in phrases if each.active and (each.staff_id is not None or _key(each) not in own)]
    suggested = suggested_for([each.phrase for each in shown], languages())
    usable = {each.id for each in shown}
    made = []
    for (slug, owner), halves in groupby(phrases, key=lambda each: (each.phrase.slug, each.staff_id)):
        ordered = sorted(halves, key=lambda each: (not each.active, language_order(each.phrase.language)))
        live = [each for each in ordered if each.active] or ordered
        made.append(
            PhrasePair(
                id=min(each.id for each in ordered),
                owner=owner,
                halves=tuple(live),
                missing=missing_languages([each.phrase.language for each in live], languages()),
                used=sum(
                    count
                    for (used_slug, author), count in used.items()
                    if used_slug == slug and owner in (None, author)
                ),
                suggested=tuple(one for each in live if each.id in usable for one in suggested.get(_key(each), ())),
                is_covered=owner is None and any(_key(each) in own for each in live),
            )
        )
    return sorted(made, key=lambda each: (each.first.group, each.first.order, each.first.title, each.id))


def _key(each: KeptPhrase) -> tuple[str, str]:
    return each.phrase.slug, each.phrase.language


def _used(unit: Unit, slugs: Sequence[str]) -> Mapping[tuple[str, int], int]:
    """How often staff began a reply from each phrase, by id and author."""
    since = unit.now - timedelta(days=USED_DAYS)
    rows = unit.rows(_USED, {"slugs": sorted(set(slugs)), "since": since}) if slugs else ()
    return {(row.phrase, row.author_id): row.uses for row in rows}


def _is_wanted(one: PhrasePair, wanted: PairsWanted) -> bool:
    return (
        (not wanted.kinds or one.first.kind in wanted.kinds)
        and (not wanted.whose or (wanted.whose == "mine") == (one.owner is not None))
        and (not wanted.state or (wanted.state == "active") == one.active)
        and any(found_in(half.phrase, wanted.text) for half in one.halves)
    )
