"""The strokes of the time grid: blocks, offers, holds, absences, the grid and the line of now."""

from collections.abc import Sequence
from datetime import datetime

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QBrush, QColor, QFont, QFontMetrics, QPainter, QPen

from request_desk.domain.appointments import Appointment, AppointmentStatus, Mark, marked_at
from request_desk.domain.availability import Absence
from request_desk.domain.requests import Fit
from request_desk.domain.words import Words, _
from request_desk.ui.schedule.appointment_words import (
    MARK_ICONS,
    block_name,
    marks_words,
    named,
    status_words,
    with_initials,
    work_in_words,
)
from request_desk.ui.schedule.grid_layout import GridLayout, OfferState, PaintedOffer, Placed
from request_desk.ui.widgets.painting import (
    TextRun,
    draw_focus_ring,
    draw_icon,
    draw_run,
    draw_text,
    first_words,
    text_width,
)
from request_desk.ui.widgets.theme import RADIUS_CONTROL, TYPE_EDGES, Theme

_FIT_WORDS = {
    Fit.EXACT: _("wanted"),
    Fit.SAME_PROVIDER: _("same provider"),
    Fit.SAME_DAY: _("same day"),
    Fit.NEXT_DAYS: _("next"),
}
_STATE_WORDS = {
    OfferState.FREE: _("free"),
    OfferState.CHOSEN: _("chosen, not held"),
    OfferState.OFFERED: _("to be offered"),
    OfferState.HELD: _("held by you"),
    OfferState.GONE: _("taken"),
}
_LOWEST_TEXT = 9  # pixels: a block below this has no room for a line
_TWO_LINES = 38  # pixels at 100 % of a block with two lines
_WIDE = 200  # of a column in which type and name stand side by side


def _key(shown: PaintedOffer) -> str:
    """The digit that chooses an offer, nothing where none does."""
    return f"[{shown.digit}]  " if shown.digit else ""


def offer_words(shown: PaintedOffer, words: Words) -> tuple[str, str]:
    """Return the two lines of an offer: "[1]  9:20 AM · wanted · free" and "Dr. Lindqvist, 40 min"."""
    offer = shown.offer
    slot = offer.slot
    first = f"{_key(shown)}{words.at(offer.zone).time(slot.starts_at)} · {_FIT_WORDS[offer.fit]} · {_STATE_WORDS[shown.state]}"
    second = f"{named(offer.provider_name)}, {words.minutes(slot.ends_at - slot.starts_at)}"
    return first, f"{second} · {offer.warning}" if offer.warning else second


def entry_words(entry: Appointment, words: Words, now: datetime) -> tuple[str, str]:
    """Return the two lines of an appointment: "Well visit · J. Adeyemi" and its state in words."""
    appointment = f"{named(entry.type_name)} · {block_name(entry)}"
    if entry.status is AppointmentStatus.HELD and entry.hold_expires_at is not None:
        held = _("held, {left}").format(left=words.left(entry.hold_expires_at - now))
        if entry.is_nameless:
            held = _("booking page until {time}").format(time=words.time(entry.hold_expires_at))
        if entry.is_offered:
            held = _("offered until {time}").format(time=words.near_moment(entry.hold_expires_at))
        return _("{held}; {names} is switched off").format(
            held=held, names=", ".join(entry.off)
        ) if entry.off else held, appointment
    if entry.status is AppointmentStatus.CONFIRMED:
        marks = marks_words(entry, words)
        return appointment, work_in_words(entry, marks) if marks else status_words(entry)
    return appointment, status_words(entry)


def below_name(font: QFont, appointment: str, state: str, width: int, lines: int) -> list[str]:
    """Return what stands below the name in a narrow block: type and state, whole words only; with one line the state goes first."""
    both = f"{appointment} · {state}" if state else appointment
    if not state or text_width(font, both) <= width:
        return [first_words(font, both, width)]
    return [first_words(font, each, width) for each in ((appointment, state) if lines > 1 else (state,))]


