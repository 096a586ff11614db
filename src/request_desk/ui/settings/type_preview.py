"""A sample day of a type while its rules are typed, from the hours as they are; the day itself comes from `domain.sample_day`."""

from request_desk.domain.booking_rules import duration_for
from request_desk.domain.directory import AppointmentType
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.sample_day import NoSlot, SampleDay, SampleLine, sample_day
from request_desk.domain.words import Words, _, plural
from request_desk.services.practice.appointment_types import TypesWithHours
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone

_LINES = 3  # providers that are shown
_STARTS = 4  # of each, before the dots


class TypePreview(Card):
    """What would be offered on the first day on which the type can be had, or why nothing ever would."""

    def __init__(self, context: DeskContext) -> None:
        super().__init__(padding=12, name=_("Sample day"))
        self._context = context
        self._zones: dict[str, PracticeTime] = {}
        self.title = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self.lines = [PlainLabel("", elide=True) for _number in range(_LINES)]
        self.more = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.problem = PlainLabel("", tone=Tone.HELD, wrap=True)
        self.set_padding(12, SPACE)
        for part in (self.title, *self.lines, self.more, self.problem):
            self.body.addWidget(part)

    def show_type(self, type_: AppointmentType, found: TypesWithHours) -> None:
        """Show the day of a type as it is typed."""
        zones = {each.id: self._zone(each.zone) for each in found.locations}
        words = self._context.words()
        today = self._context.today()
        sample = sample_day(type_, found.windows, zones, today) if type_.duration and type_.grid else NoSlot.NO_WINDOW
        is_day = isinstance(sample, SampleDay)
        lines = _line_words(sample, found, words) if isinstance(sample, SampleDay) else []
        self.title.setText(
            _("{day}, as if nothing were booked").format(day=words.long_day(sample.day))
            if isinstance(sample, SampleDay)
            else ""
        )
        for label, line in zip(self.lines, [*lines, *[""] * _LINES], strict=False):
            label.setText(line)
            label.setVisible(bool(line))
        rest = len(lines) - _LINES
        self.more.setText(
            plural("and {count} other", "and {count} others", rest).format(count=rest) if rest > 0 else ""
        )
        self.problem.setText("" if isinstance(sample, SampleDay) else _why_not(sample, type_, words))
        self.title.setVisible(is_day)
        self.more.setVisible(rest > 0)
        self.problem.setVisible(not is_day)

    def _zone(self, name: str) -> PracticeTime:
        if name not in self._zones:
            self._zones[name] = PracticeTime(name)
        return self._zones[name]


def _line_words(sample: SampleDay, found: TypesWithHours, words: Words) -> list[str]:
    providers = {each.id: each for each in found.providers}
    places = {each.id: each for each in found.locations}

    def line(each: SampleLine) -> str:
        place = places[each.location_id]
        clock = words.at(place.zone)
        starts = [clock.time(start) for start in each.starts]
        shown = ", ".join(starts if len(starts) <= _STARTS else starts[:_STARTS])
        count = plural("{count} start", "{count} starts", len(starts)).format(count=len(starts))
        told = (
            _("{provider}, {place}: {times} … {count}")
            if len(starts) > _STARTS
            else _("{provider}, {place}: {times}: {count}")
        )
        provider = named(providers[each.provider_id].short_name)
        return told.format(provider=provider, place=named(place.name), times=shown, count=count)

    return [line(each) for each in sample.lines]


def _why_not(why: NoSlot, type_: AppointmentType, words: Words) -> str:
    match why:
        case NoSlot.NOTICE:
            return _("No parent could ever book it: its notice is longer than the time ahead that may be booked.")
        case NoSlot.TOO_LONG:
            return _(
                "Parents see no time: with {length} it is longer than the hours of those who do it, in the next seven days."
            ).format(length=words.minutes(duration_for(type_, None, None)))
        case NoSlot.NO_WINDOW:
            return _("Parents see no time: nobody who does it has hours for it in the next seven days.")
