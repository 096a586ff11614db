"""The list under a field: narrowed by whoever owns it, walked over with the keys of the field."""

from PySide6.QtCore import QRect, Qt
from PySide6.QtGui import QPainter
from PySide6.QtWidgets import QLineEdit, QWidget
from pytestqt.qtbot import QtBot

from request_desk.ui.widgets.pick_list import PickList
from request_desk.ui.widgets.theme import Theme

ENTRY = 30


def test_the_keys_of_the_field_walk_over_the_list(qtbot: QtBot, theme: Theme) -> None:
    window = QWidget()
    qtbot.addWidget(window)
    field = QLineEdit(window)
    painted: list[str] = []

    def paint(_painter: QPainter, _rect: QRect, row: str) -> None:
        painted.append(row)

    names = PickList[str](field, name="Names", height=ENTRY, text_of=str.upper, paint_row=paint, parent=window)
    names.setGeometry(0, 40, 200, 200)
    window.show()
    qtbot.waitExposed(window)
    assert names.current() is None
    qtbot.keyClick(field, Qt.Key.Key_Down)
    names.show_rows(["a", "b", "c"])
    assert names.current() == "a"
    for key, wanted in (
        (Qt.Key.Key_Down, "b"),
        (Qt.Key.Key_PageDown, "c"),
        (Qt.Key.Key_Down, "c"),
        (Qt.Key.Key_Up, "b"),
        (Qt.Key.Key_PageUp, "a"),
    ):
        qtbot.keyClick(field, key)
        assert names.current() == wanted
    qtbot.keyClick(field, Qt.Key.Key_X)
    assert field.text() == "x"
    names.grab()
    assert set(painted) == {"a", "b", "c"}
    said = names.model().index(1, 0).data(Qt.ItemDataRole.AccessibleTextRole)
    assert said == "B"
    names.show_rows([])
    assert names.current() is None
