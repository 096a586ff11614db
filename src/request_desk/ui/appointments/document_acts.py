"""What staff do with documents of an appointment: choose one to add, open a copy, save one elsewhere, remove one (UPL-04, UPL-06)."""

from functools import partial
from pathlib import Path
from typing import Final

from PySide6.QtCore import QObject, QStandardPaths, Qt, Slot
from PySide6.QtWidgets import QFileDialog, QLineEdit, QWidget

from request_desk.domain.attachments import (
    ENDINGS,
    MOST_BYTES,
    Attachment,
    CheckState,
    DocumentFile,
    accepted,
)
from request_desk.domain.errors import Refused
from request_desk.domain.ids import AppointmentId, AttachmentId
from request_desk.domain.words import _
from request_desk.files import write_whole
from request_desk.services.schedule import attachments
from request_desk.ui.running.context import DeskContext, Scan
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.widgets.buttons import danger
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import field
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.theme import Tone

_LONG: Final = 12.0  # seconds that a refusal stays


class DocumentActs(QObject):
    """The acts on the documents of the appointment that is shown."""

    def __init__(self, context: DeskContext, owner: QWidget) -> None:
        super().__init__(owner)
        self._context = context
        self._owner = owner
        self._appointment_id = AppointmentId(0)

    def use(self, appointment_id: AppointmentId) -> None:
        """Act from now on for this appointment."""
        self._appointment_id = appointment_id

    # Adding

    @Slot()
    def choose(self) -> None:
        """Ask for the file to add; an answer that comes later is for the appointment that was shown then."""
        endings = " ".join(f"*.{ending}" for ending in ENDINGS)
        asked = self._file_dialog(_("Add document"), _("Documents ({endings})").format(endings=endings))
        asked.setFileMode(QFileDialog.FileMode.ExistingFile)
        asked.fileSelected.connect(partial(self._chosen, self._appointment_id))
        asked.open()

    def _chosen(self, where: AppointmentId, path: str) -> None:
        self.add(where, Path(path))

    def add(self, where: AppointmentId, path: Path) -> None:
        """Read a file, have it checked, and put it beside an appointment."""
        self._context.messages.say(_("Adding {file} …").format(file=named(path.name)))
        checked = self._context.runner.run_in_pool(self, _read_and_scan, path, self._context.scan)
        checked.done(partial(self._checked, where, path.name)).refused(self._refused)

    def _checked(self, where: AppointmentId, name: str, found: tuple[bytes, CheckState]) -> None:
        content, state = found
        added = self._context.runner.act(
            self, attachments.add_attachment, where, name=name, content=content, check_state=state
        )
        added.done(partial(self._added, state)).refused(self._refused)

    def _added(self, state: CheckState, _which: AttachmentId) -> None:
        told = {
            CheckState.INFECTED: _(
                "Added, but kept back: the virus scanner found something in it. Families do not get it."
            ),
            CheckState.FAILED: _("Added, but kept back: the virus scanner gave no answer. Opening it takes a reason."),
        }.get(state)
        if told is None:
            self._context.messages.say(
                _("The document is added. Families see it on their page, and by links that are sent from now on.")
            )
        else:
            self._context.messages.say(told, tone=Tone.DANGER, seconds=_LONG)

    # Opening and saving

    @Slot(object)
    def ask_open(self, document: Attachment) -> None:
        """Ask before a copy is opened by another program; one that is kept back takes a reason."""
        if document.is_withheld:
            ReleaseSheet(self._context, self._appointment_id, document, self._owner.window()).open()
            return
        asked = ask(
            self._owner.window(),
            _("Open {name}?").format(name=named(document.name)),
            detail=_(
                "A copy is opened by the program of this computer. It is removed when Request Desk is locked or closed."
            ),
            yes=_("Open"),
        )
        asked.answered.connect(partial(self._open, self._appointment_id, document))

    def _open(self, where: AppointmentId, document: Attachment, yes: bool) -> None:
        if yes:
            read = self._context.runner.read(self, attachments.attachment_file, where, document.id)
            read.done(self._copy).refused(self._refused)

    def _copy(self, found: DocumentFile) -> None:
        copied = self._context.runner.run_in_pool(self, _copied, self._context, found)
        copied.done(self._show).refused(self._refused)

    def _show(self, path: Path) -> None:
        if not self._context.opened_documents.show(path):
            self._say(_("No program of this computer opens such files. Save the document and choose one."))

    @Slot(object)
    def ask_path(self, document: Attachment) -> None:
        """Ask where to save a document."""
        if document.is_withheld:
            ReleaseSheet(self._context, self._appointment_id, document, self._owner.window()).open()
            return
        asked = self._file_dialog(_("Save document"), "")
        asked.setAcceptMode(QFileDialog.AcceptMode.AcceptSave)
        asked.setDefaultSuffix(document.name.rpartition(".")[2])
        asked.selectFile(document.name)
        asked.fileSelected.connect(partial(self._save, self._appointment_id, document))
        asked.open()

    def _save(self, where: AppointmentId, document: Attachment, path: str) -> None:
        read = self._context.runner.read(self, attachments.attachment_file, where, document.id)
        read.done(partial(self._write, Path(path))).refused(self._refused)

    def _write(self, path: Path, found: DocumentFile) -> None:
        written = self._context.runner.run_in_pool(self, _written, path, found.content)
        written.done(
            lambda _nothing: self._context.messages.say(_("The document is in {file}.").format(file=path.name))
        )
        written.refused(self._refused)

    # Removing

    @Slot(object)
    def ask_remove(self, document: Attachment) -> None:
        asked = ask(
            self._owner.window(),
            _("Remove {name}?").format(name=named(document.name)),
            detail=_("Families cannot download it any more, from no link."),
            yes=_("Remove"),
            dangerous=True,
        )
        asked.answered.connect(partial(self._remove, self._appointment_id, document))

    def _remove(self, where: AppointmentId, document: Attachment, yes: bool) -> None:
        if yes:
            removed = self._context.runner.act(
                self, attachments.remove_attachment, where, document.id, expect_version=document.version
            )
            removed.refused(self._refused)

    def _file_dialog(self, title: str, filter_: str) -> QFileDialog:
        folder = QStandardPaths.writableLocation(QStandardPaths.StandardLocation.DocumentsLocation)
        asked = QFileDialog(self._owner.window(), title, folder, filter_)
        asked.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        return asked

    def _refused(self, refused: Refused) -> None:
        self._say(refused.sentence)

    def _say(self, sentence: str) -> None:
        self._context.messages.say(sentence, tone=Tone.DANGER, seconds=_LONG)


