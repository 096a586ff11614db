"""The week of a provider beside the list: its windows and absences in a grid, the mobile phone, visits outside, and what can be done."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial

from PySide6.QtCore import QPoint, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QWidget

from request_desk.domain.appointment_lists import AppointmentFilters
from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Conflict, Refused, Unavailable
from request_desk.domain.ids import ProviderId
from request_desk.domain.paging import Page
from request_desk.domain.policy import sees_all_requests
from request_desk.domain.words import _, plural
from request_desk.services.desk import Unit
from request_desk.services.practice import availability
from request_desk.services.practice.availability import Effect, Foreseen, ProviderWeek
from request_desk.services.practice.changes_for_me import ChangeForMe, changes_for_me
from request_desk.services.practice.directory import Directory, directory
from request_desk.services.schedule.appointment_list import list_page
from request_desk.ui.availability.appointments_sheet import AppointmentsSheet
from request_desk.ui.availability.availability_words import foreseen_words, place_words
from request_desk.ui.availability.by_others_bar import ByOthersBar
from request_desk.ui.availability.time_forms import AbsenceForm, ExtraHoursForm, PhoneForm
from request_desk.ui.availability.week_form import WeekForm, open_places
from request_desk.ui.availability.week_grid import Reshaped, WeekGrid, WeekShown
from request_desk.ui.availability.week_layout import Drawn, Shown
from request_desk.ui.availability.why_sheet import WhySheet
from request_desk.ui.availability.window_form import WindowForm, drawn_details, moved_details
from request_desk.ui.lists.detail_page import DetailPage
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.acts import ActsMenu, ActSpec
from request_desk.ui.widgets.buttons import IconButton, ghost, secondary
from request_desk.ui.widgets.layout import row
from request_desk.ui.widgets.states import Banner, BannerKind
from request_desk.ui.widgets.text import PlainLabel, set_tip
from request_desk.ui.widgets.theme import TextRole, app_theme

_WEEK = timedelta(days=7)
_HIGH = 560  # pixels at 100 % from which what is missing has a bar of its own


@dataclass(frozen=True, slots=True)
class WeekRead:
    """The week of a provider, and the names of places and types in it."""

    week: ProviderWeek
    names: Directory
    by_others: tuple[ChangeForMe, ...]  # of the own week


def read_week(unit: Unit, provider_id: ProviderId, first_day: date, seen: int) -> WeekRead:
    """Read a week with the names that stand in it, and in the own one what others changed behind journal number `seen`."""
    by_others = changes_for_me(unit, seen) if provider_id == unit.actor.provider_id else ()
    return WeekRead(availability.provider_week(unit, provider_id, first_day), directory(unit), by_others)


class WeekDetail(DetailPage[WeekRead]):
    """One week at a time. What is done here counts at once and can be taken back; it says which visits it leaves outside (AV4)."""

    shown = Signal()  # a week was read and is shown

    def __init__(self, context: DeskContext) -> None:
        self.grid = WeekGrid(context.words, context.today)
        super().__init__(
            context,
            name=_("Week of the provider"),
            choose=_("Choose a provider to see the week."),
            reading=_("Reading the week …"),
            topics=(Topic.AVAILABILITY, Topic.APPOINTMENT, Topic.DIRECTORY, Topic.SETTINGS),
            main=self.grid,
        )
        self.first_day = context.words().week_of(self.context.today())[0]
        self.read_last: WeekRead | None = None
        self._left_outside: frozenset[int] = frozenset()  # by the last change made here
        self._sought: int | None = None
        self._foreseeing: Pending[Foreseen] | None = None
        self._shows_ended = False
        self.week_title = PlainLabel("", role=TextRole.BOLD)
        self.today_button = secondary(_("Today"))
        self.back = IconButton("chevron-left", _("Week before"), keys="PgUp")
        self.on = IconButton("chevron-right", _("Week after"), keys="PgDown")
        self.phone = ghost("", icon="phone")
        self.by_others, self.outside, self.missing = ByOthersBar(context), Banner(), Banner()
        self._lay_out()
        self._connect()
        self._say_week()

    def _lay_out(self) -> None:
        head = QWidget()
        line = row(self.title, self.phone, self.week_title, self.today_button, self.back, self.on)
        line.setStretch(0, 1)
        head.setLayout(line)
        self.add_top(head, self.by_others, self.outside, self.missing)

    def _connect(self) -> None:
        self.today_button.clicked.connect(self.go_today)
        self.back.clicked.connect(self.go_back)
        self.on.clicked.connect(self.go_on)
        self.phone.clicked.connect(self.edit_phone)
        self.missing.acted.connect(self.edit_phone)
        self.outside.acted.connect(self.show_outside)
        self.grid.may_move = self._may_move
        self.grid.chosen.connect(self.open_item)
        self.grid.menu_wanted.connect(self._open_menu)
        self.grid.drawn.connect(self._drawn)
        self.grid.dragged.connect(self._foresee)
        self.grid.reshaped.connect(self._reshape)

    # reading

    def read(self, key: int) -> Pending[WeekRead]:
        return self.context.runner.read(self, read_week, ProviderId(key), self.first_day, self.by_others.seen())

    def fill(self, view: WeekRead) -> None:
        week, words = view.week, self.context.words()
        before = self.read_last
        if before is None or before.week.provider.id != week.provider.id:
            self._left_outside = frozenset()
        self.read_last = view
        self.title.setText(named(week.provider.name))
        self.grid.may_draw = not (week.may.windows and week.may.absences)
        self.grid.show_week(
            WeekShown(
                words.week_of(self.first_day),
                tuple(each for each in week.windows if self._shows_ended or not self._has_ended(each)),
                week.absences,
                week.closed_days,
                {each.id: place_words(each, words, self.context.clock.now()) for each in view.names.locations.values()},
                {each.id: each.name for each in view.names.types.values()},
            )
        )
        if self._sought is not None:
            self.grid.seek(self._sought)
            self._sought = None
        self._say_phone(week)
        self._say_outside(week)
        self.by_others.tell(view.by_others)
        self.shown.emit()

    def _has_ended(self, window: AvailabilityWindow) -> bool:
        """Whether a window was open for the last time before the shown week and before today."""
        last = window.valid_until
        return last is not None and last < min(self.context.today(), self.context.words().week_of(self.first_day)[0])

    def _say_week(self) -> None:
        words, days = self.context.words(), self.context.words().week_of(self.first_day)
        told = _("{first} – {last}").format(first=words.short_day(days[0]), last=words.short_day(days[-1]))
        self.week_title.setText(told)

    def _say_phone(self, week: ProviderWeek) -> None:
        number, who = week.mobile_phone, named(week.provider.short_name)
        self.phone.set_text(self.context.words().phone(number) if number else _("Mobile phone missing …"))
        if number:
            self.missing.clear()
            self._place_missing()
            set_tip(self.phone, _("Mobile phone number"))
            return
        told = _(
            "The mobile phone number of {provider} is missing. The front desk needs it when something cannot wait."
        ).format(provider=who)
        if week.is_texted:
            told = _(
                "The mobile phone number of {provider} is missing: reminders of visits go there by SMS, and do not arrive."
            ).format(provider=who)
        set_tip(self.phone, told)
        self.missing.say(BannerKind.INFO, told, action="" if week.may.mobile else _("Enter it …"))
        self._place_missing()

    def _place_missing(self) -> None:
        """A low window keeps its room for the week: there the button beside the name says that the number is missing."""
        has_room = self.height() >= app_theme().px(_HIGH)
        is_missing = bool(self.missing.text())
        self.missing.setVisible(is_missing and has_room)
        self.phone.setVisible(not is_missing or not has_room)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if self.read_last is not None:
            self._place_missing()

    def _say_outside(self, week: ProviderWeek) -> None:
        count, who = len(week.outside), named(week.provider.short_name)
        new = sum(each.id in self._left_outside for each in week.outside)
        if not count:
            self.outside.clear()
            return
        told = plural(
            "{count} booked visit lies outside of what {provider} offers.",
            "{count} booked visits lie outside of what {provider} offers.",
            count,
        ).format(count=count, provider=who)
        if new:
            made = plural(
                "Since your change {count} booked visit lies outside of what {provider} offers",
                "Since your change {count} booked visits lie outside of what {provider} offers",
                new,
            ).format(count=new, provider=who)
            told = f"{made}." if new == count else _("{made}; {count} in all.").format(made=made, count=count)
        self.outside.say(BannerKind.WARNING, told, action=_("Show it …") if count == 1 else _("Show them …"))

    def read_again(self) -> None:
        """Read what is shown once more, or another week of the same provider."""
        if self.key is not None:
            self._begin(self.key)

    # which week

    @Slot()
    def go_today(self) -> None:
        """Show the present week."""
        self.show_day(self.context.today())

    @Slot()
    def go_back(self) -> None:
        """Show the week before."""
        self.show_day(self.first_day - _WEEK)

    @Slot()
    def go_on(self) -> None:
        """Show the week after."""
        self.show_day(self.first_day + _WEEK)

    def show_day(self, day: date) -> None:
        """Show the week of a day."""
        first = self.context.words().week_of(day)[0]
        if first != self.first_day:
            self.first_day = first
            self._say_week()
            self.read_again()

    # what can be done

    def acts_of(self, view: WeekRead) -> Sequence[ActSpec]:
        may = view.week.may
        return (
            ActSpec(_("New window …"), self.new_window, may.windows, "plus"),
            ActSpec(_("Time off …"), self.new_absence, may.absences, "calendar-x"),
            ActSpec(_("Extra hours …"), self.new_extra, may.absences, "calendar-plus"),
            ActSpec(_("Visits to come …"), self.ask_coming, self._why_not_coming(view), "calendar-check"),
            *self._ended_acts(view),
        )

    def _ended_acts(self, view: WeekRead) -> tuple[ActSpec, ...]:
        """Show the windows that have ended, which are left out, or leave them out again; nothing where there are none."""
        count = sum(map(self._has_ended, view.week.windows))
        told = (
            plural("Leave out {count} window that has ended", "Leave out {count} windows that have ended", count)
            if self._shows_ended
            else plural("Show {count} window that has ended", "Show {count} windows that have ended", count)
        )
        return (ActSpec(told.format(count=count), self.turn_ended, "", "history"),) if count else ()

    @Slot()
    def turn_ended(self) -> None:
        """Show the windows that have ended, or leave them out again."""
        if self.read_last is None or not any(map(self._has_ended, self.read_last.week.windows)):
            self.context.messages.say(_("No window has ended before this week."))
            return
        self._shows_ended = not self._shows_ended
        self.read_again()

    def _why_not_coming(self, view: WeekRead) -> str:
        actor = self.context.actor()
        is_seen = sees_all_requests(actor) or actor.provider_id == view.week.provider.id
        return "" if is_seen else _("they are seen by the front desk and the provider")

    def item_acts(self, item: Shown) -> Sequence[ActSpec]:
        """Return what can be done with a window or an absence."""
        why_not, acts = self._why_not(item), [ActSpec(_("Open …"), partial(self.open_item, item))]
        if isinstance(item, AvailabilityWindow):
            text = _("Switch off") if item.active else _("Switch on")
            acts.append(ActSpec(text, partial(self._switch, item), why_not))
        acts.append(ActSpec(_("Remove"), partial(self._remove, item), why_not, is_grave=True))
        return acts

    def _why_not(self, item: Shown) -> str:
        """Why something of the week cannot be changed, "" where it can."""
        if self.read_last is None:
            return ""
        may = self.read_last.week.may
        if isinstance(item, Absence):
            return may.absences
        return may.absences if item.is_extra else may.windows

    def _may_move(self, window: AvailabilityWindow) -> bool:
        return not self._why_not(window)

    @Slot(object, QPoint)
    def _open_menu(self, item: Shown, place: QPoint) -> None:
        menu = ActsMenu(self.item_acts(item), name=_("What can be done with it"), parent=self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(place)

    def remove_focused(self) -> None:
        """Remove what has the keyboard."""
        self._do_focused(-1)

    def switch_focused(self) -> None:
        """Switch the window that has the keyboard off or on."""
        if not isinstance(self.grid.focused(), Absence):
            self._do_focused(1)

    def _do_focused(self, place: int) -> None:
        """Do an act with what has the keyboard, or say why it cannot be done."""
        item = self.grid.focused()
        if item is None or not self.grid.hasFocus():
            self.context.messages.say(_("Choose a window or a time off in the week first."))
        elif self.acts.isEnabled():
            self._do(self.item_acts(item)[place])

    def do_act(self, place: int) -> None:
        """Do one of the acts of the page, or say why it cannot be done."""
        if self.read_last is not None and self.acts.isEnabled():
            self._do(self.acts_of(self.read_last)[place])

    def _do(self, act: ActSpec) -> None:
        if act.why_not:
            words = _("{act}: {why_not}").format(act=act.text.removesuffix(" …"), why_not=act.why_not)
            self.context.messages.say(words)
        else:
            act.run()

    # the forms

    def _open_form(self, form: WeekForm) -> None:
        form.stored.connect(self._changed_here)
        FormWindow(form, self.window(), height=form.window_height).open()

    @Slot(object)
    def open_item(self, item: Shown) -> None:
        """Open the form of a window or an absence; whoever may not change it reads it there."""
        view = self.read_last
        if view is None:
            return
        if isinstance(item, Absence):
            self._open_form(AbsenceForm(self.context, view.names, view.week, item))
        elif item.is_extra:
            self._open_form(ExtraHoursForm(self.context, view.names, view.week, item))
        else:
            self._open_form(WindowForm(self.context, view.names, view.week, item))

    @Slot()
    def new_window(self) -> None:
        """Ask for new weekly hours."""
        self._begin_form(WindowForm)

    @Slot()
    def new_absence(self) -> None:
        """Ask for time off."""
        self._begin_form(AbsenceForm)

    @Slot()
    def new_extra(self) -> None:
        """Ask for extra hours on one day."""
        self._begin_form(ExtraHoursForm)

    @Slot()
    def edit_phone(self) -> None:
        """Show the mobile phone number in its form."""
        self._begin_form(PhoneForm)

    def _begin_form(self, made: Callable[[DeskContext, Directory, ProviderWeek], WeekForm]) -> None:
        view = self.read_last
        if view is not None:
            self._open_form(made(self.context, view.names, view.week))

    @Slot(object)
    def _drawn(self, drawn: Drawn) -> None:
        """A stretch was drawn: weekly hours of whoever may enter those, else extra hours of that day."""
        view = self.read_last
        if view is not None and not view.week.may.windows:
            self._open_form(WindowForm(self.context, view.names, view.week, drawn=drawn))
        elif view is not None:
            self._open_form(ExtraHoursForm(self.context, view.names, view.week, drawn=drawn))

    @Slot()
    def ask_why(self) -> None:
        """Ask why a day has no free time for patients."""
        view = self.read_last
        if view is not None:
            days = self.context.words().week_of(self.first_day)
            day = max(days[0], self.context.today()) if self.context.today() <= days[-1] else days[0]
            WhySheet(self.context, view.names, view.week.provider.id, self.grid.focused_day() or day).open()

    @Slot()
    def show_outside(self) -> None:
        """List the booked visits that lie outside of what the provider offers."""
        view = self.read_last
        if view is not None and view.week.outside:
            provider = named(view.week.provider.short_name)
            title = _("Booked visits outside of what {provider} offers").format(provider=provider)
            detail = _("They stay booked until somebody moves or cancels them. Alt+Left leads back from the schedule.")
            AppointmentsSheet(self.context, title, detail, view.week.outside).open()

    @Slot()
    def ask_coming(self) -> None:
        """List what the provider has to come."""
        if self.read_last is not None:
            who = self.read_last.week.provider.id
            held, confirmed = AppointmentStatus.HELD, AppointmentStatus.CONFIRMED
            wanted = AppointmentFilters((who,), statuses=(held, confirmed), since=self.context.clock.now())
            self.context.runner.read(self, list_page, wanted).done(self._show_coming)

    def _show_coming(self, page: Page[Appointment]) -> None:
        if self.read_last is None:
            return
        provider = named(self.read_last.week.provider.short_name)
        if not page.rows:
            self.context.messages.say(_("{provider} has no visit to come.").format(provider=provider))
            return
        detail = _("Alt+Left leads back from the schedule.")
        if page.after is not None:
            first = _("These are the first {count}; the page Appointments has all of them.")
            detail = f"{first.format(count=len(page.rows))} {detail}"
        title = _("Visits to come of {provider}").format(provider=provider)
        AppointmentsSheet(self.context, title, detail, page.rows).open()

    # changes that need no form

    @Slot(object)
    def _foresee(self, dragged: Drawn | Reshaped) -> None:
        """Ask, while a window is drawn or dragged, what letting go there would do."""
        view, runner = self.read_last, self.context.runner
        if self._foreseeing is not None:
            self._foreseeing.drop()
        if isinstance(dragged, Reshaped):
            new = moved_details(dragged.window, dragged.to)
            read = runner.read(self, availability.foresee_window, dragged.window.id, new)
        elif view is not None and (places := open_places(view.week, view.names)):
            new = drawn_details(dragged, places[0], is_extra=bool(view.week.may.windows))
            read = runner.read(self, availability.foresee_windows, view.week.provider.id, (new,))
        else:
            return
        self._foreseeing = read.done(partial(self._foreseen, dragged)).refused(partial(self._not_foreseen, dragged))

    def _foreseen(self, dragged: Drawn | Reshaped, found: Foreseen) -> None:
        self.grid.say_of_drop(dragged, foreseen_words(found, self.context.words()))

    def _not_foreseen(self, dragged: Drawn | Reshaped, refused: Refused) -> None:
        """What the drop would be refused for; that the database is away is told elsewhere."""
        if not isinstance(refused, Unavailable):
            self.grid.say_of_drop(dragged, refused.sentence)

    @Slot(object)
    def _reshape(self, reshaped: Reshaped) -> None:
        window, new = reshaped.window, moved_details(reshaped.window, reshaped.to)
        self._act(availability.change_window, window.id, new, expect_version=window.version)

    def _switch(self, window: AvailabilityWindow) -> None:
        self._act(availability.switch_window, window.id, active=not window.active, expect_version=window.version)

    def _remove(self, item: Shown) -> None:
        act = availability.remove_absence if isinstance(item, Absence) else availability.remove_window
        self._act(act, item.id, expect_version=item.version)

    def _act(self, function: Callable[..., Effect], /, *args: object, **kwargs: object) -> None:
        pending = self.context.runner.act(self, function, *args, **kwargs)
        pending.done(self._changed_here).refused(self._not_changed)

    @Slot(object)
    def _changed_here(self, effect: object) -> None:
        """What a change leaves outside stands in the bar as soon as the week is read again."""
        if isinstance(effect, Effect):
            self._left_outside = frozenset(each.id for each in effect.outside)
            self._sought = effect.id

    def _not_changed(self, refused: Refused) -> None:
        self.context.messages.refuse(refused)
        if isinstance(refused, Conflict):
            self.read_again()
