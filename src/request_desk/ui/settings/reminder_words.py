"""What the editor of types says of reminders: to whom, over which way, when, and who cannot be reached."""

from collections.abc import Mapping, Sequence
from typing import Final

from request_desk.domain.reminders import ReminderAhead, ReminderGroup, ReminderRule, Unreached
from request_desk.domain.words import Words, _, plural
from request_desk.ui.schedule.appointment_words import named

GROUPS: Final[Mapping[ReminderGroup, str]] = {
    ReminderGroup.PATIENT: _("the family"),
    ReminderGroup.PROVIDER: _("the provider"),
    ReminderGroup.ADMINISTRATOR: _("the administrators"),
}
_NAMES: Final = 4  # that are said


def ways(rule: ReminderRule) -> str:
    """Say over which channels a reminder goes out."""
    match rule.by_email, rule.by_sms:
        case True, True:
            return _("e-mail and SMS")
        case True, False:
            return _("e-mail")
        case False, True:
            return _("SMS")
        case _neither:
            return _("no letter")


def preview_title(ahead: Sequence[ReminderAhead], start: str) -> str:
    """Say of which visit the preview is, and whether anything goes out before it."""
    if not ahead:
        return _("Nobody is reminded of a visit of this type.")
    return plural("For a visit on {time} this goes out:", "For a visit on {time} these go out:", len(ahead)).format(
        time=start
    )


def preview_lines(ahead: Sequence[ReminderAhead], words: Words) -> str:
    """Say each reminder in a line."""
    return "\n".join(
        _("{time}: to {group}, {ways}").format(
            time=words.moment(each.at), group=GROUPS[each.rule.group], ways=ways(each.rule)
        )
        for each in ahead
    )


def unreached_words(found: Sequence[Unreached], words: Words) -> str:
    """Say who gets nothing, why, and where that is set (AP9)."""
    return "\n".join(_unreached(each, words) for each in found)


def _unreached(found: Unreached, words: Words) -> str:
    shown = [named(name) for name in found.names[:_NAMES]]
    rest = len(found.names) - len(shown)
    if rest:
        shown.append(plural("{count} other", "{count} others", rest).format(count=rest))
    said = (
        plural(
            "{names} has no mobile phone number and gets no SMS. It is set under Providers or Staff.",
            "{names} have no mobile phone number and get no SMS. It is set under Providers or Staff.",
            len(found.names),
        )
        if found.by_sms
        else plural(
            "{names} has no e-mail address and gets no letter. It is set under Providers or Staff.",
            "{names} have no e-mail address and get no letter. It is set under Providers or Staff.",
            len(found.names),
        )
    )
    return said.format(names=words.list_of(shown))
