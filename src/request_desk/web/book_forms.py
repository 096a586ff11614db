"""What the booking page is sent: a chosen time, for whom it is, and what a new family tells of itself."""

import re
from datetime import UTC, datetime, timedelta
from typing import Final, NamedTuple

from request_desk.domain.errors import Invalid
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.schedule import PortalSlot
from request_desk.domain.text import parse_id, parse_uuid
from request_desk.domain.words import _
from request_desk.web.forms import Clean, Posted

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MINUTE: Final = timedelta(minutes=1)
_CODE: Final = re.compile(r"([0-9a-f]{1,7})-([0-9a-f]{1,16})-([0-9a-f]{1,16})")  # minutes since 1970 as far as 2480
_SECRET: Final = re.compile(r"[A-Za-z0-9_-]{43}")
_LONGEST: Final = 400  # of what is typed into a line; each has a shorter limit of its own

# The fields of the service as they are called there, by their names in the form.
FAMILY_FIELDS: Final = {
    "Given name": "child_given",
    "Family name": "child_family",
    "Date of birth": "birth",
    "Relation": "relation",
    "Contact's given name": "given",
    "Contact's family name": "family",
    "Phones": "phone",
}


class ChosenTime(NamedTuple):
    """A time with whom and where."""

    starts_at: datetime
    provider_id: ProviderId
    location_id: LocationId


def code_of(slot: PortalSlot) -> str:
    """Return a free time as a form carries it."""
    return f"{(slot.starts_at - _EPOCH) // _MINUTE:x}-{slot.provider_id:x}-{slot.location_id:x}"


def parse_choice(code: str) -> ChosenTime:
    """Return the time behind a code; raises Invalid for what no page of ours made."""
    found = _CODE.fullmatch(code)
    provider, location = (int(found[2], 16), int(found[3], 16)) if found else (0, 0)
    if found is None or max(provider, location) >= 2**63:
        raise Invalid(_("One of the times is not known. Please choose again."), field="slot")
    return ChosenTime(_EPOCH + int(found[1], 16) * _MINUTE, ProviderId(provider), LocationId(location))


def parse_secret(text: str) -> str:
    """Return the secret of a hold that a page of ours made up; raises Invalid for any other text."""
    if not _SECRET.fullmatch(text):
        raise Invalid(_("This page is too old. Load it again, please."), field="secret")
    return text


def _line(typed: str) -> str:
    return typed[:_LONGEST].strip()


class HoldForm(Posted):
    """A time that was chosen, with the secret by which the browser holds it: sent twice, it is one hold."""

    slot = Clean("Time", parse_choice)
    secret = Clean("Form", parse_secret)


class ConfirmForm(Posted):
    """For whom a held time is booked."""

    submission = Clean("Form", parse_uuid)
    child = Clean("Child", parse_id)
    another = Clean("Form", lambda typed: typed == "1")  # that a second visit is meant, which the page has told


class FamilyForm(Posted):
    """What a new family tells of itself; the rules for names and dates are the service's. `slot` is another time, if one was chosen."""

    submission = Clean("Form", parse_uuid)
    secret = Clean("Form", parse_secret)
    slot = Clean("Time", lambda typed: parse_choice(typed) if typed else None)
    child_given = Clean("Given name", _line)
    child_family = Clean("Family name", _line)
    birth = Clean("Date of birth", _line)
    relation = Clean("Relation", _line)
    given = Clean("Given name", _line)
    family = Clean("Family name", _line)
    phone = Clean("Phone", _line)
