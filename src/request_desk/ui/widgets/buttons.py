"""Things to press: buttons, chips, tabs, radio rows; what pressing does is decided by their owners."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import cast

from PySide6.QtCore import QEvent, QPoint, QRect, QSize, Qt, Signal, Slot
from PySide6.QtGui import QAction, QColor, QFont, QFontMetrics, QKeyEvent, QMouseEvent, QPainter, QPaintEvent
from PySide6.QtWidgets import (
    QAbstractButton,
    QButtonGroup,
    QMenu,
    QPushButton,
    QRadioButton,
    QSizePolicy,
    QTabBar,
    QToolButton,
    QWidget,
)

from request_desk.domain.words import _
from request_desk.ui.widgets.layout import FlowBox
from request_desk.ui.widgets.painting import LEFT, draw_focus_ring, draw_icon, draw_text, fill_round
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.text import no_mnemonic, set_tip
from request_desk.ui.widgets.theme import CONTROL, ICON, RADIUS_CONTROL, TARGET, Tone, app_theme
from request_desk.ui.window.keys import keys_text

SIDE = 14  # from a button's edge to its text
GAP = 10  # between icon and text
HINT_GAP = 14  # between text and shortcut


class ButtonKind(StrEnum):
    """How loud a button is: one primary on a screen."""

    PRIMARY = "primary"
    SECONDARY = "secondary"
    DANGER = "danger"
    GHOST = "ghost"


@dataclass(frozen=True, slots=True)
class _Coat:
    fill: QColor
    line: QColor | None
    ink: QColor


class Button(QPushButton):
    """A button that says its verb, with an icon before it and the shortcut beside it."""

    def __init__(
        self,
        text: str,
        *,
        kind: ButtonKind = ButtonKind.SECONDARY,
        icon: str = "",
        keys: str = "",
        name: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(no_mnemonic(text), parent)
        self._kind = kind
        self._icon = icon
        self._keys = keys
        self._held_width = 0
        # A click must not take the focus from the list, where letters and digits act.
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Maximum, QSizePolicy.Policy.Fixed)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(name or text)
        self.setAccessibleDescription(keys_text(keys))
        app_theme().changed.connect(self.updateGeometry)

    @property
    def kind(self) -> ButtonKind:
        return self._kind

    def words(self) -> str:
        """Return the text as people read it."""
        return self.text().replace("&&", "&")

    def set_text(self, text: str) -> None:
        self.setAccessibleName(text)
        if text != self.words():
            self.setText(no_mnemonic(text))
            self.updateGeometry()

    def set_kind(self, kind: ButtonKind) -> None:
        if kind is not self._kind:
            self._kind = kind
            self.update()

    def set_icon_name(self, icon: str) -> None:
        if icon != self._icon:
            self._icon = icon
            self.updateGeometry()
            self.update()

    def set_keys(self, keys: str) -> None:
        if keys == self._keys:
            return
        self._keys = keys
        self.setAccessibleDescription(keys_text(keys))
        self.updateGeometry()
        self.update()

    def hold_width(self, texts: Iterable[str]) -> None:
        """Keep the width that the longest of `texts` needs, whatever the text is now."""
        self._held_width = max((self._width_of(text) for text in texts), default=0)
        self.updateGeometry()

    def width_with(self, text: str, icon: str, keys: str) -> int:
        """Return the width that it would need with these parts."""
        theme = app_theme()
        measure = QFontMetrics(theme.small_bold if self._held_width else self._font())
        width = 2 * theme.px(SIDE) + measure.horizontalAdvance(text)
        if icon:
            width += theme.px(ICON) + theme.px(GAP)
        if keys:
            width += measure.horizontalAdvance(keys_text(keys)) + theme.px(HINT_GAP)
        return width

    def sizeHint(self) -> QSize:
        return QSize(max(self._width_of(self.words()), self._held_width), app_theme().px(CONTROL))

    def minimumSizeHint(self) -> QSize:
        theme = app_theme()
        return QSize(min(self.sizeHint().width(), theme.px(64)), theme.px(CONTROL))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        coat = self._coat()
        painter = QPainter(self)
        radius = theme.px(RADIUS_CONTROL)
        fill_round(painter, self.rect(), coat.fill, radius, coat.line)
        if self.hasFocus():
            ring = theme.ink if self._kind is ButtonKind.PRIMARY else theme.accent
            draw_focus_ring(painter, self.rect(), radius, ring)
        self._draw_content(painter, coat.ink)

    def _draw_content(self, painter: QPainter, ink: QColor) -> None:
        theme = app_theme()
        font = self._font()
        hint = keys_text(self._keys)
        content = min(self._width_of(self.words()) - 2 * theme.px(SIDE), self.width() - 2 * theme.px(SIDE // 2))
        left = (self.width() - content) // 2
        right = left + content
        if self._icon:
            side = theme.px(ICON)
            draw_icon(painter, QRect(left, 0, side, self.height()), self._icon, ink)
            left += side + theme.px(GAP)
        if hint:
            width = QFontMetrics(font).horizontalAdvance(hint)
            draw_text(painter, QRect(right - width, 0, width + 2, self.height()), hint, font, ink)
            right -= width + theme.px(HINT_GAP)
        draw_text(painter, QRect(left, 0, right - left + 2, self.height()), self.words(), font, ink)

    def _font(self) -> QFont:
        theme = app_theme()
        return theme.small_bold if self._kind in {ButtonKind.PRIMARY, ButtonKind.DANGER} else theme.small

    def _width_of(self, text: str) -> int:
        return self.width_with(text, self._icon, self._keys)

    def _coat(self) -> _Coat:
        theme = app_theme()
        enabled = self.isEnabled()
        lively = enabled and (self.underMouse() or self.isDown())
        match self._kind:
            case ButtonKind.PRIMARY if not enabled:
                return _Coat(theme.tile, None, theme.faint)
            case ButtonKind.PRIMARY:
                return _Coat(theme.accent_hover if lively else theme.accent, None, theme.on_accent)
            case ButtonKind.DANGER:
                ink = theme.danger if enabled else theme.faint
                return _Coat(theme.danger_tint if lively else theme.panel, ink if enabled else theme.line, ink)
            case ButtonKind.GHOST:
                clear = QColor(Qt.GlobalColor.transparent)
                return _Coat(theme.hover if lively else clear, None, theme.ink if enabled else theme.faint)
            case ButtonKind.SECONDARY:
                ink = theme.ink if enabled else theme.faint
                return _Coat(theme.hover if lively else theme.panel, theme.line, ink)


def primary(text: str, *, icon: str = "", keys: str = "", parent: QWidget | None = None) -> Button:
    """Make the one filled button of a screen."""
    return Button(text, kind=ButtonKind.PRIMARY, icon=icon, keys=keys, parent=parent)


def secondary(text: str, *, icon: str = "", keys: str = "", parent: QWidget | None = None) -> Button:
    """Make an outlined button."""
    return Button(text, kind=ButtonKind.SECONDARY, icon=icon, keys=keys, parent=parent)


def danger(text: str, *, icon: str = "", keys: str = "", parent: QWidget | None = None) -> Button:
    """Make a button outlined in red, for what takes something away."""
    return Button(text, kind=ButtonKind.DANGER, icon=icon, keys=keys, parent=parent)


def ghost(text: str, *, icon: str = "", keys: str = "", parent: QWidget | None = None) -> Button:
    """Make a button without an outline."""
    return Button(text, kind=ButtonKind.GHOST, icon=icon, keys=keys, parent=parent)


class IconButton(QToolButton):
    """A button that is only an icon; its name is its tooltip and accessible name."""

    def __init__(
        self, icon: str, name: str, *, keys: str = "", outlined: bool = False, parent: QWidget | None = None
    ) -> None:
        super().__init__(parent)
        self._icon = icon
        self._tone = Tone.INK if outlined else Tone.MUTED
        self._outlined = outlined
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setAccessibleName(name)
        self.setAccessibleDescription(keys_text(keys))
        set_tip(self, f"{name} ({keys_text(keys)})" if keys else name)
        app_theme().changed.connect(self.updateGeometry)

    def set_tone(self, tone: Tone) -> None:
        self._tone = tone
        self.update()

    def sizeHint(self) -> QSize:
        side = app_theme().px(CONTROL if self._outlined else TARGET)
        return QSize(side, side)

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        radius = theme.px(RADIUS_CONTROL)
        lively = self.isEnabled() and (self.underMouse() or self.isDown() or self.isChecked())
        if self._outlined:
            fill_round(painter, self.rect(), theme.hover if lively else theme.panel, radius, theme.line)
        elif lively:
            fill_round(painter, self.rect(), theme.tile, radius)
        if self.hasFocus():
            draw_focus_ring(painter, self.rect(), radius)
        draw_icon(painter, self.rect(), self._icon, theme.color(self._tone) if self.isEnabled() else theme.faint)


class Link(QAbstractButton):
    """A line that leads somewhere, or opens what is told behind it; `picked` tells where."""

    picked = Signal(object)

    def __init__(
        self,
        text: str,
        value: object,
        parent: QWidget | None = None,
        *,
        tone: Tone = Tone.ACCENT,
        icon: str = "",
        shorter: Sequence[str] = (),
    ) -> None:
        """`shorter` are said where the text has no room, the longest first."""
        super().__init__(parent)
        self._value, self._tone = value, tone
        self._shorter = tuple(isolated_if_needed(one_line(each)) for each in shorter)
        self.icon_name = icon  # behind the words
        self.say(text)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setCursor(Qt.CursorShape.PointingHandCursor)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.clicked.connect(self._pressed)

    def say(self, text: str) -> None:
        """Say something else."""
        self._words = isolated_if_needed(one_line(text))
        self.setText(no_mnemonic(self._words))
        self.setAccessibleName(self._words)
        self.updateGeometry()

    def sizeHint(self) -> QSize:
        theme = app_theme()
        icon = theme.px(20) if self.icon_name else 0
        return QSize(QFontMetrics(theme.small).horizontalAdvance(self._words) + icon + theme.px(12), theme.px(26))

    def fitting(self) -> str:
        """Return the first of its texts that has room, else the shortest."""
        measure, said = QFontMetrics(app_theme().small), (self._words, *self._shorter)
        return next((each for each in said if measure.horizontalAdvance(each) <= self.width()), said[-1])

    def minimumSizeHint(self) -> QSize:
        return QSize(app_theme().px(80), self.sizeHint().height())

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        font = QFont(theme.small)
        font.setUnderline(self.underMouse())
        ink = theme.color(self._tone)
        end = draw_text(painter, self.rect(), self.fitting(), font, ink)
        if self.icon_name:
            draw_icon(painter, QRect(end + theme.px(2), 0, theme.px(18), self.height()), self.icon_name, ink, 16)
        if self.hasFocus():
            draw_focus_ring(painter, self.rect(), theme.px(4))

    @Slot()
    def _pressed(self) -> None:
        self.picked.emit(self._value)


class _Pill(QPushButton):
    """The shape that filter chips share."""

    def __init__(self, text: str, parent: QWidget | None) -> None:
        super().__init__(no_mnemonic(text), parent)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setAttribute(Qt.WidgetAttribute.WA_Hover)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        self.setAccessibleName(text)
        app_theme().changed.connect(self.updateGeometry)

    def words(self) -> str:
        return self.text().replace("&&", "&")

    def shorter(self) -> tuple[str, ...]:
        """Return what the chip says instead where its words have no room, the longest first."""
        return ()

    def fitting(self) -> str:
        """Return the first of its words that have room, else the shortest."""
        measure, room = QFontMetrics(app_theme().small), self.width() - 2 * app_theme().px(SIDE)
        said = (self.words(), *self.shorter())
        return next((each for each in said if measure.horizontalAdvance(each) <= room), said[-1])

    def is_active(self) -> bool:
        """Whether the chip narrows what is shown."""
        return self.isChecked()

    def sizeHint(self) -> QSize:
        theme = app_theme()
        width = QFontMetrics(theme.small).horizontalAdvance(self.words()) + 2 * theme.px(SIDE + 1)
        return QSize(min(width, theme.px(260)), theme.px(TARGET))

    def minimumSizeHint(self) -> QSize:
        theme = app_theme()
        return QSize(min(self.sizeHint().width(), theme.px(110)), theme.px(TARGET))

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        lively = self.isEnabled() and (self.underMouse() or self.isDown())
        active = self.is_active()
        on = self.isChecked()
        fill = theme.accent_tint if on else theme.hover if lively else theme.panel
        fill_round(painter, self.rect(), fill, self.height() / 2, theme.accent if on else theme.line)
        if self.hasFocus():
            draw_focus_ring(painter, self.rect(), self.height() / 2)
        ink = theme.faint if not self.isEnabled() else theme.ink if active else theme.muted
        room = self.rect().adjusted(theme.px(SIDE), 0, -theme.px(SIDE), 0)
        draw_text(painter, room, self.fitting(), theme.small, ink, LEFT)


class ToggleChip(_Pill):
    """A pill that is on or off; connect `toggled`."""

    def __init__(self, text: str, parent: QWidget | None = None) -> None:
        super().__init__(text, parent)
        self.setCheckable(True)


class _StayingMenu(QMenu):
    """A menu of check marks that stays open while several are set."""

    def mouseReleaseEvent(self, event: QMouseEvent) -> None:
        action = cast("QAction | None", self.activeAction())
        if action is not None and action.isCheckable() and action.isEnabled():
            action.trigger()
            return
        super().mouseReleaseEvent(event)

    def keyPressEvent(self, event: QKeyEvent) -> None:
        action = cast("QAction | None", self.activeAction())
        if event.key() == Qt.Key.Key_Space and action is not None and action.isCheckable():
            action.trigger()
            return
        super().keyPressEvent(event)


class Chip(_Pill):
    """A filter with a menu: "Location: Northside, Harbor St"; `changed` tells the chosen values, () for all.

    `ask` is a last line of the menu that chooses nothing by itself: `asked` tells that it was picked.
    """

    changed = Signal(object)
    asked = Signal()

    def __init__(
        self,
        label: str,
        options: Sequence[tuple[object, str]] = (),
        *,
        multiple: bool = False,
        all_text: str = "",
        ask: str = "",
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(label, parent)
        self._label = label
        self._multiple = multiple
        self._all_text = all_text or _("all")
        self._ask = ask
        self._options: tuple[tuple[object, str], ...] = ()
        self._chosen: tuple[object, ...] = ()
        self._menu: QMenu = _StayingMenu(self) if multiple else QMenu(self)
        self._menu.setAccessibleName(label)
        self._menu.triggered.connect(self._picked)
        self.clicked.connect(self._open)
        self.set_options(options)

    def set_options(self, options: Sequence[tuple[object, str]]) -> None:
        """Offer these (value, text) pairs; what is chosen stays chosen as far as it is still offered."""
        self._options = tuple((value, one_line(text)) for value, text in options)
        offered = {value for value, _text in self._options}
        self._chosen = tuple(value for value in self._chosen if value in offered)
        if not self._label and not self._chosen and self._options:
            self._chosen = (self._options[0][0],)
        self._rebuild()

    def chosen(self) -> tuple[object, ...]:
        """Return the chosen values, () for all."""
        return self._chosen

    def choose(self, values: Iterable[object]) -> None:
        """Choose without telling anybody."""
        wanted, before = tuple(values), self._chosen
        self._chosen = tuple(value for value, _text in self._options if value in wanted)
        if not self._label and not self._chosen and self._options:
            self._chosen = (self._options[0][0],)
        if self._chosen != before:
            self._rebuild()

    def is_active(self) -> bool:
        return False if not self._label else bool(self._chosen)

    def shorter(self) -> tuple[str, ...]:
        names = [text for value, text in self._options if value in self._chosen]
        if not self._label or not names:
            return ()
        return ", ".join(names), _("{label}: {count}").format(label=self._label, count=len(names))

    def menu_open(self) -> QMenu:
        """Return the menu, as it is shown by a click."""
        return self._menu

    @Slot()
    def _open(self) -> None:
        self._menu.popup(self.mapToGlobal(QPoint(0, self.height() + app_theme().px(4))))

    def _rebuild(self) -> None:
        self._menu.clear()
        if self._label:
            every = self._menu.addAction(no_mnemonic(self._all_text[:1].upper() + self._all_text[1:]))
            every.setCheckable(True)
            every.setChecked(not self._chosen)
            every.setData(-1)
            self._menu.addSeparator()
        for place, (value, text) in enumerate(self._options):
            action = self._menu.addAction(no_mnemonic(text))
            action.setCheckable(True)
            action.setChecked(value in self._chosen)
            action.setData(place)
        if self._ask:
            self._menu.addSeparator()
            self._menu.addAction(no_mnemonic(self._ask))
        self._show_choice()

    def _show_choice(self) -> None:
        names = [text for value, text in self._options if value in self._chosen]
        choice = ", ".join(names) if names else self._all_text
        words = f"{self._label}: {choice}" if self._label else choice
        self.setText(no_mnemonic(words))
        self.setAccessibleName(words)
        self.updateGeometry()

    @Slot(QAction)
    def _picked(self, action: QAction) -> None:
        place = action.data()
        if not isinstance(place, int):
            self.asked.emit()
            return
        if place < 0:
            chosen: tuple[object, ...] = ()
        elif self._multiple:
            value = self._options[place][0]
            wanted = {*self._chosen, value} if value not in self._chosen else set(self._chosen) - {value}
            chosen = tuple(each for each, _text in self._options if each in wanted)
            if len(chosen) == len(self._options):
                chosen = ()
        else:
            chosen = (self._options[place][0],)
        before, self._chosen = self._chosen, chosen
        for each in self._menu.actions():
            at = each.data()
            if isinstance(at, int):
                each.setChecked(not chosen if at < 0 else self._options[at][0] in chosen)
        self._show_choice()
        if before != chosen:
            self.changed.emit(chosen)


class TabStrip(QTabBar):
    """Tabs as words with counts, the current one underlined."""

    chosen = Signal(str)

    def __init__(
        self,
        tabs: Sequence[tuple[str, str]],
        *,
        name: str,
        short: Mapping[str, str] | None = None,
        parent: QWidget | None = None,
    ) -> None:
        super().__init__(parent)
        self._keys = tuple(key for key, _text in tabs)
        self._texts = dict(tabs)
        self._short = dict(short or {})
        self._counts: dict[str, int | None] = {}
        self.setAccessibleName(name)
        self.setDrawBase(False)
        self.setExpanding(False)
        self.setUsesScrollButtons(False)
        self.setElideMode(Qt.TextElideMode.ElideRight)
        self.setFocusPolicy(Qt.FocusPolicy.TabFocus)
        self.setSizePolicy(QSizePolicy.Policy.Preferred, QSizePolicy.Policy.Fixed)
        for _key, text in tabs:
            self.addTab(no_mnemonic(text))
        self.currentChanged.connect(self._current_changed)
        app_theme().changed.connect(self._remeasure)

    def current_key(self) -> str:
        at = self.currentIndex()
        return self._keys[at] if 0 <= at < len(self._keys) else ""

    def choose(self, key: str) -> None:
        """Go to the tab `key`; tells `chosen` if it is another one."""
        self.setCurrentIndex(self._keys.index(key))

    def set_count(self, key: str, count: int | None) -> None:
        """Show how many there are behind the tab, None for no number."""
        if self._counts.get(key) == count:
            return
        self._counts[key] = count
        text = self._texts[key]
        self.setTabText(self._keys.index(key), no_mnemonic(text if count is None else f"{text} {count}"))

    def tabSizeHint(self, index: int) -> QSize:
        return self._size_of(index, self._texts_shown()[self._keys[index]])

    def sizeHint(self) -> QSize:
        return QSize(self._whole_width(), app_theme().px(36))

    def _whole_width(self) -> int:
        return sum(self._size_of(index, self._texts[key]).width() for index, key in enumerate(self._keys))

    def _texts_shown(self) -> Mapping[str, str]:
        """All tabs say less where one of them would have to: unequal gaps look like a mistake."""
        return self._texts if not self._short or self.width() >= self._whole_width() else {**self._texts, **self._short}

    def _size_of(self, index: int, words: str) -> QSize:
        theme = app_theme()
        measure = QFontMetrics(theme.bold)
        key = self._keys[index]
        width = measure.horizontalAdvance(words) + 2 * theme.px(8)
        count = self._counts.get(key)
        if count is not None:
            width += measure.horizontalAdvance(str(count)) + theme.px(8)
        return QSize(width + theme.px(17), theme.px(36))

    def minimumTabSizeHint(self, index: int) -> QSize:
        # Where there is little room the words are shorter ones; without such, the current tab stays readable.
        key = self._keys[index]
        if key in self._short:
            return self._size_of(index, self._short[key])
        whole = self.tabSizeHint(index)
        return whole if index == self.currentIndex() else QSize(min(whole.width(), app_theme().px(104)), whole.height())

    def minimumSizeHint(self) -> QSize:
        theme = app_theme()
        width = sum(self.minimumTabSizeHint(index).width() for index in range(self.count()))
        return QSize(width, theme.px(36))

    def paintEvent(self, event: QPaintEvent) -> None:
        painter = QPainter(self)
        for index in range(self.count()):
            self._draw_tab(painter, index)

    def _draw_tab(self, painter: QPainter, index: int) -> None:
        theme = app_theme()
        current = index == self.currentIndex()
        area = self.tabRect(index)
        area.setWidth(area.width() - theme.px(17))
        hovered = self.underMouse() and self.isEnabled() and area.contains(self.mapFromGlobal(self.cursor().pos()))
        ink = theme.ink if current or hovered else theme.muted
        font = theme.bold if current else theme.regular
        inner = area.adjusted(theme.px(8), 0, -theme.px(8), -theme.px(4))
        count = self._counts.get(self._keys[index])
        shown = "" if count is None else str(count)
        taken = QFontMetrics(font).horizontalAdvance(shown) + theme.px(8) if shown else 0
        text = QRect(inner.left(), inner.top(), inner.width() - taken, inner.height())
        used = draw_text(painter, text, self._texts_shown()[self._keys[index]], font, ink)
        if shown:
            left = inner.left() + used + theme.px(8)
            draw_text(painter, QRect(left, inner.top(), taken, inner.height()), shown, font, ink)
        if current:
            height = theme.px(2)
            under = QRect(area.left(), area.bottom() - height + 1, area.width(), height)
            painter.fillRect(under, theme.accent)
            if self.hasFocus():
                draw_focus_ring(painter, area, theme.px(RADIUS_CONTROL))

    def event(self, event: QEvent) -> bool:
        if event.type() in {QEvent.Type.HoverMove, QEvent.Type.Enter, QEvent.Type.Leave}:
            self.update()
        return super().event(event)

    @Slot(int)
    def _current_changed(self, index: int) -> None:
        if 0 <= index < len(self._keys):
            self.chosen.emit(self._keys[index])

    @Slot()
    def _remeasure(self) -> None:
        # A tab bar measures its tabs only when one of them changes.
        self.setIconSize(QSize(app_theme().px(ICON), app_theme().px(ICON)))
        self.updateGeometry()


class _Option(QRadioButton):
    """One of a row of options; bold when it is the one, in a width that does not change with it."""

    def __init__(self, text: str, parent: QWidget) -> None:
        super().__init__(no_mnemonic(text), parent)
        self._words = text
        self.setAccessibleName(text)
        self.setSizePolicy(QSizePolicy.Policy.Fixed, QSizePolicy.Policy.Fixed)
        app_theme().changed.connect(self.updateGeometry)

    def sizeHint(self) -> QSize:
        theme = app_theme()
        return QSize(theme.px(16 + 6) + QFontMetrics(theme.small_bold).horizontalAdvance(self._words) + 1, theme.px(26))

    def minimumSizeHint(self) -> QSize:
        return self.sizeHint()

    def hitButton(self, pos: QPoint) -> bool:
        return self.rect().contains(pos)

    def paintEvent(self, event: QPaintEvent) -> None:
        theme = app_theme()
        painter = QPainter(self)
        side = theme.px(16)
        ring = QRect(1, (self.height() - side) // 2, side, side)
        marked = self.isChecked()
        line = theme.accent if marked or self.underMouse() else theme.control_line
        if not self.isEnabled():
            line = theme.line
        fill_round(painter, ring, line, side / 2)
        if not marked:
            edge = theme.px(2)
            fill_round(painter, ring.adjusted(edge, edge, -edge, -edge), theme.panel, side / 2)
        else:
            inner = theme.px(5)
            fill_round(painter, ring.adjusted(inner, inner, -inner, -inner), theme.panel, side / 2)
        left = ring.right() + theme.px(6)
        text = QRect(left, 0, self.width() - left, self.height())
        font = theme.small_bold if marked else theme.small
        draw_text(painter, text, self._words, font, theme.ink if self.isEnabled() else theme.faint)
        if self.hasFocus():
            draw_focus_ring(painter, self.rect(), theme.px(RADIUS_CONTROL))


class RadioRow(FlowBox):
    """A choice of one among a few, side by side, wrapped where there is no room; `chosen` carries the value."""

    chosen = Signal(object)

    def __init__(self, options: Sequence[tuple[object, str]], *, name: str, parent: QWidget | None = None) -> None:
        super().__init__(parent, gap=6)
        self.setAccessibleName(name)
        self._values = tuple(value for value, _text in options)
        self._group = QButtonGroup(self)
        row = self.flow
        for place, (_value, text) in enumerate(options):
            option = _Option(text, self)
            self._group.addButton(option, place)
            row.addWidget(option)
        self._group.idToggled.connect(self._toggled)

    def value(self) -> object | None:
        """Return the chosen value, None before any choice."""
        place = self._group.checkedId()
        return self._values[place] if place >= 0 else None

    def choose(self, value: object) -> None:
        """Choose `value`; tells `chosen` if it is another one."""
        self._button(value).setChecked(True)

    def _button(self, value: object) -> QAbstractButton:
        return self._group.button(self._values.index(value))

    @Slot(int, bool)
    def _toggled(self, place: int, checked: bool) -> None:
        if checked:
            self.chosen.emit(self._values[place])
