"""What stands behind the window once the practice is open: sign-in, the shared context, the pages, the live state."""

from collections.abc import Callable, Generator, Mapping
from functools import cached_property, partial
from typing import TYPE_CHECKING

import shiboken6
from PySide6.QtCore import QEvent, QObject, QTimer, Signal, Slot
from PySide6.QtGui import QGuiApplication, QWindow
from PySide6.QtWidgets import QApplication, QDialog, QFileDialog, QWidget

from request_desk.domain.access import SYSTEM, Actor, Role, may
from request_desk.domain.changes import Changes, Topic
from request_desk.domain.clock import SystemClock
from request_desk.domain.directory import PracticeSettings
from request_desk.domain.errors import Refused, SignedOut
from request_desk.domain.ids import RequestId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.words import Words, _
from request_desk.services.desk import Desk, Outcome, Undo
from request_desk.services.inbox import marks as inbox_marks, queries as inbox_queries
from request_desk.services.people import access, preferences
from request_desk.services.practice import settings
from request_desk.ui.running.changes import ChangeHub
from request_desk.ui.running.context import DeskContext, Preferences
from request_desk.ui.running.drafts import DraftFiles, DraftKeeper
from request_desk.ui.running.opened_documents import OpenedDocuments
from request_desk.ui.running.runner import Runner
from request_desk.ui.running.timing import qt_timer
from request_desk.ui.widgets.theme import Look, app_theme
from request_desk.ui.window.commands import application_commands
from request_desk.ui.window.frame import LiveState, MainFrame
from request_desk.ui.window.launch import SESSION, Opened
from request_desk.ui.window.messages import show_crash
from request_desk.ui.window.pages import PAGES, WindowPage

if TYPE_CHECKING:
    # Not of the first list: loaded by what shows them.
    from request_desk.domain.day_list import DayList
    from request_desk.ui.freed.freed_watch import FreedWatch
    from request_desk.ui.running.kept_days import DaysKeeper, KeptDays
    from request_desk.ui.window.sign_in import SignInPane

_LIVE_WORDS = {
    LiveState.LIVE: _("Live"),
    LiveState.CONNECTING: _("Connecting …"),
    LiveState.OFFLINE: _("Offline: reading only"),
}
_ROLE_WORDS = {
    Role.ADMINISTRATOR: _("administrator"),
    Role.SCHEDULER: _("front desk"),
    Role.PROVIDER: _("provider"),
}
_PAUSE = 20  # milliseconds between two pages while the window starts: a frame, and the answers that came for it
_ACTIVITY = (QEvent.Type.KeyPress, QEvent.Type.MouseButtonPress, QEvent.Type.Wheel)
LOCK_AFTER = 10 * 60 * 1000  # milliseconds without a key or a click (LOCK-01)


def load_ahead() -> None:
    """In a worker: load the first page, and what words and times are formatted with, which would hold the window at its first use."""
    PAGES[0].load()
    settings = PracticeSettings()
    words = Words(settings.locale, PracticeTime(settings.zone))
    words.moment(SystemClock().now())
    words.count(1)


def _nothing() -> Generator[bool, None, None]:
    yield from ()


class _SessionWatch(QObject):
    """The desk as the runner sees it; tells when a session has ended (AUTH-07)."""

    signed_out = Signal(str)

    def __init__(self, desk: Desk, parent: QObject) -> None:
        super().__init__(parent)
        self._desk = desk

    def perform(
        self, actor: Actor, function: Callable[..., object], /, *args: object, **kwargs: object
    ) -> Outcome[object]:
        return self._told(lambda: self._desk.perform(actor, function, *args, **kwargs))

    def query(self, actor: Actor, function: Callable[..., object], /, *args: object, **kwargs: object) -> object:
        return self._told(lambda: self._desk.query(actor, function, *args, **kwargs))

    def undo(self, actor: Actor, undo: Undo, /) -> Outcome[object]:
        return self._told(lambda: self._desk.undo(actor, undo))

    def check_receiver(self, url: str) -> str:
        return self._desk.check_receiver(url)

    def _told(self, call: Callable[[], Outcome[object] | object]) -> "Outcome[object]":
        try:
            return call()  # type: ignore[return-value]
        except SignedOut as refused:
            self.signed_out.emit(refused.sentence)
            raise


