"""Lines of a patient's page: links with what they lead to, and contacts with their menu; what is done is decided elsewhere."""

from collections.abc import Callable, Sequence

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QGridLayout, QVBoxLayout, QWidget

from request_desk.domain.words import Words, _
from request_desk.services.people.patient_page import Related
from request_desk.ui.patients.patient_words import contact_facts
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.acts import ActsMenu, ActSpec
from request_desk.ui.widgets.buttons import IconButton, Link
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.layout import row
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

LinkLine = tuple[object, str, str]  # what it leads to, the words of the link, the words beside it


class LinkLines(QWidget):
    """Links, one below the other, each with words beside it; `picked` tells where one leads."""

    picked = Signal(object)

    def __init__(self, nothing: str, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._nothing = nothing
        self._said: Sequence[LinkLine] | None = None
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setColumnStretch(1, 1)
        self._measure()
        app_theme().changed.connect(self._measure)

    def lines(self) -> tuple[tuple[str, str], ...]:
        """Return what is shown."""
        return tuple((link, beside) for _value, link, beside in self._said or ())

    def show_lines(self, lines: Sequence[LinkLine]) -> None:
        """Show these lines; what is there already keeps the focus."""
        if lines == self._said:
            return
        self._said = lines
        while (item := self._grid.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        for place, (value, text, beside) in enumerate(lines):
            link = Link(text, value, self)
            link.picked.connect(self.picked)
            self._grid.addWidget(link, place, 0, Qt.AlignmentFlag.AlignTop | Qt.AlignmentFlag.AlignLeft)
            self._add_words(beside, place, 1)
        if not lines:
            self._add_words(self._nothing, 0, 0)

    def _add_words(self, words: str, place: int, column: int) -> None:
        label = PlainLabel(words, tone=Tone.MUTED, wrap=True, parent=self)
        label.setMinimumWidth(1)
        label.setContentsMargins(0, app_theme().px(5), 0, 0)  # on one line with the link
        self._grid.addWidget(label, place, column, 1, 2 - column, Qt.AlignmentFlag.AlignTop)

    @Slot()
    def _measure(self) -> None:
        self._grid.setHorizontalSpacing(app_theme().px(2 * SPACE))
        self._grid.setVerticalSpacing(app_theme().px(2))


class ContactLines(QWidget):
    """The contacts of a patient, each with name, facts and a menu of what can be done."""

    def __init__(self, acts_of: Callable[[Related], Sequence[ActSpec]], parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._acts_of = acts_of
        self._said: tuple[Related, ...] | None = None
        self.blocks: tuple[ContactBlock, ...] = ()
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(app_theme().px(3 * SPACE))
        self._nobody = PlainLabel(_("Nobody asks for this patient."), tone=Tone.MUTED, parent=self)
        self._nobody.setContentsMargins(0, app_theme().px(5), 0, 0)
        self._body.addWidget(self._nobody)

    def show_contacts(self, contacts: tuple[Related, ...], words: Words) -> None:
        """Show these contacts; those that are there already keep the focus."""
        if contacts == self._said:
            return
        self._said = contacts
        for block in self.blocks:
            block.hide()
            block.deleteLater()
        self.blocks = tuple(ContactBlock(each, words, self._acts_of, self) for each in contacts)
        for block in self.blocks:
            self._body.addWidget(block)
        self._nobody.setVisible(not contacts)


class ContactBlock(QWidget):
    """One contact."""

    def __init__(
        self, related: Related, words: Words, acts_of: Callable[[Related], Sequence[ActSpec]], parent: QWidget
    ) -> None:
        super().__init__(parent)
        self._related, self._acts_of = related, acts_of
        name = named(related.contact.name, 200)
        self.menu_name = _("What can be done with {name}").format(name=name)
        tone = Tone.INK if related.stands else Tone.MUTED
        self.name = PlainLabel(name, role=TextRole.BOLD, tone=tone, wrap=True, selectable=True, parent=self)
        relation = PlainLabel(named(related.relation.relation), tone=Tone.MUTED, parent=self)
        self.menu_button = IconButton("ellipsis", self.menu_name, parent=self)
        self.facts = FactLines(parent=self)
        self.facts.show_lines(contact_facts(related, words))
        head = row(self.name, relation, None, self.menu_button)
        head.setStretch(0, 0)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(SPACE))
        body.addLayout(head)
        body.addWidget(self.facts)
        self.menu_button.clicked.connect(self._open_menu)

    @Slot()
    def _open_menu(self) -> None:
        menu = ActsMenu(self._acts_of(self._related), name=self.menu_name, parent=self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.menu_button.mapToGlobal(self.menu_button.rect().bottomLeft()))
