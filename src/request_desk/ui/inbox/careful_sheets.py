"""The questions before an act that a careful person asks: who agreed, whether the text is meant so, whom it is about."""

from collections.abc import Sequence

from PySide6.QtCore import QRect, Qt, Signal, Slot
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QButtonGroup, QRadioButton, QWidget

from request_desk.domain.careful import AgreedBy, Agreement
from request_desk.domain.directory import Patient
from request_desk.domain.search import fold
from request_desk.domain.words import Words, _, safe_name
from request_desk.services.people.patients import Agreeing
from request_desk.ui.inbox.dialogs import ENTRY
from request_desk.ui.widgets.buttons import primary, secondary
from request_desk.ui.widgets.painting import draw_text
from request_desk.ui.widgets.pick_list import PickList
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import SearchField
from request_desk.ui.widgets.text import PlainLabel, no_mnemonic
from request_desk.ui.widgets.theme import TextRole, app_theme


class AgreementSheet(Sheet):
    """Who of the household agreed, and how (ACT14). Enter does nothing until both are chosen."""

    agreed = Signal(object)  # Agreement
    replied = Signal()  # nobody: only a reply

    def __init__(self, told: str, people: Sequence[Agreeing], *, reply: str, parent: QWidget | None = None) -> None:
        detail = (
            _("{told} Ask somebody who has the right to book, and say who agreed; it stays with the request.")
            if people
            else _(
                "{told} Nobody in the household has the right to book, so nothing can be changed: only a reply is possible."
            )
        )
        super().__init__(
            _("Who agreed?"), primary(_("They agreed")), parent, detail=detail.format(told=told), by_enter=True
        )
        self._people = tuple(people)
        self._who, self._how = QButtonGroup(self), QButtonGroup(self)
        for place, one in enumerate(self._people):
            words = ", ".join(part for part in (one_line(one.name), one.relation, one.phone) if part)
            self._add(self._who, words, place)
        if people:
            self.body.addWidget(PlainLabel(_("How?"), role=TextRole.BOLD, parent=self))
        hows = (
            (_("By phone"), AgreedBy.PHONE),
            (_("In person"), AgreedBy.IN_PERSON),
            (_("In writing"), AgreedBy.IN_WRITING),
        )
        self._hows = tuple(how for _words, how in hows)
        for place, (words, _how) in enumerate(hows if people else ()):
            self._add(self._how, words, place)
        self.reply = secondary(reply, parent=self)
        self.reply.clicked.connect(self._only_reply)
        self.button.setEnabled(False)
        self.button.clicked.connect(self.accept)
        self.finish(self.reply)
        self.button.setVisible(bool(people))
        self.accepted.connect(self._accepted)
        (self._who.button(0) if people else self.reply).setFocus()

    def _add(self, group: QButtonGroup, words: str, place: int) -> None:
        option = QRadioButton(no_mnemonic(isolated_if_needed(words)), self)
        group.addButton(option, place)
        option.toggled.connect(self._ready)
        self.body.addWidget(option)

    @Slot()
    def _ready(self) -> None:
        self.button.setEnabled(self._who.checkedId() >= 0 and self._how.checkedId() >= 0)

    @Slot()
    def _only_reply(self) -> None:
        self.reject()
        self.replied.emit()

    @Slot()
    def _accepted(self) -> None:
        who, how = self._who.checkedId(), self._how.checkedId()
        if who >= 0 and how >= 0:
            one = self._people[who]
            self.agreed.emit(Agreement(one.contact_id, one.name, self._hows[how]))


class DifferenceSheet(Sheet):
    """What the response says otherwise than the act, and the two ways on (RE11); Enter goes back to the text."""

    sent = Signal()
    changed = Signal()

    def __init__(self, differences: Sequence[str], *, parent: QWidget | None = None) -> None:
        super().__init__(
            _("The response and the appointment do not agree"), primary(_("Change the text")), parent, by_enter=True
        )
        for told in differences:
            self.body.addWidget(PlainLabel(told, wrap=True, parent=self))
        self.all_the_same = secondary(_("Send it all the same"), parent=self)
        self.all_the_same.clicked.connect(self.accept)
        self.button.clicked.connect(self.reject)
        self.finish(self.all_the_same)
        self.close_button.hide()  # the button goes back to the text, as Escape does
        self.accepted.connect(self.sent)
        self.rejected.connect(self.changed)
        self.button.setFocus()


class PatientDialog(Sheet):
    """Which child of the household a request is about (ACT16); none is chosen beforehand."""

    chosen = Signal(object)  # PatientId

    def __init__(self, present: str, others: Sequence[Patient], words: Words, *, parent: QWidget | None = None) -> None:
        detail = _("It is now about {name}. A chosen time is let go, and the response is written anew.")
        detail = detail.format(name=safe_name(present))
        super().__init__(_("Who is it about?"), primary(_("Change patient")), parent, detail=detail, by_enter=True)
        self._others, self._words = tuple(others), words
        self.search = SearchField(_("Name"), parent=self)
        self.search.textChanged.connect(self._narrow)
        self.list: PickList[Patient] = PickList(
            self.search, name=_("Patients"), height=ENTRY, text_of=self._spoken, paint_row=self._paint, parent=self
        )
        self.list.setMinimumHeight(app_theme().px(ENTRY * 4 + 8))
        self.list.selectionModel().currentChanged.connect(self._current_changed)
        self.body.addWidget(self.search)
        self.body.addWidget(self.list, 1)
        self.finish()
        self.button.clicked.connect(self.accept)
        self.accepted.connect(self._accepted)
        self._narrow("")
        self.search.setFocus()

    @Slot(str)
    def _narrow(self, text: str) -> None:
        wanted = fold(text).split()
        self.list.show_rows([one for one in self._others if all(word in fold(one.name) for word in wanted)], pick=False)
        self._current_changed()

    @Slot()
    def _current_changed(self) -> None:
        one = self.list.current()
        self.button.setEnabled(one is not None)

    def _spoken(self, one: Patient) -> str:
        return _("{name}, born {birth}").format(name=safe_name(one.name), birth=self._words.birth(one.birth_day))

    def _paint(self, painter: QPainter, rect: QRect, one: Patient) -> None:
        theme = app_theme()
        inside = rect.adjusted(theme.px(12), 0, -theme.px(12), 0)
        draw_text(painter, inside, one_line(self._spoken(one)), theme.small, theme.ink, Qt.AlignmentFlag.AlignVCenter)

    @Slot()
    def _accepted(self) -> None:
        one = self.list.current()
        if one is not None:
            self.chosen.emit(one.id)
