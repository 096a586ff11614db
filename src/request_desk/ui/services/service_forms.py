"""The forms of a service and of a variant; each stands in a window of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtWidgets import QCheckBox, QLineEdit, QPlainTextEdit, QVBoxLayout, QWidget

from request_desk.domain.access import Permission
from request_desk.domain.changes import Topic
from request_desk.domain.directory import AppointmentType, Location, Provider
from request_desk.domain.errors import Invalid
from request_desk.domain.ids import LocationId, ProviderId, ServiceId, TypeId, VariantId
from request_desk.domain.words import _
from request_desk.services.desk import Unit
from request_desk.services.practice import directory, services
from request_desk.services.practice.services import ServiceDetails, Shared, VariantDetails
from request_desk.ui.editor.choosers import NameChooser
from request_desk.ui.editor.editor import CHANGED_ELSEWHERE, Editor
from request_desk.ui.running.context import DeskContext
from request_desk.ui.services.service_words import shown_name
from request_desk.ui.settings.tick_list import Tick, TickList
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.theme import SPACE, app_theme

_WORDS = 76  # pixels at 100 % of a description
_LINE, _MOST_LINES = 38, 5  # pixels at 100 % of a name to tick, and how many are seen without scrolling
_NEW_SERVICE = ServiceDetails("", "", visible=False)


class _Form(Editor):
    """What both forms share: name, description, whether families see it, and what was read before."""

    def __init__(self, context: DeskContext, title: str, hint: str) -> None:
        super().__init__(context, title, hint, Permission.MANAGE_SERVICES, (Topic.DIRECTORY,), reading=_("Reading …"))
        self._seen: Shared | None = None
        self._is_first = True
        self.name, self.description, self.visible = QLineEdit(), QPlainTextEdit(), QCheckBox(_("Families see it"))
        self.description.setTabChangesFocus(True)
        self.description.setFixedHeight(app_theme().px(_WORDS))
        self.follow(self.name, self.description, self.visible)

    def lay_out_words(self, what: str) -> None:
        """Lay out the name and the description, with what families read of them."""
        self.add_field(_("Name"), self.name, name="Name", hint=what)
        self.add_field(
            _("Description"), self.description, name="Description", hint=_("Families read it below the name.")
        )

    def show_words(self, details: ServiceDetails | VariantDetails) -> None:
        self.name.setText(details.name)
        self.description.setPlainText(details.description)
        self.visible.setChecked(details.visible)
        self.lock(self.name, self.description, self.visible)

    def take(self, seen: Shared | None) -> None:
        """Show what was read; what is typed stays."""
        before, is_kept = self._seen, not self._is_first and self.is_changed()
        self._seen = seen
        self.shown(refill=not is_kept)
        if self._is_first:
            self.name.setFocus(Qt.FocusReason.OtherFocusReason)
        elif is_kept and seen is not None and before is not None and seen.thing.version != before.thing.version:
            self.say(CHANGED_ELSEWHERE)
        self._is_first = False


class ServiceForm(_Form):
    """What families can book, by its name."""

    def __init__(self, context: DeskContext, service_id: ServiceId | None) -> None:
        super().__init__(
            context,
            _("New service") if service_id is None else _("Change the service"),
            _("What families book. Its variants say how: as which type, with whom, where."),
        )
        self._service_id = service_id
        self.lay_out_words(_("Families read it, such as Well child visit."))
        self.fields.addWidget(self.visible)

    def read(self) -> None:
        if self._service_id is None:
            self.take(None)
        else:
            read = self.context.runner.read(self, services.one_shared, self._service_id)
            read.done(self.take).refused(self.unreadable)

    def _details(self) -> ServiceDetails:
        if self._seen is None:
            return _NEW_SERVICE
        seen = self._seen.service
        return ServiceDetails(seen.name, seen.description, seen.visible)

    def fill(self) -> None:
        self.show_words(self._details())

    def _typed(self) -> ServiceDetails:
        text = self.description.toPlainText().strip()
        return ServiceDetails(self.name.text().strip(), text, self.visible.isChecked())

    def is_changed(self) -> bool:
        return self._typed() != self._details()

    def save(self) -> None:
        act, seen = self.context.runner.act, self._seen
        if self._service_id is None:
            self.send(act(self, services.add_service, self._typed()))
        elif seen is not None:
            version = seen.service.version
            self.send(act(self, services.save_service, self._service_id, self._typed(), expect_version=version))


class Chosen(QWidget):
    """All of something, or those that are ticked."""

    changed = Signal()

    def __init__(self, every: str, *, name: str) -> None:
        super().__init__()
        self.every, self.ticks = QCheckBox(every), TickList(name=name)
        self._frame = Card(padding=1)
        self._frame.body.addWidget(self.ticks)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(app_theme().px(2 * SPACE))
        body.addWidget(self.every)
        body.addWidget(self._frame)
        self.setFocusProxy(self.every)
        self.every.toggled.connect(self._toggled)
        self.ticks.ticked.connect(self.changed)

    def list_lines(self, lines: Sequence[Tick]) -> None:
        """Offer these names; what is ticked stays."""
        self.ticks.set_lines(lines, self.ticks.chosen())
        self.ticks.setFixedHeight(app_theme().px(_LINE) * max(1, min(len(lines), _MOST_LINES)) + 2)

    def show_chosen(self, lines: Sequence[Tick], chosen: Sequence[int]) -> None:
        """Offer these names, and tick those that are chosen; none are all."""
        self.ticks.set_lines(lines, chosen)
        self.list_lines(lines)
        self.every.setChecked(not chosen)
        self._frame.setVisible(bool(chosen))

    def chosen(self) -> tuple[int, ...]:
        """Return what is ticked, nothing for all."""
        return () if self.every.isChecked() else tuple(sorted(self.ticks.chosen()))

    def says_none(self) -> bool:
        """Whether neither all nor any are chosen."""
        return not self.every.isChecked() and not self.ticks.chosen()

    def lock(self, *, locked: bool) -> None:
        self.every.setEnabled(not locked)
        self.ticks.set_locked(locked=locked)

    @Slot(bool)
    def _toggled(self, every: bool) -> None:
        self._frame.setVisible(not every)
        self.changed.emit()


@dataclass(frozen=True, slots=True)
class VariantChoices:
    """What a variant is made of, and the variant as it is, None for a new one."""

    shared: Shared | None
    types: tuple[AppointmentType, ...]
    providers: tuple[Provider, ...]
    locations: tuple[Location, ...]


def _read_choices(unit: Unit, variant_id: VariantId | None) -> VariantChoices:
    return VariantChoices(
        services.one_shared(unit, variant_id) if variant_id is not None else None,
        directory.appointment_types(unit, all_=True),
        directory.providers(unit, all_=True),
        directory.locations(unit, all_=True),
    )


class VariantForm(_Form):
    """One way to have a service: as which type, with whom, where (BK1)."""

    def __init__(self, context: DeskContext, service_id: ServiceId, variant_id: VariantId | None) -> None:
        super().__init__(
            context,
            _("New variant") if variant_id is None else _("Change the variant"),
            _("One way to have the service. How long it takes and how far ahead it is booked is said by its type."),
        )
        self._service_id, self._variant_id = service_id, variant_id
        self._choices = VariantChoices(None, (), (), ())
        self.type = NameChooser()
        self.providers = Chosen(_("Everybody who does the type, those who come later too"), name=_("Providers"))
        self.locations = Chosen(_("Every location, those that come later too"), name=_("Locations"))
        self.lay_out_words(_("Families read it, such as First visit of a newborn."))
        self.add_field(_("Appointment type"), self.type, name="Type")
        self.add_field(_("With whom"), self.providers, name="Providers")
        self.add_field(_("Where"), self.locations, name="Locations")
        self.fields.addWidget(self.visible)
        self.follow(self.type)
        self.type.chosen.connect(self._list_providers)
        for part in (self.providers, self.locations):
            part.changed.connect(self.show_ability)

    def read(self) -> None:
        read = self.context.runner.read(self, _read_choices, self._variant_id)
        read.done(self._choices_read).refused(self.unreadable)

    def _choices_read(self, found: VariantChoices) -> None:
        kept = self.type.key()
        self._choices = found
        own = self._details().type_id
        self.type.show_things([each for each in found.types if each.active or each.id == own], kept)
        self._list_providers()
        self.take(found.shared)

    def _details(self) -> VariantDetails:
        shared = self._choices.shared
        seen = shared.variant if shared is not None else None
        if seen is None:
            first = next((each.id for each in self._choices.types if each.active), None)
            return VariantDetails("", "", first, (), (), visible=True)
        return VariantDetails(
            seen.name, seen.description, seen.type_id, seen.provider_ids, seen.location_ids, seen.visible
        )

    def fill(self) -> None:
        details, may_change = self._details(), self.may_change()
        self.show_words(details)
        self.type.choose(details.type_id)
        self.lock(self.type)
        self.providers.show_chosen(self._provider_lines(), details.provider_ids)
        self.locations.show_chosen(self._location_lines(), details.location_ids)
        for part in (self.providers, self.locations):
            part.lock(locked=not may_change)

    @Slot()
    def _list_providers(self) -> None:
        """Who of them does the type that is chosen."""
        self.providers.list_lines(self._provider_lines())

    def _provider_lines(self) -> list[Tick]:
        key, chosen = self.type.key(), self._details().provider_ids
        able = next((each.provider_ids for each in self._choices.types if each.id == key), ())
        return [
            Tick(each.id, shown_name(each.name), _off_words(each.active) or _able_words(not able or each.id in able))
            for each in self._choices.providers
            if each.active or each.id in chosen
        ]

    def _location_lines(self) -> list[Tick]:
        chosen = self._details().location_ids
        return [
            Tick(each.id, shown_name(each.name), _off_words(each.active))
            for each in self._choices.locations
            if each.active or each.id in chosen
        ]

    def _typed(self) -> VariantDetails:
        key = self.type.key()
        return VariantDetails(
            self.name.text().strip(),
            self.description.toPlainText().strip(),
            None if key is None else TypeId(key),
            tuple(ProviderId(each) for each in self.providers.chosen()),
            tuple(LocationId(each) for each in self.locations.chosen()),
            self.visible.isChecked(),
        )

    def is_changed(self) -> bool:
        stored = self._details()
        ordered = replace(
            stored, provider_ids=tuple(sorted(stored.provider_ids)), location_ids=tuple(sorted(stored.location_ids))
        )
        return self._typed() != ordered or self.providers.says_none() or self.locations.says_none()

    def _nothing_chosen(self) -> tuple[Invalid, ...]:
        """What is wrong where neither all nor any are ticked: stored, that would be all."""
        said = (
            (self.providers, Invalid(_("Tick with whom, or that it is everybody."), field="Providers")),
            (self.locations, Invalid(_("Tick where, or that it is every location."), field="Locations")),
        )
        return tuple(problem for part, problem in said if part.says_none())

    def save(self) -> None:
        act, seen, problems = self.context.runner.act, self._seen, self._nothing_chosen()
        if problems:
            self.refuse(Invalid(problems[0].sentence, field=problems[0].field, others=problems[1:]))
        elif self._variant_id is None:
            self.send(act(self, services.add_variant, self._service_id, self._typed()))
        elif seen is not None:
            version = seen.thing.version
            self.send(act(self, services.save_variant, self._variant_id, self._typed(), expect_version=version))


def _off_words(active: bool) -> str:
    return "" if active else _("switched off")


def _able_words(able: bool) -> str:
    return "" if able else _("does not do this type")
