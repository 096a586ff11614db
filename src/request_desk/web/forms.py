"""From what a browser sent to frozen values: the steps of an asking, wishes as codes, and the forms that are posted (INP-01)."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from urllib.parse import urlencode
from uuid import UUID

from starlette.exceptions import HTTPException
from wtforms import Form, HiddenField, StringField
from wtforms.validators import StopValidation

from request_desk.domain.errors import Invalid
from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, TypeId
from request_desk.domain.manage_links import OpenTime
from request_desk.domain.requests import DayPart, NewRequest, RequestKind, Wish, WishKind
from request_desk.domain.spans import Slot
from request_desk.domain.text import clean_text, parse_code, parse_date, parse_email, parse_id, parse_uuid
from request_desk.domain.words import _
from request_desk.web.guards import CSRF_FIELD

MOST_WISHES: Final = 5
ANY: Final = "any"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
_SLOT: Final = re.compile(r"s([0-9a-f]{1,7})-([0-9a-f]{1,16})")  # minutes since 1970 as far as 2480, provider
_FREE_TIME: Final = re.compile(r"t([0-9a-f]{1,7})-([0-9a-f]{1,16})-([0-9a-f]{1,16})")
_PART: Final = re.compile(r"d([0-9]{4}-[0-9]{2}-[0-9]{2})-([a-z]{7,9})")
_PARTS: Final = frozenset(part.value for part in DayPart)
_NEXT: Final = "next"
_PICKED: Final = re.compile(r"[wc][0-9]{1,2}")
_ASKED: Final = frozenset(
    {
        "child",
        "type",
        "provider",
        "location",
        "appointment",
        "from",
        "go",
        "on",
        "part",
        "best",
        "twice",
        "message",
        "submission",
        CSRF_FIELD,
    }
)


def refuse_unknown(form: Mapping[str, str], known: frozenset[str], *, picks: bool = False) -> None:
    """Raise an HTTP error when the form has a field that no page of ours gave it (INP-04)."""
    for name in form:
        if name not in known and not (picks and _PICKED.fullmatch(name)):
            raise HTTPException(400)


def wish_code(wish: Wish) -> str:
    """Return a wish as a form carries it; its rank is its place."""
    if wish.kind is WishKind.SLOT and wish.starts_at is not None:
        return f"s{(wish.starts_at - _EPOCH) // _MINUTE:x}-{wish.provider_id or 0:x}"
    if wish.kind is WishKind.DAY_PART and wish.day is not None and wish.part is not None:
        return f"d{wish.day.isoformat()}-{wish.part.value}"
    return _NEXT


def parse_wish(code: str) -> Wish:
    """Return the wish behind a code; raises Invalid for what no page of ours made."""
    if code == _NEXT:
        return Wish(1, WishKind.NEXT)
    if found := _SLOT.fullmatch(code):
        provider = int(found[2], 16)
        if provider < 2**63:
            starts_at = _EPOCH + int(found[1], 16) * _MINUTE
            return Wish(1, WishKind.SLOT, ProviderId(provider) if provider else None, starts_at)
    if (found := _PART.fullmatch(code)) and found[2] in _PARTS:
        return Wish(1, WishKind.DAY_PART, day=parse_date(found[1], field="on"), part=DayPart(found[2]))
    raise Invalid(_("One of the times is not known. Please choose again."), field="times")


def in_order(picks: Sequence[Wish]) -> tuple[Wish, ...]:
    """Return picks once each, by time; "next available" last."""
    unique = {wish_code(pick): pick for pick in picks}
    return tuple(sorted(unique.values(), key=_time_key))


def _time_key(pick: Wish) -> tuple[int, str, int]:
    if pick.starts_at is not None:
        return (0, pick.starts_at.date().isoformat(), pick.starts_at.hour * 60 + pick.starts_at.minute)
    if pick.day is not None and pick.part is not None:
        return (1, pick.day.isoformat(), list(DayPart).index(pick.part))
    return (2, "", 0)


def ranked(picks: Sequence[Wish], best: str) -> tuple[Wish, ...]:
    """Return the picks with their ranks: the best one first, then by time."""
    first = sorted(in_order(picks), key=lambda pick: wish_code(pick) != best)
    return tuple(replace(pick, rank=rank) for rank, pick in enumerate(first, start=1))


@dataclass(frozen=True, slots=True)
class Asking:
    """How far a parent has come in asking: what is chosen, and where in the times they are. It travels in the address."""

    patient_id: PatientId | None = None
    type_id: TypeId | None = None
    is_any_type: bool = False  # "I am not sure"
    provider_id: ProviderId | None = None
    is_any_provider: bool = False
    location_id: LocationId | None = None
    is_any_location: bool = False
    appointment_id: AppointmentId | None = None
    picks: tuple[Wish, ...] = ()
    from_day: date | None = None
    go: str = ""
    on: str = ""  # a day as typed, not yet a pick
    part: str = ""

    @classmethod
    def read(cls, fields: Mapping[str, str]) -> "Asking":
        """Read the steps so far; an HTTP error for a foreign field, Invalid for a value that no page of ours made."""
        refuse_unknown(fields, _ASKED, picks=True)
        picks = [parse_wish(value) for name, value in fields.items() if _PICKED.fullmatch(name) and value]
        from_day = fields.get("from", "")
        return cls(
            patient_id=_id(fields, "child", PatientId),
            type_id=_id(fields, "type", TypeId),
            is_any_type=fields.get("type") == ANY,
            provider_id=_id(fields, "provider", ProviderId),
            is_any_provider=fields.get("provider") == ANY,
            location_id=_id(fields, "location", LocationId),
            is_any_location=fields.get("location") == ANY,
            appointment_id=_id(fields, "appointment", AppointmentId),
            picks=in_order(picks),
            from_day=parse_date(from_day, field="from") if from_day else None,
            go=fields.get("go", "")[:40],
            on=fields.get("on", "")[:40],
            part=fields.get("part", "")[:20],
        )

    @property
    def has_type(self) -> bool:
        return self.type_id is not None or self.is_any_type

    def fields(self) -> dict[str, str]:
        """Return the choices as fields: of a link, or hidden ones of a form."""
        found: dict[str, str] = {}
        for name, value, is_any in (
            ("child", self.patient_id, False),
            ("type", self.type_id, self.is_any_type),
            ("provider", self.provider_id, self.is_any_provider),
            ("location", self.location_id, self.is_any_location),
            ("appointment", self.appointment_id, False),
        ):
            if value is not None or is_any:
                found[name] = ANY if value is None else str(value)
        if self.from_day is not None:
            found["from"] = self.from_day.isoformat()
        return found

    def pick_fields(self) -> dict[str, str]:
        """Return the picks as fields."""
        return {f"w{rank}": wish_code(pick) for rank, pick in enumerate(self.picks, start=1)}

    def link(self, kind: RequestKind) -> str:
        """Return the address of this step."""
        fields = self.fields() | self.pick_fields()
        return f"/ask/{kind.value}" + (f"?{urlencode(fields)}" if fields else "")


def _id(fields: Mapping[str, str], name: str, kind: Callable[[int], Any]) -> Any:
    value = fields.get(name, "")
    return None if value in {"", ANY} else kind(parse_id(value, field=name))


class Clean(StringField):
    """A text field whose value is what a parser of the boundary returns; the typed text stays for the page."""

    def __init__(self, label: str, parse: Callable[[str], object], **options: Any) -> None:
        super().__init__(label, **options)
        self._parse = parse
        self.value: object = None

    def pre_validate(self, form: Any) -> None:
        try:
            self.value = self._parse(self.data or "")
        except Invalid as refused:
            raise StopValidation(refused.sentence) from refused


class Posted(Form):
    """A posted form: knows its fields, refuses others, and tells its errors by field."""

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Any:
        """Read a form; its fields are checked by `validate`."""
        made = cls(_Fields(form))
        refuse_unknown(form, frozenset(made._fields) | {CSRF_FIELD})
        return made

    @property
    def problems(self) -> dict[str, str]:
        """The first sentence against each field."""
        return {name: str(sentences[0]) for name, sentences in self.errors.items() if sentences}


class _Fields(dict[str, str]):
    """A mapping as WTForms asks for it."""

    def getlist(self, name: str) -> list[str]:
        return [self[name]] if name in self else []


class EmailForm(Posted):
    """Page one of the sign-in."""

    email = Clean("E-mail", parse_email)


class CodeForm(Posted):
    """Page two of the sign-in."""

    code = Clean("Code", parse_code)


class AnswerForm(Posted):
    """A letter in a thread."""

    message = Clean("Message", lambda typed: clean_text(typed, field=_("Your message"), required=True))
    submission = Clean("Form", parse_uuid)


class WithdrawForm(Posted):
    """Taking a request back."""

    submission = Clean("Form", parse_uuid)


class NoTimeForm(Posted):
    """That none of the offered times fits, and perhaps which would."""

    message = Clean("Message", lambda typed: clean_text(typed, field=_("Your message")))
    submission = Clean("Form", parse_uuid)
    offer = Clean("Form", parse_id)


class EarlierForm(Posted):
    """Whether something earlier than an appointment is wished for, and which state of the appointment was seen."""

    submission = Clean("Form", parse_uuid)
    version = Clean("Form", parse_id)
    wish = Clean("Form", lambda typed: typed == "yes")


class SendForm(Posted):
    """The last step of an asking; its choices are read by `Asking`, which refuses what it does not know."""

    message = Clean("Message", lambda typed: clean_text(typed, field=_("Your message")))
    submission = Clean("Form", parse_uuid)
    best = HiddenField()
    twice = HiddenField()  # "add": to the request that is open; "again": as another one

    @classmethod
    def of(cls, form: Mapping[str, str]) -> Any:
        """Read what the last step adds to the choices."""
        return cls(_Fields(form))


def new_request(
    kind: RequestKind,
    asking: Asking,
    *,
    patient_id: PatientId,
    submission: UUID,
    best: str,
    message: str,
    again: bool = False,
) -> NewRequest:
    """Return what a finished asking asks of the practice."""
    is_cancel = kind is RequestKind.CANCEL
    return NewRequest(
        submission_id=submission,
        kind=kind,
        patient_id=patient_id,
        type_id=asking.type_id,
        provider_id=None if is_cancel else asking.provider_id,
        location_id=None if is_cancel else asking.location_id,
        appointment_id=asking.appointment_id,
        wishes=() if is_cancel else ranked(asking.picks, best),
        message=message,
        again=again,
    )


def slot_code(time: OpenTime) -> str:
    """Return a free time as a link carries it."""
    return f"t{(time.starts_at - _EPOCH) // _MINUTE:x}-{time.provider_id:x}-{time.location_id:x}"


def parse_slot(code: str) -> Slot:
    """Return the time behind a code, its end not known; raises Invalid for what no page of ours made."""
    found = _FREE_TIME.fullmatch(code)
    if found is None or max(int(found[2], 16), int(found[3], 16)) >= 2**63:
        raise Invalid(_("One of the times is not known. Please choose again."), field="at")
    at = _EPOCH + int(found[1], 16) * _MINUTE
    return Slot(ProviderId(int(found[2], 16)), LocationId(int(found[3], 16)), at, at, at)


class ManageForm(Posted):
    """Something that a family does with one appointment; `version` is which state of it was seen."""

    proof = HiddenField()
    version = Clean("Form", parse_id)


class MoveForm(ManageForm):
    """To which time an appointment is moved."""

    at = Clean("Time", parse_slot)


class ProofForm(Posted):
    """A button that does one thing."""

    proof = HiddenField()


class BirthDayForm(Posted):
    """The day on which the patient was born, in three fields (OTP-09)."""

    proof = HiddenField()
    month = Clean("Month", lambda typed: _number(typed, 2))
    day = Clean("Day", lambda typed: _number(typed, 2))
    year = Clean("Year", lambda typed: _number(typed, 4))

    def born(self) -> date:
        """Return the day; raises Invalid when there is none."""
        try:
            return date(*(int(field.data or "") for field in (self.year, self.month, self.day)))
        except ValueError as error:
            raise Invalid(_("There is no such day. Please check it."), field="day") from error


class LinkCodeForm(CodeForm):
    """A one-time code for a manage link."""

    proof = HiddenField()


class LinkAskForm(Posted):
    """What is asked of the practice about the appointment of a manage link."""

    proof = HiddenField()
    message = Clean("Message", lambda typed: clean_text(typed, field=_("Your message")))
    twice = HiddenField()  # as in `SendForm`


def _number(typed: str, most: int) -> int:
    text = typed.strip(" ")
    if not (0 < len(text) <= most and text.isascii() and text.isdigit()):
        raise Invalid(_("Please write the date in numbers."), field="day")
    return int(text)
