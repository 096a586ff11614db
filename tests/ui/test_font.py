"""The program draws with the font that it brings, whatever the machine has."""

import pytest
from PySide6.QtGui import QFontInfo, QRawFont

from request_desk.ui.widgets.theme import FAMILY, Theme

SCRIPTS = (
    "Siobhán O’Neill",
    "Nguyễn Thị Minh Châu",
    "Łukasz Żółć",
    "Ștefan Țăranu",
    "Дмитрий Ёлкин",
    "Αθηνά",
    "İpek Işık",
)


@pytest.mark.parametrize("name", SCRIPTS)
def test_the_font_of_the_program_has_latin_greek_and_cyrillic(theme: Theme, name: str) -> None:
    for font in (theme.small, theme.bold, theme.title):
        assert QFontInfo(font).family() == FAMILY
        raw = QRawFont.fromFont(font)
        assert [sign for sign in name if not raw.supportsCharacter(ord(sign))] == []
