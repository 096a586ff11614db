"""The strip of the demo practice: the portal's address, the caught messages, other logins; nothing of it is in a real practice."""

import re
from collections.abc import Callable, Sequence
from contextlib import suppress
from threading import Thread

from PySide6.QtCore import Qt, QUrl, Signal, Slot
from PySide6.QtGui import QDesktopServices
from PySide6.QtWidgets import QDialog, QFrame, QHBoxLayout, QVBoxLayout, QWidget

from request_desk.domain import sms
from request_desk.domain.words import Words, _
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.widgets.buttons import Link, ghost, secondary
from request_desk.ui.widgets.layout import Card, column_scroll, row
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.states import State, StateStack
from request_desk.ui.widgets.text import PlainLabel, PlainTextView
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme
from request_desk.ui.window.launch import Demo, MailLike

_LINK = re.compile(r"https?://[!-~]+")
_MOST_LINKS = 4  # of one message that are offered


class DemoBar(QFrame):
    """Says that this is a demo, and where its portal and its mails are."""

    switch_wanted = Signal()

    def __init__(self, demo: Demo, words: Callable[[], Words], parent: QWidget) -> None:
        super().__init__(parent)
        self.setObjectName("demo")
        self.setAccessibleName(_("Demo practice"))
        self._demo = demo
        self._words = words
        told = PlainLabel(
            _("Demo practice. Parents' portal: {address}").format(address=demo.portal_url),
            role=TextRole.SMALL,
            tone=Tone.MUTED,
            selectable=True,
            elide=True,
        )
        portal = ghost(_("Open the portal"))
        mails = ghost(_("Caught messages"), icon="mail")
        switch = ghost(_("Switch user"), icon="users", keys="Ctrl+L")
        strip = QHBoxLayout(self)
        side = app_theme().px(14)
        strip.setContentsMargins(side, 2, side, 2)
        strip.addWidget(told, 1)
        for button in (portal, mails, switch):
            strip.addWidget(button)
        portal.clicked.connect(self._open_portal)
        mails.clicked.connect(self._open_mails)
        switch.clicked.connect(self.switch_wanted)

    @Slot()
    def _open_portal(self) -> None:
        QDesktopServices.openUrl(QUrl(self._demo.portal_url))

    @Slot()
    def _open_mails(self) -> None:
        MailsDialog(self._demo, self._words(), self.window()).open()


class MailsDialog(QDialog):
    """The mails and text messages that the demo's catcher kept, newest first, at the practice's time; sign-in codes are among them.

    Links open in a browser.
    """

    _found = Signal(object)  # Sequence[MailLike], from the thread that reads the folder

    def __init__(self, demo: Demo, words: Words, parent: QWidget | None) -> None:
        super().__init__(parent)
        self._demo = demo
        self._mails: dict[int, MailLike] = {}
        self.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        self.setWindowTitle(_("Caught messages"))
        self.setAccessibleName(_("Caught messages"))
        columns: tuple[Column[MailLike], ...] = (
            Column(_("Time"), lambda mail: words.time(mail.at), 120),
            Column(_("To"), _to, 240),
            Column(_("Subject"), _subject, 0),
        )
        self._model: ColumnsModel[MailLike] = ColumnsModel(columns, _key, self)
        self.view = ColumnsView(self._model, name=_("Caught messages"))
        self.view.key_selected.connect(self._selected)
        self.stack = StateStack(self.view)
        self.files = PlainLabel("", role=TextRole.SMALL, tone=Tone.MUTED)
        self.text = PlainTextView(name=_("Text of the message"))
        self.links: tuple[Link, ...] = ()
        self._links = QVBoxLayout()
        self._build()
        self._found.connect(self._show, Qt.ConnectionType.QueuedConnection)
        self.stack.show_state(State.LOADING, _("Looking for messages …"))
        self._read()

    def _build(self) -> None:
        theme = app_theme()
        self.resize(theme.px(760), theme.px(560))
        mails, letter = Card(padding=1), Card(padding=16)
        mails.body.addWidget(self.stack)
        letter.body.addWidget(column_scroll(self.text))
        letter.body.addWidget(self.files)
        letter.body.addLayout(self._links)
        again, close = secondary(_("Look again"), icon="refresh-cw"), secondary(_("Close"), keys="Esc")
        again.clicked.connect(self._read)
        close.clicked.connect(self.reject)
        box = QVBoxLayout(self)
        side = theme.px(5 * SPACE)
        box.setContentsMargins(side, side, side, side)
        box.setSpacing(theme.px(3 * SPACE))
        box.addWidget(PlainLabel(_("Caught messages"), role=TextRole.TITLE))
        box.addWidget(mails, 3)
        box.addWidget(letter, 2)
        box.addLayout(row(close, None, again))

    @Slot()
    def _read(self) -> None:
        Thread(target=self._look, args=(self._demo,), name="mails", daemon=True).start()

    def _look(self, demo: Demo) -> None:
        """In a thread: two hundred mails are two hundred files."""
        mails = tuple(demo.mails())
        with suppress(RuntimeError):  # the dialog was closed meanwhile
            self._found.emit(mails)

    @Slot(object)
    def _show(self, mails: Sequence[MailLike]) -> None:
        self._mails = {_key(mail): mail for mail in mails}
        self._model.set_rows(self._mails.values())
        if not mails:
            sentence = _("No message has been sent yet. A reply leaves when its undo time is over.")
            self.stack.show_state(State.EMPTY, sentence, icon="mail")
            return
        self.stack.show_content()
        if self.view.selected_key() is None:
            self.view.select_key(_key(mails[0]))

    @Slot(object)
    def _selected(self, key: int | None) -> None:
        mail = self._mails.get(key) if key is not None else None
        self.text.set_text(mail.body if mail is not None else "")
        names = ", ".join(map(one_line, mail.files)) if mail is not None else ""
        self.files.setText(_("Attached: {files}").format(files=names) if names else "")
        self.files.setVisible(bool(names))
        self._show_links(mail.body if mail is not None else "")

    def _show_links(self, body: str) -> None:
        for link in self.links:
            link.hide()
            link.deleteLater()
        addresses = dict.fromkeys(found.rstrip(".,;:") for found in _LINK.findall(body))
        self.links = tuple(Link(address, address, self) for address in list(addresses)[:_MOST_LINKS])
        for link in self.links:
            self._links.addWidget(link)
            link.picked.connect(self._open_link)

    @Slot(object)
    def _open_link(self, address: str) -> None:
        QDesktopServices.openUrl(QUrl(address))


def _key(mail: MailLike) -> int:
    return int(mail.at.timestamp() * 1_000_000)


def _to(mail: MailLike) -> str:
    return one_line(mail.to)


def _subject(mail: MailLike) -> str:
    if not mail.is_text:
        return one_line(mail.subject)
    parts = sms.size(mail.body.strip()).segments
    return _("Text message") if parts == 1 else _("Text message in {count} parts").format(count=parts)
