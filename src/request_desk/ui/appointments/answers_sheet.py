"""What a family filled in before an appointment: read as the pages that are printed, and given back to be changed (ML1)."""

from collections.abc import Sequence

from PySide6.QtCore import QMarginsF, Slot
from PySide6.QtGui import QFont, QPageLayout, QPageSize, QTextCursor, QTextDocument
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.appointment_lists import AppointmentDetails
from request_desk.domain.questionnaires import FilledForm, shown_answer
from request_desk.domain.words import Words, _
from request_desk.services.schedule import filled_forms
from request_desk.ui.appointments.detail_words import title
from request_desk.ui.appointments.form_words import form_words
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import appointment_words, named
from request_desk.ui.schedule.day_document import INK, MUTED, spaced, write_line
from request_desk.ui.schedule.print_sheet import PrintSheet, is_american
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import row
from request_desk.ui.widgets.plain_text import body_text
from request_desk.ui.widgets.text import show_if
from request_desk.ui.widgets.theme import app_theme

_MARGIN = 18.0  # millimetres
_SMALL, _POINTS, _LARGE = 9.0, 11.0, 16.0


class AnswersSheet(PrintSheet):
    """One form of one appointment."""

    def __init__(self, context: DeskContext, view: AppointmentDetails, form: FilledForm, parent: QWidget) -> None:
        super().__init__(
            context,
            named(form.questionnaire.name),
            parent,
            paper=_paper(context),
            size=(760, 640),
            reading=_("Reading the answers …"),
            saved=_("The answers are in {file}."),
        )
        self._view, self._which = view, form.questionnaire.id
        self._form: FilledForm | None = None
        self.reopen_button = secondary(_("Let the family change it …"), icon="undo-2")
        self.reopen_button.clicked.connect(self._ask_reopen)
        self.reopen_button.hide()
        self.body.insertLayout(1, row(self.reopen_button, None))
        read = context.runner.read(self, filled_forms.filled_form, view.appointment.id, self._which)
        read.done(self._read).refused(self.show_refusal)

    def file_name(self) -> str:
        """The day alone: a name in a list of files is read by whoever passes."""
        day = self.context.today()
        return _("answers {day}").format(day=day.isoformat())

    def taken(self) -> None:
        self.context.runner.act(self, filled_forms.printed_form, self._view.appointment.id, self._which)

    def _read(self, found: FilledForm) -> None:
        self._form = found
        words, now = self.context.words(), self.context.clock.now()
        heads = (title(self._view, words, now), _about(self._view, words), form_words(found, words))
        document = answers_document(found, heads, words)
        # Else a text document keeps two centimetres around itself, beside the printer's margins.
        document.setPageSize(self._printer.pageLayout().paintRect(QPageLayout.Unit.Point).size())
        self.show_document(document)
        is_theirs = found.completed_at is not None and may(self.context.actor(), Permission.SHARE_LINKS)
        show_if(self.reopen_button, is_theirs)

    @Slot()
    def _ask_reopen(self) -> None:
        asked = ask(
            self,
            _("Let the family change this form?"),
            detail=_(
                "They find it open again on their page, and have to sign and send it anew. The other answers stay."
            ),
            yes=_("Let them change it"),
        )
        asked.answered.connect(self._reopen)

    @Slot(bool)
    def _reopen(self, yes: bool) -> None:
        if yes and self._form is not None:
            act, where = self.context.runner.act, self._view.appointment.id
            kept = act(self, filled_forms.reopen_form, where, self._which, expect_version=self._form.version)
            kept.done(self._reopened).refused(self.refuse)

    def _reopened(self, _version: int) -> None:
        self.context.messages.say(_("The family can change the form again."))
        self.accept()


def answers_document(found: FilledForm, heads: Sequence[str], words: Words) -> QTextDocument:
    """Return the answers as a document; plain text only."""
    document = QTextDocument()
    document.setDocumentMargin(0)
    document.setDefaultFont(QFont(app_theme().small.families(), int(_POINTS)))
    cursor = QTextCursor(document)
    write_line(cursor, named(found.questionnaire.name), _LARGE, INK, is_bold=True)
    for place, head in enumerate(heads):
        cursor.insertBlock(spaced(2, 0))
        write_line(cursor, head, _POINTS, INK if place == 0 else MUTED, is_bold=place == 0)
    for each in found.questionnaire.questions:
        answer = found.answers.get(each.id)
        if answer is None and not each.active:
            continue
        text = each.text if each.active else _("{question} (not asked any more)").format(question=each.text)
        cursor.insertBlock(spaced(12, 0))
        write_line(cursor, body_text(text), _SMALL + 1, MUTED)
        cursor.insertBlock(spaced(1, 0))
        told = _("not answered") if answer is None else shown_answer(each, answer.value, words, "en")
        write_line(cursor, body_text(told), _POINTS, MUTED if answer is None else INK, is_bold=answer is not None)
        if answer is not None:
            by = _("{who}, {time}").format(who=named(answer.by), time=words.moment(answer.at))
            cursor.insertBlock(spaced(1, 0))
            write_line(cursor, by, _SMALL, MUTED)
    return document


def _about(view: AppointmentDetails, words: Words) -> str:
    there = words.at(view.appointment.zone)
    return f"{there.long_moment_with_zone(view.appointment.starts_at)}, {appointment_words(view.appointment, words)}"


def _paper(context: DeskContext) -> QPageLayout:
    size = QPageSize(QPageSize.PageSizeId.Letter if is_american(context) else QPageSize.PageSizeId.A4)
    margins = QMarginsF(_MARGIN, _MARGIN, _MARGIN, _MARGIN)
    return QPageLayout(size, QPageLayout.Orientation.Portrait, margins, QPageLayout.Unit.Millimeter)
