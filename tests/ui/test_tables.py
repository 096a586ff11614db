"""The windowed model under Qt's own tester with random patches, and the view that holds what the user holds."""

from array import array
from collections.abc import Iterable
from dataclasses import dataclass

import pytest
from hypothesis import given, settings, strategies as st
from PySide6.QtCore import QAbstractItemModel, QModelIndex, QPersistentModelIndex, QPoint, QRect, Qt
from PySide6.QtGui import QCursor, QPainter
from PySide6.QtTest import QAbstractItemModelTester
from pytestqt.qtbot import QtBot

from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.lists.order import place_of, steps_between
from request_desk.ui.lists.windowed import PAGE, ListView, RowDelegate, WindowedModel
from request_desk.ui.widgets.painting import draw_text
from request_desk.ui.widgets.theme import GROUP, ROW, Theme, app_theme

BIG = 2**62  # keys are 63-bit ids


@dataclass(frozen=True, slots=True)
class Line:
    key: int
    text: str


class Reader:
    """Answers the model's questions when it is told to."""

    def __init__(self) -> None:
        self.asked: list[tuple[int, tuple[int, ...]]] = []
        self.more_asked: list[int] = []

    def request(self, generation: int, keys: tuple[int, ...]) -> None:
        self.asked.append((generation, keys))

    def answer(self, model: WindowedModel[Line], *, without: Iterable[int] = ()) -> None:
        questions, self.asked = self.asked, []
        left_out = set(without)
        for generation, keys in questions:
            model.deliver(generation, [line(key) for key in keys if key not in left_out], asked=keys)


class LineDelegate(RowDelegate[Line]):
    def paint_row(self, painter: QPainter, rect: QRect, row: Line) -> None:
        theme = app_theme()
        draw_text(painter, rect, row.text, theme.regular, theme.ink)


def line(key: int, text: str = "") -> Line:
    return Line(key, text or f"row {key}")


def a_model(reader: Reader) -> WindowedModel[Line]:
    model = WindowedModel[Line](key_of=lambda row: row.key, text_of=lambda row: row.text, request_page=reader.request)
    model.more_wanted.connect(reader.more_asked.append)
    return model


def under_test(model: QAbstractItemModel) -> QAbstractItemModelTester:
    return QAbstractItemModelTester(model, QAbstractItemModelTester.FailureReportingMode.Fatal, model)


@pytest.fixture
def reader() -> Reader:
    return Reader()


@pytest.fixture
def view(qtbot: QtBot, reader: Reader) -> ListView:
    model = a_model(reader)
    under_test(model)
    view = ListView(model, LineDelegate(), name="Requests")
    model.setParent(view)
    qtbot.addWidget(view)
    view.setGeometry(300, 300, 500, 10 * ROW)  # away from the mouse, which rests in the corner
    model.set_keys(range(1, 101), [line(key) for key in range(1, 101)])
    with qtbot.waitExposed(view):
        view.show()
    return view


def model_of(view: ListView) -> WindowedModel[Line]:
    model = view.model()
    assert isinstance(model, WindowedModel)
    return model


orders = st.lists(st.integers(1, 40).map(lambda n: n * 97 + BIG), unique=True, max_size=40).map(
    lambda keys: array("q", keys)
)


@given(old=orders, new=orders)
def test_the_steps_make_the_new_order(old: "array[int]", new: "array[int]") -> None:
    steps = steps_between(old, new)
    rows = list(old)
    for removal in steps.removals:
        del rows[removal.first : removal.last + 1]
    for move in steps.moves or ():
        rows.insert(move.target, rows.pop(move.source))
    if steps.moves is None:
        assert sorted(rows) == sorted(steps.kept)
        rows = list(steps.kept)
    for insertion in steps.insertions:
        rows[insertion.first : insertion.first] = insertion.keys
    assert rows == list(new)


@given(order=orders)
def test_nothing_is_done_for_the_same_order(order: "array[int]") -> None:
    steps = steps_between(order, order[:])
    assert (steps.removals, steps.moves, steps.insertions) == ((), (), ())


def test_many_moves_become_one_new_layout() -> None:
    old, new = array("q", range(500)), array("q", [*range(499, -1, -1), 777])
    steps = steps_between(old, new)
    assert steps.moves is None
    assert steps.kept == new[:-1]
    assert [(each.first, list(each.keys)) for each in steps.insertions] == [(500, [777])]


