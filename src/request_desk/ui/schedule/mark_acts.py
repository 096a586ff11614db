"""The marks of an appointment as acts: set, or taken back where it is set (AP5), the same on the list, its detail and the schedule."""

from functools import partial
from typing import Final

from PySide6.QtWidgets import QWidget

from request_desk.domain.appointments import Appointment, Mark, marked_at
from request_desk.domain.policy import MARKING, ScheduleAction
from request_desk.services.schedule import attendance
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import MARK_ICONS, SET_WORDS, TAKE_BACK_WORDS
from request_desk.ui.schedule.why_not import why_not
from request_desk.ui.widgets.acts import ActSpec

MARK_KEYS: Final = {Mark.ARRIVED: "A", Mark.LATE: "L", Mark.PARENT_CONFIRMED: "P"}


def mark_act(context: DeskContext, owner: QWidget, entry: Appointment, mark: Mark) -> ActSpec:
    """Return the act that sets a mark, or takes it back where it is set; one that cannot be done now says why."""
    is_set = marked_at(entry, mark) is None
    words = (SET_WORDS if is_set else TAKE_BACK_WORDS)[mark]
    reason = why_not(context, entry, MARKING[mark] if is_set else ScheduleAction.TAKE_MARK_BACK)
    act, version = context.runner.act, entry.version
    run = partial(act, owner, attendance.mark, entry.id, mark, is_set=is_set, expect_version=version)
    return ActSpec(words, run, reason, MARK_ICONS[mark] if is_set else "undo-2")
