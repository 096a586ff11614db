"""Every colour, size and font of the desktop, the palette and the style sheet made of them; no widget is made here."""

from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from string import Template
from typing import NamedTuple

from PySide6.QtCore import QObject, Qt, Signal, Slot
from PySide6.QtGui import QColor, QFont, QFontDatabase, QPalette, QPixmap
from PySide6.QtWidgets import QApplication

from request_desk import paths
from request_desk.ui.widgets.icons import IconStore

# Pixels at 100 % (design/ui.md, Tokens).
SPACE = 4
RADIUS_CARD = 10
RADIUS_CONTROL = 7
ROW = 58
ROW_COMPACT = 40
GROUP = 24  # a group's word above its first row
RAIL = 224
RAIL_COLLAPSED = 64
TARGET = 32  # the least height of a thing to hit
CONTROL = 34
ICON = 18
TITLE_SIZE, BODY_SIZE, SMALL_SIZE = 17, 14, 13
SCALES = (100, 115, 130)
SHEET_SIZES = (2, 3, 4, 5, 6, 7, 8, 9, 10, 12, 13, 14, 16, 17, 18, 20, 24, 34)  # the steps that theme.qss uses
SMALLEST_WINDOW = (960, 680)

# The thin edge of an appointment's type, beside the type's name: colours that stay apart for the colour-blind.
PAPER_INK, PAPER_MUTED, PAPER_LINE = "#111827", "#4b5563", "#9ca3af"  # of what is printed, whatever the look
TYPE_EDGES = ("#0072B2", "#E69F00", "#009E73", "#CC79A7", "#56B4E9", "#D55E00", "#8C8C00")

PROPERTY = "request_desk_theme"  # where the application keeps its theme
STYLED = "request_desk_styled"  # set when the application was made with our style

# The font that the program brings: wide Latin, Greek and Cyrillic. Other scripts come from the machine.
FAMILY = "Source Sans Pro"
FONT_PACKAGE = "font_source_sans_pro"
FONT_FILES = ("SourceSansPro-Regular.ttf", "SourceSansPro-Bold.ttf")
FALLBACK_FAMILIES = ("Noto Sans", "DejaVu Sans")


class Look(StrEnum):
    """What the user chose."""

    LIGHT = "light"
    DARK = "dark"
    SYSTEM = "system"


class Tone(StrEnum):
    """A colour of text, named for its use."""

    INK = "ink"
    MUTED = "muted"
    ACCENT = "accent"
    FREE = "free"
    DANGER = "danger"
    HELD = "held"


class TextRole(StrEnum):
    """A size and weight of text, named for its use."""

    TITLE = "title"
    BODY = "body"
    BOLD = "bold"
    SMALL = "small"
    SMALL_BOLD = "small_bold"


class Tokens(NamedTuple):
    """One column of the table of tokens; a tuple, because a dataclass of this width costs 1.5 ms of the first paint."""

    background: str
    panel: str
    line: str
    ink: str
    muted: str
    faint: str
    accent: str
    accent_tint: str
    accent_hover: str
    selection: str
    on_accent: str
    free: str
    free_tint: str
    danger: str
    danger_tint: str
    held: str
    held_tint: str
    rail: str
    rail_title: str
    rail_ink: str
    rail_selected: str
    rail_accent: str
    rail_on_accent: str
    bar: str
    tile: str
    tile_mark: str
    field: str
    hover: str
    control_line: str
    scroll: str