def type_edge(entry: Appointment, theme: Theme) -> QColor:
    """Return the colour of an appointment's edge; where contrast was asked for, that of all edges."""
    return theme.tile_mark if theme.is_high_contrast else QColor(TYPE_EDGES[entry.type_position % len(TYPE_EDGES)])


class GridPainter:
    """Paints one layout with one theme; holds nothing between frames."""

    def __init__(self, painter: QPainter, layout: GridLayout, theme: Theme, words: Words, now: datetime) -> None:
        self._painter = painter
        self._layout = layout
        self._theme = theme
        self._words = words
        self._now = now

    def grid(self, first: int, last: int) -> None:
        """Hour lines strong, quarter lines faint, columns apart; open time lies on the panel, the rest on the background."""
        painter, layout, theme = self._painter, self._layout, self._theme
        first, last = max(0, first), min(last, layout.height)
        for place, column in enumerate(layout.columns):
            painter.fillRect(layout.column_rect(place, first, last), theme.background)
            for span in column.open:
                rect = layout.span_rect(place, span.starts_at, span.ends_at)
                painter.fillRect(rect, theme.panel)
            for rect in layout.missing(place):
                painter.fillRect(rect, theme.background)
                self._hatch(rect, theme.line)
        faint = QColor(theme.line)
        faint.setAlpha(110)
        for hour in layout.hours():
            for quarter in range(1, 4):
                line = hour.y + layout.hour * quarter // 4
                if first <= line <= last:
                    painter.setPen(QPen(faint, 1, Qt.PenStyle.DotLine))
                    painter.drawLine(0, line, layout.width, line)
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(0, hour.y, layout.width, hour.y)
        for edge in layout.edges:
            painter.setPen(QPen(theme.line, 1))
            painter.drawLine(edge, first, edge, last)
        self._purposes()

    def _purposes(self) -> None:
        """What a block is for, faintly, at its top right."""
        layout, theme = self._layout, self._theme
        for place, column in enumerate(layout.columns):
            for span in column.open:
                if span.label:
                    rect = layout.span_rect(place, span.starts_at, span.ends_at)
                    line = QRect(rect.left(), rect.top() + 2, rect.width() - theme.px(8), theme.px(18))
                    draw_text(
                        self._painter, line, named(span.label), theme.small, theme.muted, Qt.AlignmentFlag.AlignRight
                    )

    def items(self, items: Sequence[Placed], seen: QRect, dragged: Placed | None = None) -> None:
        """Paint those of the items that lie in a part of the grid; a dragged one goes pale."""
        opacity = self._painter.opacity()
        for placed in items:
            if not placed.rect.intersects(seen):
                continue
            self._painter.setOpacity(0.35 if placed == dragged else opacity)
            match placed.item:
                case PaintedOffer():
                    self._offer(placed.item, placed.rect)
                case Appointment():
                    if self._layout.others_of(placed):
                        self._clash(placed.item, placed.rect)
                    else:
                        self._entry(placed.item, placed.rect)
                case Absence():
                    self._absence(placed.item, placed.rect)
        self._painter.setOpacity(opacity)

    def now_line(self, *, over: bool) -> None:
        """A line across today where the clock stands: strong beneath the blocks, pale over them, so that they stay readable."""
        layout, theme = self._layout, self._theme
        y = layout.y_of(self._now)
        if not 0 <= y <= layout.height:
            return
        color = QColor(theme.accent)
        if over:
            color.setAlpha(60)
        self._painter.setPen(QPen(color, 2))
        for place in layout.now_columns(self._now):
            self._painter.drawLine(layout.edges[place], y, layout.edges[place + 1], y)

    def ghost(self, rect: QRect, words: str, *, allowed: bool) -> None:
        """Where a dragged appointment would go; the rule that stands against it is said by the view."""
        color = self._theme.accent if allowed else self._theme.danger
        tint = self._theme.accent_tint if allowed else self._theme.danger_tint
        self._block(rect, tint, QPen(color, self._theme.px(1.5), Qt.PenStyle.DashLine))
        draw_text(self._painter, self._line(rect, 0), words, self._theme.small_bold, color)

    def _offer(self, shown: PaintedOffer, rect: QRect) -> None:
        theme = self._theme
        ink, tint, style = {
            OfferState.FREE: (theme.free, theme.free_tint, Qt.PenStyle.DashLine),
            OfferState.CHOSEN: (theme.free, theme.free_tint, Qt.PenStyle.SolidLine),
            OfferState.OFFERED: (theme.held, theme.held_tint, Qt.PenStyle.DashLine),
            OfferState.HELD: (theme.held, theme.held_tint, Qt.PenStyle.SolidLine),
            OfferState.GONE: (theme.muted, theme.tile, Qt.PenStyle.DotLine),
        }[shown.state]
        self._block(rect, tint, QPen(ink, theme.px(1.5), style))
        if shown.state is OfferState.HELD:
            self._hatch(rect, ink)
        time, state = self._words.at(shown.offer.zone).time(shown.offer.slot.starts_at), _STATE_WORDS[shown.state]
        first, second = offer_words(shown, self._words)
        if shown.state is OfferState.GONE:
            gone = TextRun(f"{_key(shown)}{time}", theme.small_bold, ink, strike=True)
            draw_run(self._painter, self._line(rect, 0), (gone, TextRun(state, theme.small, theme.muted)))
            return
        if QFontMetrics(theme.small_bold).horizontalAdvance(first) > self._line(rect, 0).width():
            first, second = f"{_key(shown)}{time} · {state}", f"{_FIT_WORDS[shown.offer.fit]}, {second}"
        if QFontMetrics(theme.small_bold).horizontalAdvance(first) > self._line(rect, 0).width():
            first = f"{_key(shown)}{time}"  # how it is drawn says the state, the message says it in words
        self._lines(rect, first, second, ink)

    def _entry(self, entry: Appointment, rect: QRect) -> None:
        theme = self._theme
        first, second = entry_words(entry, self._words, self._now)
        if entry.status is AppointmentStatus.HELD:
            self._block(rect, theme.held_tint, QPen(theme.held, theme.px(1.5), Qt.PenStyle.DashLine))
            self._hatch(rect, theme.held)
            is_cut = text_width(theme.small, second) > self._line(rect, 1).width()
            self._lines(rect, first, block_name(entry) if is_cut else second, theme.held)
            return
        done = entry.status is not AppointmentStatus.CONFIRMED
        self._block(rect, theme.tile, QPen(Qt.PenStyle.NoPen))
        bar = QRect(rect.left(), rect.top() + 2, theme.px(3), rect.height() - 4)
        self._painter.fillRect(bar, theme.line if done else type_edge(entry, theme))
        ink = theme.muted if done else theme.ink
        if rect.width() >= theme.px(_WIDE):
            self._lines(rect, first, second, ink)
        else:
            told = second if done or marks_words(entry, self._words) else work_in_words(entry, "")
            self._name_first(rect, entry, told, ink)
        self._marks(rect, entry)

    def _clash(self, entry: Appointment, rect: QRect) -> None:
        """One of a double booking: a sign, a frame and words, since neither may be overlooked (BK9)."""
        theme, name = self._theme, block_name(entry)
        self._block(rect, theme.danger_tint, QPen(theme.danger, theme.px(1.5)))
        if rect.height() < _LOWEST_TEXT:
            return
        line, side = self._line(rect, 0), theme.px(15)
        sign = QRect(line.left() - theme.px(4), line.top(), side, line.height())
        draw_icon(self._painter, sign, "triangle-alert", theme.danger, 13)
        line.setLeft(sign.right() + theme.px(4))
        if rect.height() >= theme.px(_TWO_LINES):
            draw_text(self._painter, line, name, theme.small_bold, theme.danger)
            draw_text(self._painter, self._line(rect, 1), _("double booked"), theme.small, theme.danger)
        else:
            parts = (
                TextRun(name, theme.small_bold, theme.danger),
                TextRun(_("double booked"), theme.small, theme.danger),
            )
            draw_run(self._painter, line, parts, theme.px(6))

    def _name_first(self, rect: QRect, entry: Appointment, state: str, ink: QColor) -> None:
        """Where there is no room for both, the name goes first: types repeat, children do not."""
        theme, line = self._theme, self._line(rect, 0)
        name, appointment = block_name(entry), named(entry.type_name)
        if text_width(theme.small_bold, name) > line.width():
            name = with_initials(name)
        if rect.height() >= theme.px(_TWO_LINES):
            draw_text(self._painter, line, name, theme.small_bold, ink)
            room = 1 + (rect.height() - theme.px(_TWO_LINES)) // line.height()
            for number, told in enumerate(below_name(theme.small, appointment, state, line.width(), room), 1):
                draw_text(self._painter, self._line(rect, number), told, theme.small, theme.muted)
        elif rect.height() >= _LOWEST_TEXT:
            gap = theme.px(6)
            left = line.width() - text_width(theme.small_bold, name) - gap - (self._mark_side(line) if state else 0)
            kind = first_words(theme.small, appointment, left)
            parts = (TextRun(name, theme.small_bold, ink), TextRun(kind, theme.small, theme.muted))
            draw_run(self._painter, line, parts, gap)

    def _marks(self, rect: QRect, entry: Appointment) -> None:
        """A sign at the right for the mark that says most, also where there is room for one line only."""
        mark = next((each for each in Mark if marked_at(entry, each) is not None), None)
        if mark is None or entry.status is not AppointmentStatus.CONFIRMED or rect.height() < _LOWEST_TEXT:
            return
        theme = self._theme
        line = self._line(rect, 0)
        side = self._mark_side(line)
        place = QRect(rect.right() - side - theme.px(4), line.top() + (line.height() - side) // 2, side, side)
        self._painter.fillRect(place, theme.tile)
        draw_icon(self._painter, place, MARK_ICONS[mark], theme.free if mark is Mark.ARRIVED else theme.muted)

    def _mark_side(self, line: QRect) -> int:
        return min(self._theme.px(16), line.height())

    def _absence(self, absence: Absence, rect: QRect) -> None:
        theme = self._theme
        self._block(rect, theme.background, QPen(theme.line, 1))
        self._hatch(rect, theme.line)
        state = _("practice closed") if absence.is_closed_day else _("blocked")
        self._lines(rect, named(absence.label or _("Not available")), state, theme.muted)

    def _block(self, rect: QRect, fill: QColor, pen: QPen) -> None:
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing)
        self._painter.setBrush(fill)
        self._painter.setPen(pen)
        radius = self._theme.px(RADIUS_CONTROL)
        self._painter.drawRoundedRect(rect, radius, radius)
        self._painter.setRenderHint(QPainter.RenderHint.Antialiasing, False)

    def _hatch(self, rect: QRect, color: QColor) -> None:
        """Diagonal lines: a state is told by its pattern too, not by colour alone."""
        pale = QColor(color)
        pale.setAlpha(70)
        self._painter.setPen(Qt.PenStyle.NoPen)
        self._painter.setBrush(QBrush(pale, Qt.BrushStyle.BDiagPattern))
        self._painter.drawRect(rect.adjusted(3, 3, -3, -3))

    def _lines(self, rect: QRect, first: str, second: str, ink: QColor) -> None:
        if rect.height() >= _LOWEST_TEXT:
            draw_text(self._painter, self._line(rect, 0), first, self._theme.small_bold, ink)
        if rect.height() >= self._theme.px(_TWO_LINES):
            line, font = self._line(rect, 1), self._theme.small
            draw_text(self._painter, line, first_words(font, second, line.width()), font, self._theme.muted)

    def _line(self, rect: QRect, number: int) -> QRect:
        theme = self._theme
        height = min(theme.px(18), rect.height())
        top = (
            rect.top()
            + (theme.px(3) if rect.height() > theme.px(22) else (rect.height() - height) // 2)
            + number * height
        )
        return QRect(rect.left() + theme.px(10), top, rect.width() - theme.px(14), height)

    def ring(self, rect: QRect) -> None:
        """Show which item has the keyboard."""
        draw_focus_ring(self._painter, rect.adjusted(-2, -2, 2, 2), self._theme.px(RADIUS_CONTROL))
