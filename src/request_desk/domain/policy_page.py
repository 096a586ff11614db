"""The page `docs/policy.md`, written from the table in `policy`: `python -m request_desk policy > docs/policy.md`."""

from collections.abc import Mapping
from datetime import date
from typing import Final

from request_desk.domain.access import Actor, ActorKind, Role
from request_desk.domain.ids import ProviderId
from request_desk.domain.policy import (
    APPOINTMENT_POLICY,
    Action,
    AvailabilitySubject,
    Condition,
    Party,
    PolicyRow,
    ScheduleAction,
    may,
)

COMMAND: Final = "python -m request_desk policy > docs/policy.md"
_ACTIONS: Final[Mapping[Action | ScheduleAction, str]] = {
    Action.SEE: "see it with all that is known of it",
    ScheduleAction.HOLD: "hold a time",
    ScheduleAction.BOOK: "book",
    ScheduleAction.EXCEED: "book in spite of a limit (too soon, two places at once)",
    ScheduleAction.MOVE: "move",
    ScheduleAction.REPLACE: "cancel and book new, where a rule forbids the move",
    ScheduleAction.CANCEL: "cancel",
    ScheduleAction.COMPLETE: "mark as completed",
    ScheduleAction.NO_SHOW: "mark as a no-show",
    ScheduleAction.MARK_ARRIVED: "mark as arrived",
    ScheduleAction.MARK_LATE: "mark as running late",
    ScheduleAction.MARK_CONFIRMED: "mark that the parent confirmed",
    ScheduleAction.TAKE_MARK_BACK: "take a mark back",
}
_OF_TIMES: Final[Mapping[Action, str]] = {
    Action.KEEP_WINDOWS: "change availability windows",
    Action.ENTER_ABSENCE: "enter time off and extra hours",
    Action.SET_MOBILE: "set a provider's mobile phone number",
}
_ROLES: Final = {
    Party.PROVIDER: Role.PROVIDER,
    Party.SCHEDULER: Role.SCHEDULER,
    Party.ADMINISTRATOR: Role.ADMINISTRATOR,
}
_OWN, _ANOTHERS = ProviderId(1), ProviderId(2)
_CONDITIONS: Final[Mapping[Condition, str]] = {
    Condition.OWN: "own",
    Condition.RELATED: "related",
    Condition.MAY_BOOK: "may book",
    Condition.NAMED: "named",
    Condition.CONFIRMED: "confirmed",
    Condition.STANDING: "held or confirmed",
    Condition.COMPLETABLE: "confirmed or no-show",
    Condition.MISSABLE: "confirmed or completed",
    Condition.NOT_BEGUN: "not begun",
    Condition.BEGUN: "begun",
    Condition.NOBODY_COMES: "join window closed",
    Condition.NOT_ARRIVED: "not arrived",
    Condition.SAME_DAY: "same day",
    Condition.NOT_OVER: "join window open",
    Condition.IN_TIME: "notice",
    Condition.OFFERED: "offered time",
    Condition.NOTICE: "notice",
    Condition.MODE: "rebooking mode",
    Condition.REASON: "reason",
    Condition.CODED_REASON: "coded reason",
}
_HEAD: Final = f"""# Who may do what with an appointment

Printed from `domain/policy.py`, which the services ask; `{COMMAND}` writes it anew.

"–" is never, "yes" is always, anything else must be so, all of it. Somebody who is several of these may do what any of them may. What the program does by itself it does as an
administrator would. A row says what the rules allow; a parent asks the practice for whatever the portal has no page for.

"""
_FOOT: Final = """
| word | means |
|---|---|
| own | the provider's own appointments and windows; changing those of others (*on behalf*) takes the role *availability of others* beside |
| related | the contact's relation to the patient stands today |
| may book | the relation has the right to book, too; a patient alone from 18 years on |
| named | the partner's booking token names this patient; the manage link is this appointment's |
| not begun, begun | by the start; a hold has no start to wait for |
| join window closed | the last second in which somebody may come is over, by the database's clock: 60 minutes after the end, or the type's own minutes after the start for visits in person |
| same day | the day of the visit in the zone of its place |
| notice | the type's notice for moving, for those outside also the one for cancelling; for staff no reason overrules it |
| rebooking mode | the type's: any provider, or the same; no reason overrules it |
| offered time | a free time that the slot rules offer: availability, notice, advance; staff may take any free time |
| reason | is asked for and kept with the appointment |
| coded reason | one of the practice's reasons for a cancellation |
"""


def page() -> str:
    """Return the whole page."""
    parties = [str(party) for party in Party]
    lines = [f"| | {' | '.join(parties)} |", f"|---|{'---|' * len(parties)}"]
    lines += [
        f"| {_ACTIONS[row.action]} | {' | '.join(_cell(row, party) for party in Party)} |" for row in APPOINTMENT_POLICY
    ]
    lines += [
        f"| {told} | {' | '.join(_times_cell(action, party) for party in Party)} |"
        for action, told in _OF_TIMES.items()
    ]
    return f"{_HEAD}{chr(10).join(lines)}\n{_FOOT}"


def _times_cell(action: Action, party: Party) -> str:
    """What `may` says about the own times of somebody in this capacity, and about those of others."""
    role = _ROLES.get(party)
    if role is None:
        return "–"
    actor = Actor(ActorKind.STAFF, 1, "", frozenset({role}), _OWN)
    if may(actor, action, AvailabilitySubject(_ANOTHERS), date.min):
        return "yes"
    return "own" if may(actor, action, AvailabilitySubject(_OWN), date.min) else "–"


def _cell(row: PolicyRow, party: Party) -> str:
    conditions = row.parties.get(party)
    if conditions is None:
        return "–"
    return ", ".join(_CONDITIONS[each] for each in conditions) or "yes"
