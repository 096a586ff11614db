"""The group about the providers: what each is called, where patients are seen, and the number to reach them at."""

from PySide6.QtWidgets import QHBoxLayout, QLineEdit

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Location
from request_desk.domain.ids import LocationId
from request_desk.domain.words import Words, _, plural
from request_desk.services.practice import directory, providers
from request_desk.services.practice.providers import ProviderDetails, ProviderRecord, ProviderTies
from request_desk.ui.lists.columns import Column
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.list_acts import OrderedEditor
from request_desk.ui.settings.tick_list import Tick, TickList
from request_desk.ui.widgets.layout import Card, Line, field
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.theme import SPACE, app_theme

_LIST = 220  # pixels at 100 %: four providers without scrolling
_PLACES = 126  # three places


class ProvidersForm(OrderedEditor[ProviderRecord]):
    """The providers in their order, one at a time; their hours are not here."""

    def __init__(self, context: DeskContext) -> None:
        columns: tuple[Column[ProviderRecord], ...] = (
            Column(_("Name"), _name, 0),
            Column(_("Locations"), self._place_words, 0),
            Column(_("Signs in as"), _login_words, 120),
            Column(_("State"), _state_words, 70),
        )
        super().__init__(
            context,
            _("Providers"),
            _("Who sees patients. Whoever signs in as one has an account under Staff that says so."),
            Permission.MANAGE_SETTINGS,
            (Topic.DIRECTORY, Topic.STAFF),
            columns,
            new=_("New provider"),
            height=_LIST,
            move=providers.move_provider,
            switch=providers.switch_provider,
        )
        self._locations: tuple[Location, ...] = ()
        self.name, self.short_name, self.mobile, self.email = (QLineEdit() for _number in range(4))
        self.places = TickList(name=_("Locations"))
        self._lay_out()
        self.follow(self.name, self.short_name, self.mobile, self.email)
        self.places.ticked.connect(self.show_ability)

    def _lay_out(self) -> None:
        theme = app_theme()
        for part in (Line(), self.which):
            self.fields.addWidget(part)
        names = QHBoxLayout()
        names.setSpacing(theme.px(3 * SPACE))
        names.addWidget(field(_("Name"), self.name), 3)
        names.addWidget(field(_("Short name, as columns and letters say it"), self.short_name), 2)
        self.fields.addLayout(names)
        self.tell_beside("Name", self.name, self.fields)
        self.tell_beside("Short name", self.short_name, self.fields)
        self.short_name.setPlaceholderText(_("the whole name"))
        frame = Card(padding=4)
        self.places.setFixedHeight(theme.px(_PLACES))
        frame.body.addWidget(self.places)
        self.fields.addWidget(field(_("Sees patients at"), frame))
        self.tell_beside("Locations", self.places, self.fields)
        hint = _("For the front desk, when a day changes at short notice. Parents never see it.")
        self.add_field(_("Mobile phone number"), self.mobile, name="Mobile phone", hint=hint)
        hint = _("For reminders of visits. Parents never see it.")
        self.add_field(_("E-mail"), self.email, name="E-mail", hint=hint)

    def read(self) -> None:
        self.context.runner.read(self, directory.locations, all_=True).done(self._places_read).refused(self.unreadable)

    def _places_read(self, found: tuple[Location, ...]) -> None:
        self._locations = found
        self.context.runner.read(self, providers.provider_records).done(self.take).refused(self.unreadable)

    def fill_from(self, provider: ProviderRecord | None) -> None:
        details = _details(provider)
        self.name.setText(details.name)
        self.short_name.setText(details.short_name)
        self.mobile.setText(details.mobile_phone)
        self.email.setText(details.email)
        offered = [each for each in self._locations if each.active or each.id in details.location_ids]
        self.places.set_lines([_tick(each) for each in offered], details.location_ids)
        self.places.set_locked(locked=not self.may_change())
        self.lock(self.name, self.short_name, self.mobile, self.email)

    def first_field(self) -> QLineEdit:
        return self.name

    def _typed(self) -> ProviderDetails:
        places = frozenset(LocationId(key) for key in self.places.chosen())
        names = self.name.text().strip(), self.short_name.text().strip()
        return ProviderDetails(*names, places, self.mobile.text().strip(), self.email.text().strip())

    def is_changed(self) -> bool:
        return (self.is_new or self._shown is not None) and self._typed() != _details(self._shown)

    def save(self) -> None:
        seen, act = self._shown, self.context.runner.act
        if seen is None:
            self.send(act(self, providers.add_provider, self._typed()).done(self.added))
        else:
            self.send(act(self, providers.save_provider, seen.id, self._typed(), expect_version=seen.version))

    def ask_off(self, seen: ProviderRecord) -> None:
        self.context.runner.read(self, providers.provider_ties, seen.id).done(self._ties_read).refused(self.refuse)

    def _ties_read(self, ties: ProviderTies) -> None:
        self.ask_to_switch_off(_told(ties, self.context.words()))

    def _place_words(self, provider: ProviderRecord) -> str:
        return ", ".join(one_line(each.name) for each in self._locations if each.id in provider.location_ids)


def _details(provider: ProviderRecord | None) -> ProviderDetails:
    if provider is None:
        return ProviderDetails("", "", frozenset(), "")
    places = frozenset(provider.location_ids)
    return ProviderDetails(provider.name, provider.short_name, places, provider.mobile_phone, provider.email)


def _told(ties: ProviderTies, words: Words) -> str:
    """What becomes of what hangs on a provider who is switched off."""
    told = [_("Nobody can be booked with them any more, and parents no longer choose them.")]
    if ties.first_at is not None:
        sentence = plural(
            "{count} visit is still to come, on {time}: it stays, to be moved or cancelled on the schedule.",
            "{count} visits are still to come, the first on {time}: they stay, to be moved or cancelled on the schedule.",
            ties.appointments,
        )
        told.append(sentence.format(count=words.count(ties.appointments), time=words.moment(ties.first_at)))
    if ties.windows:
        sentence = plural(
            "{count} weekly window is not offered until they are on again.",
            "{count} weekly windows are not offered until they are on again.",
            ties.windows,
        )
        told.append(sentence.format(count=words.count(ties.windows)))
    if ties.login:
        sentence = _("The login {login} stays on: switch it off under Staff where they leave the practice.")
        told.append(sentence.format(login=one_line(ties.login)))
    return " ".join(told)


def _tick(place: Location) -> Tick:
    return Tick(place.id, place.name, "" if place.active else _("switched off"))


def _name(provider: ProviderRecord) -> str:
    return one_line(provider.name)


def _login_words(provider: ProviderRecord) -> str:
    if not provider.login:
        return _("no login")
    login = one_line(provider.login)
    return login if provider.login_active else _("{login}, off").format(login=login)


def _state_words(provider: ProviderRecord) -> str:
    return _("active") if provider.active else _("off")
