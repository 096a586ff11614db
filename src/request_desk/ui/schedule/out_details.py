"""One appointment of a provider who is out: its other places on digits, cancel or keep, and the letters that will be sent about it."""

from collections.abc import Sequence
from dataclasses import dataclass

from PySide6.QtCore import QModelIndex, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QVBoxLayout, QWidget

from request_desk.domain.errors import Refused
from request_desk.domain.provider_out import OutAct, OutState
from request_desk.domain.spans import Slot as FreeSlot
from request_desk.domain.words import _
from request_desk.services.practice.directory import Directory
from request_desk.services.schedule import provider_out
from request_desk.services.schedule.provider_out import OutLetters
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.appointment_words import appointment_words, named, who_words
from request_desk.ui.schedule.out_lines import OutLine, place_words
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.layout import Card, row
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import PlainLabel, PlainTextPage
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

CANCEL, KEEP = "C", "K"
_LOW_ROW = 30  # pixels at 100 %
_KEY = 30


@dataclass(frozen=True, slots=True)
class _Way:
    """A place for the appointment, and the digit that chooses it."""

    number: int
    text: str
    slot: FreeSlot


class OutDetails(QWidget):
    """Shows what can be chosen and what the parent will read; what is chosen is told, nothing is decided here."""

    place_chosen = Signal(object)  # Slot
    cancel_wanted = Signal()
    keep_chosen = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._context = context
        self._line: OutLine | None = None
        self._reading: Pending[OutLetters] | None = None
        self.who = PlainLabel("", role=TextRole.BOLD, elide=True)
        self.cancel_button = secondary(_("Cancel it …"), keys=CANCEL)
        self.keep_button = secondary(_("Keep it"), keys=KEEP)
        self.cancel_button.clicked.connect(self.cancel_wanted)
        self.keep_button.clicked.connect(self.keep_chosen)
        self.error = PlainLabel("", tone=Tone.DANGER, wrap=True)
        self.error.hide()
        self.back = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.back.hide()
        columns: tuple[Column[_Way], ...] = (
            Column(_("Key"), lambda way: str(way.number), _KEY),
            Column(_("Place"), lambda way: way.text),
        )
        self._model: ColumnsModel[_Way] = ColumnsModel(columns, lambda way: way.number, self)
        self.ways = ColumnsView(self._model, name=_("Other places for the visit"))
        self.ways.horizontalHeader().hide()
        self.ways.set_row_height(_LOW_ROW)
        self.ways.clicked.connect(self._clicked)
        self.ways.opened.connect(self._opened)
        self.letter = PlainTextPage(name=_("What the parent will read"), role=TextRole.SMALL)
        self._lay_out()

    def _lay_out(self) -> None:
        theme = app_theme()
        self._places, letter = Card(padding=1), Card(padding=12)
        self._places.body.addWidget(self.ways)
        letter.body.addWidget(PlainLabel(_("What the parent will read"), role=TextRole.SMALL_BOLD, tone=Tone.MUTED))
        letter.body.addWidget(self.letter, 1)
        both = QHBoxLayout()
        both.setSpacing(theme.px(3 * SPACE))
        both.addWidget(self._places, 1)
        both.addWidget(letter, 1)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(theme.px(SPACE))
        body.addLayout(row(self.who, self.cancel_button, self.keep_button))
        body.addWidget(self.error)
        body.addWidget(self.back)
        body.addLayout(both, 1)

    def show_line(
        self, line: OutLine | None, places: Sequence[FreeSlot], directory: Directory, *, back: str = ""
    ) -> None:
        """Show an appointment with the places that are left for it; `back` says how it can still go back."""
        self._line = line
        self.back.setText(back)
        self.back.setVisible(bool(back))
        may_change = line is not None and line.is_open and line.displaced is not None
        for part in (self.cancel_button, self.keep_button, self._places):
            part.setVisible(may_change)
        if line is None:
            self.who.setText("")
            self.error.hide()
            self._model.set_rows(())
            self.letter.set_text("")
            return
        entry, words = line.appointment, self._context.words()
        who = who_words(entry.patient_name, entry.birth_day, words)
        self.who.setText(f"{who} · {words.at(entry.zone).moment(entry.starts_at)} · {appointment_words(entry, words)}")
        self.error.setText(_("Not done: {reason}").format(reason=one_line(line.error, 500)))
        self.error.setVisible(line.state is OutState.FAILED and bool(line.error))
        ways = (
            [_Way(n, place_words(slot, directory, words), slot) for n, slot in enumerate(places, 1)]
            if may_change
            else []
        )
        self._model.set_rows(ways)
        self.ways.select_key(next((way.number for way in ways if way.slot == line.choice.slot), None))
        self._read_letters(line)

    def choose(self, key: str) -> None:
        """Choose by a key: a digit, C or K; one that stands for nothing here does nothing."""
        if not key.isdigit():
            (self.cancel_button if key == CANCEL else self.keep_button).click()
        elif (way := self._model.cached(int(key))) is not None:
            self.place_chosen.emit(way.slot)

    @Slot(QModelIndex)
    def _clicked(self, index: QModelIndex) -> None:
        self._opened(self._model.key_at(index.row()))

    @Slot(object)
    def _opened(self, number: int) -> None:
        self.choose(str(number))

    # the letters

    def _read_letters(self, line: OutLine) -> None:
        if self._reading is not None:
            self._reading.drop()
            self._reading = None
        choice = line.choice
        if choice.act is OutAct.KEEP or line.lacks_place:
            self.letter.set_text(self._unsent(line))
            return
        read = self._context.runner.read(self, provider_out.letters, choice)
        self._reading = read.done(self._letters_read).refused(self._not_read)

    def _unsent(self, line: OutLine) -> str:
        if line.lacks_place:
            return _("Nothing yet: choose what becomes of the visit.")
        if line.displaced is None and line.is_open:
            return _("Nothing is sent: the visit was changed by somebody meanwhile.")
        return _(
            "Nothing is sent: for the family the visit stays where it is, although the provider is out. Call them."
        )

    def _letters_read(self, found: OutLetters) -> None:
        line, self._reading = self._line, None
        if line is None:
            return
        if not found.letters:
            told = _("Nobody gets an e-mail about {patient}. Call before the visit:").format(
                patient=named(line.appointment.patient_name)
            )
            people = [f"{named(name)}, {self._context.words().phone(phone)}" for name, phone in found.call]
            self.letter.set_text("\n".join([told, *(people or [_("No telephone number is known either.")])]))
            return
        parts = []
        for letter in found.letters:
            language = self._context.words().language(letter.language)
            to = _("To {name}, {address}, in {language}").format(
                name=named(letter.name), address=one_line(letter.address), language=language
            )
            portal = _("In the portal: {text}").format(text=letter.portal) if letter.portal else ""
            parts.append("\n\n".join(part for part in (f"{to}\n{letter.subject}", letter.body.strip(), portal) if part))
        self.letter.set_text("\n\n".join(parts))

    def _not_read(self, refused: Refused) -> None:
        self._reading = None
        self.letter.set_text(refused.sentence)
