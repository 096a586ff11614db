"""The two views of the frame test: our list with its delegate and windowed model, and a stock table of constant texts."""

from array import array
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

from PySide6.QtCore import QAbstractTableModel, QModelIndex, QPersistentModelIndex, Qt
from PySide6.QtWidgets import QApplication, QHeaderView, QTableView

from request_desk.domain.ids import PatientId, ProviderId, RequestId, StaffId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import InboxRow, RequestKind, RequestState, Wish, WishKind
from request_desk.domain.words import Words
from request_desk.ui.inbox.request_list import RequestDelegate
from request_desk.ui.inbox.row_words import spoken_row
from request_desk.ui.lists.windowed import ListView, WindowedModel
from request_desk.ui.widgets.theme import Look, app_theme

Index = QModelIndex | QPersistentModelIndex
NOW = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
_COLUMNS = 6
_HEIGHT = 58


class Constant(QAbstractTableModel):
    """The same text in every cell: the least that a model can do."""

    def __init__(self, rows: int) -> None:
        super().__init__()
        self._rows = rows

    def rowCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else self._rows

    def columnCount(self, parent: Index = QModelIndex()) -> int:  # noqa: B008  # Qt's own signature
        return 0 if parent.isValid() else _COLUMNS

    def data(self, _index: Index, role: int = Qt.ItemDataRole.DisplayRole) -> object:
        return "Okafor, Zuri" if role == Qt.ItemDataRole.DisplayRole else None


class Views:
    """Both views in one process, each shown in a window of the same size."""

    def __init__(self, kept: int) -> None:
        self._application = QApplication.instance() or QApplication(["bench"])
        app_theme().choose(Look.LIGHT)
        self._words = Words("en_US", PracticeTime("America/Los_Angeles"), date(2026, 11, 24))
        self._samples = [_sample(number) for number in range(kept)]
        self._asked: list[tuple[int, tuple[int, ...]]] = []
        self._model: WindowedModel[InboxRow] = WindowedModel(
            key_of=lambda row: row.id,
            text_of=lambda row: spoken_row(row, self._words, NOW),
            request_page=lambda generation, keys: self._asked.append((generation, keys)),
        )
        delegate = RequestDelegate(lambda: self._words, lambda: NOW, lambda _key: False, lambda: 1)
        self._ours = ListView(self._model, delegate, name="ours")
        self._stock = QTableView()
        self.rows_in_a_page = 1

    def show(self, rows: int, size: tuple[int, int]) -> None:
        """Show both with few rows."""
        for view in (self._ours, self._stock):
            view.resize(*size)
            view.show()
        self.fill(array("q", range(1, rows + 1)))

    def fill(self, keys: "array[int]") -> None:
        """Give both as many rows as there are keys."""
        self._model.set_keys(keys)
        self._stock.setModel(Constant(len(keys)))
        self._stock.verticalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._stock.verticalHeader().setDefaultSectionSize(_HEIGHT)
        self._stock.horizontalHeader().setSectionResizeMode(QHeaderView.ResizeMode.Fixed)
        self._stock.setVerticalScrollMode(QTableView.ScrollMode.ScrollPerPixel)
        self.rows_in_a_page = max(1, self._ours.viewport().height() // self._ours.rowHeight(0))
        self._application.processEvents()
        self.answer()
        self.repaint()

    def ours_at(self, place: int) -> None:
        """Scroll our list to a row and paint."""
        self._ours.verticalScrollBar().setValue(place * self._ours.rowHeight(0))
        self._ours.viewport().repaint()

    def stock_at(self, place: int) -> None:
        """Scroll the stock table to a row and paint."""
        self._stock.verticalScrollBar().setValue(place * _HEIGHT)
        self._stock.viewport().repaint()

    def repaint(self) -> None:
        """Paint what our list shows."""
        self._ours.viewport().repaint()

    def answer(self) -> None:
        """Bring the rows that were asked for, as the read lane does."""
        asked, self._asked = self._asked, []
        for generation, keys in asked:
            rows = [replace(self._samples[key % len(self._samples)], id=RequestId(key)) for key in keys]
            self._model.deliver(generation, rows, keys)


def _sample(number: int) -> InboxRow:
    arrived = NOW - timedelta(minutes=number % 500)
    wishes = (
        Wish(1, WishKind.SLOT, ProviderId(1), NOW + timedelta(days=number % 9, minutes=20 * (number % 20))),
        Wish(2, WishKind.NEXT),
    )
    return InboxRow(
        id=RequestId(number),
        version=1,
        kind=list(RequestKind)[number % 3],
        state=RequestState.OPEN,
        patient_id=PatientId(number),
        given_name=f"Given{number}",
        family_name="Nguyen-Okafor",
        birth_day=date(2010, 1, 1) + timedelta(days=number),
        contact_name=f"Contact {number}",
        relation="mother",
        type_name="Well visit",
        provider_name="Dr. Lindqvist",
        location_name="Harbor St",
        appointment_at=NOW + timedelta(days=2),
        appointment_zone="",
        wishes=wishes,
        arrived_at=arrived,
        due_at=arrived + timedelta(minutes=45),
        needed_at=None,
        urgent=number % 50 == 0,
        unread=number % 3 == 0,
        claim_staff_id=StaffId(2) if number % 7 == 0 else None,
        claim_initials="KP" if number % 7 == 0 else "",
        claim_until=NOW + timedelta(minutes=2) if number % 7 == 0 else None,
        waiting_until=None,
        completed_at=None,
        completed_by="",
        delivery_failed=number % 40 == 0,
    )
