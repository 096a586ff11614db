"""The list of a day as a document to print: a table for each provider and location, on pages of their own (AP8); plain text only."""

from collections.abc import Sequence

from PySide6.QtGui import (
    QBrush,
    QColor,
    QFont,
    QTextBlockFormat,
    QTextCharFormat,
    QTextCursor,
    QTextDocument,
    QTextFormat,
    QTextFrameFormat,
    QTextLength,
    QTextTableFormat,
)

from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.day_list import DayLine, DayList, DaySection
from request_desk.domain.words import Words, _, plural
from request_desk.ui.schedule.appointment_words import STATUS_WORDS, named
from request_desk.ui.widgets.theme import PAPER_INK, PAPER_LINE, PAPER_MUTED, app_theme

INK, MUTED, _LINE = QColor(PAPER_INK), QColor(PAPER_MUTED), QColor(PAPER_LINE)
_POINTS, _SMALL, _LARGE = 10.0, 8.5, 15.0
_WIDTHS = (15, 29, 23, 25, 8)  # percent of the page


def day_document(shown: DayList, words: Words, practice: str) -> QTextDocument:
    """Return the document; a day without appointments says so."""
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(QFont(app_theme().small.families(), int(_POINTS)))
    cursor = QTextCursor(document)
    for number, section in enumerate(shown.sections):
        _head(cursor, shown, words, practice, is_new_page=number > 0)
        _section(cursor, section, words)
    if not shown.sections:
        _head(cursor, shown, words, practice, is_new_page=False)
        write_line(cursor, _("No visit is booked on this day."), _POINTS, MUTED)
    return document


def _head(cursor: QTextCursor, shown: DayList, words: Words, practice: str, *, is_new_page: bool) -> None:
    block = QTextBlockFormat()
    if is_new_page:
        block.setPageBreakPolicy(QTextFormat.PageBreakFlag.PageBreak_AlwaysBefore)
        cursor.insertBlock(block)
    write_line(cursor, words.long_day(shown.day), _LARGE, INK, is_bold=True)
    read = _("{practice} · as of {time}").format(practice=named(practice), time=words.moment(shown.read_at))
    cursor.insertBlock(spaced(0, 10))
    write_line(cursor, read, _SMALL, MUTED)


def _section(cursor: QTextCursor, section: DaySection, words: Words) -> None:
    count = plural("{count} visit", "{count} visits", len(section.lines)).format(count=len(section.lines))
    cursor.insertBlock(spaced(4, 6))
    where = f"{named(section.provider_name)}, {named(section.location_name)}"
    write_line(cursor, f"{where} · {count}", _POINTS + 1, INK, is_bold=True)
    head = (_("Time"), _("Patient"), _("Visit"), _("Call"), _("Here"))
    table = cursor.insertTable(len(section.lines) + 1, len(head), _table_format())
    for place, text in enumerate(head):
        write_line(table.cellAt(0, place).firstCursorPosition(), text, _SMALL, MUTED)
    for number, line in enumerate(section.lines, 1):
        for place, parts in enumerate(_cells(line, words)):
            cell = table.cellAt(number, place).firstCursorPosition()
            write_line(cell, parts[0], _POINTS, INK, is_bold=place < 2)
            for more in filter(None, parts[1:]):
                cell.insertBlock()
                write_line(cell, more, _SMALL, MUTED)
    cursor.movePosition(QTextCursor.MoveOperation.End)


def _cells(line: DayLine, words: Words) -> Sequence[Sequence[str]]:
    there = words.at(line.zone)
    state = "" if line.status is AppointmentStatus.CONFIRMED else STATUS_WORDS[line.status]
    age = words.age_of(line.birth_day, there.zone.day_of(line.starts_at))
    return (
        (there.time(line.starts_at), words.minutes(line.ends_at - line.starts_at)),
        (named(line.patient_name, 200), _("{age}, born {birth}").format(age=age, birth=words.birth(line.birth_day))),
        (named(line.type_name), state),
        (named(line.contact_name, 200), words.phone(line.phone) if line.phone else ""),
        ("☐" if not state else "",),
    )


def _table_format() -> QTextTableFormat:
    made = QTextTableFormat()
    made.setWidth(QTextLength(QTextLength.Type.PercentageLength, 100))
    made.setColumnWidthConstraints([QTextLength(QTextLength.Type.PercentageLength, width) for width in _WIDTHS])
    made.setHeaderRowCount(1)
    made.setCellPadding(4)
    made.setCellSpacing(0)
    made.setBorder(1)
    made.setBorderStyle(QTextFrameFormat.BorderStyle.BorderStyle_Solid)
    made.setBorderBrush(QBrush(_LINE))
    made.setBorderCollapse(True)
    return made


def spaced(above: int, below: int) -> QTextBlockFormat:
    """Return a paragraph with so much room above and below."""
    made = QTextBlockFormat()
    made.setTopMargin(above)
    made.setBottomMargin(below)
    return made


def write_line(cursor: QTextCursor, text: str, points: float, color: QColor, *, is_bold: bool = False) -> None:
    """Write a line of plain text."""
    style = QTextCharFormat()
    style.setFontPointSize(points)
    style.setForeground(QBrush(color))
    style.setFontWeight(QFont.Weight.Bold if is_bold else QFont.Weight.Normal)
    cursor.insertText(text, style)
