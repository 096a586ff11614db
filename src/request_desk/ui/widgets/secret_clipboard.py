"""A secret in the clipboard: kept out of its history where the system can do that, and gone after a minute (LINK-16)."""

from functools import partial
from typing import Final

from PySide6.QtCore import QCoreApplication, QMimeData
from PySide6.QtGui import QClipboard, QGuiApplication

from request_desk.ui.running.timing import TimerFactory

KEPT: Final = 60_000  # milliseconds
# What each system's clipboard history looks for: Windows (a DWORD of 0 for the last two), KDE, macOS.
_MARKS: Final = {
    'application/x-qt-windows-mime;value="ExcludeClipboardContentFromMonitorProcessing"': b"\x00\x00\x00\x00",
    'application/x-qt-windows-mime;value="CanIncludeInClipboardHistory"': b"\x00\x00\x00\x00",
    'application/x-qt-windows-mime;value="CanUploadToCloudClipboard"': b"\x00\x00\x00\x00",
    "x-kde-passwordManagerHint": b"secret",
    "application/x-nspasteboard-concealed-type": b"1",
}


def copy_secret(text: str, timers: TimerFactory) -> None:
    """Put a secret into the clipboard for a minute; what is copied meanwhile stays."""
    data = QMimeData()
    data.setText(text)
    for name, value in _MARKS.items():
        data.setData(name, value)
    QGuiApplication.clipboard().setMimeData(data)
    owner = QCoreApplication.instance()
    if owner is not None:
        timers(owner, KEPT, partial(_forget, text))


def _forget(text: str) -> None:
    clipboard = QGuiApplication.clipboard()
    if clipboard.text(QClipboard.Mode.Clipboard) == text:
        clipboard.clear(QClipboard.Mode.Clipboard)