LIGHT = Tokens(
    background="#F5F6F8", panel="#FFFFFF", line="#E3E6EB", ink="#1B2430", muted="#5F697D", faint="#98A2B3",
    accent="#0B6E6E", accent_tint="#E3F2F1", accent_hover="#095C5C", selection="#E8F3F2", on_accent="#FFFFFF",
    free="#1F7A4D", free_tint="#E5F4EC", danger="#B42318", danger_tint="#FDECEA", held="#8A5A00", held_tint="#FCF2DC",
    rail="#0F2A33", rail_title="#FFFFFF", rail_ink="#C9D6DA", rail_selected="#2B434B", rail_accent="#7FD6CD",
    rail_on_accent="#12171C", bar="#0F2A33", tile="#E9ECF1", tile_mark="#98A2B3", field="#F5F6F8", hover="#F5F6F8",
    control_line="#7A8699", scroll="#C5CBD5",
)  # fmt: skip
DARK = Tokens(
    background="#12171C", panel="#1A2128", line="#2A333C", ink="#E6EBF0", muted="#9BA7B4", faint="#6C7884",
    accent="#4CC2BA", accent_tint="#163432", accent_hover="#6BD0C9", selection="#1D2F33", on_accent="#12171C",
    free="#5AC48D", free_tint="#16301F", danger="#F28B82", danger_tint="#3A1E1C", held="#E5B75A", held_tint="#33290F",
    rail="#0B1216", rail_title="#FFFFFF", rail_ink="#93A3AB", rail_selected="#282E31", rail_accent="#7FD6CD",
    rail_on_accent="#12171C", bar="#2A333C", tile="#252E37", tile_mark="#6C7884", field="#12171C", hover="#222B33",
    control_line="#7E8B97", scroll="#3A4650",
)  # fmt: skip
# High contrast: no greys for text, lines that can be seen.
CONTRAST_LIGHT = Tokens(
    background="#FFFFFF", panel="#FFFFFF", line="#000000", ink="#000000", muted="#202020", faint="#404040",
    accent="#00474A", accent_tint="#D9F0EE", accent_hover="#003234", selection="#CDE9E7", on_accent="#FFFFFF",
    free="#0B5A33", free_tint="#FFFFFF", danger="#8A0F06", danger_tint="#FFFFFF", held="#5E3C00", held_tint="#FFFFFF",
    rail="#000000", rail_title="#FFFFFF", rail_ink="#FFFFFF", rail_selected="#3A3A3A", rail_accent="#7FF0E4",
    rail_on_accent="#000000", bar="#000000", tile="#F0F0F0", tile_mark="#000000", field="#FFFFFF", hover="#ECECEC",
    control_line="#000000", scroll="#505050",
)  # fmt: skip
CONTRAST_DARK = Tokens(
    background="#000000", panel="#000000", line="#FFFFFF", ink="#FFFFFF", muted="#E4E4E4", faint="#C8C8C8",
    accent="#6FF2E6", accent_tint="#00302D", accent_hover="#A5F8F0", selection="#003A36", on_accent="#000000",
    free="#7CF0B4", free_tint="#000000", danger="#FFB3AC", danger_tint="#000000", held="#FFD98A", held_tint="#000000",
    rail="#000000", rail_title="#FFFFFF", rail_ink="#FFFFFF", rail_selected="#3A3A3A", rail_accent="#7FF0E4",
    rail_on_accent="#000000", bar="#1C1C1C", tile="#1C1C1C", tile_mark="#FFFFFF", field="#000000", hover="#242424",
    control_line="#FFFFFF", scroll="#A0A0A0",
)  # fmt: skip


