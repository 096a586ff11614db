"""The request that a phrase is looked at with: chosen among real ones, and the values of the fields for it."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QComboBox, QStyledItemDelegate, QVBoxLayout, QWidget

from request_desk.domain.phrases import Phrase, PhraseError, PhraseOutcome, Rendered, render
from request_desk.domain.wishes import kind_word
from request_desk.domain.words import _
from request_desk.services.practice import phrase_previews
from request_desk.services.practice.phrase_previews import PhraseValues, PreviewRequest
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.layout import field
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line

_NAMES = 16  # letters that the box shows at least


class PreviewWith(QWidget):
    """A box with requests of the kind of a phrase: the one that is worked on, then the latest; `changed` when values are there."""

    changed = Signal()

    def __init__(self, context: DeskContext) -> None:
        super().__init__()
        self._context = context
        self._kind = ""
        self._outcome = PhraseOutcome.ANY
        self._languages: tuple[str, ...] = ()
        self._values: PhraseValues | None = None
        self._reading: Pending[PhraseValues] | None = None
        self.box = QComboBox()
        self.box.setSizeAdjustPolicy(QComboBox.SizeAdjustPolicy.AdjustToMinimumContentsLengthWithIcon)
        self.box.setMinimumContentsLength(_NAMES)
        self.box.setItemDelegate(QStyledItemDelegate(self.box))  # the own one of Qt paints past the theme
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.addWidget(field(_("As it reads for this request"), self.box))
        self.box.currentIndexChanged.connect(self._read_values)

    def show_for(self, kind: str, outcome: PhraseOutcome, languages: Sequence[str]) -> None:
        """Offer requests of this kind, and read what their fields say in these languages."""
        wanted = kind, outcome, tuple(languages)
        if wanted == (self._kind, self._outcome, self._languages):
            return
        is_other_kind = kind != self._kind
        self._kind, self._outcome, self._languages = wanted
        if is_other_kind:
            self._context.runner.read(self, phrase_previews.requests_for, kind).done(self._requests_read)
        else:
            self._read_values()

    def rendered(self, phrase: Phrase) -> Rendered:
        """Render a phrase for the request that is chosen; without one every field is open. Raises PhraseError."""
        seen = self._values
        values = {} if seen is None else seen.by_language.get(phrase.language, {})
        kind = phrase.kind if seen is None else seen.kind
        return render(phrase, values, {}, kind, phrase.outcome)

    def _requests_read(self, found: Sequence[PreviewRequest]) -> None:
        chosen = self.box.currentData()
        self.box.blockSignals(True)  # filling is no choice
        self.box.clear()
        for each in found:
            self.box.addItem(self._words(each), each.id)
        self.box.setCurrentIndex(max(0, self.box.findData(chosen)) if found else -1)
        self.box.blockSignals(False)
        self.box.setEnabled(bool(found))
        self.box.setPlaceholderText("" if found else _("No request of this kind yet"))
        self._read_values()

    def _words(self, one: PreviewRequest) -> str:
        name, when = isolated_if_needed(one_line(one.patient_name, 60)), self._context.words().moment(one.arrived_at)
        return _("{name}: {kind}, {when}").format(name=name, kind=kind_word(one.kind), when=when)

    @Slot()
    def _read_values(self) -> None:
        if self._reading is not None:
            self._reading.drop()
        chosen = self.box.currentData()
        if chosen is None or not self._languages:
            self._reading, self._values = None, None
            self.changed.emit()
            return
        read = self._context.runner.read(self, phrase_previews.preview_values, chosen, self._outcome, self._languages)
        self._reading = read.done(self._values_read).refused(self._values_refused)

    def _values_read(self, values: PhraseValues) -> None:
        self._values = values
        self.changed.emit()

    def _values_refused(self, _refused: object) -> None:
        """The request is gone meanwhile: its fields are open."""
        self._values = None
        self.changed.emit()


def looked_at(preview: PreviewWith, phrase: Phrase) -> tuple[Rendered | None, PhraseError | None]:
    """Return how a phrase reads, or what is wrong with it."""
    try:
        return preview.rendered(phrase), None
    except PhraseError as error:
        return None, error
