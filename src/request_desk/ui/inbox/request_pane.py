"""The message, in the lower section: who asks for whom, why here, what is wanted against what is, and all around it (MC3)."""

from collections.abc import Sequence
from datetime import date, datetime
from functools import partial
from typing import Any

from PySide6.QtCore import QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QFontMetrics, QPaintEvent, QResizeEvent
from PySide6.QtWidgets import (
    QFrame,
    QGridLayout,
    QHBoxLayout,
    QMenu,
    QScrollArea,
    QSizePolicy,
    QVBoxLayout,
    QWidget,
)

from request_desk.domain.ids import RequestId
from request_desk.domain.requests import AuthorKind, Claim, Delivery, Message, RequestKind, RequestView
from request_desk.domain.words import Words, _, safe_name
from request_desk.ui.inbox import request_words as say
from request_desk.ui.inbox.commands import TINY, RequestAct
from request_desk.ui.inbox.flow import Handling
from request_desk.ui.inbox.notes_box import NotesBox
from request_desk.ui.inbox.row_words import DOT
from request_desk.ui.inbox.times_line import TimesLine
from request_desk.ui.running.context import Preferences
from request_desk.ui.widgets.buttons import Button, Chip, IconButton, Link, ghost, secondary
from request_desk.ui.widgets.layout import Card, FlowBox, Line
from request_desk.ui.widgets.states import Banner, BannerKind
from request_desk.ui.widgets.text import PlainLabel, PlainTextView, set_tip, show_if
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

LABELS = 118  # the column of labels in the small table
LEAST_READ = 40  # pixels at 100 % of the text that stay below all bars, to scroll in
STACKED = 300  # pixels at 100 % below which a label stands above what it names
ROW_HEIGHT = 22
PADDING, LOW_PADDING = 18, 12
MORE_KEY = "inbox.more"
MOST_LINES = 8  # of a message before the rest waits to be asked for, so that the times stay in sight


