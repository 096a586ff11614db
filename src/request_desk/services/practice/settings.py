"""The practice settings: one row, read whole and written whole by administrators."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, datetime, timedelta
from itertools import pairwise
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from sqlalchemy import bindparam, insert, select

from request_desk.domain.access import Permission
from request_desk.domain.calendar_years import on_calendar
from request_desk.domain.changes import Topic
from request_desk.domain.colours import READABLE, contrast
from request_desk.domain.directory import CancelReason, OpeningHours, PracticeSettings
from request_desk.domain.errors import Invalid, Problems, UndoRefused
from request_desk.domain.phones import parse_country
from request_desk.domain.practice_time import DAY_MINUTES, is_zone
from request_desk.domain.requests import RequestKind
from request_desk.domain.text import clean_name, clean_text, parse_phone
from request_desk.domain.urgent import is_too_short
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.inbox import routing as inbox_routing
from request_desk.store import schema

_LONGEST_GRACE: Final = timedelta(minutes=5)  # longer, and parents wait for what staff think is sent
_LONGEST_TARGET: Final = timedelta(hours=40)  # a working week
_LEASE: Final = (timedelta(minutes=1), timedelta(minutes=30))
_MOST_URGENT: Final = 200
_MOST_CLOSED: Final = 400  # ten years of them
_MEETING: Final = "Meeting address"
_HOST: Final = re.compile(r"[a-z0-9]([a-z0-9.-]*[a-z0-9])?")
_PATH: Final = re.compile(r"[!-~]+")  # no blanks, and nothing that a browser would have to spell anew
_COLOUR: Final = re.compile(r"#[0-9a-f]{6}")
_COLOUR_FIELD: Final = "Colour"
_MOST_TEXTS: Final = 100_000  # a day
_ROW: Final = 1
_KNOWN: Final = select(schema.practice.c.id)
# Locked against somebody who closes it at the same moment.
_DEPARTMENT: Final = (
    select(schema.department.c.active).where(schema.department.c.id == bindparam("which")).with_for_update(read=True)
)


def is_founded(unit: Unit) -> bool:
    """Tell whether there is a practice in this database, and not its tables alone."""
    unit.require(Permission.RUN_JOBS)
    return unit.first(_KNOWN) is not None


def settings(unit: Unit) -> PracticeSettings:
    """Return the practice settings; `version` goes back to `save_settings`."""
    unit.require(Permission.VIEW_SETTINGS)
    return unit.settings


def save_settings(unit: Unit, new: PracticeSettings, *, expect_version: int) -> int:
    """Write the settings and return their new version; can be undone. Raises Invalid naming the field."""
    unit.require(Permission.MANAGE_SETTINGS)
    before = unit.settings
    version = _save(unit, new, expect_version)
    unit.offer_undo(
        _("Settings saved"), restore_settings, before, expect_version=version, until=unit.now + before.grace
    )
    return version


def restore_settings(unit: Unit, before: PracticeSettings, *, expect_version: int, until: datetime) -> int:
    """Take a change of the settings back."""
    unit.require(Permission.MANAGE_SETTINGS)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change the settings again."))
    return _save(unit, before, expect_version)


def first_settings(unit: Unit, new: PracticeSettings) -> int:
    """Write the settings of a new practice: `init` and the demo."""
    unit.require(Permission.RUN_JOBS)
    if unit.first(_KNOWN) is not None:
        return _save(unit, new, None)
    checked = _checked(unit, new)
    unit.run(insert(schema.practice), {"id": _ROW, "settings": _plain(checked)})
    unit.record("saved_settings", Topic.SETTINGS, _ROW)
    return 1


def _save(unit: Unit, new: PracticeSettings, expect_version: int | None) -> int:
    before, checked = unit.settings, _checked(unit, new)
    row = unit.change(schema.practice, _ROW, expect_version, settings=_plain(checked))
    changed = sorted(name for name in _names() if getattr(before, name) != getattr(checked, name))
    unit.record("saved_settings", Topic.SETTINGS, _ROW, changed=changed)
    if before.closed_days != checked.closed_days:
        unit.record("changed_closed_days", Topic.AVAILABILITY, _ROW)  # schedules are looked at anew
    # What runs behind this in the same transaction reads the new ones; other processes read them by their version.
    unit.use_settings(replace(checked, version=row.version))
    if before.intake_department_id != checked.intake_department_id:
        inbox_routing.reroute(unit)
    return int(row.version)


def _names() -> tuple[str, ...]:
    return tuple(name for name in PracticeSettings.__dataclass_fields__ if name != "version")


def _plain(checked: PracticeSettings) -> dict[str, Any]:
    values: dict[str, Any] = msgspec.to_builtins(checked, str_keys=True)
    values["kinds_on"] = sorted(checked.kinds_on)
    values["controls_off"] = {flow.value: sorted(off) for flow, off in sorted(checked.controls_off.items()) if off}
    values["notice_contents"] = {channel.value: content.value for channel, content in checked.notice_contents.items()}
    values.pop("version")
    return values


def _checked(unit: Unit, new: PracticeSettings) -> PracticeSettings:
    unknown = new.kinds_on - {str(kind) for kind in RequestKind}
    if unknown:
        raise Invalid(_("There is no such kind of request."), field="Request kinds")
    if not timedelta(0) <= new.grace <= _LONGEST_GRACE:
        raise Invalid(_("The time to undo is from 0 seconds to 5 minutes."), field="Grace time")
    if not timedelta(minutes=1) <= new.target_age <= _LONGEST_TARGET:
        raise Invalid(_("The target for an answer is from 1 minute to 40 hours of opening time."), field="Target age")
    if not _LEASE[0] <= new.claim_lease <= _LEASE[1]:
        raise Invalid(_("A claim lasts from 1 to 30 minutes."), field="Claim")
    if not is_zone(new.zone):
        raise Invalid(
            _("There is no time zone of this name. It is written like America/Los_Angeles."), field="Time zone"
        )
    if new.intake_department_id is not None:
        found = unit.first(_DEPARTMENT, {"which": new.intake_department_id})
        if found is None or not found.active:
            raise Invalid(_("This department is closed. Choose one that is open."), field="Department")
    problems = Problems()
    checked = replace(
        new,
        practice_name=problems.of(lambda: _name(new.practice_name), ""),
        practice_phone=problems.of(lambda: _phone(unit, new.practice_phone), ""),
        public_url=problems.of(lambda: _address(new.public_url), ""),
        meeting_url=problems.of(lambda: _meeting_address(new.meeting_url), ""),
        locale=problems.of(lambda: _locale(new.locale), ""),
        opening_hours=problems.of(lambda: _hours(new.opening_hours), ()),
        holiday_region=problems.of(lambda: clean_text(new.holiday_region, field="Region", most=20, lines=False), ""),
        closed_days=problems.of(lambda: _closed_days(new.closed_days), {}),
        cancel_reasons=problems.of(lambda: _reasons(new.cancel_reasons), ()),
        urgent_words=problems.of(lambda: _urgent_words(new.urgent_words), ()),
        colour=problems.of(lambda: _colour(new.colour), ""),
        sms_countries=problems.of(lambda: _countries(new.sms_countries), ()),
    )
    problems.of(lambda: _texts(new), None)
    problems.tell()
    return checked


def _texts(new: PracticeSettings) -> None:
    if not all(0 <= minute < DAY_MINUTES for minute in (new.sms_quiet_from, new.sms_quiet_until)):
        raise Invalid(_("Quiet hours go from one time of the day to another."), field="Quiet hours")
    if not 0 <= new.sms_most_a_day <= _MOST_TEXTS:
        raise Invalid(
            _("At most {most} text messages can be sent in a day.").format(most=_MOST_TEXTS), field="Most in a day"
        )


def _countries(typed: tuple[str, ...]) -> tuple[str, ...]:
    """The two letters of each, once, in order."""
    return tuple(sorted({parse_country(each) for each in typed if each.strip()}))


def _name(text: str) -> str:
    return _header(clean_name(text, field="Practice name"), "Practice name")


def _phone(unit: Unit, text: str) -> str:
    """The number as it is dialled in the practice's country: parents read it, and their phones call it."""
    if not text.strip():
        raise Invalid(_("Parents call this number when they cannot write. Give it with area code."), field="Phone")
    return unit.words.phone(parse_phone(text, unit.words.region))


