"""Preview as patient: what whoever opens a link is asked and shown, and the page itself in the browser (BK3)."""

from collections.abc import Sequence

from PySide6.QtCore import Qt, QUrl, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QGridLayout, QWidget

from request_desk.domain.share_links import PreviewStep
from request_desk.domain.words import _
from request_desk.services.practice.services import Shared
from request_desk.ui.services.service_words import CONTROLS, STEPS, shown_name
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.done_mark import DoneMark
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.layout import Line, column_scroll
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_SIZE = (560, 560)  # pixels at 100 %
_LABELS = 104


class PreviewSheet(Sheet):
    """Lists the steps and the controls of one link; its button opens the page that families see."""

    def __init__(self, shared: Shared, parent: QWidget | None) -> None:
        detail = (
            _("Whoever opens the link of this service goes through these steps.")
            if shared.variant is None
            else _("Whoever opens the link of this variant goes through these steps.")
        )
        super().__init__(
            _("Preview: {name}").format(name=shown_name(shared.thing.name)),
            primary(_("Open in the browser")),
            parent,
            detail=detail,
            size=_SIZE,
            by_enter=True,
        )
        self._address = shared.link.address
        self.steps = FactLines(_LABELS)
        self.controls: list[PlainLabel] = []
        inner = QWidget()
        self.grid = QGridLayout(inner)
        self.grid.setContentsMargins(0, 0, 0, 0)
        self.grid.setVerticalSpacing(app_theme().px(2 * SPACE))
        self.grid.setColumnStretch(1, 1)
        self.grid.addWidget(self.steps, 0, 0, 1, 2)
        self.steps.show_lines([(f"{place}. {STEPS[each.step]}", _told(each)) for place, each in _numbered(shared)])
        self._add_controls(shared)
        place = column_scroll(inner)
        place.setAccessibleName(_("What the link gives"))
        place.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # arrows scroll
        self.body.addWidget(place, 1)
        self.button.setEnabled(bool(self._address))
        self.button.clicked.connect(self._open)
        self.finish()
        if not self._address:
            self.say(_("There is no link yet: {why_not}.").format(why_not=shared.link.why_not))

    def _add_controls(self, shared: Shared) -> None:
        heading = PlainLabel(_("Once it is booked, the page offers"), role=TextRole.SMALL_BOLD, tone=Tone.MUTED)
        self.grid.addWidget(Line(), 1, 0, 1, 2)
        self.grid.addWidget(heading, 2, 0, 1, 2)
        for line, (control, is_shown) in enumerate(shared.preview.controls, 3):
            mark = DoneMark(self)
            mark.show_done(done=is_shown)
            told = CONTROLS[control] if is_shown else _("{control}: switched off").format(control=CONTROLS[control])
            label = PlainLabel(told, tone=Tone.INK if is_shown else Tone.MUTED, wrap=True)
            self.controls.append(label)
            self.grid.addWidget(mark, line, 0)
            self.grid.addWidget(label, line, 1)
        hint = PlainLabel(_("What is offered is chosen in Settings, Patients' pages."), tone=Tone.MUTED, wrap=True)
        self.grid.addWidget(hint, self.grid.rowCount(), 0, 1, 2)
        self.grid.setRowStretch(self.grid.rowCount(), 1)

    @Slot()
    def _open(self) -> None:
        if QDesktopServices.openUrl(QUrl(self._address)):
            self.accept()
        else:
            self.say(_("No browser could be opened. The address is {address}").format(address=self._address))


def _numbered(shared: Shared) -> Sequence[tuple[int, PreviewStep]]:
    return list(enumerate(shared.preview.steps, 1))


def _told(step: PreviewStep) -> str:
    return _("Skipped. {known}").format(known=step.told) if step.is_skipped else step.told
