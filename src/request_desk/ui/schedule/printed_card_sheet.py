"""The card of an appointment to print: one small page in the language of the family (AP8)."""

from PySide6.QtCore import QMarginsF, QSizeF
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QTextCursor, QTextDocument
from PySide6.QtWidgets import QWidget

from request_desk.domain.appointments import Appointment, AppointmentStatus
from request_desk.domain.printed_card import CardLines, PrintedCard, card_lines
from request_desk.domain.words import _
from request_desk.services.schedule import printed_card
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import STATUS_WORDS, named
from request_desk.ui.schedule.day_document import INK, MUTED, spaced, write_line
from request_desk.ui.schedule.print_sheet import PrintSheet, is_american
from request_desk.ui.widgets.theme import app_theme

_MARGIN = 3.0  # millimetres that printers leave white
_INSET = 22  # points around the words
_SMALL, _POINTS, _LARGE = 10.0, 12.0, 17.0


class PrintedCardSheet(PrintSheet):
    """One card."""

    def __init__(self, context: DeskContext, entry: Appointment, parent: QWidget) -> None:
        paper, reading = _paper(context), _("Reading the visit …")
        title, saved = _("Appointment card"), _("The card is in {file}.")
        super().__init__(context, title, parent, paper=paper, size=(620, 560), reading=reading, saved=saved)
        self._entry = entry
        read = context.runner.read(self, printed_card.printed_card, entry.id)
        read.done(self._read).refused(self.show_refusal)

    def file_name(self) -> str:
        """The day alone: a name in a list of files is read by whoever passes."""
        day = self.context.words().at(self._entry.zone).zone.day_of(self._entry.starts_at)
        return _("appointment card {day}").format(day=day.isoformat())

    def taken(self) -> None:
        self.context.runner.act(self, printed_card.printed, self._entry.id)

    def _read(self, found: PrintedCard) -> None:
        document = card_document(card_lines(found, self.context.words()))
        page = self._printer.pageLayout().paintRect(QPageLayout.Unit.Point).size()
        document.setPageSize(page)  # else a text document keeps two centimetres around itself
        self.show_document(document)


def card_why_not(entry: Appointment) -> str:
    """Return why there is no card of an appointment; "" where there is one."""
    if entry.status is AppointmentStatus.CONFIRMED:
        return ""
    return _("it is {status}").format(status=STATUS_WORDS[entry.status])


def card_document(lines: CardLines) -> QTextDocument:
    """Return the card as a document; plain text only."""
    document = QTextDocument()
    document.setDocumentMargin(_INSET)
    document.setDefaultFont(QFont(app_theme().small.families(), int(_POINTS)))
    cursor = QTextCursor(document)
    write_line(cursor, named(lines.practice), _POINTS, MUTED, is_bold=True)
    for above, text, points, color, is_bold in (
        (12, lines.whose, _LARGE, INK, True),
        (8, lines.when, _POINTS + 1, INK, True),
        (8, lines.who, _POINTS, INK, False),
        *((2, each, _POINTS, INK, False) for each in lines.where),
        (14, lines.call, _SMALL, MUTED, False),
    ):
        cursor.insertBlock(spaced(above, 0))
        write_line(cursor, text, points, color, is_bold=is_bold)
    return document


def _paper(context: DeskContext) -> QPageLayout:
    """A quarter of the country's usual sheet, lying."""
    american = QPageSize(QSizeF(4.25, 5.5), QPageSize.Unit.Inch, "Quarter Letter")
    size = american if is_american(context) else QPageSize(QPageSize.PageSizeId.A6)
    margins = QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    return QPageLayout(size, QPageLayout.Orientation.Landscape, margins, QPageLayout.Unit.Millimeter)
