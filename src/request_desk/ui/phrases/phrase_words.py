"""What the list, the details and the forms of phrases say; no widget is here."""

from collections.abc import Sequence

from request_desk.domain.access import Actor, Permission, may
from request_desk.domain.phrases import ANY_KIND, FIELDS, PhraseOutcome, Prompt, Rendered
from request_desk.domain.requests import RequestKind
from request_desk.domain.wishes import kind_word
from request_desk.domain.words import Words, _, plural
from request_desk.services.practice.phrase_pairs import USED_DAYS, PhrasePair
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line

OUTCOMES = {
    PhraseOutcome.BOOKED: _("Booked"),
    PhraseOutcome.MOVED: _("Moved"),
    PhraseOutcome.CANCELLED: _("Cancelled"),
    PhraseOutcome.OFFERED: _("Times offered"),
    PhraseOutcome.NO_SLOT: _("No time found"),
    PhraseOutcome.NEED_INFO: _("Question back"),
    PhraseOutcome.DECLINED: _("Declined"),
    PhraseOutcome.INFORMATION: _("Information"),
    PhraseOutcome.ANY: _("Anything"),
}
PROMPT_TYPES = {
    "text": _("Any text"),
    "choice": _("One of several answers"),
    "date": _("A date"),
    "number": _("A number"),
}
LONG_NAME = 200


def kind_words(kind: str) -> str:
    """Return the kind of request that a phrase is for."""
    return _("any") if kind == ANY_KIND else kind_word(RequestKind(kind))


def shown_title(pair: PhrasePair, limit: int = LONG_NAME) -> str:
    """Return the title for a cell, a heading or a sentence."""
    return isolated_if_needed(one_line(pair.first.title, limit))


def row_title(pair: PhrasePair) -> str:
    """Return the title in the list, with what sets the phrase apart."""
    if not pair.active:
        return _("{title} (retired)").format(title=shown_title(pair))
    return _("{title} (yours is used)").format(title=shown_title(pair)) if pair.is_covered else shown_title(pair)


def language_codes(pair: PhrasePair) -> str:
    """Return "en es", and of a pair that lacks one "en · no es"."""
    present = " ".join(each.phrase.language for each in pair.halves)
    if not pair.missing:
        return present
    return _("{present} · no {missing}").format(present=present, missing=" ".join(pair.missing))


def whose_words(pair: PhrasePair) -> str:
    """Return whose phrase it is."""
    return _("practice") if pair.owner is None else _("mine")


def suggested_words(pair: PhrasePair) -> str:
    """Return for which acts it stands in the response by itself: "Booked", and of a phrase for any request "Cancel: Cancelled"."""
    told: list[str] = []
    for each in pair.suggested:
        act = _("Reply alone") if each.outcome is PhraseOutcome.ANY else OUTCOMES[each.outcome]
        if pair.first.kind == ANY_KIND:
            act = _("{kind}: {act}").format(kind=kind_word(each.kind), act=act)
        told.append(act)
    return ", ".join(dict.fromkeys(told))


def used_words(pair: PhrasePair) -> str:
    """Return how often replies began from it."""
    told = plural("{count} reply in {days} days", "{count} replies in {days} days", pair.used)
    return told.format(count=pair.used, days=USED_DAYS)


def head_words(pair: PhrasePair, words: Words, actor: Actor) -> str:
    """Return what has to be known before the phrase is read: whose it is, what is missing, why it cannot be changed."""
    told: list[str] = []
    if not pair.active:
        told.append(_("It is retired: nobody finds it when they answer."))
    if pair.owner is not None:
        told.append(_("Your own phrase: nobody else sees it."))
    elif not may(actor, Permission.MANAGE_PHRASES):
        told.append(_("A phrase of the practice: an administrator changes it. You can copy it as your own."))
    if pair.is_covered:
        told.append(_("When you answer, your own phrase of this id stands for it."))
    told += [_("There is no {language} half.").format(language=words.language(code)) for code in pair.missing]
    return " ".join(told)


def fact_lines(pair: PhrasePair) -> list[tuple[str, str]]:
    """Return what is known about a pair."""
    first = pair.first
    return [
        (_("Group"), isolated_if_needed(one_line(first.group, LONG_NAME))),
        (_("Request"), kind_words(first.kind)),
        (_("It tells"), OUTCOMES[first.outcome]),
        (_("Suggested for"), suggested_words(pair)),
        (_("Used"), used_words(pair)),
        (
            _("Text"),
            _("as the program ships it") if pair.shipped else _("of the practice") if pair.owner is None else "",
        ),
    ]


def open_words(prompts: Sequence[Prompt], rendered: Rendered) -> str:
    """Return which fields have no text for the request that is looked at, "" when all have."""
    labels = {f"ask.{prompt.name}": prompt.label for prompt in prompts}
    named = [labels.get(name) or _(FIELDS.get(name, name)) for name in rendered.unresolved]
    return _("To be filled in: {fields}").format(fields="; ".join(map(one_line, named))) if named else ""
