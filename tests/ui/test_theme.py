"""The table of tokens, the switch between looks and the icons."""

import re

import pytest
from PySide6.QtGui import QColor, QImage
from PySide6.QtWidgets import QApplication, QLabel
from pytestqt.qtbot import QtBot

from request_desk import paths
from request_desk.ui.widgets.theme import (
    CONTRAST_DARK,
    CONTRAST_LIGHT,
    DARK,
    LIGHT,
    SCALES,
    Look,
    Theme,
    Tokens,
    Tone,
    app_theme,
    mark_folder,
)

TABLES = {"light": LIGHT, "dark": DARK, "contrast-light": CONTRAST_LIGHT, "contrast-dark": CONTRAST_DARK}
READ = ("ink", "muted", "accent", "free", "danger", "held")
ON = ("panel", "background", "selection", "hover", "field")


def luminance(color: QColor) -> float:
    def linear(part: float) -> float:
        return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4

    return 0.2126 * linear(color.redF()) + 0.7152 * linear(color.greenF()) + 0.0722 * linear(color.blueF())


def contrast(first: str, second: str) -> float:
    bright, dim = sorted((luminance(QColor(first)), luminance(QColor(second))), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


@pytest.mark.parametrize("tokens", TABLES.values(), ids=TABLES)
def test_every_text_is_readable_on_every_ground_it_stands_on(tokens: Tokens) -> None:  # design/ui.md, Accessibility
    pairs = [(text, ground) for text in READ for ground in ON]
    pairs += [("free", "free_tint"), ("danger", "danger_tint"), ("held", "held_tint"), ("accent", "accent_tint")]
    pairs += [("ink", tint) for tint in ("free_tint", "danger_tint", "held_tint", "accent_tint", "tile")]
    pairs += [
        ("on_accent", "accent"),
        ("on_accent", "accent_hover"),
        ("rail_ink", "rail"),
        ("rail_title", "rail_selected"),
    ]
    pairs += [("rail_accent", "rail"), ("rail_on_accent", "rail_accent"), ("rail_accent", "bar"), ("rail_title", "bar")]
    poor = {
        (text, ground): round(contrast(getattr(tokens, text), getattr(tokens, ground)), 2)
        for text, ground in pairs
        if contrast(getattr(tokens, text), getattr(tokens, ground)) < 4.5
    }
    assert poor == {}


@pytest.mark.parametrize("tokens", TABLES.values(), ids=TABLES)
def test_marks_can_be_told_from_their_ground(tokens: Tokens) -> None:
    for mark in ("control_line", "accent"):
        assert contrast(getattr(tokens, mark), tokens.panel) >= 3


@pytest.mark.parametrize(("folder", "tokens"), TABLES.items())
def test_the_shipped_marks_have_the_colours_of_their_theme(folder: str, tokens: Tokens) -> None:
    marks = paths.resources() / "icons" / "marks" / mark_folder(tokens)
    assert marks.name == folder

    def stroke(name: str) -> str:
        found = re.search(r'stroke="(#\w+)"', (marks / f"{name}.svg").read_text("utf-8"))
        assert found
        return found[1].upper()

    assert stroke("check") == tokens.on_accent
    assert contrast(stroke("chevron-down"), tokens.panel) >= 3
    assert stroke("chevron-down") == stroke("chevron-up")


def test_a_look_is_switched_in_the_open_window(theme: Theme, qtbot: QtBot) -> None:
    label = QLabel("here")
    qtbot.addWidget(label)
    label.show()
    with qtbot.waitSignal(theme.changed):
        theme.choose(Look.DARK)
    assert theme.is_dark
    assert label.palette().windowText().color() == QColor(DARK.ink) == theme.ink
    with qtbot.waitSignal(theme.changed):
        theme.choose(Look.LIGHT)
    assert label.palette().windowText().color() == QColor(LIGHT.ink)


def test_the_look_of_a_system_that_says_nothing_is_light(theme: Theme) -> None:
    theme.choose(Look.SYSTEM)
    assert not theme.is_dark


@pytest.mark.parametrize("scale", SCALES)
def test_sizes_follow_the_text_size(theme: Theme, scale: int) -> None:
    theme.set_scale(scale)
    assert theme.px(100) == scale
    assert theme.title.pixelSize() == round(17 * scale / 100)
    assert QApplication.font().pixelSize() == round(13 * scale / 100)


def test_another_text_size_is_refused(theme: Theme) -> None:
    with pytest.raises(ValueError, match="no such text size"):
        theme.set_scale(90)


def test_the_style_sheet_has_no_colour_of_its_own() -> None:
    sheet = (paths.resources() / "theme.qss").read_text("utf-8")
    assert re.findall(r"#[0-9A-Fa-f]{3,8}\b", sheet) == []


def test_there_is_one_theme(theme: Theme) -> None:
    assert app_theme() is theme
    assert theme.color(Tone.DANGER) == theme.danger


def test_every_shipped_icon_is_drawn_in_the_colour_asked_for(theme: Theme) -> None:
    wanted = QColor("#0B6E6E")
    for name in sorted(path.stem for path in (paths.resources() / "icons").glob("*.svg")):
        image = theme.icons.pixmap(name, wanted, 18, 2.0).toImage().convertToFormat(QImage.Format.Format_ARGB32)
        assert image.width() == 36
        solid = [image.pixelColor(x, y) for x in range(36) for y in range(36) if image.pixelColor(x, y).alpha() > 200]
        assert solid, name
        assert all(abs(color.red() - 11) < 6 and abs(color.green() - 110) < 6 for color in solid), name


def test_an_icon_is_drawn_once_for_each_look(theme: Theme) -> None:
    first = theme.pixmap("inbox", theme.ink)
    assert theme.pixmap("inbox", theme.ink).cacheKey() == first.cacheKey()
    assert theme.pixmap("inbox", theme.muted).cacheKey() != first.cacheKey()
    assert first.hasAlphaChannel()
