"""The group about the patients' pages: booking by oneself, what each way to an appointment offers, the practice's colour."""

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from PySide6.QtCore import QRect, QSize, Qt, Slot
from PySide6.QtGui import QColor, QPainter, QPaintEvent
from PySide6.QtWidgets import QCheckBox, QGridLayout, QLineEdit, QSizePolicy, QVBoxLayout, QWidget

from request_desk.domain import colours
from request_desk.domain.directory import CONTROLS, Control, Flow, PracticeSettings
from request_desk.domain.words import _
from request_desk.ui.running.context import DeskContext
from request_desk.ui.services.service_words import CONTROLS as CONTROL_WORDS, shown_name
from request_desk.ui.settings.practice_forms import SettingsForm
from request_desk.ui.widgets.layout import Line
from request_desk.ui.widgets.painting import draw_text, fill_round
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import RADIUS_CONTROL, SPACE, TextRole, Tone, app_theme

_FLOWS: Final = {
    Flow.BOOKING: _("After booking"),
    Flow.MANAGE: _("Manage link"),
    Flow.ACCOUNT: _("Signed in"),
}
_WRITTEN: Final = re.compile(r"#[0-9a-f]{6}")
_COLUMN = 116  # pixels at 100 % of a way in the grid
_FIELD = 180  # of the colour as it is written
_SAMPLE = (300, 84)