class Theme(QObject):
    """The look in force: tokens as colours, fonts and scaled sizes; switches live and says so by `changed`."""

    changed = Signal()

    background: QColor
    panel: QColor
    line: QColor
    ink: QColor
    muted: QColor
    faint: QColor
    accent: QColor
    accent_tint: QColor
    accent_hover: QColor
    selection: QColor
    on_accent: QColor
    free: QColor
    free_tint: QColor
    danger: QColor
    danger_tint: QColor
    held: QColor
    held_tint: QColor
    rail: QColor
    rail_title: QColor
    rail_ink: QColor
    rail_selected: QColor
    rail_accent: QColor
    rail_on_accent: QColor
    bar: QColor
    tile: QColor
    tile_mark: QColor
    field: QColor
    hover: QColor
    control_line: QColor
    scroll: QColor

    def __init__(self, app: QApplication) -> None:
        super().__init__(app)
        app.setProperty(PROPERTY, self)
        self._app = app
        self._look = Look.SYSTEM
        self._scale = 100
        self._tokens: Tokens | None = None
        self._drawn_scale = 0
        self._sheet = Template((paths.resources() / "theme.qss").read_text("utf-8"))
        self._families = _families()
        self.icons = IconStore(paths.resources() / "icons")
        if not app.property(STYLED):
            app.setStyle("fusion")
        self._apply()
        hints = app.styleHints()
        hints.colorSchemeChanged.connect(self._system_changed)
        hints.accessibility().contrastPreferenceChanged.connect(self._system_changed)

    @property
    def look(self) -> Look:
        return self._look

    @property
    def scale(self) -> int:
        return self._scale

    @property
    def is_dark(self) -> bool:
        if self._look is not Look.SYSTEM:
            return self._look is Look.DARK
        # Unknown (a bare X11, offscreen) counts as light.
        return self._app.styleHints().colorScheme() == Qt.ColorScheme.Dark

    @property
    def is_high_contrast(self) -> bool:
        hints = self._app.styleHints()  # named, since a chained call frees the object in between
        accessible = hints.accessibility()
        return accessible.contrastPreference() == Qt.ContrastPreference.HighContrast

    @property
    def reduced_motion(self) -> bool:
        """Whether the platform asks for no animation (it has animated widgets switched off)."""
        return not self._app.isEffectEnabled(Qt.UIEffect.UI_General)

    def choose(self, look: Look) -> None:
        """Switch to `look` at once, in every open window."""
        self._look = look
        self._apply()

    def recall(self, look: object, percent: object) -> None:
        """Take over what was kept as text; what is no look or no size is left as it is."""
        self._look = Look(str(look)) if look in set(Look) else self._look
        self._scale = next((each for each in SCALES if str(each) == str(percent)), self._scale)
        self._apply()

    def set_scale(self, percent: int) -> None:
        """Show text and controls at 100, 115 or 130 percent."""
        if percent not in SCALES:
            raise ValueError(f"no such text size: {percent}")
        self._scale = percent
        self._apply()

    def px(self, pixels: float) -> int:
        """Return `pixels` of the design at 100 % as whole pixels of this scale."""
        return round(pixels * self._scale / 100)

    def color(self, tone: Tone) -> QColor:
        found: QColor = getattr(self, tone.value)
        return found

    def pixmap(self, name: str, color: QColor | None = None, size: int = ICON, ratio: float = 1.0) -> QPixmap:
        """Return a tinted icon for painting; `size` is in pixels at 100 %, `ratio` the screen's."""
        return self.icons.pixmap(name, color or self.ink, self.px(size), ratio)

    @Slot()
    def _system_changed(self) -> None:
        self._apply()

    def _chosen_tokens(self) -> Tokens:
        if self.is_high_contrast:
            return CONTRAST_DARK if self.is_dark else CONTRAST_LIGHT
        return DARK if self.is_dark else LIGHT

    def _apply(self) -> None:
        tokens = self._chosen_tokens()
        if tokens is self._tokens and self._scale == self._drawn_scale:
            return
        self._tokens, self._drawn_scale = tokens, self._scale
        for name, value in tokens._asdict().items():
            setattr(self, name, QColor(value))
        self.title = self._font(TITLE_SIZE, bold=True)
        self.regular = self._font(BODY_SIZE)
        self.bold = self._font(BODY_SIZE, bold=True)
        self.small = self._font(SMALL_SIZE)
        self.small_bold = self._font(SMALL_SIZE, bold=True)
        self._app.setFont(self.small)
        self._app.setPalette(self._palette())
        self._app.setStyleSheet(self._sheet.substitute(self._sheet_values(tokens)))
        self.changed.emit()

    def _font(self, size: int, *, bold: bool = False) -> QFont:
        made = QFont()
        made.setFamilies(self._families)
        made.setPixelSize(self.px(size))
        made.setBold(bold)
        return made

    def _sheet_values(self, tokens: Tokens) -> dict[str, str]:
        values = {name: str(value) for name, value in tokens._asdict().items()}
        values.update({f"px{n}": f"{self.px(n)}px" for n in SHEET_SIZES})
        # An input's border lies outside its height, and grows by a pixel on each side with the focus.
        values.update(target=f"{self.px(TARGET) - 2}px", target_inner=f"{self.px(TARGET) - 4}px")
        # A radius larger than half of what it rounds is ignored by Qt.
        values.update(round=f"{(self.px(14) + 4) // 2}px", scroll_round=f"{(self.px(10) - 2 * self.px(2)) // 2}px")
        values.update(radius=f"{self.px(RADIUS_CONTROL)}px", radius_card=f"{self.px(RADIUS_CARD)}px")
        # The style sheet cannot tint an image: each theme has its own three marks (a test compares their colours).
        marks = paths.resources() / "icons" / "marks" / mark_folder(tokens)
        for mark in ("check", "chevron-down", "chevron-up"):
            values[mark.replace("-", "_")] = f'url("{(marks / mark).as_posix()}.svg")'
        return values

    def _palette(self) -> QPalette:
        palette = QPalette()
        role = QPalette.ColorRole
        normal = {
            role.Window: self.background, role.WindowText: self.ink, role.Base: self.panel, role.Text: self.ink,
            role.AlternateBase: self.hover, role.ToolTipBase: self.ink, role.ToolTipText: self.panel,
            role.PlaceholderText: self.muted, role.Button: self.panel, role.ButtonText: self.ink,
            role.BrightText: self.danger, role.Highlight: self.accent, role.HighlightedText: self.on_accent,
            role.Link: self.accent, role.LinkVisited: self.accent, role.Accent: self.accent, role.Light: self.panel,
            role.Midlight: self.hover, role.Mid: self.line, role.Dark: self.control_line, role.Shadow: self.line,
        }  # fmt: skip
        for each, color in normal.items():
            palette.setColor(each, color)
        for each in (role.WindowText, role.Text, role.ButtonText):
            palette.setColor(QPalette.ColorGroup.Disabled, each, self.faint)
        palette.setColor(QPalette.ColorGroup.Disabled, role.Highlight, self.line)
        return palette


