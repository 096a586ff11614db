"""The group about other programs that hear of events: where to, of what, with which secret, and what became of it (WH1, WH2)."""

from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.events import OFFERED, EventType
from request_desk.domain.words import _
from request_desk.services.notices import subscriptions
from request_desk.services.notices.subscriptions import NewlySigned, Subscription, SubscriptionForm
from request_desk.services.practice.booking_secrets import Revealed
from request_desk.ui.editor.choice_editor import SAVE_FIRST, ChoiceEditor
from request_desk.ui.editor.choosers import ListChooser
from request_desk.ui.lists.columns import Column
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.secret_dialogs import SecretShown, ask_to_reveal
from request_desk.ui.settings.tick_list import Tick, TickList
from request_desk.ui.settings.webhook_log_sheet import WebhookLogSheet
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.layout import Card, Line, row
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.states import State
from request_desk.ui.widgets.text import PlainLabel, show_if
from request_desk.ui.widgets.theme import TextRole, Tone, app_theme

_LIST, _EVENTS, _HEADERS = 150, 426, 84  # pixels at 100 %
_LABELS = 150
_KEPT: Final = "••••••••"  # stands for the value of a header, which is not shown
_WORDS: Final = {
    EventType.REQUEST_RECEIVED: _("A family sent a request"),
    EventType.REQUEST_COMPLETED: _("A request is settled"),
    EventType.APPOINTMENT_HELD: _("A time is held"),
    EventType.APPOINTMENT_CONFIRMED: _("A visit is booked"),
    EventType.APPOINTMENT_CANCELLED: _("A visit is cancelled"),
    EventType.APPOINTMENT_EXPIRED: _("A held time is free again"),
    EventType.APPOINTMENT_REBOOKED: _("A visit has a new time"),
    EventType.APPOINTMENT_COMPLETED: _("A visit has taken place"),
    EventType.APPOINTMENT_NO_SHOW: _("Nobody came"),
    EventType.APPOINTMENT_REMINDER_DUE: _("Somebody is to be reminded"),
    EventType.DELIVERY_FAILED: _("A notice could not be delivered"),
}


