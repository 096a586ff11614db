"""The first hour of a practice: its settings, the administrator, the department that receives requests, the shipped phrases."""

from collections.abc import Sequence
from dataclasses import dataclass

from request_desk.domain import notice_templates as notice_rules, phrases as phrase_rules
from request_desk.domain.access import Permission
from request_desk.domain.directory import PracticeSettings
from request_desk.domain.errors import Invalid
from request_desk.domain.practice_time import is_zone
from request_desk.domain.text import clean_name
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.notices import templates
from request_desk.services.people import access
from request_desk.services.practice import administration, phrases, settings

INTAKE = "IC-Appointment Request"


@dataclass(frozen=True, slots=True)
class NewPractice:
    """What is asked when a practice begins; `phrases` and `notices` are what the shipped files hold."""

    name: str
    phone: str
    zone: str
    kinds: frozenset[str]
    public_url: str
    phrases: tuple[str, ...]
    notices: tuple[str, ...]


def found(unit: Unit, new: NewPractice) -> access.OneTimeCode:
    """Begin a practice in an empty database and return the administrator's one-time code.

    Every kind of request that is not named is off (MC1); the department is there but has no members yet, so that requests go
    to $AD until somebody is put into it (RT2).
    """
    unit.require(Permission.RUN_JOBS)
    if not is_zone(new.zone):
        raise Invalid(
            _("“{zone}” is not a time zone. Give an IANA name, e.g. America/New_York.").format(zone=new.zone),
            field="zone",
        )
    code = administration.first_administrator(unit)
    department = administration.intake_department(unit, INTAKE)
    settings.first_settings(
        unit,
        PracticeSettings(
            practice_name=clean_name(new.name, field="name"),
            practice_phone=new.phone,
            zone=new.zone,
            public_url=new.public_url,
            kinds_on=new.kinds,
            intake_department_id=department,
        ),
    )
    renew_texts(unit, new.phrases, new.notices)
    return code


def renew_texts(unit: Unit, library: Sequence[str], notices: Sequence[str]) -> int:
    """Bring the shipped phrases and the texts of notices to what this version ships, from their files; returns how many were written."""
    unit.require(Permission.RUN_JOBS)
    written = phrases.sync_shipped(unit, [phrase_rules.parse(text) for text in library])
    return written + templates.sync_shipped(unit, [notice_rules.parse(text) for text in notices])
