"""Why are there no slots? For a day, a type and a place: each window with its starts, what is free, and which rule took the others (AV3)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from PySide6.QtCore import QDate, QRect, QSize, Qt, Slot
from PySide6.QtGui import QKeySequence, QPainter, QPaintEvent, QShortcut
from PySide6.QtWidgets import QScrollArea, QSizePolicy, QVBoxLayout, QWidget

from request_desk.domain.directory import AppointmentType, LeadTime
from request_desk.domain.ids import LocationId, ProviderId, TypeId
from request_desk.domain.no_slots import RULE_WORDS, NoSlots, ProviderAnswer, Rule, WindowAnswer
from request_desk.domain.schedule import lead_words
from request_desk.domain.words import Words, _, plural
from request_desk.services.practice.directory import Directory
from request_desk.services.schedule.no_slots import why_no_slots
from request_desk.ui.availability.availability_words import pale_words
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.buttons import Chip, IconButton, primary
from request_desk.ui.widgets.clock_fields import DayField
from request_desk.ui.widgets.layout import FlowBox, Line, column_scroll
from request_desk.ui.widgets.painting import fill_round
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_SIZE: Final = (760, 600)
_TYPE: Final = "availability.why.type"  # what was asked about last
_BAR: Final = 8
_ALL_GONE: Final = {  # where what is said of one start is not said of all
    Rule.PAST: _("they are past"),
    Rule.NOTICE: _("they are sooner than the minimum notice"),
    Rule.ADVANCE: _("they are further ahead than patients may book"),
    Rule.NOT_OPEN_YET: _("they are not open to patients yet"),
    Rule.TAKEN: _("they are taken"),
    Rule.HELD: _("they are held just now"),
    Rule.BUFFER: _("there is no room for the time between visits"),
    Rule.SAME_START: _("another window offers them already"),
}
_ONE_DAY: Final = timedelta(days=1)


class WhySheet(Sheet):
    """Opens with a provider and a day; every choice is answered at once."""

    def __init__(self, context: DeskContext, names: Directory, provider_id: ProviderId, day: date) -> None:
        parent = context.messages.window()
        detail = _("What the parents' pages offer of a day, and the first rule that took each of the other starts.")
        super().__init__(
            _("Why are there no slots?"), primary(_("Close")), parent, detail=detail, size=_SIZE, by_enter=True
        )
        self._context, self._names = context, names
        self._reading: Pending[NoSlots] | None = None
        self.day = DayField(_("Day"))
        self.back, self.on = IconButton("chevron-left", _("Day before")), IconButton("chevron-right", _("Day after"))
        self.type = Chip("", [(each.id, each.name) for each in names.types.values()])
        self.place = Chip(_("Location"), [(each.id, each.name) for each in names.locations.values() if each.active])
        known = names.providers.values()
        shown = [(each.id, each.short_name) for each in known if each.active or each.id == provider_id]
        self.provider = Chip(_("Provider"), shown)
        self.summary = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self.blocks: tuple[WindowBlock, ...] = ()
        self._answer = QWidget()
        self._column = QVBoxLayout(self._answer)
        self._column.setContentsMargins(0, 0, app_theme().px(2 * SPACE), 0)
        self.place_of_answer: QScrollArea = column_scroll(self._answer)
        self.place_of_answer.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # arrows scroll
        self.place_of_answer.setAccessibleName(_("Answer"))
        self._lay_out()
        self.day.show_day(day)
        self.type.choose([context.preferences.get(_TYPE)])
        self.provider.choose([provider_id])
        self._connect()
        self._read()

    def _lay_out(self) -> None:
        choices = FlowBox()
        for part in (self.back, self.day, self.on, self.type, self.place, self.provider):
            choices.flow.addWidget(part)
        for below in (choices, self.summary, Line()):
            self.body.addWidget(below)
        self.body.addWidget(self.place_of_answer, 1)
        self.finish()
        self.close_button.hide()
        self.place_of_answer.setFocus()

    def _connect(self) -> None:
        self.day.dateChanged.connect(self._day_changed)
        self.back.clicked.connect(self.go_back)
        self.on.clicked.connect(self.go_on)
        for chip in (self.type, self.place, self.provider):
            chip.changed.connect(self._chosen)
        for keys, turn in (("PgUp", self.go_back), ("PgDown", self.go_on)):
            QShortcut(QKeySequence(keys), self).activated.connect(turn)
        self.button.clicked.connect(self.accept)

    @Slot()
    def go_back(self) -> None:
        """Ask about the day before."""
        self.day.show_day(self.day.day() - _ONE_DAY)

    @Slot()
    def go_on(self) -> None:
        """Ask about the day after."""
        self.day.show_day(self.day.day() + _ONE_DAY)

    @Slot(QDate)
    def _day_changed(self, _day: QDate) -> None:
        self._read()

    @Slot(object)
    def _chosen(self, _values: object) -> None:
        self._context.preferences.put(_TYPE, self.type.chosen()[0])
        self._read()

    def _read(self) -> None:
        if self._reading is not None:
            self._reading.drop()
        asked = next((each for each in self.type.chosen() if isinstance(each, int)), None)
        if asked is None:
            self.summary.setText(_("The practice has no appointment type yet, so there is nothing to offer."))
            return
        place = next((LocationId(each) for each in self.place.chosen() if isinstance(each, int)), None)
        providers = tuple(ProviderId(each) for each in self.provider.chosen() if isinstance(each, int))
        read = self._context.runner.read(
            self, why_no_slots, self.day.day(), TypeId(asked), location_id=place, provider_ids=providers
        )
        self._reading = read.done(self._show).refused(self.refuse)

    def _show(self, answer: NoSlots) -> None:
        self._reading = None
        self.say("")
        words, type_ = self._context.words(), self._names.types.get(answer.type_id)
        self.summary.setText(summary_words(answer, type_, words))
        while (item := self._column.takeAt(0)) is not None:
            if (widget := item.widget()) is not None:
                widget.hide()
                widget.deleteLater()
        blocks = []
        for one in answer.providers:
            self._column.addWidget(PlainLabel(named(one.provider_name), role=TextRole.BOLD))
            if not one.windows:
                self._column.addWidget(PlainLabel(_("No window on this day of the week."), tone=Tone.MUTED))
            for each in one.windows:
                block = WindowBlock(each, answer, one, type_, words, self._names)
                self._column.addWidget(block)
                blocks.append(block)
            self._column.addSpacing(app_theme().px(2 * SPACE))
        self._column.addStretch(1)
        self.blocks = tuple(blocks)


class WindowBlock(QWidget):
    """One window of the answer: what took everything in words, a bar, and the numbers that add up."""

    def __init__(
        self,
        window: WindowAnswer,
        answer: NoSlots,
        one: ProviderAnswer,
        type_: AppointmentType | None,
        words: Words,
        names: Directory,
    ) -> None:
        super().__init__()
        place = named(answer.location_names.get(window.window.location_id, ""))
        location = names.locations.get(window.window.location_id)
        there = words.at(location.zone if location is not None else "")
        times = f"{there.time(window.starts_at)} – {there.time(window.ends_at)}"
        told = (times, place, named(window.window.label))
        self.title = PlainLabel(", ".join(filter(None, told)), role=TextRole.SMALL_BOLD, wrap=True, selectable=True)
        self.reason = PlainLabel(
            whole_words(window, answer, one.provider_name, type_, words, names), wrap=True, selectable=True
        )
        self.sum = PlainLabel(sum_words(window, words), tone=Tone.MUTED, wrap=True, selectable=True)
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, app_theme().px(2 * SPACE))
        body.setSpacing(app_theme().px(SPACE))
        for part in (self.title, self.reason, ShareBar(window), self.sum):
            body.addWidget(part)
        self.reason.setVisible(bool(self.reason.text()))


class ShareBar(QWidget):
    """How much of a window is free for patients, and how the rest is divided; the words below it say the same."""

    def __init__(self, window: WindowAnswer) -> None:
        super().__init__()
        self._window = window
        self.setSizePolicy(QSizePolicy.Policy.Expanding, QSizePolicy.Policy.Fixed)

    def sizeHint(self) -> QSize:
        return QSize(app_theme().px(200), app_theme().px(_BAR))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme, painter = app_theme(), QPainter(self)
        shares = [
            (self._window.free, theme.free),
            *((count, theme.tile_mark) for count in self._window.removed.values()),
        ]
        left, total = 0.0, max(1, self._window.total)
        for count, color in shares:
            if count:
                width = self.width() * count / total
                rect = QRect(round(left), 0, max(2, round(left + width) - round(left) - 2), self.height())
                fill_round(painter, rect, color, self.height() / 2)
                left += width


def sum_words(window: WindowAnswer, words: Words) -> str:
    """Return "20 free for patients + 3 (taken) + 1 (already past) = 24 starts"."""
    parts = [_("{count} free for patients").format(count=words.count(window.free))]
    parts += [f"{words.count(count)} ({_(RULE_WORDS[rule])})" for rule, count in window.removed.items()]
    starts = plural("{count} start", "{count} starts", window.total).format(count=words.count(window.total))
    return f"{' + '.join(parts)} = {starts}"


def summary_words(answer: NoSlots, type_: AppointmentType | None, words: Words) -> str:
    """Return what a patient sees of the day, and the one rule that took everything where it was one."""
    what, day = named(answer.type_name), words.day(answer.day)
    if not answer.total:
        return _("{day}: nobody who is asked about has a window on this day.").format(day=day)
    if answer.free:
        told = plural(
            "{day}: patients are offered {free} start of {total} for {type}.",
            "{day}: patients are offered {free} starts of {total} for {type}.",
            answer.free,
        )
        return told.format(day=day, free=words.count(answer.free), total=words.count(answer.total), type=what)
    none = _("{day}: patients are offered no start for {type}.").format(day=day, type=what)
    sole = _sole(answer.removed)
    if sole is None:
        return none
    return f"{none} {_all_words(sole, answer.total, _general_words(sole.rule, answer, type_, words))}"


def whole_words(
    window: WindowAnswer, answer: NoSlots, provider: str, type_: AppointmentType | None, words: Words, names: Directory
) -> str:
    """Return which one rule took everything of a window, "" where it was none or several."""
    sole = None if window.free else _sole(window.removed)
    if sole is None:
        return ""
    return _all_words(sole, window.total, _window_words(sole.rule, window, answer, provider, type_, words, names))


@dataclass(frozen=True, slots=True)
class _Sole:
    """The one rule that took every start that would fit, and how many those are."""

    rule: Rule
    count: int


def _sole(removed: Mapping[Rule, int]) -> _Sole | None:
    """What took everything: starts without room until the end never count, and what is past is within every notice, too."""
    taken = {rule: count for rule, count in removed.items() if count}
    fitting = {rule: count for rule, count in taken.items() if rule is not Rule.TOO_SHORT} or taken
    if set(fitting) == {Rule.PAST, Rule.NOTICE}:
        return _Sole(Rule.NOTICE, sum(fitting.values()))
    return _Sole(*next(iter(fitting.items()))) if len(fitting) == 1 else None


def _all_words(sole: _Sole, total: int, why: str) -> str:
    if sole.count < total:
        told = plural(
            "The only start that would fit is gone: {why}.",
            "All {count} starts that would fit are gone: {why}.",
            sole.count,
        )
    else:
        told = plural("The only start is gone: {why}.", "All {count} starts are gone: {why}.", sole.count)
    return told.format(count=sole.count, why=why)


def _general_words(rule: Rule, answer: NoSlots, type_: AppointmentType | None, words: Words) -> str:
    """A rule in words, with what it is measured by where that is the same for the whole day."""
    if rule is Rule.NOTICE and type_ is not None:
        notice = lead_words(type_.minimum_notice, words)
        return _("they lie within the minimum notice of {notice}").format(notice=notice)
    if rule is Rule.ADVANCE and type_ is not None:
        ahead = lead_words(LeadTime(days=type_.maximum_advance // _ONE_DAY), words)
        return _("they lie further ahead than the {ahead} that patients may book").format(ahead=ahead)
    if rule is Rule.CLOSED_DAY and answer.closed_day:
        return _("the practice is closed on {name}").format(name=named(answer.closed_day))
    if rule is Rule.TYPE_OFF:
        return _("{type} is switched off").format(type=named(answer.type_name))
    return _ALL_GONE.get(rule) or _(RULE_WORDS[rule])


def _window_words(
    rule: Rule,
    window: WindowAnswer,
    answer: NoSlots,
    provider: str,
    type_: AppointmentType | None,
    words: Words,
    names: Directory,
) -> str:
    """A rule in words, with what it is measured by in this window."""
    kept, who, what = window.window, named(provider), named(answer.type_name)
    match rule:
        case Rule.PROVIDER_OFF:
            return _("{provider} is switched off").format(provider=who)
        case Rule.OTHER_PROVIDERS:
            return _("{provider} does not do {type}").format(provider=who, type=what)
        case Rule.TIME_OFF:
            return _("{provider} is away").format(provider=who)
        case Rule.PLACE_OFF:
            return _("{place} is switched off").format(place=named(answer.location_names.get(kept.location_id, "")))
        case Rule.NOT_VALID:
            return _("the window counts {when}").format(when=pale_words(kept, answer.day, {}, words))
        case Rule.NOT_FOR_TYPE:
            return _("the window is for {types}").format(types=words.list_of(_type_names(kept.type_ids, names)))
        case Rule.NOT_OPEN_YET if kept.opens is not None:
            return _("they open to patients {lead} before they begin").format(
                lead=lead_words(LeadTime(kept.opens), words)
            )
        case Rule.CAP if kept.cap is not None:
            return _("the session has its {count} of {type}").format(count=kept.cap, type=what)
        case Rule.TOO_SHORT:
            return _("the window is too short for {type}").format(type=what)
    return _general_words(rule, answer, type_, words)


def _type_names(type_ids: Sequence[TypeId], names: Directory) -> list[str]:
    return [named(names.types[each].name) if each in names.types else "?" for each in type_ids]
