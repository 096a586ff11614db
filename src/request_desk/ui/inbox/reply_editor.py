"""The text of a reply: typed words stay, merge fields are locked pieces that follow the chosen act; what it is sent for is elsewhere."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

from PySide6.QtCore import QMimeData, QPoint, QSize, Qt, Signal, Slot
from PySide6.QtGui import (
    QAction,
    QContextMenuEvent,
    QFont,
    QInputMethodEvent,
    QKeyEvent,
    QKeySequence,
    QPainter,
    QPaintEvent,
    QTextCharFormat,
    QTextCursor,
    QTextFormat,
)
from PySide6.QtWidgets import QMenu, QPlainTextEdit, QTextEdit, QWidget

from request_desk.domain.phrases import FILTERS, PhraseOutcome, Prompt, Rendered, TextSpan, render
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.text import no_mnemonic
from request_desk.ui.widgets.theme import app_theme

FIELD: Final = QTextFormat.Property.UserProperty.value + 1  # the merge field's name
PIECE: Final = (
    QTextFormat.Property.UserProperty.value + 2
)  # one number per inserted field, so that neighbours stay apart
STYLE: Final = QTextFormat.Property.UserProperty.value + 3  # the filter of the phrase: "lower"
OPEN: Final = QTextFormat.Property.UserProperty.value + 4  # not resolved yet
FIXED: Final = "fixed"  # the style of a text that follows its field no more (a default, a mix of filters)
ASKED: Final = "ask."  # what only the user knows: typed over, not locked
MOST: Final = 10_000  # characters taken from the clipboard at once; the service refuses long before
LEAST_LINES: Final = 4  # of the text that are always seen
LINE_ENDS: Final = str.maketrans({"\r": "\n", "\u2028": "\n", "\u2029": "\n", "\ufffc": None})

_MOVES: Final[tuple[tuple[QKeySequence.StandardKey, QTextCursor.MoveOperation], ...]] = (
    (QKeySequence.StandardKey.DeleteStartOfWord, QTextCursor.MoveOperation.PreviousWord),
    (QKeySequence.StandardKey.DeleteEndOfWord, QTextCursor.MoveOperation.NextWord),
    (QKeySequence.StandardKey.DeleteEndOfLine, QTextCursor.MoveOperation.EndOfBlock),
    (QKeySequence.StandardKey.DeleteCompleteLine, QTextCursor.MoveOperation.EndOfBlock),
    (QKeySequence.StandardKey.Delete, QTextCursor.MoveOperation.NextCharacter),
)


@dataclass(frozen=True, slots=True)
class _Piece:
    start: int
    end: int
    text: str
    field: str
    number: int
    style: str
    is_open: bool

    @property
    def is_asked(self) -> bool:
        return self.field.startswith(ASKED)


class ReplyEditor(QPlainTextEdit):
    """A plain text with locked merge fields.

    A field can be deleted as a whole, never in part; typing inside one goes behind it. An open question of a phrase is
    replaced by what is typed. Undo is for text only, and fields show the present values after it too.
    """

    edited = Signal()  # by the user
    left = Signal()  # Escape

    def __init__(self, *, name: str, placeholder: str = "", parent: QWidget | None = None) -> None:
        super().__init__(parent)
        self.setAccessibleName(name)
        self.setObjectName("reply")
        self.setPlaceholderText(placeholder)
        self.setTabChangesFocus(True)
        self.setHorizontalScrollBarPolicy(Qt.ScrollBarPolicy.ScrollBarAlwaysOff)
        self.document().setDocumentMargin(0)
        self._values: Mapping[str, str] = {}
        self._prompts: tuple[Prompt, ...] = ()
        self._next_number = 1
        self._put_text = ""
        self._by_program = False
        self._choices: QMenu | None = None
        self._least_lines = LEAST_LINES
        self.textChanged.connect(self._text_changed)
        self.cursorPositionChanged.connect(self._mark)
        app_theme().changed.connect(self._mark)

    # what it holds

    def rendered(self) -> Rendered:
        """Return the reply in pieces, as it would be read."""
        return Rendered(tuple(TextSpan(run.text, run.field or None, run.is_open) for run in self._runs()))

    def text(self) -> str:
        return self.toPlainText()

    def is_empty(self) -> bool:
        return not self.toPlainText().strip()

    def is_untouched(self) -> bool:
        """Whether the text is what was put in, or nothing."""
        return self.is_empty() or self.toPlainText() == self._put_text

    def has_fields(self) -> bool:
        """Whether anything of a phrase is left in the text."""
        return bool(self._pieces())

    def prompts(self) -> tuple[Prompt, ...]:
        return self._prompts

    def remembered(self) -> list[dict[str, object]]:
        """Return the pieces as plain JSON values, for a draft."""
        return [
            {"t": run.text, "f": run.field, "s": run.style, "o": run.is_open} if run.field else {"t": run.text}
            for run in self._runs()
        ]

    # what is put in

    def put(self, rendered: Rendered, values: Mapping[str, str], prompts: Sequence[Prompt] = ()) -> None:
        """Replace the whole text by a rendered phrase; it counts as untouched until the user types."""
        self._values = values
        self._prompts = tuple(prompts)
        cursor = QTextCursor(self.document())
        self._by_program = True
        cursor.beginEditBlock()
        cursor.select(QTextCursor.SelectionType.Document)
        self._write(cursor, rendered.spans, values)
        cursor.endEditBlock()
        self._by_program = False
        self._put_text = self.toPlainText()
        cursor.movePosition(QTextCursor.MoveOperation.End)
        self.setTextCursor(cursor)
        self.verticalScrollBar().setValue(0)  # it is read from its beginning, and goes on at its end
        self._mark()

    def add(self, rendered: Rendered, values: Mapping[str, str], prompts: Sequence[Prompt] = ()) -> None:
        """Insert a rendered phrase where the cursor is, between blank lines; what was typed stays."""
        self._values = values
        self._prompts = tuple({prompt.name: prompt for prompt in (*self._prompts, *prompts)}.values())
        cursor = self._outside(self.textCursor())
        self._by_program = True
        cursor.beginEditBlock()
        above = QTextCursor(self.document())
        above.setPosition(cursor.selectionStart(), QTextCursor.MoveMode.KeepAnchor)
        before = above.selectedText().translate(LINE_ENDS)
        lead = "" if not before or before.endswith("\n\n") else "\n" if before.endswith("\n") else "\n\n"
        self._write(cursor, (TextSpan(lead), *rendered.spans) if lead else rendered.spans, values)
        cursor.endEditBlock()
        self._by_program = False
        self.setTextCursor(cursor)
        self._mark()

    def put_text(self, text: str) -> None:
        """Insert plain words at the cursor as if the user had typed them."""
        self._insert(_clean(text))

    def refresh(self, values: Mapping[str, str]) -> None:
        """Show the fields with other values; typed words stay, and so does the place of the cursor."""
        self._values = values
        untouched = self.is_untouched()
        self._render_fields()
        if untouched:
            self._put_text = self.toPlainText()

    def restore(self, kept: Iterable[Mapping[str, object]]) -> None:
        """Put back what a draft remembers. Its fields keep their texts until `refresh`."""
        cursor = QTextCursor(self.document())
        self._by_program = True
        cursor.beginEditBlock()
        cursor.select(QTextCursor.SelectionType.Document)
        cursor.removeSelectedText()
        for one in kept:
            field = str(one.get("f") or "")
            text = str(one.get("t", ""))
            made = (
                self._format(field, str(one.get("s", "")), is_open=bool(one.get("o"))) if field else QTextCharFormat()
            )
            cursor.insertText(text, made)
        cursor.endEditBlock()
        self._by_program = False
        self.document().clearUndoRedoStacks()
        self.setTextCursor(cursor)
        self._put_text = ""
        self._mark()

    def reset(self) -> None:
        """Empty it for another request; the undo of one request never reaches into the next."""
        self._by_program = True
        self.clear()
        self._by_program = False
        self.document().clearUndoRedoStacks()
        self._values = {}
        self._prompts = ()
        self._put_text = ""
        self._mark()

    def go_to_open(self, *, from_start: bool = False) -> bool:
        """Select the next open field behind the cursor; False when there is none."""
        at = 0 if from_start else self.textCursor().selectionEnd()
        for piece in self._pieces():
            if piece.is_open and piece.start >= at:
                self._select(piece)
                return True
        return False

    def height_with(self, lines: int) -> int:
        """Return how high it is with so many lines of text in sight."""
        return self.fontMetrics().lineSpacing() * lines + app_theme().px(18)

    def set_least_lines(self, lines: int) -> None:
        """Show at least so many lines of the text."""
        if lines != self._least_lines:
            self._least_lines = lines
            self.updateGeometry()

    # keys

    def keyPressEvent(self, event: QKeyEvent) -> None:
        if event.key() == Qt.Key.Key_Escape:
            self.left.emit()
            return
        if self._choices is not None:
            self._choices.close()
        if event.matches(QKeySequence.StandardKey.Undo):
            self.undo()
            self._render_fields()
            return
        if event.matches(QKeySequence.StandardKey.Redo):
            self.redo()
            self._render_fields()
            return
        if event.matches(QKeySequence.StandardKey.Cut):
            self.setTextCursor(self._widened(self.textCursor()))
        if self._deletes(event) or self._types(event):
            return
        super().keyPressEvent(event)

    def inputMethodEvent(self, event: QInputMethodEvent) -> None:
        commit = event.commitString()
        if not commit or event.replacementLength():
            super().inputMethodEvent(event)
            return
        # What is composed must not take over the lock of the field beside it.
        super().inputMethodEvent(QInputMethodEvent(event.preeditString(), event.attributes()))
        self._insert(commit)

    def contextMenuEvent(self, event: QContextMenuEvent) -> None:
        if self.textCursor().hasSelection():
            self.setTextCursor(self._widened(self.textCursor()))
        super().contextMenuEvent(event)

    def focusNextPrevChild(self, forward: bool) -> bool:
        if forward and self.hasFocus() and self.go_to_open():
            return True
        return super().focusNextPrevChild(forward)

    def canInsertFromMimeData(self, source: QMimeData) -> bool:
        return source.hasText()

    def insertFromMimeData(self, source: QMimeData) -> None:
        if source.hasText():
            self._insert(_clean(source.text()))

    def minimumSizeHint(self) -> QSize:
        return QSize(app_theme().px(120), self.height_with(self._least_lines))

    def sizeHint(self) -> QSize:
        return QSize(app_theme().px(320), app_theme().px(84))

    def paintEvent(self, event: QPaintEvent) -> None:
        super().paintEvent(event)
        self._paint_caret_field(QPainter(self.viewport()))

    def _paint_caret_field(self, painter: QPainter) -> None:
        """Underline the locked field under the cursor, so that it is seen why typing goes behind it."""
        piece = self._at(self.textCursor().position())
        if piece is None or not self.hasFocus() or self.textCursor().hasSelection():
            return
        start = QTextCursor(self.document())
        start.setPosition(piece.start)
        end = QTextCursor(self.document())
        end.setPosition(piece.end)
        first, last = self.cursorRect(start), self.cursorRect(end)
        if first.top() == last.top():
            painter.fillRect(first.left(), first.bottom(), last.left() - first.left(), 1, app_theme().accent)

    def _types(self, event: QKeyEvent) -> bool:
        modifiers = event.modifiers() & ~(Qt.KeyboardModifier.ShiftModifier | Qt.KeyboardModifier.KeypadModifier)
        if event.key() in (Qt.Key.Key_Return, Qt.Key.Key_Enter) and not modifiers:
            self._insert("\n")
            return True
        text = event.text()
        alt_gr = Qt.KeyboardModifier.ControlModifier | Qt.KeyboardModifier.AltModifier
        if (
            not text
            or not text.isprintable()
            or (modifiers and modifiers != alt_gr and not _is_group_switch(modifiers))
        ):
            return False
        self._insert(text)
        return True

    def _deletes(self, event: QKeyEvent) -> bool:
        move = next((move for standard, move in _MOVES if event.matches(standard)), None)
        # Backspace is no standard key everywhere; Shift with it is a slip of the fingers.
        if event.key() == Qt.Key.Key_Backspace and not event.modifiers() & ~Qt.KeyboardModifier.ShiftModifier:
            move = QTextCursor.MoveOperation.PreviousCharacter
        if move is None:
            return False
        cursor = self.textCursor()
        if not cursor.hasSelection():
            cursor.movePosition(move, QTextCursor.MoveMode.KeepAnchor)
        cursor = self._widened(cursor)
        cursor.removeSelectedText()
        self.setTextCursor(cursor)
        self.ensureCursorVisible()
        return True

    def _insert(self, text: str) -> None:
        cursor = self._outside(self.textCursor())
        cursor.beginEditBlock()
        cursor.removeSelectedText()
        cursor.insertText(text, QTextCharFormat())
        cursor.endEditBlock()
        self.setTextCursor(cursor)
        self.ensureCursorVisible()

    # fields

    def _write(self, cursor: QTextCursor, spans: Iterable[TextSpan], values: Mapping[str, str]) -> None:
        cursor.removeSelectedText()
        for span in spans:
            if span.field is None:
                cursor.insertText(span.text, QTextCharFormat())
            else:
                style = _style(span, values.get(span.field, ""))
                cursor.insertText(span.text, self._format(span.field, style, is_open=span.unresolved))

    def _format(self, field: str, style: str, *, is_open: bool) -> QTextCharFormat:
        made = QTextCharFormat()
        made.setProperty(FIELD, field)
        made.setProperty(PIECE, self._next_number)
        made.setProperty(STYLE, style)
        made.setProperty(OPEN, is_open)
        self._next_number += 1
        return made

    def _render_fields(self) -> None:
        """Bring every locked field to its present value, in one step with what came before for undo."""
        stale: list[tuple[_Piece, str, bool]] = []
        for piece in self._pieces():
            if piece.is_asked or piece.style == FIXED:
                continue
            value = self._values.get(piece.field, "")
            is_open = not value.strip()
            text = (
                _open_name(piece.field) if is_open else FILTERS[piece.style](value) if piece.style in FILTERS else value
            )
            if (text, is_open) != (piece.text, piece.is_open):
                stale.append((piece, text, is_open))
        if not stale:
            return
        cursor = QTextCursor(self.document())
        self._by_program = True
        cursor.joinPreviousEditBlock()
        for piece, text, is_open in reversed(stale):
            cursor.setPosition(piece.start)
            cursor.setPosition(piece.end, QTextCursor.MoveMode.KeepAnchor)
            cursor.insertText(text, self._format(piece.field, piece.style, is_open=is_open))
        cursor.endEditBlock()
        self._by_program = False
        self._mark()

    def _pieces(self) -> list[_Piece]:
        """The fields in reading order."""
        return [run for run in self._runs() if run.field]

    def _runs(self) -> list[_Piece]:
        """The whole text in reading order, typed words and fields; a field that spans several lines is one piece."""
        found: list[_Piece] = []
        line_ends = 0
        block = self.document().begin()
        while block.isValid():
            each = block.begin()
            while not each.atEnd():
                fragment = each.fragment()
                piece = _piece(fragment.position(), fragment.text(), fragment.charFormat())
                _append(found, piece, line_ends)
                line_ends = 0
                each += 1
            block = block.next()
            line_ends += block.isValid()
        if line_ends:
            _append(found, None, line_ends)
        return found

    def _at(self, position: int) -> _Piece | None:
        """The field that the position is inside of, not at its edges."""
        return next((piece for piece in self._pieces() if piece.start < position < piece.end), None)

    def _outside(self, cursor: QTextCursor) -> QTextCursor:
        """Return the cursor where typing is allowed: an open question is replaced, a locked field is left behind it."""
        if cursor.hasSelection():
            return self._widened(cursor)
        piece = self._at(cursor.position())
        if piece is not None:
            cursor.setPosition(piece.end)
            if piece.is_asked and piece.is_open:
                cursor.setPosition(piece.start, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _widened(self, cursor: QTextCursor) -> QTextCursor:
        """Return the selection with every field that it touches in part taken in whole."""
        start, end = cursor.selectionStart(), cursor.selectionEnd()
        for piece in self._pieces():
            if piece.start < end and start < piece.end:
                start, end = min(start, piece.start), max(end, piece.end)
        cursor.setPosition(start)
        cursor.setPosition(end, QTextCursor.MoveMode.KeepAnchor)
        return cursor

    def _select(self, piece: _Piece) -> None:
        cursor = self.textCursor()
        cursor.setPosition(piece.start)
        cursor.setPosition(piece.end, QTextCursor.MoveMode.KeepAnchor)
        self.setTextCursor(cursor)
        self.ensureCursorVisible()
        prompt = next((one for one in self._prompts if ASKED + one.name == piece.field), None)
        if prompt is not None and prompt.choices:
            self._offer_choices(prompt)

    def _offer_choices(self, prompt: Prompt) -> None:
        menu = QMenu(self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.setAccessibleName(prompt.label)
        for choice in prompt.choices:
            action = menu.addAction(no_mnemonic(one_line(choice)))
            action.setData(choice)
        menu.triggered.connect(self._choice_taken)
        menu.aboutToHide.connect(self._choices_gone)
        self._choices = menu
        rect = self.cursorRect()
        menu.popup(self.viewport().mapToGlobal(QPoint(rect.left(), rect.bottom() + app_theme().px(4))))
        menu.setActiveAction(menu.actions()[0])

    @Slot(QAction)
    def _choice_taken(self, action: QAction) -> None:
        self._insert(str(action.data()))

    @Slot()
    def _choices_gone(self) -> None:
        self._choices = None

    @Slot()
    def _text_changed(self) -> None:
        self._mark()
        if not self._by_program:
            self.edited.emit()

    @Slot()
    def _mark(self) -> None:
        """Highlight what is still open."""
        theme = app_theme()
        marks: list[QTextEdit.ExtraSelection] = []
        for piece in self._pieces():
            if not piece.is_open:
                continue
            mark = QTextEdit.ExtraSelection()
            look = QTextCharFormat()
            look.setBackground(theme.held_tint)
            look.setForeground(theme.held)
            look.setFontWeight(QFont.Weight.Bold)
            cursor = QTextCursor(self.document())
            cursor.setPosition(piece.start)
            cursor.setPosition(piece.end, QTextCursor.MoveMode.KeepAnchor)
            mark.format = look
            mark.cursor = cursor
            marks.append(mark)
        self.setExtraSelections(marks)
        self.viewport().update()


def _piece(start: int, text: str, made: QTextCharFormat) -> _Piece:
    field = made.property(FIELD)
    end = start + len(text.encode("utf-16-le", "surrogatepass")) // 2  # positions count UTF-16 units
    text = text.replace("\u00a0", " ").translate(LINE_ENDS)
    if not isinstance(field, str) or not field:
        return _Piece(start, end, text, "", 0, "", is_open=False)
    number, style = int(made.property(PIECE) or 0), str(made.property(STYLE) or "")
    return _Piece(start, end, text, field, number, style, is_open=bool(made.property(OPEN)))


def _append(found: list[_Piece], piece: _Piece | None, line_ends: int) -> None:
    """Add a run behind `line_ends` line ends; runs of one field, and typed runs, are joined."""
    last = found[-1] if found else None
    if piece is not None and last is not None and last.number == piece.number:
        found[-1] = replace(last, end=piece.end, text=last.text + "\n" * line_ends + piece.text)
        return
    if line_ends and last is not None and not last.field:
        found[-1] = replace(last, end=last.end + line_ends, text=last.text + "\n" * line_ends)
    elif line_ends:
        at = last.end if last is not None else 0
        found.append(_Piece(at, at + line_ends, "\n" * line_ends, "", 0, "", is_open=False))
    if piece is None:
        return
    if not piece.field and found and not found[-1].field:
        found[-1] = replace(found[-1], end=piece.end, text=found[-1].text + piece.text)
    else:
        found.append(piece)


def _style(span: TextSpan, value: str) -> str:
    """The filter that made the text of a span out of its value."""
    if span.unresolved or span.text == value:
        return ""
    return next((name for name, apply in FILTERS.items() if apply(value) == span.text), FIXED)


def _open_name(field: str) -> str:
    """What stands in the text for a field that has no value yet."""
    return render("{{ " + field + " }}", {}, {}, "", PhraseOutcome.ANY).text


def _clean(text: str) -> str:
    lines = text[: 2 * MOST].replace("\r\n", "\n").translate(LINE_ENDS)
    return "".join(sign for sign in lines if sign.isprintable() or sign in "\n\t" or sign in "\u200c\u200d")[:MOST]


def _is_group_switch(modifiers: Qt.KeyboardModifier) -> bool:
    return bool(modifiers == Qt.KeyboardModifier.GroupSwitchModifier)
