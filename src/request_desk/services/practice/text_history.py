"""What the texts of the practice said before they were changed, and who changed them (TPL-08)."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, select

from request_desk.domain.access import ActorKind
from request_desk.domain.ids import PhraseId, TemplateVersionId
from request_desk.services.desk import Unit
from request_desk.store import schema

_version = schema.template_version.c
_OF_PHRASE: Final = (
    select(*_version, schema.staff.c.name.label("who"))
    .select_from(schema.template_version.outerjoin(schema.staff, schema.staff.c.id == _version.staff_id))
    .where(_version.phrase_id == bindparam("phrase_id"))
    .order_by(_version.id.desc())
)
_ONE: Final = select(*_version).where(_version.id == bindparam("which"))
_SHIPPED: Final = (
    select(*_version)
    .where(_version.phrase_id == bindparam("phrase_id"), _version.shipped)
    .order_by(_version.id.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class EarlierText:
    """What a text said until `replaced_at`, and who replaced it: "" is an update of the product. `shipped` is the product's own.

    `subject` is the title of a phrase.
    """

    id: TemplateVersionId
    subject: str
    body: str
    shipped: bool
    replaced_at: datetime
    replaced_by: str


def keep(unit: Unit, *, phrase_id: int, subject: str, body: str, prompts: object, shipped: bool) -> None:
    """Keep what a phrase says now, before something else is written."""
    unit.insert(
        schema.template_version,
        id=unit.new_id(),
        template_id=None,
        phrase_id=phrase_id,
        subject=subject,
        body=body,
        prompts=prompts,
        shipped=shipped,
        replaced_at=unit.now,
        staff_id=unit.actor.id if unit.actor.kind is ActorKind.STAFF else None,
    )


def of_phrase(unit: Unit, phrase_id: PhraseId) -> tuple[EarlierText, ...]:
    """Return what a phrase said before, the last first."""
    return tuple(
        EarlierText(TemplateVersionId(row.id), row.subject, row.body, row.shipped, row.replaced_at, row.who or "")
        for row in unit.rows(_OF_PHRASE, {"phrase_id": phrase_id})
    )


def version(unit: Unit, version_id: TemplateVersionId) -> Row[Any] | None:
    """Return one earlier text with its questions."""
    return unit.first(_ONE, {"which": version_id})


def shipped_text(unit: Unit, phrase_id: int) -> Row[Any] | None:
    """Return the newest text of the product for a phrase that the practice has changed."""
    return unit.first(_SHIPPED, {"phrase_id": phrase_id})
