"""The time grid with 20 providers and 3,000 appointments over 14 days, in a process of its own: frames of a scroll, another week, a day."""

import json
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final

from bench.measure import FULL, Goal, Row, Scale, child, middle, p99, rarely_collected, row

_FRAME_GOAL: Final = Goal(8.0, of_ratio=False)
_WEEK_GOAL: Final = Goal(50.0, of_ratio=False)
_SIZE: Final = (1440, 860)
_FIRST: Final = date(2026, 11, 16)
_PROVIDERS, _DAYS, _APPOINTMENTS = 20, 14, 3_000
_LENGTH: Final = timedelta(minutes=30)


def run(scale: Scale, _cache: Path) -> list[Row]:
    """Measure what a person sees move; the floor is the same viewport filled with one colour."""
    seen = child("bench.schedule", scale.frames)
    name = f"{_PROVIDERS} providers, {_APPOINTMENTS:,} appointments in {_DAYS} days"
    return [
        row(f"schedule: frame p99 while scrolling, {name}", seen["scroll"], "ms", seen["plain"], _FRAME_GOAL),
        row("schedule: frame p99 while a visit is dragged", seen["drag"], "ms", seen["plain"], _FRAME_GOAL),
        row("schedule: another week shown and painted", seen["week"], "ms", seen["plain"], _WEEK_GOAL),
        row("schedule: another day shown and painted", seen["day"], "ms", seen["plain"], _WEEK_GOAL),
    ]


def measured(frames: int) -> dict[str, float]:
    """Show the grid in a window and time what changes in it."""
    from PySide6.QtCore import Qt
    from PySide6.QtTest import QTest
    from PySide6.QtWidgets import QApplication

    from request_desk.domain.clock import FixedClock
    from request_desk.domain.practice_time import PracticeTime
    from request_desk.domain.words import Words
    from request_desk.ui.schedule.time_grid import TimeGrid
    from request_desk.ui.widgets.theme import Look, app_theme

    application = QApplication.instance() or QApplication(["bench"])
    app_theme().choose(Look.LIGHT)
    zone = PracticeTime("America/Los_Angeles")
    made = _Made(zone)
    grid = TimeGrid(FixedClock(datetime(2026, 11, 24, 16, 12, tzinfo=UTC)), Words("en_US", zone, _FIRST), may_move=True)
    grid.resize(*_SIZE)
    grid.show_schedule(made.day(_FIRST))
    grid.show()
    application.processEvents()
    found: dict[str, list[float]] = {"scroll": [], "drag": [], "week": [], "day": [], "plain": []}

    def timed(kind: str, change: Callable[[], object]) -> None:
        begun = time.perf_counter()
        change()
        grid.viewport().repaint()
        found[kind].append((time.perf_counter() - begun) * 1000)

    plain = _plain(grid.size())
    with rarely_collected():
        bar = grid.verticalScrollBar()
        for number in range(frames):
            timed("scroll", partial(bar.setValue, number * 37 % max(1, bar.maximum())))
            begun = time.perf_counter()
            plain.repaint()
            found["plain"].append((time.perf_counter() - begun) * 1000)
        start = grid.rect_of(made.day(_FIRST).columns[0].entries[3]).center()
        QTest.mousePress(grid.viewport(), Qt.MouseButton.LeftButton, Qt.KeyboardModifier.NoModifier, start)
        for number in range(frames):
            to = start + type(start)(60 + number % 400, number % 200)
            timed("drag", partial(QTest.mouseMove, grid.viewport(), to))
        QTest.keyClick(grid.viewport(), Qt.Key.Key_Escape)
        for number in range(max(4, frames // 10)):
            week = made.week(number % 2, number % _PROVIDERS)
            timed("week", partial(grid.show_schedule, week))
            day = made.day(_FIRST + timedelta(days=number % _DAYS))
            timed("day", partial(grid.show_schedule, day))
    return {
        **{name: p99(times) for name, times in found.items() if name in ("scroll", "drag")},
        **{name: middle(times) for name, times in found.items() if name not in ("scroll", "drag")},
    }


def _plain(size: Any) -> Any:
    from PySide6.QtGui import QColor, QPainter
    from PySide6.QtWidgets import QWidget

    class Plain(QWidget):
        """One colour."""

        def paintEvent(self, _event: object) -> None:
            QPainter(self).fillRect(self.rect(), QColor("white"))

    shown = Plain()
    shown.resize(size)
    shown.show()
    return shown


class _Made:
    """Days and weeks of the same made-up appointments."""

    def __init__(self, zone: Any) -> None:
        from request_desk.domain.appointments import Appointment, AppointmentStatus
        from request_desk.domain.availability import OpenSpan
        from request_desk.domain.ids import AppointmentId, LocationId, PatientId, ProviderId, TypeId, WindowId
        from request_desk.domain.schedule import ProviderColumn

        first = Appointment(
            id=AppointmentId(1),
            version=1,
            chain_id=AppointmentId(1),
            replaces_id=None,
            status=AppointmentStatus.CONFIRMED,
            patient_id=PatientId(1),
            patient_name="Zuri Okafor",
            provider_id=ProviderId(1),
            provider_name="Dr. Lindqvist",
            location_id=LocationId(1),
            location_name="Northside",
            type_id=TypeId(1),
            type_name="Well visit",
            lane=0,
            starts_at=zone.instant(_FIRST, 480),
            ends_at=zone.instant(_FIRST, 480) + _LENGTH,
            hold_expires_at=None,
            released_at=None,
            request_id=None,
            cancel_code="",
            cancel_text="",
            is_late_cancel=False,
            booked_by="Maria Santos",
        )
        self._columns: dict[tuple[date, int], ProviderColumn] = {}
        each = -(-_APPOINTMENTS // (_PROVIDERS * _DAYS))
        for number in range(_PROVIDERS * _DAYS):
            day, provider = _FIRST + timedelta(days=number // _PROVIDERS), number % _PROVIDERS
            opens = zone.instant(day, 480)
            entries = tuple(
                replace(
                    first,
                    id=AppointmentId(1 + number * each + place),
                    chain_id=AppointmentId(1 + number * each + place),
                    provider_id=ProviderId(1 + provider),
                    starts_at=opens + place * timedelta(minutes=40),
                    ends_at=opens + place * timedelta(minutes=40) + _LENGTH,
                    type_position=place,
                )
                for place in range(each)
            )
            open_ = OpenSpan(opens, opens + timedelta(hours=9), LocationId(1), "", WindowId(1))
            self._columns[day, provider] = ProviderColumn(
                day, ProviderId(1 + provider), f"Dr. Number {provider}", ("Northside",), (open_,), (), entries
            )

    def day(self, day: date) -> Any:
        from request_desk.domain.schedule import ScheduleDay

        return ScheduleDay(day, tuple(self._columns[day, provider] for provider in range(_PROVIDERS)))

    def week(self, number: int, provider: int) -> Any:
        from request_desk.domain.ids import ProviderId
        from request_desk.domain.schedule import ScheduleWeek

        days = [_FIRST + timedelta(days=7 * number + place) for place in range(7)]
        return ScheduleWeek(days[0], ProviderId(1 + provider), tuple(self._columns[day, provider] for day in days))


def main() -> int:
    """Measure in this process and print what was seen."""
    print(json.dumps(measured(int(sys.argv[1]) if len(sys.argv) > 1 else FULL.frames)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
