"""Log lines and crash files that hold ids and our own words, never a name, number, address or message text.

A line's template is ours; of its values only numbers, ids and words marked as ours pass. Of an error the kind and the places
are written, not its message, which may quote a patient.
"""

import json
import logging
import os
import platform
import re
import sys
import time
import traceback
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from enum import Enum
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any, Final
from uuid import UUID

from request_desk.config import Log

OURS: Final = "request_desk"
_FILE_SIZE: Final = 2_000_000
_FILES: Final = 5
_LINE_LIMIT: Final = 2_000
_UNSAFE: Final = re.compile("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
# What a template of a library may have been filled with already.
_PRIVATE: Final = re.compile(
    r"""[\w.+%-]+@[\w.-]+            # an address
      | \+?\d[\d ().-]{6,}\d         # a telephone number, a date of birth
      | (?<![\w-])[\w-]{40,}(?![\w-])  # a token or a hash
      | '[^']*' | "[^"]*"            # what is quoted
    """,
    re.VERBOSE,
)
_SAFE: Final = (bool, int, float, UUID, Enum, timedelta, datetime, type(None))


class Word(str):
    """A text of ours that may stand in a log line as it is: the name of a job, a kind, a state."""

    __slots__ = ()


class Redacting(logging.Filter):
    """Fills in the values of a record, those that may be told; runs before any formatter sees the record."""

    def filter(self, record: logging.LogRecord) -> bool:
        is_ours = record.name == OURS or record.name.startswith(f"{OURS}.")
        template = str(record.msg)
        if is_ours:
            record.msg = _filled(template, record.args)
        else:
            # The values of a library are left out: nobody knows what they are.
            record.msg = _PRIVATE.sub("‹…›", template)
        record.args = None
        if record.exc_info and record.exc_info[1] is not None:
            record.exc_text = "\n".join(frames(record.exc_info[1]))
        elif record.exc_text:
            record.exc_text = _PRIVATE.sub("‹…›", record.exc_text)
        record.exc_info = None
        record.stack_info = None
        return True


class PlainFormatter(logging.Formatter):
    """One line a record, for people: time in UTC, level, part, words."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        places = " | ".join((record.exc_text or "").splitlines())
        words = f"{at}.{int(record.msecs):03}Z {record.levelname.lower():7} {record.name} {record.getMessage()}"
        return one_line(f"{words} | {places}" if places else words)


class JsonFormatter(logging.Formatter):
    """One JSON object a line, for machines."""

    def format(self, record: logging.LogRecord) -> str:
        at = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(record.created))
        line: dict[str, Any] = {
            "at": f"{at}.{int(record.msecs):03}Z",
            "level": record.levelname.lower(),
            "part": record.name,
            "words": one_line(record.getMessage()),
        }
        if record.exc_text:
            line["places"] = [one_line(place) for place in record.exc_text.splitlines()]
        return json.dumps(line, ensure_ascii=True)


def set_up(log: Log, folder: Path | None, *, process: str) -> None:
    """Send all logging of this process to standard error and, with a folder, to a file of its own that only we can read."""
    formatter = JsonFormatter() if log.format == "json" else PlainFormatter()
    handlers: list[logging.Handler] = [logging.StreamHandler(sys.stderr)]
    if folder is not None:
        path = folder / f"{process}.log"
        path.touch(mode=0o600)
        handlers.append(RotatingFileHandler(path, maxBytes=_FILE_SIZE, backupCount=_FILES, encoding="utf-8"))
    root = logging.getLogger()
    for old in list(root.handlers):
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        handler.addFilter(Redacting())
        handler.setFormatter(formatter)
        root.addHandler(handler)
    root.setLevel(logging.WARNING)
    logging.getLogger(OURS).setLevel(log.level.upper())
    logging.captureWarnings(capture=True)


def crash_file(folder: Path, error: BaseException, **ids: int | UUID | Word) -> Path:
    """Write what is needed to find a bug, and nothing of a patient, to a file that only we can read; return its path."""
    name = f"crash-{time.strftime('%Y%m%d-%H%M%S', time.gmtime())}-{os.urandom(4).hex()}.txt"
    lines = [
        f"at      {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime())}",
        f"python  {platform.python_version()} on {platform.system()} {platform.release()}",
        *(f"{key:8}{_shown(value)}" for key, value in sorted(ids.items())),
        "",
        *frames(error),
    ]
    path = folder / name
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write("\n".join(one_line(line) for line in lines) + "\n")
    return path


def frames(error: BaseException) -> list[str]:
    """Return the kinds of an error and of its causes with the places they came by, innermost last; never the messages."""
    lines: list[str] = []
    seen: BaseException | None = error
    told: set[int] = set()
    while seen is not None and id(seen) not in told:
        told.add(id(seen))
        lines.append(f"{type(seen).__module__}.{type(seen).__qualname__}")
        lines += [
            f"  {_place(frame.filename)}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(seen.__traceback__)
        ]
        seen = seen.__cause__ or (None if seen.__suppress_context__ else seen.__context__)
    return lines


def one_line(text: str) -> str:
    """Return the text in one line without signs that could forge another or turn it around."""
    shown = _UNSAFE.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    return shown if len(shown) <= _LINE_LIMIT else shown[: _LINE_LIMIT - 1] + "…"


def _filled(template: str, args: object) -> str:
    if not args:
        return template
    try:
        if isinstance(args, Mapping):
            return template % {key: _shown(value) for key, value in args.items()}
        return template % tuple(_shown(value) for value in (args if isinstance(args, tuple) else (args,)))
    except (TypeError, ValueError):
        # A template for numbers alone, or one of the wrong length: the words without the values.
        return f"{template} ‹values left out›"


def _shown(value: object) -> object:
    """A value as a log line may tell it. Numbers stay numbers, for %d and %.1f."""
    if isinstance(value, (bool, int, float)) and not isinstance(value, Enum):
        return value
    if isinstance(value, Word):
        return one_line(value)
    if isinstance(value, type) and issubclass(value, BaseException):
        return value.__qualname__
    if isinstance(value, BaseException):
        return type(value).__qualname__
    if isinstance(value, Enum):
        return one_line(str(value.value))
    if isinstance(value, _SAFE):
        return str(value)
    if isinstance(value, date):
        return "‹day›"
    if isinstance(value, str):
        return f"‹{len(value)} letters›"
    if isinstance(value, (tuple, list, set, frozenset)):
        return f"‹{len(value)} things›"
    return f"‹{type(value).__qualname__}›"


def _place(filename: str) -> str:
    """A file's path from the package on: the rest is the machine's business."""
    parts = Path(filename).parts
    for anchor in ("request_desk", "site-packages"):
        if anchor in parts:
            return "/".join(parts[len(parts) - 1 - parts[::-1].index(anchor) :])
    return parts[-1] if parts else "?"
