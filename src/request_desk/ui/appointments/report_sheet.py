"""The report on appointments over the window: a period, a line for each provider, bars, why and when was cancelled, and the file."""

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Any

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.appointment_reasons import with_own
from request_desk.domain.appointment_reports import AppointmentReport, Lead, total
from request_desk.domain.appointments import REPLACED
from request_desk.domain.paging import Page
from request_desk.domain.words import _
from request_desk.services.schedule import appointment_report
from request_desk.ui.appointments import days
from request_desk.ui.appointments.bar_chart import BarChart
from request_desk.ui.appointments.export import ask_path
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.buttons import Chip, primary
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.layout import Card, column_scroll, row
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.theme import app_theme

_SIZE = (860, 600)
_TABLE = 240  # pixels at 100 %
_ALL = 0
_MONTH, _LAST_MONTH, _YEAR = "month", "last-month", "year"
_LEADS = {
    Lead.UNDER_A_DAY: _("less than a day before"),
    Lead.UNDER_TWO_DAYS: _("less than two days before"),
    Lead.UNDER_A_WEEK: _("less than a week before"),
    Lead.A_WEEK: _("a week or more before"),
}


class ReportSheet(Sheet):
    """Opens with this month; the first line is everybody together, and the line that is chosen says its cancellations below."""

    def __init__(self, context: DeskContext, parent: QWidget | None) -> None:
        super().__init__(_("Report"), primary(_("Export …"), icon="save"), parent, size=_SIZE)
        self._context = context
        self._lines: tuple[AppointmentReport, ...] = ()
        self.period = Chip("", self._periods(), ask=_("Choose days …"))
        self.model: ColumnsModel[AppointmentReport] = ColumnsModel(self._columns(), _key, self)
        self.table = ColumnsView(self.model, name=_("Report by provider"))
        self.chart, self.cancellations = BarChart(), FactLines(150)
        inner = Card(padding=1)
        inner.body.addWidget(self.table)
        inner.setMinimumHeight(app_theme().px(_TABLE))
        self.body.addLayout(row(self.period, None))
        self.body.addWidget(inner, 1)
        self.body.addWidget(self.cancellations)
        scroll = column_scroll(self.chart)
        scroll.setMinimumHeight(self.chart.sizeHint().height())
        self.body.addWidget(scroll, 1)
        self.finish()
        self.period.changed.connect(self._read)
        self.period.asked.connect(self._ask_days)
        self.table.key_selected.connect(self._selected)
        self.button.clicked.connect(self._export)
        self._read(())

    def _periods(self, chosen: str = "") -> tuple[tuple[object, str], ...]:
        named = ((_MONTH, _("This month")), (_LAST_MONTH, _("Last month")), (_YEAR, _("The last 12 months")))
        return (
            *named,
            *((value, text) for value, text in days.choices_with(chosen, self._context.words()) if value == chosen),
        )

    def _columns(self) -> tuple[Column[AppointmentReport], ...]:
        return (
            Column(_("Provider"), _name),
            Column(_("Booked"), lambda line: str(line.booked), 76, right=True),
            Column(_("Completed"), lambda line: str(line.completed), 90, right=True),
            Column(_("Ahead"), lambda line: str(line.ahead), 70, right=True),
            Column(_("No-shows"), lambda line: str(line.no_shows), 86, right=True),
            Column(_("Cancelled"), lambda line: str(line.cancelled), 86, right=True),
            Column(_("Late"), lambda line: str(line.late_cancels), 60, right=True),
            Column(_("Fill rate"), _fill, 80, right=True),
        )

    # what is shown

    def span(self) -> tuple[date, date]:
        """Return the first and the last day of the period."""
        today = self._context.today()
        first = today.replace(day=1)
        value = self.period.chosen()[0]
        if value == _MONTH:
            return first, (first + timedelta(days=31)).replace(day=1) - timedelta(days=1)
        if value == _LAST_MONTH:
            last = first - timedelta(days=1)
            return last.replace(day=1), last
        return days.two_days(value) or (today - timedelta(days=364), today)

    @Slot(object)
    def _read(self, _chosen: object) -> None:
        self.button.setEnabled(False)
        read = self._context.runner.read(self, appointment_report.report, *self.span())
        read.done(self._show).refused(self.refuse)

    def _show(self, found: Sequence[AppointmentReport]) -> None:
        self.say("")
        everybody = (total(found, _("All providers")),) if len(found) != 1 else ()
        self._lines = (*everybody, *found)
        self.model.set_rows(self._lines)
        self.chart.show_lines(found)
        self.button.setEnabled(bool(found))
        if self.table.selected_key() is None:
            self.table.select_first()
        self._selected(self.table.selected_key())

    @Slot(object)
    def _selected(self, key: int | None) -> None:
        line = next((each for each in self._lines if _key(each) == key), None)
        if line is None:
            return
        labels = {each.code: each.label for each in reversed(with_own(self._context.settings().cancel_reasons))}
        labels[REPLACED] = _("Cancelled, and booked anew")
        reasons = [
            (labels.get(code, code), count) for code, count in sorted(line.reasons.items(), key=lambda each: -each[1])
        ]
        leads = [(_LEADS[lead], line.leads[lead]) for lead in Lead if line.leads.get(lead)]
        self.cancellations.show_lines(
            (
                (_("Cancelled because"), _counted(reasons) or _("nothing was cancelled")),
                (_("When it was cancelled"), _counted(leads)),
            )
        )

    @Slot()
    def _ask_days(self) -> None:
        asked = days.DaysSheet(*self.span(), self)
        asked.chosen.connect(self._days_chosen)
        asked.open()

    @Slot(str)
    def _days_chosen(self, value: str) -> None:
        self.period.set_options(self._periods(value))
        self.period.choose((value,))
        self._read(())

    # the file

    @Slot()
    def _export(self) -> None:
        codes = sorted({code for each in self._lines for code in each.reasons})
        headings = (
            "provider", "booked", "completed", "ahead", "no_shows", "cancelled", "late_cancellations", "booked_minutes",
            "open_minutes", *(f"cancelled_{code}" for code in codes), *(f"cancelled_{lead}" for lead in Lead),
        )  # fmt: skip
        first, last = self.span()

        def read_page(_after: Any) -> Pending[Page[tuple[str, ...]]]:
            return self._context.runner.read(self, appointment_report.report_lines, first, last, tuple(codes))

        ask_path(self._context, f"report-{first}-{last}.csv", headings, read_page, self)


def _key(line: AppointmentReport) -> int:
    return line.provider_id or _ALL


def _name(line: AppointmentReport) -> str:
    return one_line(line.provider_name)


def _fill(line: AppointmentReport) -> str:
    return "–" if line.fill is None else f"{line.fill:.0%}"


def _counted(found: Sequence[tuple[str, int]]) -> str:
    return ", ".join(f"{one_line(text)} {count}" for text, count in found)