class Facts(QWidget):
    """The small table: a muted label, and beside it what is true; rows without content are not there."""

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._grid = QGridLayout(self)
        self._grid.setContentsMargins(0, 0, 0, 0)
        self._grid.setVerticalSpacing(app_theme().px(3))
        self._grid.setHorizontalSpacing(app_theme().px(3 * SPACE))
        self._grid.setColumnStretch(1, 1)
        self._labels: list[tuple[PlainLabel, QWidget]] = []
        self._is_stacked = False
        self._measure()
        app_theme().changed.connect(self._measure)

    def add(self, label: str, content: QWidget) -> QWidget:
        """Add a row; hiding `content` hides its label."""
        name = PlainLabel(label, tone=Tone.MUTED, parent=self)
        self._labels.append((name, content))
        self._place(len(self._labels) - 1)
        self._measure_row(name, content)
        return name

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        stacked = self.width() < app_theme().px(STACKED)
        if stacked != self._is_stacked:
            self._is_stacked = stacked
            self._measure()
            for row in range(len(self._labels)):
                self._place(row)

    def _place(self, row: int) -> None:
        """Put the label beside what is true, or above it where that would have too little room."""
        name, content = self._labels[row]
        beside, below = (0, 1) if not self._is_stacked else (1, 0)
        self._grid.addWidget(name, 2 * row, 0, 1, 1 + beside, Qt.AlignmentFlag.AlignTop)
        self._grid.addWidget(content, 2 * row + beside, below, 1, 1 + beside)

    @Slot()
    def _measure(self) -> None:
        self._grid.setColumnMinimumWidth(0, 0 if self._is_stacked else app_theme().px(LABELS))
        for name, content in self._labels:
            self._measure_row(name, content)

    def _measure_row(self, name: PlainLabel, content: QWidget) -> None:
        """Put the label on one line with the first line beside it, also where that goes on below."""
        theme = app_theme()
        height = theme.px(ROW_HEIGHT)
        above = max(0, (height - QFontMetrics(theme.small).height()) // 2)
        for part in (name, content):
            part.setMinimumHeight(height)
        if isinstance(content, PlainLabel):
            content.setAlignment(Qt.AlignmentFlag.AlignLeft | Qt.AlignmentFlag.AlignTop)
            content.setContentsMargins(0, above, 0, above)
        elif isinstance(content, LineList):
            content.set_margins(above)
        elif isinstance(content, FlowBox):
            name.setMinimumHeight(content.flow.sizeHint().height())
        elif isinstance(content, Link):
            name.setMinimumHeight(content.sizeHint().height())


class LineList(QWidget):
    """A few plain lines under each other."""

    def __init__(self, *, name: str, tone: Tone = Tone.INK, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._tone = tone
        self._said: tuple[str, ...] = ()
        self.setAccessibleName(name)
        self._body = QVBoxLayout(self)
        self._body.setContentsMargins(0, 0, 0, 0)
        self._body.setSpacing(app_theme().px(2))

    def set_margins(self, above: int) -> None:
        """Keep so much room above the first line and below the last."""
        self._body.setContentsMargins(0, above, 0, above)

    def show_lines(self, lines: Sequence[str]) -> None:
        if tuple(lines) == self._said:
            return
        self._said = tuple(lines)
        self.clear()
        for line in self._said:
            self._body.addWidget(
                PlainLabel(line, tone=self._tone, wrap=True, selectable=True, name=self.accessibleName(), parent=self)
            )

    def clear(self) -> None:
        while (item := self._body.takeAt(0)) is not None:
            widget = item.widget()
            if widget is not None:
                widget.deleteLater()

    def add(self, widget: QWidget) -> None:
        self._body.addWidget(widget)


class ValueButton(Button):
    """A button that stands for one thing of several and tells which."""

    picked = Signal(object)

    def __init__(self, text: str, value: object, *, icon: str = "") -> None:
        super().__init__(text, icon=icon)
        self._value = value
        self.clicked.connect(self._pressed)

    @Slot()
    def _pressed(self) -> None:
        self.picked.emit(self._value)


class RequestPane(Card):
    """Shows one request; every button and offer is an intent for whoever listens."""

    painted = Signal()
    offer_chosen = Signal(object)  # Item
    offers_painted = Signal(object)
    type_chosen = Signal(object)  # TypeId
    act_wanted = Signal(str)  # the id of its command
    left_out = Signal(object)  # Item: something read in the message, which does not count
    news_wanted = Signal()
    related_wanted = Signal(object)  # RequestId
    note_written = Signal(str)
    called = Signal(object, str)
    retry_wanted = Signal(object)  # delivery id

    def __init__(
        self, acts: Sequence[RequestAct[Any]], preferences: Preferences, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent, padding=PADDING, name=_("Message"))
        self.setFocusPolicy(Qt.FocusPolicy.StrongFocus)
        self._preferences = preferences
        self._view: RequestView | None = None
        self.urgent_words: tuple[str, ...] = ()  # the practice's own
        self._now: Handling | None = None
        self._shown_related: tuple[tuple[tuple[str, ...], RequestId], ...] = ()
        self._shown_deliveries: tuple[tuple[str, Delivery], ...] = ()
        self._shown_thread: tuple[tuple[str, str], ...] = ()
        self._make_head()
        self._make_people()
        # What must not be overlooked and what somebody else did meanwhile stay in sight; everything below them scrolls.
        self.urgent_bar = Banner(self)
        self.urgent_bar.acted.connect(partial(self.act_wanted.emit, "inbox.nurse"))
        self.answered_bar = Banner(self)
        self.answered_bar.acted.connect(partial(self.act_wanted.emit, "inbox.another"))
        self.offer_bar = Banner(self)
        self.offer_bar.acted.connect(partial(self.act_wanted.emit, "inbox.withdraw_offer"))
        self.safety_bar = Banner(self)
        self.news_bar = Banner(self)
        self.news_bar.acted.connect(self.news_wanted)
        for bar in (self.urgent_bar, self.answered_bar, self.offer_bar, self.safety_bar, self.news_bar):
            self.body.addWidget(bar)
        self._make_content()
        self._make_buttons(acts)

    # how it is made

    def _make_head(self) -> None:
        self.title = PlainLabel("", role=TextRole.TITLE, elide=True, parent=self)
        self.where = PlainLabel("", tone=Tone.MUTED, elide=True, parent=self)
        self.where.setAlignment(Qt.AlignmentFlag.AlignRight | Qt.AlignmentFlag.AlignVCenter)
        head = QHBoxLayout()
        head.setSpacing(app_theme().px(4 * SPACE))
        head.addWidget(self.title)
        # The title comes first: what is left of the line is for the corner.
        self.where.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
        head.addWidget(self.where, 1)
        self.body.addLayout(head)
        self._head = head

    def _make_people(self) -> None:
        """Name and birth date first, in sight wherever the rest is scrolled to."""
        self._people = people = FlowBox(self, gap=6)
        self.patient = PlainLabel("", tone=Tone.MUTED, wrap=True, selectable=True, name=_("Patient"), parent=people)
        self.asker = PlainLabel("", tone=Tone.MUTED, wrap=True, selectable=True, name=_("Sender"), parent=people)
        # Qt lays out what can be selected as a document: all of the line are, so that they stand on one line.
        self.rights = PlainLabel("", tone=Tone.MUTED, selectable=True, name=_("Rights"), parent=people)
        dot = PlainLabel("·", tone=Tone.MUTED, selectable=True, parent=people)
        dot.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        for part in (self.patient, dot, self.asker, self.rights):
            people.flow.addWidget(part)
        self.body.addWidget(people)

    def _make_content(self) -> None:
        self._scroll = QScrollArea(self)
        self._scroll.setWidgetResizable(True)
        self._scroll.setFrameShape(QFrame.Shape.NoFrame)
        self._scroll.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self._scroll.setFocusPolicy(Qt.FocusPolicy.NoFocus)
        self._scroll.setMinimumHeight(app_theme().px(LEAST_READ))
        content = QWidget()
        self._scroll.setWidget(content)
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, app_theme().px(SPACE), 0)
        inner.setSpacing(app_theme().px(2 * SPACE))
        self.claim_bar = Banner(content)
        self.claim_bar.acted.connect(partial(self.act_wanted.emit, "inbox.take"))
        inner.addWidget(self.claim_bar)
        self.text = PlainTextView(name=_("What was written"), max_lines=MOST_LINES, cuts=True, parent=content)
        inner.addWidget(self.text)
        self.whole_text = Link(_("Show the whole message"), None, content)
        self.whole_text.picked.connect(self._show_all)
        self.whole_text.hide()
        self.text.shortened.connect(self.whole_text.setVisible)
        inner.addWidget(self.whole_text, 0, Qt.AlignmentFlag.AlignLeft)
        inner.addWidget(self._make_facts(content))
        self.thread_list = LineList(name=_("Earlier in this conversation"), parent=content)
        inner.addWidget(self.thread_list)
        self._notes_line = Line(parent=content)
        inner.addWidget(self._notes_line)
        self.notes = NotesBox(content)
        self.notes.written.connect(self.note_written)
        self.notes.called.connect(self.called)
        inner.addWidget(self.notes)
        inner.addStretch(1)
        self.body.addWidget(self._scroll, 1)

    def shows_whole(self) -> bool:
        """Whether the text and every requested slot can be read without scrolling."""
        port = self._scroll.viewport()
        parts = [part for part in (self.text, self.wished) if part.isVisible()]
        return all(port.rect().contains(QRect(part.mapTo(port, QPoint()), part.size())) for part in parts)

    def _make_facts(self, parent: QWidget) -> Facts:
        facts = Facts(parent)
        self.current = PlainLabel("", selectable=True, wrap=True, name=_("Current appointment"), parent=facts)
        self.type_chip = Chip(_("Type"), all_text=_("choose one"), parent=facts)
        self.type_chip.changed.connect(self._type_chosen)
        type_row = FlowBox(facts)
        type_row.flow.addWidget(self.type_chip)
        self._type_row = type_row
        self.wished = TimesLine(name=_("Requested Appointment Slots"), parent=facts)
        self.others = TimesLine(name=_("Other times"), parent=facts)
        self.own = TimesLine(name=_("Read in the message"), parent=facts)
        self.own.chosen.connect(self.left_out)
        for line in (self.wished, self.others):
            line.chosen.connect(self.offer_chosen)
            line.offers_painted.connect(self.offers_painted)
        self.limits = PlainLabel("", tone=Tone.HELD, wrap=True, name=_("Limits"), parent=facts)
        self.more = Link("", None, facts, tone=Tone.MUTED)
        self.more.setCheckable(True)
        self.more.setChecked(self._preferences.get(MORE_KEY) is True)
        self.more.toggled.connect(self._more_toggled)
        self.rules = PlainLabel("", tone=Tone.MUTED, wrap=True, parent=facts)
        self.phone = PlainLabel("", tone=Tone.MUTED, selectable=True, name=_("Phone"), parent=facts)
        self.why_here = PlainLabel("", tone=Tone.MUTED, wrap=True, name=_("Why here"), parent=facts)
        self.offered = LineList(name=_("Times that are offered"), parent=facts)
        self.upcoming = LineList(name=_("Upcoming visits"), parent=facts)
        self.related = LineList(name=_("Related requests"), parent=facts)
        self.way = LineList(name=_("Forwarded"), tone=Tone.MUTED, parent=facts)
        self.deliveries = LineList(name=_("Notices"), parent=facts)
        self._rows: dict[QWidget, QWidget] = {}
        for label, content in (
            (_("Current appointment"), self.current),
            (_("Visit"), type_row),
            (_("Offered"), self.offered),
            (_("Requested slots"), self.wished),
            (_("Limits"), self.limits),
            (_("In their words"), self.own),
            (_("Other times"), self.others),
            (_("More"), self.more),
            (_("Rules"), self.rules),
            (_("Phone"), self.phone),
            (_("Why here"), self.why_here),
            (_("Upcoming"), self.upcoming),
            (_("Related"), self.related),
            (_("Forwarded"), self.way),
            (_("Notices"), self.deliveries),
        ):
            self._rows[content] = facts.add(label, content)
        return facts

    def _make_buttons(self, acts: Sequence[RequestAct[Any]]) -> None:
        self._buttons = FlowBox(self)
        self.more_button = IconButton("ellipsis", _("More"), outlined=True, parent=self)
        self.more_button.clicked.connect(self._open_menu)
        self._menu = QMenu(self.more_button)
        self._acts: list[tuple[RequestAct[Any], Button, QAction]] = []
        for act in acts:
            if not act.button:
                continue
            icon = "" if act.is_quiet else act.command.icon
            button = (ghost if act.is_quiet else secondary)(act.button, icon=icon, parent=self._buttons)
            entry = self._menu.addAction(act.button)
            button.clicked.connect(partial(self.act_wanted.emit, act.command.id))
            entry.triggered.connect(partial(self.act_wanted.emit, act.command.id))
            keys = act.command.shown_keys()
            if keys:
                button.setAccessibleDescription(keys)
                set_tip(button, f"{button.words()} ({keys})")
            self._buttons.flow.addWidget(button)
            self._acts.append((act, button, entry))
        self._fit_buttons()
        self.body.addWidget(self._buttons)

    def button(self, command_id: str) -> Button:
        """The button of an act."""
        return next(button for act, button, _entry in self._acts if act.command.id == command_id)

    @Slot()
    def _show_all(self) -> None:
        self.text.show_all()
        self.text.setFocus()

    @Slot()
    def _open_menu(self) -> None:
        self._menu.popup(self.more_button.mapToGlobal(self.more_button.rect().bottomLeft()))

    def minimumSizeHint(self) -> QSize:
        # The bars wrap: how high they are depends on the width, of which a splitter knows nothing.
        hint = super().minimumSizeHint()
        return QSize(hint.width(), max(hint.height(), self.body.totalMinimumHeightForWidth(self.width())))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()
        self._fit_buttons()

    def _fit_buttons(self) -> None:
        """The rarer acts go into a menu where there is no room for all the buttons."""
        theme, now = app_theme(), self._now
        is_tiny = self.width() < theme.px(TINY)
        self.set_padding(LOW_PADDING if is_tiny else PADDING)
        in_menu = has_buttons = False
        for act, button, entry in self._acts:
            is_offered = now is not None and act.is_offered(now)
            has_room = self.width() >= theme.px(act.room)
            show_if(button, is_offered and has_room)
            entry.setVisible(is_offered and not has_room)
            in_menu = in_menu or (is_offered and not has_room)
            has_buttons = has_buttons or (is_offered and has_room)
            can_be_pressed = now is not None and act.is_able(now)
            button.setEnabled(can_be_pressed)
            entry.setEnabled(can_be_pressed)
        # Where the menu has all of them, it stands beside the title: their row is for the text.
        home = self._head if is_tiny else self._buttons.flow
        if home.indexOf(self.more_button) < 0:
            home.addWidget(self.more_button)
        show_if(self.more_button, in_menu)
        show_if(self._buttons, has_buttons)
        self._buttons.fit()
        # Beside the title only where all of it has room; else it is folded.
        words = self.title.sizeHint().width() + self.where.sizeHint().width() + theme.px(4 * SPACE)
        show_if(self.where, not in_menu and words <= self.body.contentsRect().width())

    # what it shows

    def show_request(self, now: Handling, claim: Claim | None, words: Words, at: datetime) -> None:
        """Show a request as it stands; what is selected, scrolled and being noted stays while it is the same one."""
        self._now, view = now, now.view
        if self._view is None or self._view.id != view.id:
            self.notes.clear_line()
            self.news_bar.clear()
            self._scroll.verticalScrollBar().setValue(0)
        if self._view is not view:
            self._view = view
            self._show_people(view, words, words.zone.day_of(at))
            self._show_safety(view, words)
            self._show_urgent(now, words.zone.day_of(at))
            self._show_thread(view, words)
            self._show_around(view, words)
            self.notes.show_notes(view.notes, words)
        self._show_claim(claim, words)
        self._show_answered(now, words)
        self._show_offer(now.view, words)
        self.show_times(now, words, at)

    def set_types(self, types: Sequence[tuple[object, str]]) -> None:
        """Offer these types of appointment where a request names none."""
        self.type_chip.set_options(types)

    @Slot(object)
    def _type_chosen(self, chosen: tuple[object, ...]) -> None:
        if chosen:
            self.type_chosen.emit(chosen[0])

    def say_news(self, sentence: str) -> None:
        """Tell that somebody else changed the request while work was begun here; the text is not touched."""
        self.news_bar.say(BannerKind.INFO, sentence, action=_("Show"), dismissible=True)

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self.painted.emit()

    def _show_people(self, view: RequestView, words: Words, today: date) -> None:
        self.title.setText(say.title(view), say.short_title(view))
        self.where.setText(say.where(view, words))
        self.patient.setText(say.patient_line(view, words, today))
        self.asker.setText(say.sender_line(view) + ",")
        self.rights.setText(say.rights_words(view))
        self.rights.set_tone(Tone.MUTED if view.sender.may_book else Tone.DANGER)
        self.rights.set_role(TextRole.SMALL if view.sender.may_book else TextRole.SMALL_BOLD)
        born = say.same_birth_words(view)  # a quiet mark: a shared date alone is no likeness
        self.patient.setAccessibleDescription(born)
        set_tip(self.patient, born)
        self._people.fit()

    def _show_safety(self, view: RequestView, words: Words) -> None:
        told = say.safety_words(view, words)
        if told:
            self.safety_bar.say(BannerKind.WARNING, told)
        else:
            self.safety_bar.clear()

    def _show_urgent(self, now: Handling, today: date) -> None:
        told = say.urgent_line(now.view, today, self.urgent_words)
        if told:
            self.urgent_bar.say(BannerKind.DANGER, told, action=_("Forward to nurse") if not now.is_answered else "")
        else:
            self.urgent_bar.clear()

    def _show_answered(self, now: Handling, words: Words) -> None:
        told = say.answered_line(now, words)
        if not told:
            self.answered_bar.clear()
        elif self.answered_bar.text() != told:
            again = _("Move again  A") if now.view.kind is RequestKind.RESCHEDULE else _("Another visit  A")
            self.answered_bar.say(BannerKind.WARNING, told, action=again)

    def _show_offer(self, view: RequestView, words: Words) -> None:
        told, is_open = say.offered_line(view, words)
        if not told:
            self.offer_bar.clear()
        elif self.offer_bar.text() != told:
            action = _("Withdraw") if is_open else ""
            self.offer_bar.say(BannerKind.INFO if is_open else BannerKind.WARNING, told, action=action)
        lines = say.offered_lines(view, words)
        self.offered.show_lines(lines)
        self._show_row(self.offered, shown=bool(lines))

    def _show_claim(self, claim: Claim | None, words: Words) -> None:
        if claim is None:
            self.claim_bar.clear()
            return
        told = _("{name} is on this request since {time}.").format(
            name=safe_name(claim.name), time=words.time(claim.since)
        )
        if self.claim_bar.text() != told:
            self.claim_bar.say(BannerKind.INFO, told, action=_("Take over  T"))

    def _show_thread(self, view: RequestView, words: Words) -> None:
        newest = next((one for one in reversed(view.thread) if one.author_kind is AuthorKind.CONTACT), None)
        shown = newest or (view.thread[-1] if view.thread else None)
        self.text.set_text(shown.body if shown is not None and shown.body.strip() else _("(no message)"))
        earlier = tuple((_head_of(one, view, words), one.body) for one in view.thread if one is not shown)
        show_if(self.thread_list, bool(earlier))
        if earlier == self._shown_thread:
            return
        self._shown_thread = earlier
        self.thread_list.clear()
        for head, body in earlier:
            self.thread_list.add(PlainLabel(head, role=TextRole.SMALL_BOLD, tone=Tone.MUTED))
            letter = PlainTextView(name=_("Message"), max_lines=MOST_LINES, role=TextRole.SMALL)
            letter.set_text(body)
            self.thread_list.add(letter)

    def show_times(self, now: Handling, words: Words, at: datetime) -> None:
        """Show current appointment, requested slots and offers with their state now."""
        appointment = now.view.appointment
        nameless = now.view.type_id is None and appointment is None and not now.is_answered
        self._show_row(self._type_row, shown=nameless)
        if nameless:
            self.type_chip.choose(() if now.type_id is None else (now.type_id,))
        self._show_row(self.current, shown=appointment is not None)
        if appointment is not None:
            self.current.setText(say.appointment_line(appointment, words))
            self.current.set_strike(strike=now.appointment is None)
        self._now = now
        self._fit_buttons()
        wished = say.marked(say.wished_items(now, words), now, words, at)
        hides = now.view.kind.value == "cancel" and not now.view.wishes
        self.wished.set_items(wished)
        self._show_row(self.wished, shown=not hides)
        own = say.own_items(now, words, at)
        self.own.set_items(own)
        self._show_row(self.own, shown=bool(own))
        others = say.marked(say.other_items(now, words), now, words, at)
        self.others.set_items(others)
        self._show_row(self.others, shown=bool(others))

    def _show_around(self, view: RequestView, words: Words) -> None:
        self.limits.setText(DOT.join(view.limits))
        self._show_row(self.limits, shown=bool(view.limits))
        self.rules.setText(DOT.join(view.rules))
        self.phone.setText(view.sender.phone)
        self.why_here.setText(DOT.join(part for part in (say.where(view, words), view.routing_reason) if part))
        self._show_more()
        appointments = [one for one in view.upcoming if view.appointment is None or one.id != view.appointment.id]
        self.upcoming.show_lines([say.upcoming_line(one, words) for one in appointments])
        self._show_row(self.upcoming, shown=bool(appointments))
        self.way.show_lines([say.forward_line(step, words) for step in view.forwards])
        self._show_row(self.way, shown=bool(view.forwards))
        self._show_related([(say.related_lines(one, words), one.id) for one in view.related])
        self._show_deliveries(view.deliveries, words)

    @Slot(bool)
    def _more_toggled(self, is_open: bool) -> None:
        self._preferences.put(MORE_KEY, is_open)
        self._show_more()

    def _show_more(self) -> None:
        """Name what is folded, and show it if it is wanted."""
        is_open = self.more.isChecked()
        inside = ((self.rules, _("rules")), (self.phone, _("phone")), (self.why_here, _("why here")))
        told = [(content, word) for content, word in inside if content.text()]
        self.more.icon_name = "chevron-up" if is_open else "chevron-down"
        self.more.say(", ".join(word for _content, word in told))
        self.more.setAccessibleName(_("More: {things}").format(things=self.more.text()))
        for content, _word in inside:
            self._show_row(content, shown=is_open and bool(content.text()))

    def _show_related(self, related: Sequence[tuple[tuple[str, ...], RequestId]]) -> None:
        if self._shown_related != (shown := tuple(related)):
            self._shown_related = shown
            self.related.clear()
            for told, request_id in shown:
                link = Link(told[0], request_id, shorter=told[1:])
                link.picked.connect(self.related_wanted)
                self.related.add(link)
        self._show_row(self.related, shown=bool(shown))

    def _show_deliveries(self, deliveries: tuple[Delivery, ...], words: Words) -> None:
        self._show_row(self.deliveries, shown=bool(deliveries))
        told = tuple((say.delivery_line(sent, words), sent) for sent in deliveries)
        if told == self._shown_deliveries:
            return
        self._shown_deliveries = told
        self.deliveries.clear()
        for line, sent in told:
            tone = Tone.DANGER if sent.state == "failed" else Tone.MUTED
            self.deliveries.add(PlainLabel(line, tone=tone, wrap=True))
            if sent.state == "failed":
                again = ValueButton(_("Send again"), sent.id, icon="refresh-cw")
                again.picked.connect(self.retry_wanted)
                self.deliveries.add(again)

    def _show_row(self, content: QWidget, *, shown: bool) -> None:
        show_if(content, shown)
        show_if(self._rows[content], shown)


def _head_of(message: Message, view: RequestView, words: Words) -> str:
    """Who wrote when, and whether a letter of the practice was read (RE10)."""
    parts = [safe_name(message.author_name), words.near_moment(message.created_at)]
    if message.author_kind is AuthorKind.STAFF:
        is_seen = view.seen_at is not None and view.seen_at >= message.visible_at
        parts.append(_("seen") if is_seen else _("not seen yet"))
    return DOT.join(parts)