@pytest.mark.parametrize(("source", "target"), [(0, 9), (9, 0), (3, 7), (7, 3), (4, 5)])
def test_one_row_that_moves_is_one_move(source: int, target: int) -> None:
    new = list(range(10))
    new.insert(target, new.pop(source))
    moves = steps_between(array("q", range(10)), array("q", new)).moves
    assert moves is not None
    assert len(moves) == 1


def test_one_row_that_goes_up_is_one_move() -> None:
    steps = steps_between(array("q", range(1000)), array("q", [500, *range(500), *range(501, 1000)]))
    assert steps.moves is not None
    assert [(move.source, move.target) for move in steps.moves] == [(500, 0)]
    assert (steps.removals, steps.insertions) == ((), ())


@given(
    keys=st.lists(st.integers(-(2**63), 2**63 - 1), unique=True, max_size=30), other=st.integers(-(2**63), 2**63 - 1)
)
def test_a_key_is_found_where_it_is(keys: list[int], other: int) -> None:
    order = array("q", keys)
    for place, key in enumerate(keys):
        assert place_of(order, key) == place_of(order, key, 0) == place_of(order, key, 10_000) == place
    assert place_of(order, other) == (keys.index(other) if other in keys else -1)


@settings(max_examples=60, deadline=None)
@given(steps=st.lists(st.tuples(orders, st.booleans(), st.integers(0, 39)), min_size=1, max_size=6))
def test_patches_keep_every_index_at_its_row(qapp: object, steps: list[tuple["array[int]", bool, int]]) -> None:
    reader = Reader()
    model = a_model(reader)
    under_test(model)
    text = {}
    for number, (order, fresh_rows, group_at) in enumerate(steps):
        held = [(QPersistentModelIndex(model.index(place, 0)), key) for place, key in enumerate(model.keys())]
        rows = [line(key, f"{key} in {number}") for key in order] if fresh_rows else []
        text.update({row.key: row.text for row in rows})
        groups = {order[group_at % len(order)]: "Late"} if order else {}
        model.patch(keys=order, rows=rows, groups=groups)
        assert model.keys() == order
        for index, key in held:
            assert index.isValid() == (key in order)
            if index.isValid():
                assert model.key_at(index.row()) == key
        for key in order:
            row = model.cached(key)
            if row is not None:
                assert row.text == text[key]


@settings(max_examples=25, deadline=None)
@given(first=orders, second=orders, group_places=st.lists(st.integers(0, 39), max_size=3))
def test_only_the_first_rows_of_groups_are_taller(
    qapp: object, first: "array[int]", second: "array[int]", group_places: list[int]
) -> None:
    view = ListView(a_model(Reader()), LineDelegate(), name="Requests")
    model = model_of(view)
    for order in (first, second, first):
        groups = {order[place % len(order)]: "word" for place in group_places} if order else {}
        model.patch(keys=order, groups=groups)
        heights = [view.rowHeight(place) for place in range(len(order))]
        assert heights == [ROW + GROUP if key in groups else ROW for key in order]
    view.deleteLater()


def test_a_long_shuffle_is_one_new_layout_and_keeps_the_selection(view: ListView) -> None:
    model = model_of(view)
    view.select_key(42)
    moved: list[object] = []
    model.rowsMoved.connect(lambda *_arguments: moved.append(1))
    order = [(key * 37) % 101 for key in range(1, 101)]
    model.patch(keys=order)
    assert moved == []
    assert view.selected_key() == 42
    assert view.currentIndex().row() == order.index(42)


def test_only_the_pages_near_the_window_are_asked_for(qtbot: QtBot, reader: Reader) -> None:
    model = a_model(reader)
    view = ListView(model, LineDelegate(), name="Requests")
    model.setParent(view)
    qtbot.addWidget(view)
    view.resize(500, 600)
    model.set_keys(range(1_000_000))
    with qtbot.waitExposed(view):
        view.show()
    view.viewport().repaint()
    assert [keys for _generation, keys in reader.asked] == [tuple(range(PAGE))]
    reader.answer(model)
    view.scrollTo(model.index(700_000, 0))
    view.viewport().repaint()
    asked = {key for _generation, keys in reader.asked for key in keys}
    assert 700_000 in asked
    assert len(asked) <= 2 * PAGE


def test_a_row_is_asked_for_once(reader: Reader) -> None:
    model = a_model(reader)
    model.set_keys(range(10))
    for _ in range(3):
        assert model.row_at(4) is None
    assert len(reader.asked) == 1
    reader.answer(model)
    row = model.row_at(4)
    assert row is not None
    assert row.text == "row 4"


