"""The texts of notices: merge fields classified by what they tell, the check of a text, and how it is written (AD5, NOTE-02).

The language is that of phrases, with words of its own. A field that the kind, the channel or the practice's choice of content does
not let through has no value here, whatever the text says; a subject is made of the practice's own things alone (TPL-06).
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from functools import cache
from types import MappingProxyType
from typing import Final

from request_desk.domain import sms
from request_desk.domain.directory import Channel, Content
from request_desk.domain.errors import Invalid
from request_desk.domain.notices import SPEC_OF, Composed, NoticeFacts, NoticeSpec
from request_desk.domain.phrase_order import language_distance
from request_desk.domain.phrases import (
    Vocabulary,
    check as check_text,
    fill,
)
from request_desk.domain.text import name_in_letter
from request_desk.domain.words import _, later, speaking

CHANNELS: Final = (Channel.EMAIL, Channel.SMS)
SUBJECT_LIMIT: Final = 120  # characters (TPL-06)
_NAME_LIMIT: Final = 80
_ANNOUNCED_LIMIT: Final = 1_000
_UNCUT: Final = 100  # segments: more than a text can have
_MARK: Final = "@@@"
_ADDRESS: Final = re.compile(r"https?://[\x21-\x7e]+")
_LANGUAGE: Final = re.compile(r"[a-z]{2,3}(-[A-Z]{2})?")
_KEYS: Final = ("kind", "channel", "language", "subject", "body")


class Tells(StrEnum):
    """What a merge field gives away to whoever sees the message."""

    PRACTICE = "practice"  # nothing personal
    READER = "reader"  # whom it goes to
    LINK = "link"
    DEADLINE = "deadline"  # until when somebody is asked to answer
    CODE = "code"
    NAME = "name"  # the patient's first name
    TIME = "time"  # and place
    PROVIDER = "provider"  # whom somebody sees
    ANNOUNCED = "announced"  # what staff wrote to all families of a span


@dataclass(frozen=True, slots=True)
class MergeField:
    """`told` explains it in the editor, to be shown through `_`."""

    told: str
    tells: Tells


FIELDS: Final[Mapping[str, MergeField]] = MappingProxyType(
    {
        "practice.name": MergeField(later("The practice's name"), Tells.PRACTICE),
        "practice.phone": MergeField(later("The practice's phone number"), Tells.PRACTICE),
        "portal.link": MergeField(later("Address in the portal, where one signs in"), Tells.LINK),
        "readers.names": MergeField(later("First names of several people who read one address"), Tells.READER),
        "patient.first_name": MergeField(later("The patient's first name"), Tells.NAME),
        "appointment.moment": MergeField(later("Day and time of the appointment, written out"), Tells.TIME),
        "appointment.short_moment": MergeField(later("Day and time of the appointment, short"), Tells.TIME),
        "appointment.day": MergeField(later("Day of the appointment"), Tells.TIME),
        "appointment.clock": MergeField(later("Time of day of the appointment"), Tells.TIME),
        "appointment.place": MergeField(later("Location of the appointment"), Tells.TIME),
        "provider.name": MergeField(later("Provider of the appointment"), Tells.PROVIDER),
        "manage.link": MergeField(later("Manage link: see, move or cancel without signing in"), Tells.LINK),
        "absent.provider": MergeField(later("Who is not in, if that is the cause"), Tells.PROVIDER),
        "absent.day": MergeField(later("The day on which they are not in"), Tells.TIME),
        "offer.count": MergeField(later("How many times are offered, as a number"), Tells.DEADLINE),
        "offer.until": MergeField(later("Until when an offered time is kept"), Tells.DEADLINE),
        "late.minutes": MergeField(later("How many minutes we run late"), Tells.TIME),
        "announcement.text": MergeField(later("What staff wrote to all families concerned"), Tells.ANNOUNCED),
        "code.value": MergeField(later("The code"), Tells.CODE),
        "code.until": MergeField(later("Until when the code works"), Tells.CODE),
    }
)
"""Every merge field of notices. There is none for a reason, a type of visit, a message or a date of birth (NOTE-01)."""

_NAMES: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType({"reply": ("waiting",)})
_BARE: Final = frozenset({Tells.PRACTICE, Tells.LINK, Tells.DEADLINE, Tells.CODE})
# A text message shows on a locked screen and stays with whoever carries the telephone.
_MAY_TELL: Final[Mapping[tuple[Content, Channel], frozenset[Tells]]] = MappingProxyType(
    {
        (Content.BARE, Channel.EMAIL): _BARE | {Tells.READER},
        (Content.BARE, Channel.SMS): _BARE,
        (Content.TIME, Channel.EMAIL): frozenset(Tells),
        (Content.TIME, Channel.SMS): _BARE | {Tells.NAME, Tells.TIME, Tells.ANNOUNCED},
    }
)


@dataclass(frozen=True, slots=True)
class NoticeTemplate:
    """The text of a kind of notice for one channel in one language; a text message has no subject."""

    kind: str
    channel: Channel
    language: str
    subject: str
    body: str


@dataclass(frozen=True, slots=True)
class Tried:
    """What a text comes to with some facts. Where it cannot be used, `letter` is None and `problem` says why, of the entry `field`.

    `letter` is as it leaves; `size` is that of a text message before it is shortened.
    """

    letter: Composed | None
    problem: str = ""
    field: str = ""
    warnings: tuple[str, ...] = ()
    size: sms.TextSize | None = None


@cache
def vocabulary_of(spec: NoticeSpec, channel: Channel, content: Content = Content.TIME) -> Vocabulary:
    """Return what a text of this kind may be made of over a channel, with as much content as the practice chose for it."""
    may_tell = _MAY_TELL[content, channel]
    fields = {
        name: field.told
        for name, field in FIELDS.items()
        if name.partition(".")[0] in spec.fields and field.tells in may_tell
    }
    return Vocabulary(fields, {name: known for name, known in _NAMES.items() if name in spec.fields})


@cache
def _of_subject(vocabulary: Vocabulary) -> Vocabulary:
    return Vocabulary(
        {name: told for name, told in vocabulary.fields.items() if FIELDS[name].tells is Tells.PRACTICE}, {}
    )


# Files


def parse(text: str) -> NoticeTemplate:
    """Read one file of a text. Raises Invalid naming the entry that is wrong, with the line when it is the body."""
    try:
        values = tomllib.loads(text)
    except (tomllib.TOMLDecodeError, RecursionError) as error:
        raise Invalid(_("This is not a file of a notice: {error}.").format(error=str(error)), field="file") from None
    for key in values:
        if key not in _KEYS:
            raise Invalid(_("A notice has no entry “{name}”.").format(name=key), field=key)
    entries = {key: values.get(key, "") for key in _KEYS}
    for key, value in entries.items():
        if not isinstance(value, str):
            raise Invalid(_("“{name}” must be a text.").format(name=key), field=key)
    if entries["channel"] not in CHANNELS:
        raise Invalid(_("The channel is email or sms."), field="channel")
    template = NoticeTemplate(
        entries["kind"],
        Channel(entries["channel"]),
        entries["language"],
        entries["subject"].strip(),
        entries["body"].strip("\n"),
    )
    check(template)
    return template


# Checking and writing


def check(template: NoticeTemplate, content: Content = Content.TIME) -> tuple[str, ...]:
    """Return warnings about a text that can be used; `content` is what the practice chose for its channel.

    Raises Invalid for one that cannot be used: of the body with line and reason, of the subject with the field "subject".
    """
    spec = SPEC_OF.get(template.kind)
    if spec is None or template.channel not in spec.channels:
        raise Invalid(_("There is no such kind of notice."), field="kind")
    if not _LANGUAGE.fullmatch(template.language):
        raise Invalid(_("The language is written like en or es-MX."), field="language")
    vocabulary = vocabulary_of(spec, template.channel)
    _check_subject(template, _of_subject(vocabulary))
    if not template.body.strip():
        raise Invalid(_("The notice has no text."), field="body")
    check_text(template.body, (), vocabulary)
    if "code" in spec.fields and "code.value" not in _told_by(template, vocabulary):
        told = _("Without the code this notice is of no use: put {field} in.")
        raise Invalid(told.format(field="{{ code.value }}"), field="body")
    warnings = []
    if lacks_link(template):
        warnings.append(_("The manage link is missing: families cannot move or cancel from this notice."))
    if empty := _left_empty(template, vocabulary_of(spec, template.channel, content)):
        told = _("With what may be said over this channel these stay empty: {fields}. Put them into a condition.")
        warnings.append(told.format(fields=", ".join(empty)))
    return tuple(warnings)


def lacks_link(template: NoticeTemplate) -> bool:
    """Tell whether a notice that can carry the manage link does not (ML2)."""
    spec = SPEC_OF[template.kind]
    return spec.has_link and "manage.link" not in _told_by(template, vocabulary_of(spec, template.channel))


def _told_by(template: NoticeTemplate, vocabulary: Vocabulary) -> set[str]:
    """The fields that a text tells where all of them are known."""
    spans = fill(template.body, vocabulary, _known(vocabulary)).spans
    return {span.field for span in spans if span.field and not span.unresolved}


def _left_empty(template: NoticeTemplate, may_tell: Vocabulary) -> tuple[str, ...]:
    """The fields that a text tells without a value where no more than `may_tell` is known."""
    whole = vocabulary_of(SPEC_OF[template.kind], template.channel)
    return fill(template.body, whole, _known(may_tell)).unresolved


def _known(vocabulary: Vocabulary) -> dict[str, str]:
    return dict.fromkeys(vocabulary.fields, "x") | {name: known[0] for name, known in vocabulary.names.items()}


def _check_subject(template: NoticeTemplate, vocabulary: Vocabulary) -> None:
    subject, problem = template.subject, ""
    if template.channel is Channel.SMS:
        problem = _("A text message has no subject.") if subject else ""
    elif not subject.strip():
        problem = _("An e-mail has a subject.")
    elif not subject.isprintable() or "=?" in subject:
        problem = _("The subject is one line of visible signs, without “=?”.")
    if not problem:
        try:
            check_text(subject, (), vocabulary)
            is_long = len(_written(subject, vocabulary, {})) > SUBJECT_LIMIT
        except Invalid as error:
            problem = error.sentence
        else:
            problem = (
                _("The subject is too long: at most {most} characters.").format(most=SUBJECT_LIMIT) if is_long else ""
            )
    if problem:
        raise Invalid(problem, field="subject")


def write(template: NoticeTemplate, values: Mapping[str, str]) -> Composed:
    """Write a notice; raises Invalid, as `check` does, for a text that cannot be used.

    A value that is missing leaves nothing behind; one that the kind or the channel does not let through is never told.
    """
    spec = SPEC_OF.get(template.kind)
    if spec is None or template.channel not in spec.channels:
        raise Invalid(_("There is no such kind of notice."), field="kind")
    vocabulary = vocabulary_of(spec, template.channel)
    of_subject = _of_subject(vocabulary)
    _check_subject(template, of_subject)
    subject = " ".join(_written(template.subject, of_subject, values).split())[:SUBJECT_LIMIT].rstrip()
    lines = [line.rstrip() for line in _written(template.body, vocabulary, values).splitlines()]
    body = re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip("\n")
    return Composed(subject, body + ("\n" if template.channel is Channel.EMAIL else ""))


def words_without(template: NoticeTemplate, facts: NoticeFacts) -> str:
    """Return what a text says by itself where staff announce nothing of their own; "" where it has no place for that.

    It is what stands there instead of a mark. Raises Invalid, as `write` does, for a text that cannot be used.
    """
    marked, plain = (
        write(template, values_of(replace(facts, content=Content.TIME, announced=told))).body for told in (_MARK, "")
    )
    before, mark, behind = marked.partition(_MARK)
    is_there = bool(mark) and plain.startswith(before) and plain.endswith(behind)
    return plain[len(before) : len(plain) - len(behind)].strip() if is_there else ""


def _written(text: str, vocabulary: Vocabulary, values: Mapping[str, str]) -> str:
    return "".join(span.text for span in fill(text, vocabulary, values).spans if not span.unresolved)


def tried(template: NoticeTemplate, facts: NoticeFacts) -> Tried:
    """Write a text that may not be saved yet, with the warnings about it; sentences are in the language of who asks."""
    try:
        warnings = check(template, facts.content)
        with speaking(template.language):
            letter = write(template, values_of(facts))
    except Invalid as error:
        return Tried(None, error.sentence, error.field)
    if template.channel is not Channel.SMS:
        return Tried(letter, warnings=warnings)
    whole = sms.size(sms.as_sent(letter.body, most=_UNCUT))
    if whole.segments > sms.MOST_SEGMENTS:
        told = _("It is longer than {most} parts. It would be shortened when it is sent.")
        warnings = (*warnings, told.format(most=sms.MOST_SEGMENTS))
    return Tried(Composed("", sms.as_sent(letter.body)), warnings=warnings, size=whole)


def as_test(letter: Composed, channel: Channel) -> Composed:
    """Return a letter that says of itself that it is a test."""
    if channel is Channel.SMS:
        return Composed(letter.subject, _("Test: {text}").format(text=letter.body))
    return Composed(_("Test: {text}").format(text=letter.subject)[:SUBJECT_LIMIT], letter.body)


def best(templates: Sequence[NoticeTemplate], language: str) -> NoticeTemplate | None:
    """Return the text nearest to a language: the same, that of another country, English, any other; None without any."""
    wanted = language.replace("_", "-")
    return min(templates, key=lambda each: (language_distance(each.language, wanted), each.language), default=None)


# Values


def values_of(facts: NoticeFacts) -> Mapping[str, str]:
    """Return the texts of the merge fields, cleaned: one line each but what staff announced; what may not be told is missing."""
    words, until = facts.words, facts.answer_by
    named = [name for name in (name_in_letter(each, _NAME_LIMIT) for each in facts.readers) if name]
    values = {
        "practice.name": _label(facts.practice_name) or _("your practice"),
        "practice.phone": _label(facts.practice_phone),
        "portal.link": link_in_letter(facts.portal_url),
        "manage.link": link_in_letter(facts.manage_url),
        "readers.names": words.list_of(named) if len(named) > 1 else "",
        "patient.first_name": name_in_letter(facts.first_name, _NAME_LIMIT),
        "provider.name": name_in_letter(facts.provider_name, _NAME_LIMIT),
        "offer.count": str(facts.offered or ""),
        "offer.until": words.moment_with_zone(until) if until is not None else "",
        "late.minutes": str(facts.late_minutes or ""),
        "announcement.text": _paragraphs(facts.announced),
        "code.value": facts.code,
        "code.until": words.time(facts.code_until) if facts.code_until is not None else "",
        "reply": "waiting" if facts.replied else "",
    }
    if facts.starts_at is not None:
        values |= {
            "appointment.moment": words.long_moment_with_zone(facts.starts_at),
            "appointment.short_moment": words.moment_with_zone(facts.starts_at),
            "appointment.day": words.long_day(facts.starts_at),
            "appointment.clock": words.time(facts.starts_at),
            "appointment.place": _label(facts.place),
        }
    absent = name_in_letter(facts.absent_name, _NAME_LIMIT)
    if facts.absent_on is not None and absent:
        values |= {"absent.provider": absent, "absent.day": words.long_day(facts.absent_on)}
    may_tell = frozenset().union(*(_MAY_TELL[facts.content, channel] for channel in CHANNELS))
    return {name: text for name, text in values.items() if text and (name in _NAMES or FIELDS[name].tells in may_tell)}


def link_in_letter(address: str) -> str:
    """Return an address as it may stand in a letter: with plain letters alone; "" is one that cannot."""
    return address if _ADDRESS.fullmatch(address) else ""


def _label(text: str) -> str:
    """One line of visible signs: nothing that could end a header, hide, or turn the text around."""
    shown = "".join(" " if sign.isspace() else sign for sign in text if sign.isspace() or _is_visible(sign))
    return " ".join(shown.split())[:_NAME_LIMIT]


def _paragraphs(text: str) -> str:
    lines = ("".join(sign for sign in line if sign == " " or _is_visible(sign)).strip() for line in text.splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:_ANNOUNCED_LIMIT].rstrip()


def _is_visible(sign: str) -> bool:
    return unicodedata.category(sign)[0] not in "CZ"
