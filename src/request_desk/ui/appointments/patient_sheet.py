"""The question which patient's appointments are shown."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.words import _
from request_desk.services.people.patients import PatientHit
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import who_words
from request_desk.ui.schedule.patient_finder import PatientFinder
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole


class PatientSheet(Sheet):
    """Finds one patient."""

    chosen = Signal(object)  # PatientHit

    def __init__(self, context: DeskContext, parent: QWidget | None) -> None:
        super().__init__(_("Choose a patient"), primary(_("Show visits")), parent, size=(560, 0))
        self._context = context
        self._hit: PatientHit | None = None
        self.finder = PatientFinder(context)
        self._who = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self._who.hide()
        self.body.addWidget(self.finder)
        self.body.addWidget(self._who)
        self.finish()
        self.button.setEnabled(False)
        self.finder.chosen.connect(self._found)
        self.button.clicked.connect(self._decide)
        self.finder.setFocus()

    @Slot(object)
    def _found(self, hit: PatientHit) -> None:
        self._hit = hit
        self._who.setText(who_words(hit.name, hit.birth_day, self._context.words()))
        self._who.show()
        self.button.setEnabled(True)

    @Slot()
    def _decide(self) -> None:
        self.chosen.emit(self._hit)
        self.accept()