def _header(text: str, field: str) -> str:
    """The practice's name stands in the heads of e-mails, where "=?" would begin another encoding (security.md M6)."""
    if "=?" in text:
        raise Invalid(_("“=?” cannot be part of it, because it goes into the subject of e-mails."), field=field)
    return text


def _address(url: str) -> str:
    text = clean_text(url, field="Portal address", most=300, lines=False).rstrip("/")
    if not text:
        return ""
    parts = urlsplit(text)
    local = parts.hostname in ("127.0.0.1", "localhost", "::1")
    if not parts.hostname or parts.query or parts.fragment or parts.username or parts.scheme not in ("https", "http"):
        raise Invalid(
            _("The address of the portal is written like https://portal.example.org."), field="Portal address"
        )
    if parts.scheme == "http" and not local:
        raise Invalid(_("Parents sign in at this address: it must begin with https://."), field="Portal address")
    return text


def _meeting_address(url: str) -> str:
    """The address of the meeting server without a slash at its end; a room is put behind it (VM1)."""
    text = clean_text(url, field=_MEETING, most=300, lines=False).rstrip("/")
    if not text:
        return ""
    if not text.lower().startswith("https://"):
        raise Invalid(
            _("Picture and sound are private only behind https://: the address must begin with it."), field=_MEETING
        )
    try:
        parts = urlsplit(text)
        is_right = _HOST.fullmatch(parts.hostname or "") and (parts.port is None or parts.port > 0)
    except ValueError:  # brackets or a port that are none
        is_right = None
    if not is_right or "@" in text or "?" in text or "#" in text or not _PATH.fullmatch(text):
        raise Invalid(
            _(
                "The address of the meeting server is written like https://meet.example.org, with nothing behind the path."
            ),
            field=_MEETING,
        )
    return text


