"""What notices and phrases said before they were changed, and who changed them: one history for both (TPL-08)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from types import MappingProxyType
from typing import Any, Final

from sqlalchemy import Delete, Row, Select, bindparam, delete, select

from request_desk.domain.access import ActorKind
from request_desk.domain.ids import TemplateVersionId
from request_desk.services.desk import Unit
from request_desk.store import schema


class TextOf(StrEnum):
    """What a text is of, as the history names it."""

    NOTICE = "template_id"
    PHRASE = "phrase_id"


_version = schema.template_version.c


def _earlier(of: TextOf) -> Select[Any]:
    return (
        select(*_version, schema.staff.c.name.label("who"))
        .select_from(schema.template_version.outerjoin(schema.staff, schema.staff.c.id == _version.staff_id))
        .where(_version[of] == bindparam("which"))
        .order_by(_version.id.desc())
    )


def _shipped(of: TextOf) -> Select[Any]:
    return (
        select(*_version)
        .where(_version[of] == bindparam("which"), _version.shipped)
        .order_by(_version.id.desc())
        .limit(1)
    )


_ONE: Final[Mapping[TextOf, Select[Any]]] = MappingProxyType(
    {of: select(*_version).where(_version.id == bindparam("which"), _version[of].is_not(None)) for of in TextOf}
)
_EARLIER: Final[Mapping[TextOf, Select[Any]]] = MappingProxyType({of: _earlier(of) for of in TextOf})
_SHIPPED: Final[Mapping[TextOf, Select[Any]]] = MappingProxyType({of: _shipped(of) for of in TextOf})
_WITH_SHIPPED: Final[Mapping[TextOf, Select[Any]]] = MappingProxyType(
    {of: select(_version[of]).where(_version[of].is_not(None), _version.shipped).distinct() for of in TextOf}
)
_WHOLE: Final[Mapping[TextOf, Select[Any]]] = MappingProxyType(
    {of: select(*_version).where(_version[of] == bindparam("which")).order_by(_version.id) for of in TextOf}
)
_FORGET: Final[Mapping[TextOf, Delete]] = MappingProxyType(
    {of: delete(schema.template_version).where(_version[of] == bindparam("which")) for of in TextOf}
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


def keep(
    unit: Unit, of: TextOf, which: int, *, subject: str, body: str, shipped: bool, prompts: object = None
) -> TemplateVersionId:
    """Keep what a text says now, before something else is written; `prompts` are the questions of a phrase."""
    kept = TemplateVersionId(unit.new_id())
    unit.insert(
        schema.template_version,
        id=kept,
        subject=subject,
        body=body,
        prompts=prompts,
        shipped=shipped,
        replaced_at=unit.now,
        staff_id=unit.actor.id if unit.actor.kind is ActorKind.STAFF else None,
        **{each.value: which if each is of else None for each in TextOf},
    )
    return kept


def earlier_texts(unit: Unit, of: TextOf, which: int) -> tuple[EarlierText, ...]:
    """Return what a text said before, the last first."""
    return tuple(
        EarlierText(TemplateVersionId(row.id), row.subject, row.body, row.shipped, row.replaced_at, row.who or "")
        for row in unit.rows(_EARLIER[of], {"which": which})
    )


def version(unit: Unit, of: TextOf, version_id: TemplateVersionId) -> Row[Any] | None:
    """Return one earlier text with its questions, None when it is of something else."""
    return unit.first(_ONE[of], {"which": version_id})


def shipped_text(unit: Unit, of: TextOf, which: int) -> Row[Any] | None:
    """Return the newest text of the product that is kept beside a changed one."""
    return unit.first(_SHIPPED[of], {"which": which})


def with_shipped_text(unit: Unit, of: TextOf) -> frozenset[int]:
    """Return which texts have one of the product kept beside them."""
    return frozenset(row[0] for row in unit.rows(_WITH_SHIPPED[of]))


def forget(unit: Unit, of: TextOf, which: int) -> tuple[Mapping[str, Any], ...]:
    """Forget what a text said before, since it is removed itself; return it for `remember`."""
    rows = unit.rows(_WHOLE[of], {"which": which})
    unit.run(_FORGET[of], {"which": which})
    return tuple({column.name: getattr(row, column.name) for column in _version} for row in rows)


def remember(unit: Unit, rows: Sequence[Mapping[str, Any]]) -> None:
    """Keep again what `forget` returned."""
    for row in rows:
        unit.insert(schema.template_version, **row)
