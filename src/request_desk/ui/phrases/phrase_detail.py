"""A phrase beside the list: how it reads in each language for a real request, how it is written, what is known about it."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from request_desk.domain.changes import Topic
from request_desk.domain.ids import PhraseId
from request_desk.domain.phrases import Phrase
from request_desk.domain.words import _
from request_desk.services.practice import phrase_pairs
from request_desk.services.practice.phrase_pairs import PhrasePair
from request_desk.ui.lists.detail_page import DetailPage
from request_desk.ui.phrases.phrase_acts import PhraseAct, phrase_acts
from request_desk.ui.phrases.phrase_words import fact_lines, head_words, open_words, shown_title
from request_desk.ui.phrases.preview_with import PreviewWith, looked_at
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.text import PlainLabel, PlainTextView, show_if
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

TOPICS = (Topic.PHRASE,)
_LABELS = 90  # pixels at 100 %
_BESIDE = 2  # languages beside each other


class HalfView(QWidget):
    """One language of a phrase: as it reads, and below it as it is written."""

    def __init__(self) -> None:
        super().__init__()
        self.language = PlainLabel("", role=TextRole.SMALL_BOLD)
        self.reads = PlainTextView(name=_("As it reads"))
        self.open_fields = PlainLabel("", tone=Tone.HELD, wrap=True)
        self.heading = PlainLabel(_("As it is written"), tone=Tone.MUTED)
        self.written = PlainTextView(name=_("As it is written"), role=TextRole.SMALL)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(SPACE))
        for part in (self.language, self.reads, self.open_fields, self.heading, self.written):
            body.addWidget(part)
        body.addStretch(1)
        self.phrase: Phrase | None = None

    def show_phrase(self, name: str, phrase: Phrase, preview: PreviewWith) -> None:
        """Show one half of a pair."""
        self.phrase = phrase
        self.language.setText(name)
        self.written.set_text(phrase.body)
        self.show_reading(preview)
        for part in (self.heading, self.written, self.reads):
            show_if(part, True)

    def show_missing(self, name: str) -> None:
        """Say that the pair has no such half."""
        self.phrase = None
        self.language.setText(name)
        self.open_fields.setText(_("Not written yet. Parents who read it get the English text."))
        for part in (self.heading, self.written, self.reads):
            show_if(part, False)
        show_if(self.open_fields, True)

    def show_reading(self, preview: PreviewWith) -> None:
        """Show how it reads for the request that is chosen now."""
        if self.phrase is None:
            return
        rendered, error = looked_at(preview, self.phrase)
        self.reads.set_text("" if rendered is None else rendered.text)
        told = error.sentence if error is not None else ""
        self.open_fields.setText(told or (open_words(self.phrase.prompts, rendered) if rendered is not None else ""))
        show_if(self.open_fields, bool(self.open_fields.text()))


class PhraseDetail(DetailPage[PhrasePair]):
    """One pair; its languages stand beside each other."""

    thing_wanted = Signal(object)  # the id of another row

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            name=_("Phrase"),
            choose=_("Choose a phrase to see how it reads."),
            reading=_("Reading the phrase …"),
            topics=TOPICS,
        )
        self.seen: PhrasePair | None = None
        self.head = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.preview = PreviewWith(context)
        self.facts = FactLines(_LABELS)
        self.halves: list[HalfView] = []
        self._place = QWidget()
        self._grid = QGridLayout(self._place)
        self._grid.setContentsMargins(0, 0, app_theme().px(2 * SPACE), 0)
        self._grid.setHorizontalSpacing(app_theme().px(4 * SPACE))
        self._grid.setVerticalSpacing(app_theme().px(3 * SPACE))
        for column in range(_BESIDE):
            self._grid.setColumnStretch(column, 1)
        self.add_top(self.head)
        self.add_section(_("The reply"), self.preview, self._place)
        self.add_section(_("About it"), self.facts)
        self.preview.changed.connect(self._show_readings)

    def read(self, key: int) -> Pending[PhrasePair]:
        return self.context.runner.read(self, phrase_pairs.pair, PhraseId(key))

    def fill(self, view: PhrasePair) -> None:
        if self.seen is None or self.seen.id != view.id:
            self.place.verticalScrollBar().setValue(0)
        self.seen = view
        words = self.context.words()
        self.title.setText(shown_title(view))
        self.head.setText(head_words(view, words, self.context.actor()))
        show_if(self.head, bool(self.head.text()))
        shown = [each.phrase for each in view.halves]
        self._make_halves(len(shown) + len(view.missing))
        for half, phrase in zip(self.halves, shown, strict=False):
            half.show_phrase(words.language(phrase.language), phrase, self.preview)
        for half, code in zip(self.halves[len(shown) :], view.missing, strict=False):
            half.show_missing(words.language(code))
        self.facts.show_lines(fact_lines(view))
        self.preview.show_for(view.first.kind, view.first.outcome, [each.language for each in shown])

    def _make_halves(self, count: int) -> None:
        while len(self.halves) < count:
            place = len(self.halves)
            self.halves.append(HalfView())
            self._grid.addWidget(self.halves[place], place // _BESIDE, place % _BESIDE)
        for place, half in enumerate(self.halves):
            show_if(half, place < count)

    @Slot()
    def _show_readings(self) -> None:
        for half in self.halves:
            half.show_reading(self.preview)

    def acts_of(self, view: PhrasePair) -> Sequence[ActSpec]:
        return [act for act in self._every_act(view) if not act.is_seldom]

    def _every_act(self, view: PhrasePair) -> Sequence[ActSpec]:
        return phrase_acts(self.context, self, view, self.thing_wanted.emit)

    def do_act(self, place: PhraseAct) -> None:
        """Do one of the acts with what is shown, or say why it cannot be done."""
        if self.seen is None or not self.acts.isEnabled():
            return
        act = self._every_act(self.seen)[place]
        if act.why_not:
            told = _("{act}: {why_not}").format(act=act.text.removesuffix(" …"), why_not=act.why_not)
            self.context.messages.say(told)
        else:
            act.run()
