"""Tabs, filter chips and search above the list, remembered for the user; what they narrow is the feed's business."""

from collections.abc import Iterable, Mapping, Sequence

from PySide6.QtCore import Signal, Slot
from PySide6.QtWidgets import QHBoxLayout, QSizePolicy, QVBoxLayout, QWidget

from request_desk.domain.directory import Location, Provider
from request_desk.domain.ids import LocationId, ProviderId
from request_desk.domain.requests import Filters, ListOrder, RequestKind, Tab
from request_desk.domain.wishes import kind_word
from request_desk.domain.words import _, plural
from request_desk.ui.inbox.feed import ListChoice
from request_desk.ui.lists.filter_chips import FilterChips, FilterSpec
from request_desk.ui.running.context import Preferences
from request_desk.ui.widgets.buttons import Chip, IconButton, TabStrip
from request_desk.ui.widgets.layout import FlowLayout
from request_desk.ui.widgets.states import SearchField
from request_desk.ui.widgets.text import PlainLabel, set_tip
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

WIDE = 1180  # pixels at 100 % of the page from which tabs, chips and search stand in one line
AGES = (30, 60, 240, 1440)  # minutes

FILTERS_KEY = "inbox.filters"
ORDER_KEY = "inbox.order"


class FilterBar(QWidget):
    """Emits `changed` with the list that is wanted. Filters and order follow the user; tab and search do not."""

    changed = Signal(object)  # ListChoice
    failed_wanted = Signal()  # the mark that stands for the bar of failed notices where there is little room
    troubled_wanted = Signal()  # the subscriptions that do not get their webhooks
    unseen_wanted = Signal()  # the replies that nobody has read while the visit comes near
    left_search = Signal()  # Enter or Escape in the search: back to the list

    def __init__(self, preferences: Preferences, parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self._preferences = preferences
        self._is_wide: bool | None = None
        self._opened = False
        self._location_ids: tuple[int, ...] = ()
        self.tabs = TabStrip(
            [(tab.value, text) for tab, text in tab_texts().items()],
            name=_("Requests"),
            short=short_texts(),
            parent=self,
        )
        self.chips = FilterChips(filter_specs(), preferences, FILTERS_KEY, self)
        self.location, self.kind, self.provider, self.age = self.chips.chips()
        self.order = Chip("", order_texts(), parent=self)
        QWidget.setTabOrder(self.kind, self.order)
        self.failed = IconButton("circle-alert", "", parent=self)
        self.failed.set_tone(Tone.DANGER)
        self.failed_count = PlainLabel("", role=TextRole.SMALL_BOLD, tone=Tone.DANGER, parent=self)
        self.failed_count.hide()
        self.failed.clicked.connect(self.failed_wanted)
        self.failed.hide()
        self.troubled = IconButton("send", "", parent=self)
        self.troubled.set_tone(Tone.DANGER)
        self.troubled_count = PlainLabel("", role=TextRole.SMALL_BOLD, tone=Tone.DANGER, parent=self)
        self.troubled_count.hide()
        self.troubled.clicked.connect(self.troubled_wanted)
        self.troubled.hide()
        self.unseen = IconButton("mail", "", parent=self)
        self.unseen_count = PlainLabel("", role=TextRole.SMALL_BOLD, tone=Tone.HELD, parent=self)
        self.unseen_count.hide()
        self.unseen.clicked.connect(self.unseen_wanted)
        self.unseen.hide()
        self.more = IconButton("funnel", _("More filters"), parent=self)
        self.more.setCheckable(True)
        self.search = SearchField(_("Search patients and requests"), short=_("Search"), keys="/", parent=self)
        self._make_rows()
        kept = preferences.get(ORDER_KEY)
        self.order.choose((next((order for order in ListOrder if order == kept), ListOrder.NEEDS_ME),))
        self.tabs.chosen.connect(self._tab_chosen)
        self.chips.changed.connect(self._chips_changed)
        self.order.changed.connect(self._order_chosen)
        self.more.toggled.connect(self._more_toggled)
        self.search.searched.connect(self._searched)
        self.search.returnPressed.connect(self.left_search)

    def _make_rows(self) -> None:
        theme = app_theme()
        self._chips = QWidget(self)
        self._chip_row = QHBoxLayout(self._chips)
        self._chip_row.setContentsMargins(0, 0, 0, 0)
        self._chip_row.setSpacing(theme.px(3 * SPACE))
        first = QHBoxLayout()
        first.setSpacing(theme.px(3 * SPACE))
        first.addWidget(self.tabs)
        first.addStretch(1)
        first.addWidget(self._chips)
        first.addWidget(self.unseen)
        first.addWidget(self.unseen_count)
        first.addWidget(self.failed)
        first.addWidget(self.failed_count)
        first.addWidget(self.troubled)
        first.addWidget(self.troubled_count)
        first.addWidget(self.more)
        first.addWidget(self.search)
        self.search.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.search.setMaximumWidth(theme.px(250))
        self._second = QWidget(self)
        self._second_flow = FlowLayout(self._second)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(theme.px(2 * SPACE))
        body.addLayout(first)
        body.addWidget(self._second)

    # what is wanted

    def wanted(self) -> ListChoice:
        """Return the list that the bar asks for."""
        tab = Tab(self.tabs.current_key() or Tab.UNREAD)
        order = self.order.chosen()
        return ListChoice(
            tab, self.filters(), ListOrder(str(order[0])) if order else ListOrder.NEEDS_ME, self.search.text().strip()
        )

    def filters(self) -> Filters:
        chosen = self.chips.chosen()
        return Filters(
            location_ids=tuple(LocationId(int(str(one))) for one in chosen["locations"]),
            kinds=tuple(RequestKind(str(one)) for one in chosen["kinds"]),
            provider_ids=tuple(ProviderId(int(str(one))) for one in chosen["providers"]),
            older_than_minutes=next((int(str(one)) for one in chosen["age"]), None),
        )

    def is_narrow(self) -> bool:
        """Whether anything is left out of the list."""
        return self.chips.is_narrow() or bool(self.search.text().strip())

    def clear(self) -> None:
        """Take every filter and the search away."""
        self.chips.clear()
        self.search.clear()
        self._tell()

    def location_ids(self) -> tuple[int, ...]:
        """Return the locations in their order, for Alt+1 … 9."""
        return self._location_ids

    def choose_location(self, location_ids: Iterable[int]) -> None:
        """Show one location, or all of them for none (Alt+1 … 9, Alt+0)."""
        self.chips.choose("locations", location_ids)

    def set_directory(self, locations: Sequence[Location], providers: Sequence[Provider]) -> None:
        """Offer the practice's locations and providers; what was remembered of them is chosen once they are known."""
        self._location_ids = tuple(one.id for one in locations)
        self.chips.offer("locations", [(one.id, one.name) for one in locations])
        self.chips.offer("providers", [(one.id, one.short_name) for one in providers])
        self._place_chips()

    def show_counts(self, counts: Mapping[Tab, int]) -> None:
        """Show how many there are behind each tab."""
        for tab in Tab:
            self.tabs.set_count(tab.value, counts.get(tab))

    def show_failed(self, count: int) -> None:
        """Tell by a mark how many notices could not be delivered; it leads to them."""
        told = plural("{count} notice could not be delivered.", "{count} notices could not be delivered.", count)
        sentence = told.format(count=count) if count else ""
        self.failed.setAccessibleName(sentence)
        set_tip(self.failed, sentence)
        self.failed_count.setText(str(count))
        for part in (self.failed, self.failed_count):
            part.setVisible(bool(count))

    def show_troubled(self, count: int) -> None:
        """Tell by a mark how many subscriptions do not get their webhooks; it leads to them (HOOK-04)."""
        told = plural(
            "{count} subscription did not get its webhooks.", "{count} subscriptions did not get their webhooks.", count
        )
        sentence = told.format(count=count) if count else ""
        self.troubled.setAccessibleName(sentence)
        set_tip(self.troubled, sentence)
        self.troubled_count.setText(str(count))
        for part in (self.troubled, self.troubled_count):
            part.setVisible(bool(count))

    def show_unseen(self, count: int) -> None:
        """Tell by a mark how many replies nobody has read though the visit is near; it leads to them (RE10)."""
        told = plural(
            "{count} reply about a visit within 24 hours is not seen yet.",
            "{count} replies about visits within 24 hours are not seen yet.",
            count,
        )
        sentence = told.format(count=count) if count else ""
        self.unseen.setAccessibleName(sentence)
        set_tip(self.unseen, sentence)
        self.unseen_count.setText(str(count))
        for part in (self.unseen, self.unseen_count):
            part.setVisible(bool(count))

    # how it is laid out

    def place(self, width: int) -> None:
        """Put the chips where there is room for them: beside the tabs, or in a row of their own."""
        wide = width >= app_theme().px(WIDE)
        if wide != self._is_wide:
            self._is_wide = wide
            self._place_chips()

    def _place_chips(self) -> None:
        beside = (self.location, self.kind, self.order) if self._is_wide else ()
        below = [chip for chip in (self.location, self.kind, self.order, self.provider, self.age) if chip not in beside]
        while self._chip_row.takeAt(0) is not None:
            pass
        while self._second_flow.takeAt(0) is not None:
            pass
        for chip in beside:
            self._chip_row.addWidget(chip)
            chip.show()
        for chip in below:
            chip.setParent(self._second)
            self._second_flow.addWidget(chip)
            chip.show()
        narrowed = any(chip.chosen() for chip in below if chip is not self.order)
        self._second.setVisible(self._opened or narrowed)
        self._chips.setVisible(bool(beside))
        self.more.set_tone(Tone.ACCENT if narrowed else Tone.MUTED)

    @Slot(bool)
    def _more_toggled(self, opened: bool) -> None:
        self._opened = opened
        self._place_chips()

    @Slot(str)
    def _tab_chosen(self, _tab: str) -> None:
        self._tell()

    @Slot()
    def _chips_changed(self) -> None:
        self._place_chips()
        self._tell()

    @Slot(object)
    def _order_chosen(self, _chosen: object) -> None:
        self._preferences.put(ORDER_KEY, self.wanted().order.value)
        self._chips_changed()

    @Slot(str)
    def _searched(self, _text: str) -> None:
        self._tell()

    def _tell(self) -> None:
        self.changed.emit(self.wanted())


def filter_specs() -> tuple[FilterSpec, ...]:
    """Return the filters of the inbox; locations and providers are offered once they are read."""
    return (
        FilterSpec("locations", _("Location"), multiple=True),
        FilterSpec("kinds", _("Kind"), tuple((kind.value, kind_word(kind)) for kind in RequestKind), multiple=True),
        FilterSpec("providers", _("Provider"), multiple=True),
        FilterSpec("age", _("Age"), tuple((minutes, _age_text(minutes)) for minutes in AGES)),
    )


def tab_texts() -> Mapping[Tab, str]:
    """Return the tabs in their order with their words."""
    return {
        Tab.UNREAD: _("Unread Portal"),
        Tab.OPEN: _("All open"),
        Tab.WAITING: _("Waiting for parent"),
        Tab.FORWARDED: _("Forwarded by me"),
        Tab.COMPLETED: _("Completed"),
    }


def short_texts() -> Mapping[str, str]:
    """Return the words of the tabs where there is little room."""
    return {
        Tab.UNREAD.value: _("Unread"),
        Tab.OPEN.value: _("Open"),
        Tab.WAITING.value: _("Waiting"),
        Tab.FORWARDED.value: _("Forwarded"),
        Tab.COMPLETED.value: _("Done"),
    }


def order_texts() -> list[tuple[object, str]]:
    """Return the orders a user can choose."""
    return [
        (ListOrder.NEEDS_ME, _("Needs me first")),
        (ListOrder.OLDEST, _("Oldest first")),
        (ListOrder.NEWEST, _("Newest first")),
    ]


def _age_text(minutes: int) -> str:
    if minutes < 60:
        return _("over {count} min").format(count=minutes)
    if minutes < 1440:
        return _("over {count} h").format(count=minutes // 60)
    return _("over {count} d").format(count=minutes // 1440)