class Shell(QObject):
    """One open practice in one window."""

    ready = Signal()  # the pages of the signed-in user are there
    locked = Signal()

    def __init__(self, frame: MainFrame, opened: Opened, desk_name: str) -> None:
        super().__init__(frame)
        self.frame = frame
        self._opened = opened
        self._desk_name = desk_name
        self._actor: Actor = SYSTEM
        self._settings = PracticeSettings()
        self._words = Words(self._settings.locale, PracticeTime(self._settings.zone))
        self._gate = _SessionWatch(opened.desk, self)
        self._gate.signed_out.connect(self._session_ended)
        self.runner = Runner(self._gate, write_crash=opened.write_crash, parent=self)
        self.runner.set_actor(SYSTEM)
        self.runner.crashed.connect(self._crashed)
        self.runner.refusal.connect(self.frame.messages.refuse)
        self.runner.outcome.connect(self._happened)
        self.hub = ChangeHub(self.runner, opened.desk, parent=self)
        self.hub.changed.connect(self._changed)
        self.hub.live_changed.connect(self._live_changed)
        self.drafts = DraftKeeper(
            self.runner, opened.desk.clock, save=inbox_marks.save_draft, drop=inbox_marks.drop_draft, parent=self
        )
        self.drafts.failed.connect(self.frame.messages.warn)
        self._days_keeper: DaysKeeper | None = None
        self._opened_documents = OpenedDocuments(opened.drafts_folder.parent / "opened")
        self._opened_documents.clear()  # what a window left behind that was killed
        self.context: DeskContext | None = None
        self._current = ""  # the one-time code while a new password is chosen
        self._waiting: access.SignedIn | None = None  # who enters once it is
        self._building: Generator[bool, None, None] = _nothing()
        self._step_waits = False
        self._is_entering = False  # somebody comes in, and nobody has locked since
        self._is_closed = False
        self._hidden: list[QDialog] = []  # sheets that were open when the desk was locked
        self._focused: QWidget | None = None  # what had the keyboard then
        self._freed: FreedWatch | None = None
        self._left: list[str] = []  # keys of the pages that led to another
        self._too_late: Undo | None = None  # the last act, once its grace time is over
        self._idle = QTimer(self)
        self._idle.setInterval(LOCK_AFTER)
        self._idle.timeout.connect(self.lock)
        self._add_commands()
        if opened.demo is not None:
            from request_desk.ui.window.demo_bar import DemoBar

            self._demo_bar = DemoBar(opened.demo, lambda: self._words, frame)
            self._demo_bar.switch_wanted.connect(self.lock)
            frame.setMenuWidget(self._demo_bar)
        frame.undo_bar.undo_asked.connect(self._undo)
        frame.undo_bar.expired.connect(self._undo_expired)
        frame.identity_clicked.connect(self.lock)
        application = QGuiApplication.instance()
        assert isinstance(application, QGuiApplication)
        application.focusWindowChanged.connect(self._window_focused)
        self._window_focused(frame.windowHandle())

    @cached_property
    def _kept_days(self) -> "KeptDays":
        from request_desk.ui.running.kept_days import KeptDays

        return KeptDays(self._opened.drafts_folder, self._opened.draft_key)

    @cached_property
    def cover(self) -> "SignInPane":
        """The sign-in over the window, made when it is first needed."""
        from request_desk.ui.window.sign_in import SignInPane

        cover = SignInPane(self.frame)
        cover.signed_in.connect(self._sign_in)
        cover.password_chosen.connect(self._set_password)
        if self._opened.demo is not None:
            cover.offer_demo_staff(self._opened.demo.staff)
        return cover

    @property
    def is_covered(self) -> bool:
        return "cover" in self.__dict__ and self.cover.isVisible()

    # Beginning

    @Slot()
    def start(self) -> None:
        """Follow the journal, read the settings, and bring somebody in."""
        self.hub.start()
        self.runner.read(self, settings.settings).done(self._settings_read).refused(self._cannot_begin)

    def _settings_read(self, found: PracticeSettings) -> None:
        self._use_settings(found)
        if self._opened.remembered:
            self.runner.read(self, access.resume, self._opened.remembered, self._desk_name).done(self._enter).refused(
                self._cover
            )
        else:
            self._cover(None)

    def _cannot_begin(self, refused: Refused) -> None:
        self.frame.clear_pages()
        self.cover.cover(hint=refused.sentence)

    def _cover(self, _refused: Refused | None) -> None:
        self.frame.clear_pages()
        hint = self._opened.secrets.sentence
        self.cover.cover(login=self.frame.memory.get("login") or "", hint=hint)

    def _use_settings(self, found: PracticeSettings) -> None:
        self._settings = found
        self._words = Words(found.locale, PracticeTime(found.zone))
        self._present_words()
        self.frame.set_practice(found.practice_name)
        self.frame.memory.put("practice", found.practice_name)

    def _present_words(self) -> Words:
        """The formatter, with the day that it is now: a desk stays open over midnight."""
        today = self._words.zone.day_of(self._opened.desk.clock.now())
        if self._words.today != today:
            self._words = self._words.on(today)
        return self._words

    # Signing in and out

    @Slot(str, str, bool)
    def _sign_in(self, login: str, password: str, remember: bool) -> None:
        attempt = self.runner.call(self, access.sign_in, self._opened.desk, login, password, self._desk_name)
        attempt.done(partial(self._answered, login, password, remember)).refused(self._sign_in_refused)

    def _answered(self, login: str, password: str, remember: bool, attempt: access.Attempt) -> None:
        if attempt.signed_in is None:
            if not self.is_covered:
                self._cover(None)
            self.cover.refuse(attempt.sentence)
            return
        signed_in = attempt.signed_in
        self.frame.memory.put("login", login if remember else "")
        if remember:
            self._remember(signed_in.token.text)
        else:  # nor anybody else, whose session may still stand
            self.runner.run_in_pool(self, self._opened.secrets.forget, SESSION)
        if signed_in.must_change:
            self._current, self._waiting = password, signed_in
            self.runner.set_actor(signed_in.actor)
            self.cover.ask_new_password()
        else:
            self._enter(signed_in)

    def _sign_in_refused(self, refused: Refused) -> None:
        if not self.is_covered:
            self._cover(None)
        self.cover.refuse(refused.sentence)

    def _remember(self, token: str) -> None:
        # Elsewhere: a key store may ask its user first, and the window must not wait for that.
        self.runner.run_in_pool(self, self._opened.secrets.put, SESSION, token)

    @Slot(str)
    def _set_password(self, new: str) -> None:
        if self._waiting is None:
            return
        desk, actor = self._opened.desk, self._waiting.actor
        change = self.runner.call(self, access.change_password, desk, actor, self._current, new)
        change.done(self._password_set).refused(self._password_refused)

    def _password_set(self, attempt: access.Attempt) -> None:
        if attempt.sentence:
            self.cover.ask_new_password(attempt.sentence)
            return
        self._current = ""
        self.frame.messages.say(_("Your password is set."))
        if self._waiting is not None:
            self._enter(self._waiting)
            self._waiting = None

    def _password_refused(self, refused: Refused) -> None:
        self.cover.ask_new_password(refused.sentence)

    def _enter(self, signed_in: access.SignedIn) -> None:
        same = self._actor.id == signed_in.actor.id and self.context is not None
        self._is_entering = True
        self._actor = signed_in.actor
        self.runner.set_actor(self._actor)
        self.frame.set_identity(self._actor.name, self._role_words())
        self._find_again(same=same)
        if same:
            self._uncover()
            if self._focused is not None and shiboken6.isValid(self._focused):
                self._focused.setFocus()
            self.hub.reread()  # what happened meanwhile was not read, and what was claimed here was let go of
            self._build_on()
            return
        self.context = None
        self._stop_building()
        if self.frame.has_page(PAGES[0].key):
            self.frame.show_page(PAGES[0].key)  # everybody begins there
        self.frame.clear_pages()  # what one user saw is nobody else's
        self.frame.undo_bar.clear()
        self.frame.messages.clear()
        for warning in self._opened.warnings:
            self.frame.messages.warn(warning)
        self._too_late = None
        self.runner.read(self, preferences.preferences).done(self._preferences_read).refused(self._sign_in_refused)

    def _find_again(self, *, same: bool) -> None:
        """Show the sheets that a lock has hidden, with what was typed there; those of another user are thrown away."""
        hidden, self._hidden = self._hidden, []
        for window in hidden:
            if shiboken6.isValid(window):
                if same:
                    window.show()
                else:
                    window.deleteLater()

    def _uncover(self) -> None:
        self._is_entering = False
        if "cover" in self.__dict__:
            self.cover.uncover()
        self._idle.start()

    def _role_words(self) -> str:
        return self._words.list_of([words for role, words in _ROLE_WORDS.items() if role in self._actor.roles])

    @Slot()
    def lock(self) -> None:
        """Cover the window; what was typed is kept for the same user."""
        if self.is_covered or self._actor is SYSTEM:
            return
        self._put_away()
        login = self.frame.memory.get("login") or ""
        self.runner.act(self, access.sign_out).refused(self._forget)
        self.cover.cover(login=login, hint=_("Locked. What you typed is kept."))
        self.locked.emit()

    def _put_away(self) -> None:
        """What is open belongs to who was here: sheets are hidden, replies are on the disk, the session is forgotten."""
        self._is_entering = False
        self._focused = self.frame.focusWidget()
        self._opened_documents.clear()
        self.drafts.flush()
        for window in QApplication.topLevelWidgets():
            if window is self.frame or not window.isVisible():
                continue
            if isinstance(window, QDialog) and not isinstance(window, QFileDialog):
                window.hide()
                self._hidden.append(window)
            else:
                window.close()
        self._idle.stop()
        self.runner.run_in_pool(self, self._opened.secrets.forget, SESSION)

    def _forget(self, _refused: Refused) -> None:
        """A session that cannot be ended now ends by itself; the cover is up all the same."""

    @Slot(str)
    def _session_ended(self, sentence: str) -> None:
        if not self.is_covered and self._actor is not SYSTEM:
            self._put_away()
            self.cover.cover(login=self.frame.memory.get("login") or "", hint=sentence)

    # Pages

    def _preferences_read(self, chosen: Mapping[str, object]) -> None:
        theme = app_theme()
        theme.recall(chosen.get("look"), chosen.get("text_size"))
        self._keep_looks()
        self._use_letters(on=chosen.get("letters") is not False)
        kept = Preferences(chosen, self._keep, self)
        for spec in PAGES:
            self.frame.offer_page(spec.key, offered=spec.is_offered(self._actor))
        self.frame.commands.allow(lambda permission: may(self._actor, permission))
        self.drafts.open(DraftFiles(self._opened.drafts_folder, self._opened.draft_key, self._actor.staff_id))
        self.context = DeskContext(
            runner=self.runner,
            hub=self.hub,
            commands=self.frame.commands,
            gate=self.frame.gate,
            clock=self._opened.desk.clock,
            timers=qt_timer,
            words=self._present_words,
            settings=lambda: self._settings,
            actor=lambda: self._actor,
            preferences=kept,
            drafts=self.drafts,
            undo_bar=self.frame.undo_bar,
            messages=self.frame.messages,
            memory=self.frame.memory,
            open_thing=self._open_thing,
            kept_days=self._read_kept_days,
            sends_mail=self._opened.sends_mail,
            scan=self._opened.scan,
            opened_documents=self._opened_documents,
        )
        self._building = self._build(self.context)
        self.runner.read(self, inbox_queries.drafts).done(self.drafts.merge)
        self._build_on()

    def _keep(self, key: str, value: object) -> object:
        return self.runner.act(self, preferences.set_preference, key, value)

    def _build(self, context: DeskContext) -> Generator[bool, None, None]:
        """Build the pages, a piece with each step; a step says whether the next one waits until nothing is read any more."""
        first, *others = PAGES
        place = self.frame.place(first.key)
        page = first.load()(context, place, at_once=False)
        try:
            yield False
            for _step in page.building:
                yield False
            # It is laid out where it will be, beneath what is shown there now.
            page.setUpdatesEnabled(False)
            page.lower()
            page.setGeometry(place.rect())
            page.show()
            yield False
            page.setUpdatesEnabled(True)
            self.frame.set_page(first.key, page)
        finally:
            if self.frame.page(first.key) is not page and shiboken6.isValid(page):
                shiboken6.delete(page)
        self._uncover()  # not before: what the user before saw is gone now
        yield True  # so that the first list comes first
        self.runner.run_in_pool(self, page.load_rest)
        yield True
        for _step in page.rest:
            yield False
        yield True
        self.runner.run_in_pool(self, self._opened.begin)
        for spec in (each for each in others if each.is_offered(self._actor)):
            self.runner.run_in_pool(self, spec.load)
            yield True
            self.frame.set_page(spec.key, spec.load()(context, self.frame.place(spec.key)))
            yield True
        self._watch_freed(context)
        self._count()
        self._keep_days(context)
        focus = QApplication.focusWidget()
        is_at_work = focus is not None and page.isAncestorOf(focus)
        if self.frame.current_page() == first.key and not is_at_work:
            page.take_focus()
        self.ready.emit()

    def _read_kept_days(self) -> "tuple[DayList, ...]":
        return self._kept_days.read()

    def _keep_days(self, context: DeskContext) -> None:
        from request_desk.ui.running.kept_days import DaysKeeper

        if self._days_keeper is None:
            self._days_keeper = DaysKeeper(self.runner, self._kept_days, context.timers, self)

    def _watch_freed(self, context: DeskContext) -> None:
        """The line after an act that freed a time belongs to the pages of whoever is signed in, and goes with them."""
        from request_desk.ui.freed.freed_watch import FreedWatch

        self._freed = FreedWatch(context, self.frame.page(PAGES[0].key))
        self.frame.page_shown.connect(self._freed.page_shown)
        self._freed.page_shown(self.frame.current_page())

    def _offer_freed(self) -> None:
        if self._freed is not None and shiboken6.isValid(self._freed):
            self._freed.offer()

    def _go_back(self) -> None:
        """Go back to the page that led here; what was open there still is."""
        if self._left:
            key = self._left.pop()
            self.frame.show_page(key)
            page = self.frame.page(key)
            if isinstance(page, WindowPage):
                page.take_focus()

    def _pages(self) -> list[WindowPage]:
        """The pages that are built."""
        found = (self.frame.page(spec.key) for spec in PAGES if self.frame.has_page(spec.key))
        return [page for page in found if isinstance(page, WindowPage)]

    @Slot()
    def _build_on(self) -> None:
        """One step a turn of the event loop; what may wait does so while anything is read."""
        if self._is_closed or (self.is_covered and not self._is_entering):
            return  # nobody may read while it is locked, and the keys are the sign-in's
        if not self._step_waits or not self.runner.busy():
            waits = next(self._building, None)
            if waits is None:
                return
            self._step_waits = waits
        self._next_step.start(_PAUSE if self._step_waits else 0)

    @cached_property
    def _next_step(self) -> QTimer:
        """A timer, since all calls that are queued are made in one turn."""
        timer = QTimer(self)
        timer.setSingleShot(True)
        timer.timeout.connect(self._build_on)
        return timer

    def _stop_building(self) -> None:
        """What is half built belongs to nobody."""
        self._next_step.stop()
        self._step_waits = False
        self._building.close()

    # What happens

    @Slot(object)
    def _changed(self, changes: Changes) -> None:
        if changes.touches(Topic.SETTINGS):
            self.runner.read(self, settings.settings).done(self._use_settings)
        # A session that ended elsewhere is noticed by the next read, so that one is made (AUTH-09).
        if changes.touches(Topic.REQUEST, Topic.MARK, Topic.DIRECTORY, Topic.STAFF, Topic.SESSION):
            self._count()

    def _count(self) -> None:
        if self._actor is not SYSTEM:
            self.runner.read(self, inbox_queries.badge).done(self._counted)

    def _counted(self, count: int) -> None:
        self.frame.set_badge(PAGES[0].key, count)

    @Slot(object)
    def _live_changed(self, state: LiveState) -> None:
        self.frame.set_live(state, _LIVE_WORDS[state])
        if state is LiveState.LIVE:
            self.drafts.retry()

    @Slot(object)
    def _happened(self, outcome: Outcome[object]) -> None:
        if outcome.undo is not None:
            seconds = (outcome.undo.until - self._opened.desk.clock.now()).total_seconds()
            self._too_late = None
            self.frame.undo_bar.offer(outcome.undo.label, max(1.0, seconds), outcome.undo)

    def _undo_last(self) -> None:
        """Take the last act back; after the grace time say why not, and offer the correction (ACT5)."""
        from request_desk.services.inbox import handling

        late = self._too_late
        if self.frame.undo_bar.offered() is not None:
            self.frame.undo_bar.ask_undo()
        elif late is None:
            self.frame.messages.say(_("There is nothing to take back."))
        elif late.function is handling.unresolve:
            told = _("{what}: it is too late to take this back, the parent may have been told.").format(what=late.label)
            offer = self.frame.messages.offer(told, _("Write a correction"))
            offer.accepted.connect(partial(self._correct, late.args[0]))
        else:
            told = _("{what}: it is too late to take this back. Change it once more instead.").format(what=late.label)
            self.frame.messages.say(told)

    @Slot(object)
    def _undo_expired(self, undo: Undo) -> None:
        self._too_late = undo

    def _correct(self, request_id: RequestId) -> None:
        """Open the request again: what is written there now goes to the parent as a further letter."""
        self._open_thing(PAGES[0].key, request_id, to_write=True)

    def _open_thing(self, key: str, thing_id: int, /, *, to_write: bool = False) -> None:
        """Show a thing of a page; the page that was left is remembered for the way back."""
        page = self.frame.page(key)
        if isinstance(page, WindowPage):
            self._left.append(self.frame.current_page())
            self.frame.show_page(key)
            page.open(thing_id, to_write=to_write)

    @Slot(object)
    def _undo(self, undo: Undo) -> None:
        self.runner.undo(self, undo).done(self._undone)

    def _undone(self, _value: object) -> None:
        self.frame.messages.say(_("Taken back."))

    @Slot(str)
    def _crashed(self, crash_id: str) -> None:
        show_crash(self.frame, crash_id)

    # Commands of the whole window

    def _add_commands(self) -> None:
        handlers: dict[str, Callable[[], object]] = {
            "app.palette": self._open_palette,
            "app.keys": self._open_keys,
            "app.undo": self._undo_last,
            "app.offer": self._offer_freed,
            "app.lock": self.lock,
            "app.back": self._go_back,
            "app.refresh": self.hub.reread,
            "app.rail": self.frame.toggle_rail,
            "app.quit": self.frame.close,
        }
        for command in application_commands():
            handler = handlers.get(command.id)
            if handler is None and command.id.startswith("app.look."):
                handler = partial(self._choose_look, command.id.rpartition(".")[2])
            if handler is None and command.id.startswith("app.text."):
                handler = partial(self._choose_size, int(command.id.rpartition(".")[2]))
            if handler is None and command.id.startswith("app.letters."):
                handler = partial(self._choose_letters, on=command.id.endswith(".on"))
            if handler is not None:
                self.frame.commands.add(command, handler)

    def _choose_look(self, look: str) -> None:
        app_theme().choose(Look(look))
        self._keep_looks()
        if self.context is not None:
            self.context.preferences.put("look", look)

    def _choose_size(self, percent: int) -> None:
        app_theme().set_scale(percent)
        self._keep_looks()
        if self.context is not None:
            self.context.preferences.put("text_size", percent)

    def _choose_letters(self, *, on: bool) -> None:
        self._use_letters(on=on)
        if self.context is not None:
            self.context.preferences.put("letters", on)
        told = (
            _("Letters and digits act again.") if on else _("Letters and digits do nothing now. Ctrl K has commands.")
        )
        self.frame.messages.say(told)

    def _use_letters(self, *, on: bool) -> None:
        """Whoever dictates, or leans on the keyboard, is better off without single keys (WCAG 2.1.4)."""
        self.frame.commands.set_letters(on)

    def _keep_looks(self) -> None:
        """Next time the window looks so from its first paint on."""
        theme = app_theme()
        self.frame.memory.put("look", theme.look)
        self.frame.memory.put("text_size", str(theme.scale))

    def _open_palette(self) -> None:
        from request_desk.ui.window.palette import PaletteDialog

        palette = PaletteDialog(self.frame.commands, self.frame)
        for page in self._pages():
            page.serve_palette(palette)
        palette.open_fresh()

    def _open_keys(self) -> None:
        from request_desk.ui.window.key_sheet import KeySheet

        KeySheet(self.frame.commands, self.frame).open()

    @Slot(object)
    def _window_focused(self, window: QWindow | None) -> None:
        """Listen to the windows that have the keyboard: they hear each key and click once, an application filter every event."""
        if window is not None:
            window.installEventFilter(self)

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() in _ACTIVITY and self._idle.isActive():
            self._idle.start()
        return False

    def close(self) -> None:
        """Save what is typed, release what this desk holds, end the lanes."""
        self._is_closed = True
        self._stop_building()
        self._idle.stop()
        for page in self._pages():
            page.leave()
        self.drafts.flush()
        self.hub.close()
        self.runner.close()
        self._opened_documents.clear()
