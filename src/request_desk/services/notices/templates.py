"""The stored texts of notices: what the practice edits, what the product ships, and what was said before (AD5, TPL-08)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, select

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Conflict, Invalid, NotFound, Refused
from request_desk.domain.ids import TemplateId, TemplateVersionId
from request_desk.domain.notice_templates import NoticeTemplate, best, check, values_of, write
from request_desk.domain.notices import Composed, NoticeFacts, NoticeSpec
from request_desk.domain.text import parse_version
from request_desk.domain.words import _, speaking
from request_desk.services.desk import Unit
from request_desk.services.practice import text_history
from request_desk.services.practice.text_history import EarlierText, TextOf
from request_desk.store import schema

Texts = Mapping[tuple[str, Channel], tuple[NoticeTemplate, ...]]

_template = schema.notice_template.c
_ALL: Final = select(*_template).order_by(_template.kind, _template.channel, _template.language)
_OF_KINDS: Final = _ALL.where(_template.kind.in_(bindparam("kinds", expanding=True)))
_ONE: Final = select(*_template).where(
    _template.kind == bindparam("kind"),
    _template.channel == bindparam("channel"),
    _template.language == bindparam("language"),
)
_BY_ID: Final = select(*_template).where(_template.id == bindparam("id"))
_REMOVE: Final = delete(schema.notice_template).where(
    _template.id == bindparam("id"), _template.version == bindparam("seen")
)
_THERE_IS_ONE: Final = _("There is a text in this language already. Open it and change it there.")


@dataclass(frozen=True, slots=True)
class KeptTemplate:
    """A text as it is kept; `shipped` came with the product and was not changed; `is_own`: it ships none in this language."""

    id: TemplateId
    version: int
    template: NoticeTemplate
    shipped: bool
    is_own: bool


def shelf(unit: Unit) -> tuple[KeptTemplate, ...]:
    """Return every text with its version, by kind, channel and language."""
    unit.require(Permission.VIEW_SETTINGS)
    ships = text_history.with_shipped_text(unit, TextOf.NOTICE)
    return tuple(
        KeptTemplate(TemplateId(row.id), row.version, _text(row), row.shipped, not row.shipped and row.id not in ships)
        for row in unit.rows(_ALL)
    )


def texts_of(unit: Unit, kinds: Collection[str]) -> Texts:
    """Return the texts of some kinds in all their languages, as they are stored, within a use case that writes notices."""
    found: dict[tuple[str, Channel], list[NoticeTemplate]] = {}
    for row in unit.rows(_OF_KINDS, {"kinds": sorted(kinds)}) if kinds else ():
        text = _text(row)
        found.setdefault((text.kind, text.channel), []).append(text)
    return {key: tuple(texts) for key, texts in found.items()}


def text_for(texts: Texts, spec: NoticeSpec, channel: Channel, language: str) -> NoticeTemplate:
    """Return the text of a kind in the nearest language; raises Invalid when there is none."""
    found = best(texts.get((spec.kind, channel), ()), language)
    if found is None:
        told = _(
            "There is no text for “{kind}” over {channel}. Run `request-desk migrate`, which brings the shipped ones."
        )
        raise Invalid(told.format(kind=spec.kind, channel=channel))
    return found


def written(template: NoticeTemplate, facts: NoticeFacts) -> Composed:
    """Write a notice; raises Invalid naming the text that cannot be used, with its line."""
    try:
        with speaking(template.language):
            return write(template, values_of(facts))
    except Invalid as broken:
        told = _("The text “{kind}” ({channel}, {language}) cannot be used. {why}")
        raise Invalid(
            told.format(kind=template.kind, channel=template.channel, language=template.language, why=broken.sentence)
        ) from broken


def sync_shipped(unit: Unit, library: Sequence[NoticeTemplate]) -> int:
    """Bring the shipped texts up to date; one that the practice changed stays as it is. Returns how many were written.

    Of a changed one the product's text is kept beside it, so that `restore` finds the newest.
    """
    unit.require(Permission.RUN_JOBS)
    known = {(row.kind, row.channel, row.language): row for row in unit.rows(_ALL)}
    written = 0
    for each in library:
        row = known.get((each.kind, each.channel, each.language))
        if row is None:
            _insert(unit, each, shipped=True)
        elif row.shipped and (row.subject, row.body) != (each.subject, each.body):
            _replace(unit, row, None, each.subject, each.body, shipped=True)
        elif not row.shipped and not _is_shipped(unit, row.id, each.subject, each.body):
            text_history.keep(unit, TextOf.NOTICE, row.id, subject=each.subject, body=each.body, shipped=True)
        else:
            continue
        written += 1
    return written


def save(unit: Unit, new: NoticeTemplate, *, expect_version: int | None = None) -> TemplateId:
    """Write a text of the practice's own, in a language that is new without `expect_version`; the one before is kept.

    It can be undone. Raises Invalid with line and reason for a text that cannot be used.
    """
    unit.require(Permission.MANAGE_NOTICES)
    check(new)
    row = unit.first(_ONE, _place(new))
    if row is None and expect_version is None:
        added = _insert(unit, new, shipped=False)
        unit.offer_undo(_("Text added"), remove, added, expect_version=1)
        return added
    if row is None:
        raise NotFound(_("This text is not there any more. Reload the list."))
    if expect_version is None:
        raise Conflict(_THERE_IS_ONE)
    if (row.subject, row.body) == (new.subject, new.body):
        return TemplateId(row.id)
    replaced = _replace(unit, row, parse_version(expect_version), new.subject, new.body, shipped=False)
    _offer_undo(unit, _("Text saved"), replaced)
    return TemplateId(row.id)


def remove(unit: Unit, template_id: TemplateId, *, expect_version: int) -> None:
    """Remove a text in a language of the practice's own, with its history; can be undone.

    Raises Refused for one that the product ships, which would come back with the next update, and Conflict.
    """
    unit.require(Permission.MANAGE_NOTICES)
    row = _row(unit, template_id)
    if row.shipped or text_history.shipped_text(unit, TextOf.NOTICE, template_id) is not None:
        raise Refused(_("The program ships a text in this language: it can be changed, not removed."))
    history = text_history.forget(unit, TextOf.NOTICE, template_id)
    if not unit.run(_REMOVE, {"id": template_id, "seen": parse_version(expect_version)}):
        raise unit.conflict(Topic.SETTINGS, template_id)
    unit.record("removed_notice_text", Topic.SETTINGS, template_id)
    unit.offer_undo(_("Text removed"), bring_back, template_id, _text(row), history)


def bring_back(unit: Unit, template_id: TemplateId, text: NoticeTemplate, history: Sequence[Mapping[str, Any]]) -> None:
    """Take a removal back. Raises Conflict where there is another text in that language by now."""
    unit.require(Permission.MANAGE_NOTICES)
    if unit.first(_ONE, _place(text)) is not None:
        raise Conflict(_THERE_IS_ONE)
    _insert(unit, text, shipped=False, template_id=template_id)
    text_history.remember(unit, history)


def restore(unit: Unit, template_id: TemplateId, *, expect_version: int) -> None:
    """Go back to the text that the product ships; can be undone. Raises Refused where it ships none in that language."""
    unit.require(Permission.MANAGE_NOTICES)
    row = _row(unit, template_id)
    if row.shipped:
        return
    shipped = text_history.shipped_text(unit, TextOf.NOTICE, template_id)
    if shipped is None:
        raise Refused(_("The program ships no text in this language. Change yours, or put an earlier one back."))
    replaced = _replace(unit, row, parse_version(expect_version), shipped.subject, shipped.body, shipped=True)
    _offer_undo(unit, _("Shipped text put back"), replaced)


def earlier(unit: Unit, template_id: TemplateId) -> tuple[EarlierText, ...]:
    """Return what a text said before, the last first."""
    unit.require(Permission.VIEW_SETTINGS)
    return text_history.earlier_texts(unit, TextOf.NOTICE, template_id)


def put_back(unit: Unit, version_id: TemplateVersionId, *, expect_version: int) -> None:
    """Have a text say again what it said before; can be undone. Raises Invalid when that cannot be used any more."""
    unit.require(Permission.MANAGE_NOTICES)
    before = text_history.version(unit, TextOf.NOTICE, version_id)
    if before is None:
        raise NotFound(_("This earlier text is not there any more. Reload the list."))
    row = _row(unit, TemplateId(before.template_id))
    check(NoticeTemplate(row.kind, Channel(row.channel), row.language, before.subject, before.body))
    is_shipped = _is_shipped(unit, row.id, before.subject, before.body)
    replaced = _replace(unit, row, parse_version(expect_version), before.subject, before.body, shipped=is_shipped)
    _offer_undo(unit, _("Earlier text put back"), replaced)


def _offer_undo(unit: Unit, label: str, replaced: tuple[TemplateVersionId, int]) -> None:
    before, version = replaced
    unit.offer_undo(label, put_back, before, expect_version=version)


def _row(unit: Unit, template_id: TemplateId) -> Row[Any]:
    row = unit.first(_BY_ID, {"id": template_id})
    if row is None:
        raise NotFound(_("This text is not there any more. Reload the list."))
    return row


def _insert(unit: Unit, new: NoticeTemplate, *, shipped: bool, template_id: TemplateId | None = None) -> TemplateId:
    if template_id is None:
        template_id = TemplateId(unit.new_id())
    unit.insert(
        schema.notice_template,
        id=template_id,
        **_place(new),
        subject=new.subject,
        body=new.body,
        shipped=shipped,
    )
    unit.record("added_notice_text", Topic.SETTINGS, template_id)
    return template_id


def _replace(
    unit: Unit, row: Row[Any], expect_version: int | None, subject: str, body: str, *, shipped: bool
) -> tuple[TemplateVersionId, int]:
    """Write a text; return where the one before is kept, and the new version."""
    now = unit.change(schema.notice_template, row.id, expect_version, subject=subject, body=body, shipped=shipped)
    kept = text_history.keep(unit, TextOf.NOTICE, row.id, subject=row.subject, body=row.body, shipped=row.shipped)
    unit.record("changed_notice_text", Topic.SETTINGS, row.id)
    return kept, int(now.version)


def _is_shipped(unit: Unit, template_id: int, subject: str, body: str) -> bool:
    """Whether this is the newest text of the product that is kept beside the practice's own."""
    newest = text_history.shipped_text(unit, TextOf.NOTICE, template_id)
    return newest is not None and (newest.subject, newest.body) == (subject, body)


def _text(row: Row[Any]) -> NoticeTemplate:
    return NoticeTemplate(row.kind, Channel(row.channel), row.language, row.subject, row.body)


def _place(text: NoticeTemplate) -> dict[str, str]:
    """What there is one text of."""
    return {"kind": text.kind, "channel": text.channel.value, "language": text.language}
