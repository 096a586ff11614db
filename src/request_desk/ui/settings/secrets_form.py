"""The group about partners: the secrets that their booking tokens are signed with (BS1, BS2)."""

from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QShowEvent
from PySide6.QtWidgets import QLineEdit

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.words import _
from request_desk.services.practice import booking_secrets
from request_desk.services.practice.booking_secrets import MOST_ACTIVE, BookingSecret, NewSecret, Revealed
from request_desk.ui.editor.choice_editor import SAVE_FIRST, ChoiceEditor
from request_desk.ui.editor.choosers import ListChooser
from request_desk.ui.lists.columns import Column
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.secret_dialogs import SecretShown, ask_to_reveal
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.layout import Card, Line, field, row
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.states import State
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import TextRole, app_theme

_LIST = 180  # pixels at 100 %: five secrets without scrolling
_LABELS = 150


class SecretsForm(ChoiceEditor[BookingSecret, ListChooser]):
    """Secrets by partner. A value is only ever in a dialog of its own, for whoever typed the password."""

    def __init__(self, context: DeskContext) -> None:
        columns: tuple[Column[BookingSecret], ...] = (
            Column(_("Partner"), _name, 0),
            Column(_("Key id"), _key_id, 150),
            Column(_("Last token accepted"), self._used, 160),
            Column(_("State"), _state_words, 80),
        )
        super().__init__(
            context,
            _("Booking secrets"),
            _(
                "Schools and other practices send families to your booking page with a token that they sign with a secret of yours. "
                "To change a secret without a gap, make a second one, let the partner use it, then revoke the first."
            ),
            Permission.MANAGE_SECRETS,
            (Topic.DIRECTORY,),
            ListChooser(columns, name=_("Booking secrets")),
        )
        self.add_button = secondary(_("New partner …"), icon="plus")
        self.second_button = secondary(_("Second secret …"))
        self.show_button = secondary(_("Show value …"), icon="eye")
        self.revoke_button = secondary(_("Revoke …"))
        self.which = PlainLabel("", role=TextRole.TITLE, elide=True)
        self.facts = FactLines(_LABELS)
        self.name = QLineEdit()
        frame = Card(padding=1)
        frame.body.addWidget(self.chooser)
        self.chooser.setMinimumHeight(app_theme().px(_LIST))
        self.fields.addWidget(frame)
        self.fields.addLayout(row(self.add_button, self.second_button, None, self.show_button, self.revoke_button))
        self.fields.addWidget(Line())
        self.fields.addWidget(self.which)
        self.fields.addWidget(self.facts)
        hint = _("Its tokens say this name as their issuer, letter for letter.")
        self.name_field = field(_("Partner"), self.name, hint=hint)
        self.fields.addWidget(self.name_field)
        self.tell_beside("Partner", self.name, self.fields)
        self.follow(self.name)
        self.add_button.clicked.connect(self.begin_new)
        self.second_button.clicked.connect(self._ask_second)
        self.show_button.clicked.connect(self._ask_password)
        self.revoke_button.clicked.connect(self._ask_revoke)

    def showEvent(self, event: QShowEvent) -> None:
        self._stale = True  # when a token was accepted last is told nobody
        super().showEvent(event)

    def read(self) -> None:
        if not self.may_change():
            self.stack.show_state(State.EMPTY, _("Only an administrator sees the secrets of partners."))
            return
        reading = self.context.runner.read(self, booking_secrets.booking_secrets)
        reading.done(self.take).refused(self.unreadable)

    def fill_from(self, secret: BookingSecret | None) -> None:
        self.name.setText("")
        self.name_field.setVisible(self.is_new)
        self.facts.setVisible(not self.is_new)
        self.which.setText(_shown_name(secret) if secret is not None else _("New partner"))
        self.facts.show_lines(() if secret is None else self._facts(secret))

    def _facts(self, secret: BookingSecret) -> list[tuple[str, str]]:
        words = self.context.words()
        made = _("{time}, by {name}").format(time=words.moment(secret.created_at), name=one_line(secret.created_by))
        facts = [(_("Key id"), secret.key_id), (_("Made"), made)]
        if secret.revoked_at is not None:
            by = one_line(secret.revoked_by)
            facts.append((_("Revoked"), _("{time}, by {name}").format(time=words.moment(secret.revoked_at), name=by)))
        return [*facts, (_("Last token accepted"), self._used(secret))]

    def _used(self, secret: BookingSecret) -> str:
        return self.context.words().moment(secret.last_used_at) if secret.last_used_at is not None else _("never")

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        seen = self._shown
        is_active = seen is not None and seen.active
        held = [each for each in self._things.values() if seen is not None and each.active and each.name == seen.name]
        self.save_button.setVisible(self.is_new)
        self.again_button.setVisible(self.is_new)
        for button, can in (
            (self.second_button, is_active and len(held) < MOST_ACTIVE),
            (self.show_button, is_active),
            (self.revoke_button, is_active),
        ):
            if button.hasFocus() and not can:
                self.chooser.setFocus()  # not to whatever comes next: a second press would do that
            button.setEnabled(can)

    @Slot()
    def begin_new(self) -> None:
        super().begin_new()
        if self.is_new:
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)

    def is_changed(self) -> bool:
        return self.is_new and bool(self.name.text().strip())

    def save(self) -> None:
        self._make(self.name.text().strip())

    def _make(self, name: str) -> None:
        self.send(self.context.runner.act(self, booking_secrets.add_secret, name).done(self._made))

    def _made(self, made: NewSecret) -> None:
        SecretShown(_one_name(made.name), made.key_id, made.value, self.window()).open()

    @Slot()
    def _ask_second(self) -> None:
        seen = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif seen is not None:
            question = _("Make a second secret of {name}?").format(name=_one_name(seen.name))
            detail = _("Tokens of both are accepted until you revoke the first.")
            asked = ask(self.window(), question, detail=detail, yes=_("Make it"))
            asked.answered.connect(partial(self._second, seen.name))

    def _second(self, name: str, yes: bool) -> None:
        if yes:
            self._make(name)

    @Slot()
    def _ask_password(self) -> None:
        seen = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif seen is not None:
            ask_to_reveal(self, _one_name(seen.name), booking_secrets.reveal_secret, seen.id, self._show_revealed)

    def _show_revealed(self, revealed: Revealed) -> None:
        SecretShown(_one_name(revealed.name), revealed.key_id, revealed.value, self.window()).open()

    @Slot()
    def _ask_revoke(self) -> None:
        seen = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif seen is not None:
            question = _("Revoke this secret of {name}?").format(name=_one_name(seen.name))
            detail = _(
                "From now on no token of the key {key_id} is accepted, and families whom it sent cannot book any more. "
                "This cannot be undone."
            ).format(key_id=seen.key_id)
            asked = ask(self.window(), question, detail=detail, yes=_("Revoke"), dangerous=True)
            asked.answered.connect(partial(self._revoke, seen))

    def _revoke(self, secret: BookingSecret, yes: bool) -> None:
        if yes:
            act, runner = booking_secrets.revoke_secret, self.context.runner
            self.send(runner.act(self, act, secret.id, expect_version=secret.version))


def _one_name(name: str) -> str:
    return isolated_if_needed(one_line(name, 60))


def _shown_name(secret: BookingSecret) -> str:
    return isolated_if_needed(one_line(secret.name))


def _name(secret: BookingSecret) -> str:
    return one_line(secret.name)


def _key_id(secret: BookingSecret) -> str:
    return secret.key_id


def _state_words(secret: BookingSecret) -> str:
    return _("active") if secret.active else _("revoked")
