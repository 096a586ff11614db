"""What the forms about a provider's time share: the week is read, a change made elsewhere is told, and who may change it."""

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QComboBox, QWidget

from request_desk.domain.access import Permission
from request_desk.domain.availability import Absence, AvailabilityWindow
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.ids import LocationId
from request_desk.domain.words import _
from request_desk.services.practice import availability
from request_desk.services.practice.availability import Foreseen, ProviderWeek
from request_desk.services.practice.directory import Directory
from request_desk.services.practice.window_details import WindowDetails
from request_desk.ui.availability.availability_words import foreseen_words, place_words
from request_desk.ui.editor.editor import CHANGED_ELSEWHERE, Editor
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.text import PlainLabel, show_if
from request_desk.ui.widgets.theme import Tone


class WeekForm(Editor):
    """A form that stands on the week of a provider. A subclass says the version of what it edits, and why it may not.

    `window_height` is what its window needs, in pixels at 100 %.
    """

    window_height = 640

    def __init__(
        self,
        context: DeskContext,
        directory: Directory,
        week: ProviderWeek,
        title: str,
        hint: str,
        *,
        item_id: int | None = None,
    ) -> None:
        """`item_id` is the window or absence that is edited, None for a new one."""
        super().__init__(
            context,
            title.format(provider=named(week.provider.short_name)),
            hint,
            Permission.VIEW_SCHEDULE,
            (Topic.AVAILABILITY,),
            reading=_("Reading the week …"),
        )
        self.directory, self.week, self.item_id = directory, week, item_id

    def seen(self) -> AvailabilityWindow | Absence | None:
        """Return the window or absence as it was read last, None for what is new or gone."""
        raise TypeError("a form knows what it edits")

    def version(self) -> int:
        """Return the version of what is edited, 0 for what is new."""
        seen = self.seen()
        return seen.version if seen is not None else 0

    def is_gone(self) -> bool:
        """Whether what is edited was removed meanwhile."""
        return self.item_id is not None and self.seen() is None

    def why_not(self) -> str:
        """Return why nothing can be changed here, "" where it can."""
        raise TypeError("a form knows who may change what it edits")

    def first_field(self) -> QWidget:
        """Return where typing begins."""
        raise TypeError("a form knows its own fields")

    def may_change(self) -> bool:
        return not self.why_not()

    def read(self) -> None:
        pending = self.context.runner.read(self, availability.provider_week, self.week.provider.id, self.week.monday)
        pending.done(self._week_read).refused(self.unreadable)

    def _week_read(self, week: ProviderWeek) -> None:
        is_first = not self.stack.is_content_shown()
        before, is_kept = self.version(), not is_first and self.is_changed()
        self.week = week
        self.locked.setText(self.why_not())
        self.shown(refill=not is_kept and not self.is_gone())
        if is_first and self.may_change():
            self.first_field().setFocus(Qt.FocusReason.OtherFocusReason)
        if self.is_gone():
            self.say(_("This was removed elsewhere meanwhile. Close the form; what you typed can be entered anew."))
        elif is_kept and before != self.version():
            self.say(CHANGED_ELSEWHERE)

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        if self.is_gone():
            self.save_button.setEnabled(False)


class PlacedForm(WeekForm):
    """What the forms of a window share, a weekly one or of one day: which window it is, and its place."""

    def __init__(
        self,
        context: DeskContext,
        directory: Directory,
        week: ProviderWeek,
        title: str,
        hint: str,
        window: AvailabilityWindow | None,
    ) -> None:
        super().__init__(context, directory, week, title, hint, item_id=window.id if window is not None else None)
        self.place = QComboBox()
        self.foreseen = PlainLabel("", tone=Tone.HELD, wrap=True)
        self.foreseen.hide()
        self._foreseen_of: tuple[ProviderWeek, tuple[WindowDetails, ...], bool] | None = None
        self._foreseeing: Pending[Foreseen] | None = None

    def seen(self) -> AvailabilityWindow | None:
        return next((each for each in self.week.windows if each.id == self.item_id), None)

    def places(self) -> list[LocationId]:
        """Return the places of the provider that are open, and that of the window whatever it is."""
        window, ids = self.seen(), open_places(self.week, self.directory)
        if window is not None and window.location_id not in ids:
            ids.append(window.location_id)
        return ids

    def first_place(self) -> LocationId:
        """Return what a new window begins with; 0 where the provider has no open place."""
        return next(iter(self.places()), LocationId(0))

    def show_place(self, location_id: LocationId) -> None:
        """Offer the places and choose one."""
        known = self.directory.locations
        self.place.blockSignals(True)  # filling is no choice
        self.place.clear()
        for each in self.places():
            told = place_words(known[each], self.context.words(), self.context.clock.now()) if each in known else "?"
            self.place.addItem(named(told), each)
        self.place.setCurrentIndex(max(0, self.place.findData(location_id)))
        self.place.blockSignals(False)

    def foresee(self, *typed: WindowDetails, active: bool = True) -> None:
        """Say what saving would do, as the week does while it is drawn or dragged; asked when something else is typed."""
        wanted = self.week, typed, active
        if not self.stack.is_content_shown() or wanted == self._foreseen_of:
            return
        self._foreseen_of = wanted
        if self._foreseeing is not None:
            self._foreseeing.drop()
            self._foreseeing = None
        is_sound = all(each.start_minute < each.end_minute for each in typed)
        if not typed or not is_sound or not self.may_change() or (self.item_id is not None and not self.is_changed()):
            self._say_foreseen("")
            return
        window, runner = self.seen(), self.context.runner
        read = (
            runner.read(self, availability.foresee_window, window.id, typed[0], active=active)
            if window is not None
            else runner.read(self, availability.foresee_windows, self.week.provider.id, typed)
        )
        self._foreseeing = read.done(self._foreseen).refused(self._not_foreseen)

    def _foreseen(self, found: Foreseen) -> None:
        self._say_foreseen(foreseen_words(found, self.context.words()))

    def _not_foreseen(self, refused: Refused) -> None:
        """What saving would be refused for; that the database is away is told elsewhere."""
        self._say_foreseen("" if isinstance(refused, Unavailable) else refused.sentence)

    def _say_foreseen(self, words: str) -> None:
        self.foreseen.setText(words)
        show_if(self.foreseen, bool(words))

    def refuse(self, refused: Refused) -> None:
        self._say_foreseen("")  # the same stands beside its field now
        super().refuse(refused)


def open_places(week: ProviderWeek, directory: Directory) -> list[LocationId]:
    """Return the places of a provider that are open; a new window begins at the first of them."""
    known = directory.locations
    return [each for each in week.provider.location_ids if each in known and known[each].active]