def made_application(program: str) -> QApplication:
    """Make the application with the style that the sheet is written for.

    Asked for by its name before it is made: to look which one there is loads QStyle with its enumerations, 6 ms of the first
    paint, and to make another one takes 5.
    """
    made = QApplication([program, "-style", "fusion"])
    made.setProperty(STYLED, True)
    return made


def mark_folder(tokens: Tokens) -> str:
    """Return the folder of the check mark and chevrons drawn for `tokens`."""
    if tokens is LIGHT:
        return "light"
    if tokens is DARK:
        return "dark"
    return "contrast-light" if tokens is CONTRAST_LIGHT else "contrast-dark"


def app_theme() -> Theme:
    """Return the application's one theme, made on first use."""
    app = QApplication.instance()
    if not isinstance(app, QApplication):
        raise TypeError("the theme needs a QApplication")
    found = app.property(PROPERTY)
    return found if isinstance(found, Theme) else Theme(app)


def _families() -> list[str]:
    """Load the font that comes with the program, and return the families to draw with, the first that has a sign wins."""
    package = find_spec(FONT_PACKAGE)
    if package is not None and package.origin is not None:
        for name in FONT_FILES:
            QFontDatabase.addApplicationFont(str(Path(package.origin).parent / "files" / name))
    return [FAMILY, *FALLBACK_FAMILIES]