class ReleaseSheet(Sheet):
    """Why a document that the scanner did not find clean is opened all the same; the reason is kept beside it."""

    def __init__(self, context: DeskContext, where: AppointmentId, document: Attachment, parent: QWidget) -> None:
        is_infected = document.check_state is CheckState.INFECTED
        told = (
            _(
                "The virus scanner found something in it. Open it only on a computer that may be lost. Families never get it."
            )
            if is_infected
            else _("The virus scanner gave no answer. With a reason staff can open it, and families get it.")
        )
        button = danger(_("Keep the reason"))
        super().__init__(_("{name} is kept back").format(name=named(document.name)), button, parent, detail=told)
        self._context, self._where, self._document = context, where, document
        self.reason = QLineEdit()
        self.body.addWidget(field(_("Why may it be opened?"), self.reason))
        self.finish()
        self.button.setEnabled(False)
        self.reason.textChanged.connect(self._typed)
        self.button.clicked.connect(self._keep)
        self.reason.setFocus()

    @Slot(str)
    def _typed(self, text: str) -> None:
        self.button.setEnabled(bool(text.strip()))

    @Slot()
    def _keep(self) -> None:
        act, seen = self._context.runner.act, self._document
        kept = act(
            self,
            attachments.release_attachment,
            self._where,
            seen.id,
            reason=self.reason.text(),
            expect_version=seen.version,
        )
        kept.done(self._kept).refused(self.refuse)

    def _kept(self, _version: int) -> None:
        self._context.messages.say(_("The reason is kept. The document can be opened now."))
        self.accept()


def _read_and_scan(path: Path, scan: Scan | None) -> tuple[bytes, CheckState]:
    """The bytes of a file that may be kept, and what the scanner says of them; raises Refused with the sentence."""
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        told = _("{file} cannot be read: {reason}. Choose another file.")
        raise Refused(told.format(file=path.name, reason=error.strerror or _("unknown fault"))) from error
    accepted(path.name, content)
    return content, CheckState.UNCHECKED if scan is None else scan(content)


def _copied(context: DeskContext, found: DocumentFile) -> Path:
    try:
        return context.opened_documents.copy(found)
    except OSError as error:
        told = _("The copy cannot be written: {reason}. Save the document elsewhere.")
        raise Refused(told.format(reason=error.strerror or _("unknown fault"))) from error


def _written(path: Path, content: bytes) -> None:
    try:
        write_whole(path, content)
    except OSError as error:
        told = _("The file cannot be written to {folder}: {reason}. Choose another folder.")
        raise Refused(told.format(folder=path.parent, reason=error.strerror or _("unknown fault"))) from error