def test_a_late_answer_to_another_list_is_dropped(reader: Reader) -> None:
    model = a_model(reader)
    model.set_keys([1, 2, 3])
    model.row_at(0)
    model.set_keys([3, 2, 1])
    reader.answer(model)
    assert model.cached(1) is None


def test_a_row_that_vanished_is_not_asked_for_again_and_again(reader: Reader) -> None:
    model = a_model(reader)
    model.set_keys([1, 2, 3])
    model.row_at(0)
    reader.answer(model, without=[2])
    assert model.row_at(1) is None
    assert reader.asked == []
    model.patch(keys=[1, 2, 3])
    assert model.row_at(1) is None
    assert reader.asked == [(model.generation, (2,))]


def test_a_forgotten_row_is_shown_as_it_was_until_it_is_read_again(reader: Reader) -> None:
    model = a_model(reader)
    model.set_keys([1, 2], [line(1, "old"), line(2)])
    model.forget([1])
    row = model.row_at(0)
    assert row is not None
    assert row.text == "old"
    assert reader.asked == [(model.generation, (1,))]
    reader.answer(model)
    assert model.cached(1) == line(1)


def test_few_rows_are_kept_of_many(reader: Reader) -> None:
    model = WindowedModel[Line](
        key_of=lambda row: row.key, text_of=lambda row: row.text, request_page=reader.request, pages=2
    )
    model.set_keys(range(1000))
    for place in range(0, 1000, PAGE):
        model.row_at(place)
        reader.answer(model)
    assert sum(model.cached(key) is not None for key in range(1000)) == 2 * PAGE


def test_a_paged_list_goes_on_until_there_is_no_more(reader: Reader) -> None:
    model = a_model(reader)
    model.set_keys([9, 8, 7], more=True)
    root = QModelIndex()
    assert model.canFetchMore(root)
    model.fetchMore(root)
    assert reader.more_asked == [model.generation]
    assert not model.canFetchMore(root)
    model.append_keys(model.generation - 1, [1], more=True)
    assert list(model.keys()) == [9, 8, 7]
    model.append_keys(model.generation, [7, 6, 5], [line(6)], more=False)
    assert list(model.keys()) == [9, 8, 7, 6, 5]
    assert not model.canFetchMore(root)


def test_the_selected_row_stays_selected_where_it_moves(view: ListView, qtbot: QtBot) -> None:
    view.select_key(50)
    told: list[object] = []
    view.key_selected.connect(told.append)
    model_of(view).patch(keys=[50, 200, *range(1, 50), *range(51, 101)], rows=[line(200)])
    assert view.selected_key() == 50
    assert view.selectionModel().selectedRows()[0].row() == 0
    assert told == []


def test_the_next_in_order_is_selected_when_the_selected_row_goes(view: ListView, qtbot: QtBot) -> None:
    view.select_key(5)
    with qtbot.waitSignal(view.key_selected) as told:
        model_of(view).patch(keys=[key for key in range(1, 101) if key != 5])
    assert told.args == [6]
    view.select_key(100)
    with qtbot.waitSignal(view.key_selected) as told:
        model_of(view).patch(keys=range(1, 100))
    assert told.args == [99]


def test_nothing_is_selected_when_the_last_row_goes(view: ListView, qtbot: QtBot) -> None:
    view.select_key(5)
    with qtbot.waitSignal(view.key_selected) as told:
        model_of(view).patch(keys=[])
    assert told.args == [None]
    assert view.selected_key() is None


def test_another_list_selects_nothing(view: ListView, qtbot: QtBot) -> None:
    view.select_key(5)
    with qtbot.waitSignal(view.key_selected) as told:
        model_of(view).set_keys([1, 2, 3])
    assert told.args == [None]


@pytest.mark.parametrize("groups", [{}, {1: "Today", 41: "Rest"}, {1: "Today", 40: "Late"}])
def test_new_rows_do_not_move_the_selected_row_on_the_screen(view: ListView, groups: dict[int, str]) -> None:  # MC7
    model = model_of(view)
    view.select_key(40)
    place = view.currentIndex().row()
    bottom = view.rowViewportPosition(place) + view.rowHeight(place)
    fresh = range(200, 207)
    model.patch(keys=[*fresh, *range(1, 101)], rows=[line(key) for key in fresh], groups=groups)
    place = view.currentIndex().row()
    assert model.key_at(place) == 40
    assert view.rowViewportPosition(place) + view.rowHeight(place) == bottom


