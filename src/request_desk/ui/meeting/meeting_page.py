"""The Meeting page: the video appointments that a provider has today, who is next on top, who waits in the lobby since when."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QHideEvent, QResizeEvent, QShowEvent
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from request_desk.domain import meetings
from request_desk.domain.access import Permission, may
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.changes import Changes, Topic
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.meetings import Joining, Meeting, MeetingDay
from request_desk.domain.words import Words, _
from request_desk.services.schedule import meetings as meetings_service
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.meeting.joining import join, why_not
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.timing import Stoppable
from request_desk.ui.schedule.appointment_words import STATUS_WORDS, born_words, named
from request_desk.ui.widgets.acts import ActsMenu, ActSpec
from request_desk.ui.widgets.buttons import primary
from request_desk.ui.widgets.layout import Card, row
from request_desk.ui.widgets.states import Banner, BannerKind, State, StateStack
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme
from request_desk.ui.window.commands import Command
from request_desk.ui.window.key_gate import Scope
from request_desk.ui.window.pages import WindowPage

_SECOND: Final = 1000  # milliseconds: a meeting opens and closes to the second
_DOTS: Final = 44
_NARROW: Final = 620  # pixels at 100 % of the card; below it the button stands under the words
_TOPICS: Final = (Topic.APPOINTMENT, Topic.PATIENT, Topic.DIRECTORY, Topic.SETTINGS)


def join_words(meeting: Meeting) -> str:
    """Return what joining does now: it lets in who waits, or opens the room before anybody is here."""
    if meeting.admitted_at is not None:
        return _("Join again")
    return _("Let in and join") if meeting.is_waiting else _("Join and wait")


def lobby_words(meeting: Meeting, words: Words) -> str:
    """Return who is where: "in the lobby since 9:12 AM"."""
    if meeting.appointment.status is not AppointmentStatus.CONFIRMED:
        return STATUS_WORDS[meeting.appointment.status]
    if meeting.arrived_at is None:
        return _("not here yet") if meeting.admitted_at is None else _("not here yet, is let in at once")
    if meeting.admitted_at is None:
        return _("in the lobby since {time}").format(time=words.time(meeting.arrived_at))
    return _("let in at {time}").format(time=words.time(max(meeting.admitted_at, meeting.arrived_at)))


class NextCard(Card):
    """Who is next, in large, with the button that lets them in and when that can be pressed."""

    join_wanted = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent, padding=20, name=_("Next"))
        self._context = context
        self.place = PlainLabel("", role=TextRole.SMALL_BOLD, tone=Tone.ACCENT)
        self.who = PlainLabel("", role=TextRole.TITLE, wrap=True, selectable=True, name=_("Patient"))
        self.what = PlainLabel("", role=TextRole.BODY, tone=Tone.MUTED, wrap=True)
        self.lobby = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self.button = primary(_("Let in and join"), icon="video", keys="Ctrl+Return")
        self.button.hold_width((_("Let in and join"), _("Join and wait"), _("Join again")))
        self.when = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.button.clicked.connect(self.join_wanted)
        words = QVBoxLayout()
        words.setSpacing(app_theme().px(SPACE))
        for part in (self.place, self.who, self.what, self.lobby):
            words.addWidget(part)
        self._way = QVBoxLayout()
        self._way.setSpacing(app_theme().px(SPACE))
        self._way.addWidget(self.button, 0, Qt.AlignmentFlag.AlignLeft)
        self._way.addWidget(self.when)
        self._way.addStretch(1)
        self._row = QHBoxLayout()
        self._row.setSpacing(app_theme().px(5 * SPACE))
        self._row.addLayout(words, 1)
        self._row.addLayout(self._way)
        self.body.addLayout(self._row)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Maximum)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        is_wide = self.width() >= app_theme().px(_NARROW)
        self._row.setDirection(QHBoxLayout.Direction.LeftToRight if is_wide else QHBoxLayout.Direction.TopToBottom)

    def show_meeting(self, meeting: Meeting | None, *, is_busy: bool) -> None:
        """Show who is next, and how it stands this second."""
        for part in (self.what, self.lobby, self.button, self.when):
            part.setVisible(meeting is not None)
        if meeting is None:
            self.place.setText(_("Done"))
            self.who.setText(_("Nobody else has a video visit with you today."))
            return
        seen, now = meeting.appointment, self._context.clock.now()
        words = self._context.words().at(seen.zone)
        self.place.setText(_("You let them in") if meeting.admitted_at is not None else _("Next"))
        self.who.setText(named(seen.patient_name, 200))
        born = born_words(seen.birth_day, words, now) if seen.birth_day is not None else ""
        parts = (words.time(seen.starts_at), named(seen.type_name), born)
        self.what.setText(" · ".join(part for part in parts if part))
        told = lobby_words(meeting, words)
        if meeting.is_waiting and meeting.arrived_at is not None:
            told = _("{state} ({wait})").format(state=told, wait=words.since(now - meeting.arrived_at))
        self.lobby.setText(f"{told[:1].upper()}{told[1:]}")
        self.lobby.set_tone(Tone.FREE if meeting.is_waiting else Tone.MUTED)
        self.button.set_text(join_words(meeting))
        self.button.setEnabled(not why_not(self._context, seen) and not is_busy)
        self.when.setText(_open_words(meeting, words, self._context))


def _open_words(meeting: Meeting, words: Words, context: DeskContext) -> str:
    """Return when the meeting opens or closes: "Open until 10:40 AM"."""
    seen, now = meeting.appointment, context.clock.now()
    opening, closing = meetings.opens_at(seen.starts_at), meetings.closes_at(seen.ends_at)
    match meetings.joining_of(seen, now):
        case Joining.OPEN:
            return _("Open until {time}").format(time=words.time(closing))
        case Joining.EARLY:
            return _("Opens {time}").format(time=meetings.time_words(opening, now, words))
        case Joining.CLOSED:
            return _("Closed {time}").format(time=meetings.time_words(closing, now, words))
        case Joining.NEVER:
            return ""


class MeetingPage(WindowPage):
    """Live by what others do and by the clock. Ctrl+Enter lets in who is next; a row has its own way in."""

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(context, parent)
        self._day: MeetingDay | None = None
        self._is_stale = True
        self._is_busy = False
        self._clock: Stoppable | None = None
        self.setAccessibleName(_("Meeting"))
        self.today = PlainLabel("", tone=Tone.MUTED)
        self.banner = Banner(self)
        self.next = NextCard(context)
        self.model: ColumnsModel[Meeting] = ColumnsModel(self._columns(), lambda each: each.appointment.id)
        self.view = ColumnsView(self.model, name=_("Video visits of today"))
        self.model.setParent(self.view)
        content = QWidget()
        inner = QVBoxLayout(content)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(app_theme().px(14))
        inner.addWidget(self.next)
        card = Card(padding=0, name=_("Video visits of today"))
        card.body.addWidget(self.view)
        inner.addWidget(card, 1)
        self.stack = StateStack(content, is_card=True)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(2 * SPACE))
        body.addLayout(row(PlainLabel(_("Meeting"), role=TextRole.TITLE), self.today, None))
        body.addWidget(self.banner)
        body.addWidget(self.stack, 1)
        self._connect()
        self.stack.show_state(State.LOADING, _("Reading your video visits …"))

    def _connect(self) -> None:
        context, scope = self._context, Scope.MEETING
        self.next.join_wanted.connect(self.join_next)
        self.view.opened.connect(self._row_opened)
        self.view.menu_wanted.connect(self._menu)
        self.stack.pane.acted.connect(self._state_acted)
        self.banner.acted.connect(self._read)
        context.hub.changed.connect(self._changed)
        context.gate.watch(self.view, scope)
        for command, handler in (
            (
                Command("meeting.next", _("Let in who is next, and join"), ("Ctrl+Return",), scope, True, icon="video"),
                self.join_next,
            ),
            (Command("meeting.join", _("Join the chosen video visit"), ("J",), scope, True), partial(self._do, 0)),
            (Command("meeting.patient", _("Open the patient of the visit"), ("I",), scope), partial(self._do, 2)),
        ):
            context.commands.add(command, handler, owner=self)

    def _columns(self) -> tuple[Column[Meeting], ...]:
        return (
            Column(_("Time"), self._time, 96),
            Column(_("Patient"), self._who),
            Column(_("Type"), self._type, 150, from_width=820),
            Column(_("Lobby"), self._lobby, 210),
            Column(_("Meeting"), self._open_time, 150, from_width=560),
            Column("", self._menu_words, _DOTS, dots=True),
        )

    # what is shown

    def _time(self, each: Meeting) -> str:
        return self._context.words().at(each.appointment.zone).time(each.appointment.starts_at)

    def _who(self, each: Meeting) -> str:
        seen = each.appointment
        if seen.birth_day is None:
            return named(seen.patient_name)
        return f"{named(seen.patient_name)}, {self._context.words().birth_short(seen.birth_day)}"

    def _type(self, each: Meeting) -> str:
        return each.appointment.type_name

    def _lobby(self, each: Meeting) -> str:
        return lobby_words(each, self._context.words().at(each.appointment.zone))

    def _open_time(self, each: Meeting) -> str:
        return _open_words(each, self._context.words().at(each.appointment.zone), self._context)

    def _menu_words(self, _each: Meeting) -> str:
        return _("What can be done with the visit")

    def next_meeting(self) -> Meeting | None:
        """Return who is next now."""
        return meetings.next_of(self._day.meetings, self._context.clock.now()) if self._day is not None else None

    # reading

    def showEvent(self, event: QShowEvent) -> None:
        super().showEvent(event)
        self._clock = self._context.timers(self, _SECOND, self._ticked, repeat=True)
        if self._is_stale:
            self._read()
        else:
            self._show()

    def hideEvent(self, event: QHideEvent) -> None:
        super().hideEvent(event)
        if self._clock is not None:
            self._clock.stop()
            self._clock = None

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if changes.touches(*_TOPICS):
            self._is_stale = True
            if self.isVisible():
                self._read()

    @Slot()
    def _read(self) -> None:
        self._is_stale = False
        self._context.runner.read(self, meetings_service.own_day).done(self._day_read).refused(self._not_read)

    def _day_read(self, found: MeetingDay) -> None:
        self.banner.clear()
        self._day = found
        words = self._context.words()
        self.today.setText(words.long_day(found.day))
        self.model.set_rows(found.meetings)
        if not found.has_server:
            self._say_no_server()
        elif not found.meetings:
            self.stack.show_state(State.EMPTY, _("No video visit with you is booked for today."), icon="video")
        else:
            had_focus = self.stack.pane.isAncestorOf(self.focusWidget())
            self.stack.show_content()
            shown = self.next_meeting()
            if self.view.selected_key() is None and not (shown and self.view.select_key(shown.appointment.id)):
                self.view.select_first()
            if had_focus:
                self.take_focus()
        self._show()

    def _say_no_server(self) -> None:
        told = _("The practice has no meeting server yet, so nobody is offered a video visit.")
        if may(self._context.actor(), Permission.MANAGE_SETTINGS):
            told += " " + _("Set its address in Settings, under Video meetings.")
            self.stack.show_state(State.EMPTY, told, action=_("Open Settings"), icon="video")
        else:
            told += " " + _("An administrator can set its address in Settings, under Video meetings.")
            self.stack.show_state(State.EMPTY, told, icon="video")

    def _not_read(self, refused: Refused) -> None:
        """What is shown stays, and a bar says that it may be old."""
        self._is_stale = True
        if self.stack.is_content_shown():
            self.banner.say(BannerKind.WARNING, refused.sentence, action=_("Try again"))
        else:
            state = State.OFFLINE if isinstance(refused, Unavailable) else State.ERROR
            self.stack.show_state(state, refused.sentence, action=_("Try again"))

    @Slot(object)
    def _state_acted(self, state: State) -> None:
        if state is State.EMPTY:
            self._context.open_thing("settings", 0)
        else:
            self._read()

    def _ticked(self) -> None:
        """Follow the clock: what opens and closes, how long somebody waits, and midnight."""
        today = self._context.today()
        if self._day is not None and self._day.day != today:
            self._read()
        else:
            self._show()

    def _show(self) -> None:
        if self._day is not None:
            self.next.show_meeting(self.next_meeting(), is_busy=self._is_busy)
            self.view.viewport().update()

    # acts

    @Slot()
    def join_next(self) -> None:
        """Let in who is next and join, or say why that cannot be done."""
        found = self.next_meeting()
        if found is not None:
            self._run(self.acts_of(found)[0])
        elif self._day is not None:
            self._context.messages.say(_("Nobody else has a video visit with you today."))

    def acts_of(self, meeting: Meeting) -> Sequence[ActSpec]:
        """Return what can be done with a row, and why the rest cannot."""
        seen, go = meeting.appointment, self._context.open_thing
        return (
            ActSpec(join_words(meeting), partial(self._join, meeting), self._why_not(meeting), "video"),
            ActSpec(_("Open the visit"), partial(go, "appointments", seen.id), icon="calendar-check"),
            ActSpec(_("Open the patient"), partial(go, "patients", seen.patient_id), icon="user"),
        )

    def _why_not(self, meeting: Meeting) -> str:
        if self._day is not None and not self._day.has_server:
            return _("the practice has no meeting server")
        return why_not(self._context, meeting.appointment)

    def _join(self, meeting: Meeting) -> None:
        if self._is_busy:
            return  # a second browser would only be in the way
        self._is_busy = True
        self._show()
        join(self._context, self, meeting.appointment).settled(self._settled)

    def _settled(self) -> None:
        self._is_busy = False
        self._show()

    @Slot(object)
    def _row_opened(self, _key: int) -> None:
        self._do(1)

    def _do(self, place: int) -> None:
        key = self.view.selected_key()
        chosen = self.model.cached(key) if key is not None else None
        if chosen is not None and self.stack.is_content_shown():
            self._run(self.acts_of(chosen)[place])

    def _run(self, act: ActSpec) -> None:
        if act.why_not:
            self._context.messages.say(_("{act}: {why_not}.").format(act=act.text, why_not=act.why_not))
        else:
            act.run()

    @Slot(object, QPoint)
    def _menu(self, key: int, place: QPoint) -> None:
        chosen = self.model.cached(key)
        if chosen is not None:
            menu = ActsMenu(self.acts_of(chosen), name=_("What can be done with the visit"), parent=self)
            menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
            menu.popup(place)

    def take_focus(self) -> None:
        place: QWidget = self.view if self.stack.is_content_shown() else self.stack
        place.setFocus(Qt.FocusReason.OtherFocusReason)
