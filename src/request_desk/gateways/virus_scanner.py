"""The practice's own virus scanner, a command of this machine: asked about each document before it is kept (UPL-06)."""

import logging
import os
import shlex
import subprocess
import tempfile
from pathlib import Path
from typing import Final

from request_desk.config import Scanner
from request_desk.domain.attachments import CheckState
from request_desk.logs import Word

_INFECTED: Final = 1  # as clamscan and clamdscan say it; every other number is a fault
_log = logging.getLogger(__name__)


def scan(settings: Scanner, content: bytes) -> CheckState:
    """Ask the scanner about a document; what it does not say in time counts as no answer. Blocks."""
    if not settings.command:
        return CheckState.UNCHECKED
    handle, path = tempfile.mkstemp(prefix="request-desk-")  # its owner's alone
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        ended = subprocess.run(  # noqa: S603  # what the administrator of this machine wrote
            [*shlex.split(settings.command), path],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            timeout=settings.timeout_seconds,
            check=False,
        ).returncode
    except (OSError, ValueError, subprocess.TimeoutExpired) as error:
        _log.warning("the virus scanner gave no answer: %s", Word(type(error).__name__))
        return CheckState.FAILED
    finally:
        Path(path).unlink(missing_ok=True)
    if ended == 0:
        return CheckState.CLEAN
    if ended == _INFECTED:
        return CheckState.INFECTED
    _log.warning("the virus scanner ended with %d", ended)
    return CheckState.FAILED