def test_the_row_under_the_cursor_is_held_before_the_selected_one(view: ListView, qtbot: QtBot) -> None:  # MC7
    model = model_of(view)
    view.select_key(10)
    spot = QPoint(80, view.rowViewportPosition(3) + 10)
    QCursor.setPos(view.viewport().mapToGlobal(spot))
    qtbot.mouseMove(view.viewport(), spot)
    qtbot.waitUntil(view.viewport().underMouse)
    model.patch(keys=[1, 2, 3, 4, 200, *range(5, 101)], rows=[line(200)], groups={1: "Today", 3: "Late"})
    assert model.key_at(view.rowAt(spot.y())) == 4
    QCursor.setPos(0, 0)


def test_new_rows_at_the_top_do_not_move_what_is_seen(view: ListView) -> None:
    model = model_of(view)
    model.patch(keys=[200, *range(1, 101)], rows=[line(200)])
    assert model.key_at(view.rowAt(1)) == 1


def test_arrows_and_steps_go_through_the_rows(view: ListView, qtbot: QtBot) -> None:
    view.select_first()
    qtbot.keyClick(view, Qt.Key.Key_Down)
    assert view.selected_key() == 2
    view.step(1)
    view.step(-2)
    view.step(-1)
    assert view.selected_key() == 1
    qtbot.keyClick(view, Qt.Key.Key_End)
    assert view.selected_key() in {1, 100}
    qtbot.keyClick(view, "q")
    assert view.selected_key() in {1, 100}


def test_enter_and_a_double_click_open_a_row(view: ListView, qtbot: QtBot) -> None:
    view.select_key(3)
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.keyClick(view, Qt.Key.Key_Return)
    assert opened.args == [3]
    spot = QPoint(50, view.rowViewportPosition(6) + 5)
    with qtbot.waitSignal(view.opened) as opened:
        qtbot.mouseDClick(view.viewport(), Qt.MouseButton.LeftButton, pos=spot)
    assert opened.args == [7]


def test_rows_grow_with_the_text_size(view: ListView, theme: Theme) -> None:
    model_of(view).patch(groups={1: "Today"})
    theme.set_scale(130)
    assert view.rowHeight(0) == theme.px(ROW) + theme.px(GROUP)
    assert view.rowHeight(1) == theme.px(ROW)
    model_of(view).patch(groups={})
    assert view.rowHeight(0) == theme.px(ROW)


def test_a_row_that_is_on_its_way_is_painted_as_a_skeleton(view: ListView, reader: Reader) -> None:
    model_of(view).set_keys([1000, 1001])
    assert not view.grab().isNull()
    assert reader.asked


def test_a_row_says_its_text_to_a_reader(view: ListView) -> None:
    model = model_of(view)
    model.patch(rows=[line(1, "Okafor,\u202e Zuri\nreschedule")])
    assert model.data(model.index(0, 0), Qt.ItemDataRole.AccessibleTextRole) == "Okafor, Zuri reschedule"


@settings(max_examples=40, deadline=None)
@given(
    orders=st.lists(
        st.lists(st.tuples(st.integers(1, 12), st.text(max_size=3)), max_size=12, unique_by=lambda row: row[0]),
        max_size=5,
    )
)
def test_a_short_list_shows_what_it_was_given(qapp: object, orders: list[list[tuple[int, str]]]) -> None:
    columns = [
        Column[tuple[int, str]]("Name", lambda row: row[1]),
        Column[tuple[int, str]]("No.", lambda row: str(row[0]), 80, right=True),
    ]
    model = ColumnsModel(columns, lambda row: row[0])
    under_test(model)
    view = ColumnsView(model, name="Staff")
    for rows in orders:
        selected = view.selected_key()
        model.set_rows(rows)
        assert list(model.rows()) == rows
        assert [model.data(model.index(place, 1)) for place in range(len(rows))] == [str(key) for key, _text in rows]
        if selected is not None and selected in {key for key, _text in rows}:
            assert view.selected_key() == selected
        elif rows:
            assert view.select_key(rows[0][0])
    view.deleteLater()


def test_a_cell_that_is_too_narrow_for_its_words_says_them_in_two_lines(qtbot: QtBot) -> None:  # UI5
    """Both words are painted: what the second line holds differs in the picture."""

    def picture(text: str) -> bytes:
        model = ColumnsModel([Column[Line]("Name", lambda line: line.text, 90)], key_of=lambda line: line.key)
        view = ColumnsView(model, name="Names")
        qtbot.addWidget(view)
        view.resize(90, 120)
        model.set_rows([Line(1, text)])
        view.show()
        image = view.viewport().grab().toImage()
        return bytes(image.constBits())

    assert picture("Ask to call before") != picture("Ask to call behind")
    assert picture("Ask to call before") == picture("Ask to call before")