class ColourSample(QWidget):
    """How a colour looks on the patients' pages: the head with the practice's name, and a button."""

    def __init__(self) -> None:
        super().__init__()
        self.colour, self._name = colours.HOUSE, ""
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(_("How it looks"))

    def show_colour(self, colour: str, name: str) -> None:
        self.colour, self._name = colour, name
        self.update()

    def sizeHint(self) -> QSize:
        theme = app_theme()
        return QSize(theme.px(_SAMPLE[0]), theme.px(_SAMPLE[1]))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter, paper = app_theme(), QPainter(self), QColor(colours.PAPER)
        whole, radius, edge = self.rect(), theme.px(RADIUS_CONTROL), theme.px(3 * SPACE)
        fill_round(painter, whole, paper, radius, theme.control_line)
        head = QRect(whole.left(), whole.top(), whole.width(), whole.height() // 2)
        painter.setClipRect(head)
        fill_round(painter, whole, QColor(self.colour), radius)
        painter.setClipping(False)
        draw_text(painter, head.adjusted(edge, 0, -edge, 0), self._name, theme.bold, paper)
        below = whole.adjusted(edge, head.height() + edge // 2, -edge, -edge // 2)
        button = QRect(below.left(), below.top(), below.width() // 3, below.height())
        fill_round(painter, button, QColor(self.colour), radius)
        draw_text(painter, button, _("Book"), theme.small_bold, paper, Qt.AlignmentFlag.AlignCenter)
        beside = QRect(button.right() + edge, below.top(), below.right() - button.right() - edge, below.height())
        draw_text(painter, beside, _("Another time"), theme.small_bold, QColor(self.colour))


class PatientsPagesForm(SettingsForm):
    """Whether families book by themselves (BK5), which controls each way shows (BK6), and in which colour."""

    names = ("self_booking", "new_families", "controls_off", "colour")

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Patients' pages"),
            _("What families can do by themselves on the portal. What they book is seen on the desks at once."),
        )
        self.self_booking = QCheckBox(_("Families may book by themselves, by the links of the services"))
        self.new_families = QCheckBox(_("So may new families, whom nobody here knows yet"))
        self.boxes: dict[tuple[Flow, Control], QCheckBox] = {}
        self.colour, self.sample = QLineEdit(), ColourSample()
        self.contrast = PlainLabel("", role=TextRole.SMALL, tone=Tone.MUTED, wrap=True)
        for box in (self.self_booking, self.new_families):
            self.fields.addWidget(box)
        self.fields.addWidget(Line())
        self.fields.addWidget(PlainLabel(_("What the page of a visit offers"), role=TextRole.BOLD))
        self.fields.addWidget(self._grid())
        self.fields.addWidget(Line())
        self._add_colour()
        self.follow(self.self_booking, self.new_families, self.colour, *self.boxes.values())
        self.self_booking.toggled.connect(self._show_new_families)
        self.colour.textChanged.connect(self._show_sample)

    def _grid(self) -> QWidget:
        """A row for each control, a column for each way; where a control makes no sense there is nothing to tick."""
        whole = QWidget()
        grid = QGridLayout(whole)
        grid.setContentsMargins(0, 0, 0, 0)
        grid.setHorizontalSpacing(app_theme().px(2 * SPACE))
        grid.setVerticalSpacing(app_theme().px(2 * SPACE))
        grid.setColumnStretch(0, 1)
        center = Qt.AlignmentFlag.AlignHCenter
        for column, (flow, title) in enumerate(_FLOWS.items(), 1):
            grid.setColumnMinimumWidth(column, app_theme().px(_COLUMN))
            grid.addWidget(PlainLabel(title, role=TextRole.SMALL_BOLD, tone=Tone.MUTED), 0, column, center)
            for line, control in enumerate(Control, 1):
                if control not in CONTROLS[flow]:
                    grid.addWidget(PlainLabel("–", tone=Tone.MUTED), line, column, center)
                    continue
                box = self.boxes[flow, control] = QCheckBox()
                box.setAccessibleName(_("{flow}: {control}").format(flow=title, control=CONTROL_WORDS[control]))
                grid.addWidget(box, line, column, center)
        for line, control in enumerate(Control, 1):
            grid.addWidget(PlainLabel(CONTROL_WORDS[control], wrap=True), line, 0)
        return whole

    def _add_colour(self) -> None:
        self.colour.setMaximumWidth(app_theme().px(_FIELD))
        self.colour.setPlaceholderText(colours.HOUSE)
        hint = _("Of the head and the buttons, written like {example}. Empty: the house's own.").format(
            example=colours.EXAMPLE
        )
        self.add_field(_("Colour of the practice"), self.colour, name="Colour", hint=hint)
        beside = QVBoxLayout()
        beside.setSpacing(app_theme().px(SPACE))
        beside.addWidget(self.sample)
        beside.addWidget(self.contrast)
        self.fields.addLayout(beside)

    @Slot()
    def _show_new_families(self) -> None:
        """Nobody new books where nobody books."""
        self.new_families.setEnabled(self.may_change() and self.self_booking.isChecked())

    @Slot()
    def _show_sample(self) -> None:
        """What is typed, as it will look, and whether letters can be read on it."""
        colour = self._typed_colour() or colours.HOUSE
        is_right = _WRITTEN.fullmatch(colour) is not None
        self.sample.setVisible(is_right)
        if not is_right:
            self.contrast.setText(_("A colour is a # and six signs of 0–9 and a–f."))
            return
        self.sample.show_colour(colour, shown_name(self.context.settings().practice_name))
        found = colours.contrast(colour, colours.PAPER)
        told = (
            _("White letters can be read on it: a contrast of {number} to 1.")
            if found >= colours.READABLE
            else _(
                "White letters cannot be read on it: a contrast of {number} to 1, and 4.5 is needed. Take a darker one."
            )
        )
        self.contrast.setText(told.format(number=f"{found:.1f}"))

    def _typed_colour(self) -> str:
        return self.colour.text().strip().lower()

    def show_settings(self, found: PracticeSettings) -> None:
        self.self_booking.setChecked(found.self_booking)
        self.new_families.setChecked(found.new_families)
        for (flow, control), box in self.boxes.items():
            box.setChecked(found.shows(flow, control))
        self.colour.setText(found.colour)
        self.lock(self.self_booking, self.colour, *self.boxes.values())
        self._show_new_families()
        self._show_sample()

    def wanted(self, stored: PracticeSettings) -> PracticeSettings:
        return replace(
            stored,
            self_booking=self.self_booking.isChecked(),
            new_families=self.new_families.isChecked(),
            controls_off=self._off(),
            colour=self._typed_colour(),
        )

    def _off(self) -> Mapping[Flow, frozenset[Control]]:
        """What is not ticked, way by way, as it is stored: ways that show everything are left out."""
        off = {
            flow: frozenset(control for (of, control), box in self.boxes.items() if of is flow and not box.isChecked())
            for flow in Flow
        }
        return {flow: found for flow, found in off.items() if found}
