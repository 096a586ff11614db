"""Asking for a change that somebody else may make, and what is asked for beside the thing; the rules are the services'."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QVBoxLayout, QWidget

from request_desk.domain.access import Permission
from request_desk.domain.words import Words, _
from request_desk.services.practice import suggestions
from request_desk.services.practice.suggestions import About, Suggestion
from request_desk.ui.editor.editor import Editor
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_TEXT = 140  # pixels at 100 %


class SuggestionForm(Editor):
    """What somebody asks for, in their own words."""

    def __init__(self, context: DeskContext, about: About, about_id: int, name: str) -> None:
        hint = _("It stands beside {name} until somebody who may change it takes it over or closes it.")
        super().__init__(context, _("Ask for a change"), hint.format(name=named(name)), Permission.VIEW_SETTINGS, ())
        self._about, self._about_id = about, about_id
        self.text = QPlainTextEdit()
        self.text.setTabChangesFocus(True)
        self.text.setMinimumHeight(app_theme().px(_TEXT))
        self.add_field(_("What should change, and why"), self.text, name="Text")
        self.follow(self.text)
        self.save_button.set_text(_("Ask"))

    def read(self) -> None:
        self.shown(refill=not self.is_changed())
        self.text.setFocus(Qt.FocusReason.OtherFocusReason)

    def fill(self) -> None:
        self.text.clear()

    def is_changed(self) -> bool:
        return bool(self.text.toPlainText().strip())

    def save(self) -> None:
        act, text = suggestions.suggest, self.text.toPlainText()
        self.send(self.context.runner.act(self, act, self._about, self._about_id, text))


class SuggestionLines(QWidget):
    """What is asked for: who, when, the text, and for those who may change it two buttons; `editor` says what is refused."""

    def __init__(self, editor: Editor) -> None:
        super().__init__()
        self._editor = editor
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(app_theme().px(2 * SPACE))
        self._shown: tuple[tuple[Suggestion, ...], bool] | None = None
        self.cards: list[SuggestionCard] = []
        self.hide()

    def show_suggestions(self, found: Sequence[Suggestion], words: Words, *, may_change: bool) -> None:
        """Show these, the oldest first."""
        if self._shown == (tuple(found), may_change):
            return
        self._shown = tuple(found), may_change
        for card in self.cards:
            self._body.removeWidget(card)
            card.deleteLater()
        self.cards = [SuggestionCard(each, words, may_change=may_change) for each in found]
        for card in self.cards:
            card.take_over.clicked.connect(card.take_it_over)
            card.close_it.clicked.connect(card.close_without)
            card.taken_over.connect(self._take_over)
            card.closed.connect(self._close)
            self._body.addWidget(card)
        self.setVisible(bool(found))

    @Slot(object)
    def _take_over(self, suggestion: Suggestion) -> None:
        self._act(suggestions.take_over, suggestion)

    @Slot(object)
    def _close(self, suggestion: Suggestion) -> None:
        self._act(suggestions.close, suggestion)

    def _act(self, service: Callable[..., int], suggestion: Suggestion) -> None:
        runner = self._editor.context.runner
        act = runner.act(self._editor, service, suggestion.id, expect_version=suggestion.version)
        act.refused(self._editor.refuse)


class SuggestionCard(Card):
    """One suggestion."""

    taken_over = Signal(object)  # Suggestion
    closed = Signal(object)

    def __init__(self, suggestion: Suggestion, words: Words, *, may_change: bool) -> None:
        head = _("{name} asked for a change, {when}").format(
            name=named(suggestion.staff_name), when=words.moment(suggestion.created_at)
        )
        super().__init__(padding=12, name=head)
        self.suggestion = suggestion
        self.take_over = secondary(_("Done as asked"), icon="check")
        self.close_it = secondary(_("Close without a change"), icon="x")
        self.text = PlainLabel(suggestion.text, role=TextRole.BODY, wrap=True, selectable=True)
        buttons = QHBoxLayout()
        buttons.addStretch(1)
        for button in (self.close_it, self.take_over):
            buttons.addWidget(button)
            button.setVisible(may_change)
        self.body.addWidget(PlainLabel(head, tone=Tone.MUTED, wrap=True))
        self.body.addWidget(self.text)
        self.body.addLayout(buttons)

    def take_it_over(self) -> None:
        self.taken_over.emit(self.suggestion)

    def close_without(self) -> None:
        self.closed.emit(self.suggestion)
