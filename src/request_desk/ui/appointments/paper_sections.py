"""The forms and the documents of an appointment in its detail: how far each is, and what can be done with it."""

from collections.abc import Sequence
from functools import partial

from PySide6.QtCore import Signal
from PySide6.QtWidgets import QVBoxLayout, QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.attachments import Attachment
from request_desk.domain.questionnaires import FilledForm
from request_desk.domain.words import _
from request_desk.ui.appointments.form_words import document_words, form_words
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.acts import ActsBar, ActSpec
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.layout import row
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme


class PaperLine(QWidget):
    """A form or a document: its name, what is to be said of it, and its acts."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.name = PlainLabel("", role=TextRole.SMALL_BOLD, wrap=True, selectable=True, parent=self)
        self.told = PlainLabel("", tone=Tone.MUTED, wrap=True, selectable=True, parent=self)
        self.acts = ActsBar(self)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(SPACE))
        for part in (self.name, self.told, self.acts):
            body.addWidget(part)

    def show_paper(self, name: str, told: str, acts: Sequence[ActSpec], *, is_warned: bool = False) -> None:
        self.name.setText(name)
        self.told.setText(told)
        self.told.set_tone(Tone.DANGER if is_warned else Tone.MUTED)
        self.acts.show_acts(acts)
        for button, act in zip(self.acts.buttons, acts, strict=True):
            button.setAccessibleName(_("{act}: {name}").format(act=act.text, name=name))


class _Lines(QWidget):
    """One below the other; a line that is merely read anew keeps its place, and the focus."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.lines: tuple[PaperLine, ...] = ()
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(app_theme().px(3 * SPACE))

    def _have(self, count: int) -> tuple[PaperLine, ...]:
        for line in self.lines[count:]:
            self._body.removeWidget(line)
            line.deleteLater()
        kept = self.lines[:count]
        made = tuple(PaperLine(self) for _each in range(count - len(kept)))
        for place, line in enumerate(made, len(kept)):
            self._body.insertWidget(place, line)
            line.show()
        self.lines = (*kept, *made)
        return self.lines


class FormLines(_Lines):
    """The forms before an appointment."""

    wanted = Signal(object)  # FilledForm whose answers are to be read

    def __init__(self, context: DeskContext) -> None:
        super().__init__()
        self._context = context

    def show_forms(self, forms: Sequence[FilledForm]) -> None:
        words = self._context.words()
        for line, form in zip(self._have(len(forms)), forms, strict=True):
            nothing = "" if form.answers else _("nothing is answered yet")
            act = ActSpec(_("Show answers"), partial(self.wanted.emit, form), nothing, "eye")
            line.show_paper(named(form.questionnaire.name), form_words(form, words), () if nothing else (act,))


class DocumentLines(_Lines):
    """The documents beside an appointment, and the button that adds one."""

    add_wanted = Signal()
    open_wanted = Signal(object)  # Attachment
    save_wanted = Signal(object)
    remove_wanted = Signal(object)

    def __init__(self, context: DeskContext) -> None:
        super().__init__()
        self._context = context
        self.add_button = secondary(_("Add document …"), icon="plus")
        self.add_button.clicked.connect(self.add_wanted)
        self.hint = PlainLabel(
            _("Families download them from their page. A link shows those that were there when it was sent: for later ones send a new link."),
            tone=Tone.MUTED,
            wrap=True,
        )  # fmt: skip
        self._body.addLayout(row(self.add_button, None))
        self._body.addWidget(self.hint)

    def show_documents(self, documents: Sequence[Attachment]) -> None:
        words, allowed = self._context.words(), may(self._context.actor(), Permission.SHARE_LINKS)
        for line, each in zip(self._have(len(documents)), documents, strict=True):
            acts = (
                ActSpec(_("Open …"), partial(self.open_wanted.emit, each), icon="eye"),
                ActSpec(_("Save as …"), partial(self.save_wanted.emit, each), icon="save"),
                *((ActSpec(_("Remove …"), partial(self.remove_wanted.emit, each), icon="trash-2"),) if allowed else ()),
            )
            line.show_paper(named(each.name, 100), document_words(each, words), acts, is_warned=each.is_withheld)
        self.add_button.setVisible(allowed)
        self.hint.setVisible(allowed)