def _colour(text: str) -> str:
    """A colour on which white letters can be read, or the house's own."""
    colour = text.strip().lower()
    if colour and not _COLOUR.fullmatch(colour):
        raise Invalid(_("A colour is written like #1f6f8b: a # and six signs of 0–9 and a–f."), field=_COLOUR_FIELD)
    if colour and contrast(colour, "#ffffff") < READABLE:
        raise Invalid(_("White letters cannot be read on this colour. Choose a darker one."), field=_COLOUR_FIELD)
    return colour


def _locale(name: str) -> str:
    from babel import Locale, UnknownLocaleError

    try:
        return str(Locale.parse(name))
    except (UnknownLocaleError, ValueError) as error:
        raise Invalid(
            _("There is no such language and country. It is written like en_US."), field="Language"
        ) from error


def _hours(hours: tuple[OpeningHours, ...]) -> tuple[OpeningHours, ...]:
    ordered = tuple(sorted(hours, key=lambda each: (each.weekday, each.start_minute)))
    wrong = {
        each.weekday
        for each in ordered
        if not (0 <= each.weekday <= 6 and 0 <= each.start_minute < each.end_minute <= 24 * 60)
    } | {
        one.weekday
        for one, other in pairwise(ordered)
        if one.weekday == other.weekday and other.start_minute < one.end_minute
    }
    problems = [
        Invalid(
            _("The hours of a day end after they begin, and a break lies between them and ends after it begins."),
            field=f"Opening hours {weekday}",
        )
        for weekday in sorted(wrong)
    ]
    if problems:
        raise Invalid(problems[0].sentence, field=problems[0].field, others=problems[1:])
    return ordered


def _closed_days(days: Mapping[date, str]) -> dict[date, str]:
    """Each with its name, in order. Raises Invalid naming the day."""
    on_calendar(*days)
    if len(days) > _MOST_CLOSED:
        raise Invalid(_("At most {most} closed days fit.").format(most=_MOST_CLOSED), field="Closed days")
    return {day: clean_text(days[day], field="Closed days", most=60, lines=False) for day in sorted(days)}


def _reasons(reasons: tuple[CancelReason, ...]) -> tuple[CancelReason, ...]:
    if len({each.code for each in reasons}) < len(reasons):
        raise Invalid(_("Two reasons have the same code."), field="Cancellation reasons")
    return tuple(
        CancelReason(
            clean_text(each.code, field="Code", most=40, lines=False, required=True),
            clean_text(each.label, field="Reason", most=80, lines=False, required=True),
            clean_text(each.parent_text, field="Text for the parent", most=300, lines=False),
        )
        for each in reasons
    )


def _urgent_words(own: tuple[str, ...]) -> tuple[str, ...]:
    """The practice's own, each once."""
    if len(own) > _MOST_URGENT:
        raise Invalid(_("At most {most} words fit.").format(most=_MOST_URGENT), field="Urgent words")
    kept = dict.fromkeys(clean_text(text, field="Urgent words", most=80, lines=False) for text in own)
    for words in filter(None, kept):
        if is_too_short(words):
            raise Invalid(
                _("“{words}” is too short: it would be found in nearly every message.").format(words=words),
                field="Urgent words",
            )
    return tuple(filter(None, kept))