class SubscriptionsForm(ChoiceEditor[Subscription, ListChooser]):
    """Subscriptions by name. A secret is only ever in a dialog of its own; values of headers are typed and never shown again."""

    def __init__(self, context: DeskContext) -> None:
        columns: tuple[Column[Subscription], ...] = (
            Column(_("Name"), _name, 0),
            Column(_("Events"), lambda each: str(len(each.types)), 70, right=True),
            Column(_("Waiting"), lambda each: str(each.waiting), 80, right=True),
            Column(_("Given up"), lambda each: str(each.failed), 80, right=True),
            Column(_("State"), _state, 80),
        )
        super().__init__(
            context,
            _("Notification subscriptions"),
            _(
                "Other programs hear of events: each is sent to an address of theirs as a signed message, with ids, times and states. "
                "What they have to know to take them stands in docs/webhooks.md."
            ),
            Permission.MANAGE_SUBSCRIPTIONS,
            (Topic.DIRECTORY, Topic.DELIVERY),
            ListChooser(columns, name=_("Notification subscriptions")),
        )
        self.add_button = secondary(_("New subscription …"), icon="plus")
        self.log_button = secondary(_("Log …"), icon="history")
        self.test_button = secondary(_("Send a test"), icon="send")
        self.switch_button = secondary(_("Switch off"))
        self.remove_button = secondary(_("Remove …"), icon="trash-2")
        self.show_button = secondary(_("Show secret …"), icon="eye")
        self.rotate_button = secondary(_("New secret …"), icon="refresh-cw")
        self.which = PlainLabel("", role=TextRole.TITLE, elide=True)
        self.trouble = PlainLabel("", tone=Tone.DANGER, wrap=True)
        self.facts = FactLines(_LABELS)
        self.name, self.url = QLineEdit(), QLineEdit()
        self.events = TickList(name=_("Events"))
        self.headers = QPlainTextEdit()
        self.is_full = QCheckBox(_("Send names as well"))
        self.warning = PlainLabel(subscriptions.full_warning(), tone=Tone.HELD, wrap=True)
        self._lay_out()
        self.follow(self.name, self.url, self.headers, self.is_full)
        self.events.ticked.connect(self.show_ability)
        self.is_full.toggled.connect(partial(show_if, self.warning))
        for button, act in (
            (self.add_button, self.begin_new),
            (self.log_button, self._open_log),
            (self.test_button, self._send_test),
            (self.switch_button, self._switch),
            (self.remove_button, self._ask_remove),
            (self.show_button, self._ask_password),
            (self.rotate_button, self._ask_rotate),
        ):
            button.clicked.connect(act)

    def _lay_out(self) -> None:
        frame = Card(padding=1)
        frame.body.addWidget(self.chooser)
        self.chooser.setMinimumHeight(app_theme().px(_LIST))
        self.fields.addWidget(frame)
        self.fields.addLayout(row(self.add_button, None, self.log_button, self.test_button))
        self.fields.addLayout(row(self.show_button, self.rotate_button, None, self.switch_button, self.remove_button))
        for part in (Line(), self.which, self.trouble, self.facts):
            self.fields.addWidget(part)
        self.add_field(_("Name"), self.name, name="Name")
        hint = _("Begins with https:// and leads to the internet; nothing is sent into a private network.")
        self.add_field(_("Address"), self.url, name="Address", hint=hint)
        events = Card(padding=4)
        self.events.setMinimumHeight(app_theme().px(_EVENTS))
        events.body.addWidget(self.events)
        self.fields.addWidget(PlainLabel(_("Events"), tone=Tone.MUTED))
        self.fields.addWidget(events)
        self.tell_beside("Events", self.events, self.fields)
        self.headers.setTabChangesFocus(True)
        self.headers.setMaximumHeight(app_theme().px(_HEADERS))
        hint = _("One in a line, such as X-Api-Key: value. A value that was saved is not shown again; dots keep it.")
        self.add_field(_("Headers of your own"), self.headers, name="Headers", hint=hint)
        self.fields.addWidget(self.is_full)
        self.fields.addWidget(self.warning)

    def read(self) -> None:
        if not self.may_change():
            self.stack.show_state(State.EMPTY, _("Only an administrator sees which programs hear of events."))
            return
        self.context.runner.read(self, subscriptions.subscriptions).done(self.take).refused(self.unreadable)

    def fill_from(self, seen: Subscription | None) -> None:
        self.which.setText(_shown_name(seen) if seen is not None else _("New subscription"))
        self.name.setText(seen.name if seen is not None else "")
        self.url.setText(seen.url if seen is not None else "")
        lines = [Tick(place, _WORDS[each], each.value) for place, each in enumerate(OFFERED)]
        self.events.set_lines(lines, _places(seen))
        self.headers.setPlainText(_header_lines(seen))
        self.is_full.setChecked(seen is not None and seen.is_full)
        show_if(self.warning, self.is_full.isChecked())
        self.facts.setVisible(not self.is_new)
        self.facts.show_lines(() if seen is None else self._facts(seen))
        trouble = "" if seen is None else self._trouble(seen)
        self.trouble.setText(trouble)
        show_if(self.trouble, bool(trouble))

    def _facts(self, seen: Subscription) -> list[tuple[str, str]]:
        words = self.context.words()
        both = words.moment(seen.both_until) if seen.both_until is not None else ""
        return [(_("Made"), words.moment(seen.created_at)), (_("Both secrets sign until"), both)]

    def _trouble(self, seen: Subscription) -> str:
        """What an administrator has to look after, "" while all is well."""
        if seen.off_reason:
            told = _("It was switched off by itself. {reason} Ask the receiver, then switch it on again.")
            return told.format(reason=seen.off_reason)
        if seen.trouble is None or not (seen.waiting or seen.failed):
            return ""
        at = self.context.words().moment(seen.trouble.at)
        return _("Last trouble, {time}: {reason}").format(time=at, reason=one_line(seen.trouble.reason))

    # typed

    def _typed(self) -> SubscriptionForm:
        return SubscriptionForm(
            self.name.text().strip(),
            self.url.text().strip(),
            tuple(each.value for place, each in enumerate(OFFERED) if place in self.events.chosen()),
            _headers_of(self.headers.toPlainText()),
            self.is_full.isChecked(),
        )

    def is_changed(self) -> bool:
        seen = self._shown
        if seen is None and not self.is_new:
            return False
        typed = self._typed()
        if seen is None:
            return typed != SubscriptionForm("", "", (), (), is_full=False)
        kept = tuple((name, None) for name in seen.header_names)
        return typed != SubscriptionForm(
            seen.name, seen.url, tuple(each.value for each in seen.types), kept, seen.is_full
        )

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        seen = self._shown
        is_on = seen is not None and seen.active
        self.switch_button.set_text(_("Switch off") if is_on or seen is None else _("Switch on"))
        for button in (
            self.log_button,
            self.test_button,
            self.switch_button,
            self.remove_button,
            self.show_button,
            self.rotate_button,
        ):
            if button.hasFocus() and seen is None:
                self.chooser.setFocus()
            button.setEnabled(seen is not None)

    @Slot()
    def begin_new(self) -> None:
        super().begin_new()
        if self.is_new:
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def save(self) -> None:
        typed, seen, runner = self._typed(), self._shown, self.context.runner
        if seen is None:
            self.send(runner.with_desk(self, subscriptions.add_subscription, typed).done(self._made))
            return
        save = subscriptions.save_subscription
        self.send(runner.with_desk(self, save, seen.id, typed, expect_version=seen.version))

    def _made(self, made: NewlySigned) -> None:
        self._show_secret(made.name, Revealed("", made.name, "", made.value))

    def _show_secret(self, name: str, revealed: Revealed) -> None:
        detail = _(
            "The receiver's program verifies with it that messages come from you. Hand it over on a safe way, never by e-mail. "
            "Whoever types the own password can see it again."
        )
        SecretShown(_one_name(name), "", revealed.value, self.window(), detail=detail).open()

    # acts

    def _saved_one(self) -> Subscription | None:
        """What an act is about; what is typed is saved or undone before."""
        if self.is_changed():
            self.say(SAVE_FIRST)
            return None
        return self._shown

    @Slot()
    def _open_log(self) -> None:
        if (seen := self._shown) is not None:
            WebhookLogSheet(self.context, seen, self.window()).open()

    @Slot()
    def _send_test(self) -> None:
        if (seen := self._saved_one()) is not None:
            self.context.runner.act(self, subscriptions.send_test, seen.id).done(self._tested).refused(self.refuse)

    def _tested(self, _which: object) -> None:
        self.context.messages.say(_("A test is on its way. The log says what became of it."))

    @Slot()
    def _switch(self) -> None:
        if (seen := self._saved_one()) is not None:
            act, runner = subscriptions.switch_subscription, self.context.runner
            self.send(runner.act(self, act, seen.id, active=not seen.active, expect_version=seen.version))

    @Slot()
    def _ask_remove(self) -> None:
        if (seen := self._saved_one()) is not None:
            question = _("Remove the subscription {name}?").format(name=_one_name(seen.name))
            detail = _("Nothing is sent to it any more, and its secret is deleted. This cannot be undone.")
            asked = ask(self.window(), question, detail=detail, yes=_("Remove"), dangerous=True)
            asked.answered.connect(partial(self._remove, seen))

    def _remove(self, seen: Subscription, yes: bool) -> None:
        if yes:
            act = subscriptions.remove_subscription
            self.send(self.context.runner.act(self, act, seen.id, expect_version=seen.version))

    @Slot()
    def _ask_rotate(self) -> None:
        if (seen := self._saved_one()) is not None:
            question = _("Give {name} a new secret?").format(name=_one_name(seen.name))
            detail = _(
                "For a day messages are signed with both, so that the receiver can change over without missing any."
            )
            asked = ask(self.window(), question, detail=detail, yes=_("New secret"))
            asked.answered.connect(partial(self._rotate, seen))

    def _rotate(self, seen: Subscription, yes: bool) -> None:
        if yes:
            act = subscriptions.rotate_secret
            self.send(self.context.runner.act(self, act, seen.id, expect_version=seen.version).done(self._made))

    @Slot()
    def _ask_password(self) -> None:
        if (seen := self._saved_one()) is not None:
            show = partial(self._show_secret, seen.name)
            ask_to_reveal(self, _one_name(seen.name), subscriptions.reveal_secret, seen.id, show)


def _places(seen: Subscription | None) -> list[int]:
    return [] if seen is None else [place for place, each in enumerate(OFFERED) if each in seen.types]


def _header_lines(seen: Subscription | None) -> str:
    return "" if seen is None else "\n".join(f"{name}: {_KEPT}" for name in seen.header_names)


def _headers_of(text: str) -> tuple[tuple[str, str | None], ...]:
    """The headers of the lines that are typed; dots keep a value."""
    parts = [line.partition(":") for line in text.splitlines() if line.strip()]
    return tuple((name.strip(), None if value.strip() == _KEPT else value.strip()) for name, _colon, value in parts)


def _one_name(name: str) -> str:
    return isolated_if_needed(one_line(name, 60))


def _shown_name(seen: Subscription) -> str:
    return isolated_if_needed(one_line(seen.name))


def _name(seen: Subscription) -> str:
    return one_line(seen.name)


def _state(seen: Subscription) -> str:
    return _("on") if seen.active else _("off")
