"""What a phrase said before: when, who replaced it, the text itself, and the way back to it (TPL-08)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.practice import phrase_pairs
from request_desk.services.practice.phrase_pairs import PhrasePair
from request_desk.services.practice.phrases import KeptPhrase
from request_desk.services.practice.text_history import EarlierText
from request_desk.ui.editor.choosers import ListChooser
from request_desk.ui.lists.columns import Column
from request_desk.ui.phrases.phrase_words import shown_title
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel, PlainTextPage, show_if
from request_desk.ui.widgets.theme import Tone, app_theme

_SIZE: Final = (680, 560)
_LIST, _TEXT = 170, 170  # pixels at 100 %


@dataclass(frozen=True, slots=True)
class _Line:
    """An earlier text of one half."""

    id: int
    half: KeptPhrase
    text: EarlierText


def read_history(unit: Unit, halves: Sequence[KeptPhrase]) -> tuple[tuple[EarlierText, ...], ...]:
    """Read what each half of a pair said before."""
    return tuple(phrase_pairs.earlier(unit, each.id) for each in halves)


class HistorySheet(Sheet):
    """The earlier texts, the last first; `not_mine` says why none can be put back."""

    def __init__(self, context: DeskContext, pair: PhrasePair, not_mine: str, parent: QWidget) -> None:
        super().__init__(
            _("History of {title}").format(title=shown_title(pair, 60)), primary(_("Put back")), parent, size=_SIZE
        )
        self._context, self._pair, self._not_mine = context, pair, not_mine
        self._lines: tuple[_Line, ...] = ()
        columns: tuple[Column[_Line], ...] = (
            Column(_("Until"), self._until, 190),
            Column(_("Language"), self._language, 100),
            Column(_("Title"), _title),
            Column(_("Replaced by"), _who, 150),
        )
        self.chooser = ListChooser(columns, name=_("Earlier texts"))
        self.chooser.setMinimumHeight(app_theme().px(_LIST))
        self.text = PlainTextPage(name=_("Earlier text"))
        self.text.setMinimumHeight(app_theme().px(_TEXT))
        self.empty = PlainLabel(_("It never said anything else."), tone=Tone.MUTED, wrap=True)
        self._frame, self._paper = Card(padding=1), Card(padding=12)
        self._frame.body.addWidget(self.chooser)
        self._paper.body.addWidget(self.text)
        for part in (self.empty, self._frame, self._paper):
            self.body.addWidget(part, 0 if part is self.empty else 1)
        show_if(self.empty, False)
        self.button.setEnabled(False)
        self.finish()
        self.chooser.chosen.connect(self._show_chosen)
        self.button.clicked.connect(self._put_back)
        read = context.runner.read(self, read_history, pair.halves)
        read.done(self._history_read).refused(self.refuse)

    def _history_read(self, found: Sequence[Sequence[EarlierText]]) -> None:
        lines = [
            _Line(text.id, half, text) for half, texts in zip(self._pair.halves, found, strict=True) for text in texts
        ]
        self._lines = tuple(sorted(lines, key=lambda each: each.id, reverse=True))
        self.chooser.show_things(self._lines, None)
        show_if(self.empty, not self._lines)
        for part in (self._frame, self._paper):
            show_if(part, bool(self._lines))
        self._show_chosen()
        if self._lines:
            self.chooser.setFocus()

    def _chosen(self) -> _Line | None:
        key = self.chooser.key()
        return next((each for each in self._lines if each.id == key), None)

    @Slot()
    def _show_chosen(self) -> None:
        line = self._chosen()
        self.text.set_text("" if line is None else line.text.body)
        self.button.setEnabled(line is not None and not self._not_mine)
        self.say(_("Put back: {why_not}").format(why_not=self._not_mine) if self._not_mine and line is not None else "")

    @Slot()
    def _put_back(self) -> None:
        line = self._chosen()
        if line is None:
            return
        self.button.setEnabled(False)
        act, version = self._context.runner.act, line.half.version
        put = act(self, phrase_pairs.put_back, line.text.id, expect_version=version)
        put.done(lambda _nothing: self.accept()).refused(self.refuse)

    def _until(self, line: _Line) -> str:
        return self._context.words().moment(line.text.replaced_at)

    def _language(self, line: _Line) -> str:
        return self._context.words().language(line.half.phrase.language)


def _title(line: _Line) -> str:
    return one_line(line.text.subject)


def _who(line: _Line) -> str:
    return one_line(line.text.replaced_by) or _("an update")
