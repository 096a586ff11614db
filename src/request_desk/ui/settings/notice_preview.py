"""A notice as its reader would get it, on a real visit, while somebody types: an e-mail with its subject, a text message with its size."""

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QVBoxLayout, QWidget

from request_desk.domain.directory import Channel
from request_desk.domain.ids import PatientId
from request_desk.domain.notice_templates import Tried
from request_desk.domain.words import _
from request_desk.services.notices.trials import TrialFacts
from request_desk.services.people.patients import PatientHit
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.patient_finder import PatientFinder
from request_desk.ui.settings.notice_words import size_words
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.layout import Card, Line, field, row
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.text import PlainLabel, PlainTextView, show_if
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme


class NoticePreview(QWidget):
    """Whose visit it is shown on is chosen above the letter: the next one of the practice, or of a patient."""

    wanted = Signal()  # another visit was chosen

    def __init__(self, context: DeskContext) -> None:
        super().__init__()
        self._context = context
        self.patient_id: PatientId | None = None
        self.whose = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.finder = PatientFinder(context)
        self.next_button = secondary(_("The next visit"), icon="calendar-check")
        self.subject = PlainLabel("", role=TextRole.BOLD, wrap=True, selectable=True)
        self.line = Line()
        self.text = PlainTextView(name=_("Preview"))
        self.size_line = PlainLabel("", role=TextRole.SMALL, tone=Tone.MUTED, wrap=True)
        self.letter = Card(padding=14, name=_("Preview"))
        for part in (self.subject, self.line, self.text, self.size_line):
            self.letter.body.addWidget(part)
        column = QVBoxLayout(self)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(app_theme().px(2 * SPACE))
        column.addWidget(PlainLabel(_("Preview"), role=TextRole.BOLD))
        column.addWidget(self.whose)
        column.addWidget(self.letter)
        column.addWidget(field(_("On the visit of another patient"), self.finder))
        column.addLayout(row(self.next_button, None))
        self.finder.chosen.connect(self._found)
        self.next_button.clicked.connect(self._take_next)

    @Slot(object)
    def _found(self, hit: PatientHit) -> None:
        self._choose(hit.id)

    @Slot()
    def _take_next(self) -> None:
        self.finder.search.clear()
        self.finder.search.setFocus()  # the button goes where it can do nothing more
        self._choose(None)

    def _choose(self, patient_id: PatientId | None) -> None:
        self.patient_id = patient_id
        self.wanted.emit()

    def show_trial(self, trial: TrialFacts | None) -> None:
        """Say whose visit it is."""
        self.next_button.setEnabled(self.patient_id is not None)
        self.whose.setText("" if trial is None else self._whose(trial))

    def _whose(self, trial: TrialFacts) -> str:
        if trial.starts_at is None and self.patient_id is not None:
            return _("This patient has no visit ahead: it is shown with made-up names and times.")
        if trial.starts_at is None:
            return _("No visit is booked ahead: it is shown with made-up names and times.")
        at = self._context.words().at(trial.zone).moment_with_zone(trial.starts_at)
        name = isolated_if_needed(one_line(trial.patient_name, 60))
        return _("On the visit of {name}, {time}. Codes and links are made up.").format(name=name, time=at)

    def clear(self) -> None:
        """Show nothing while another text is tried."""
        for part in (self.whose, self.subject, self.size_line):
            part.setText("")
        self.text.set_text("")

    def show_letter(self, channel: Channel, tried: Tried) -> None:
        """Show what a text comes to; one that cannot be used leaves the letter empty."""
        letter = tried.letter
        is_mail = channel is Channel.EMAIL
        self.subject.setText("" if letter is None else one_line(letter.subject))
        show_if(self.subject, is_mail)
        show_if(self.line, is_mail)
        self.text.set_text(_("This text cannot be used yet.") if letter is None else letter.body.strip("\n"))
        self.size_line.setText("" if tried.size is None else size_words(tried.size))
        show_if(self.size_line, tried.size is not None)
