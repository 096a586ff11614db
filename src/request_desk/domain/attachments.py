"""Documents beside an appointment: what is taken, under which name, and who may open it (UPL-01 … UPL-06); reading files is not here."""

import io
import re
import struct
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final

from request_desk.domain.errors import Invalid, Refused
from request_desk.domain.ids import AttachmentId
from request_desk.domain.text import clean_text
from request_desk.domain.words import _

MEGABYTE: Final = 1024 * 1024
MOST_BYTES: Final = 10 * MEGABYTE  # of one document
MOST_OF_CHAIN: Final = 25 * MEGABYTE
MOST_DOCUMENTS: Final = 5
MOST_PIXELS: Final = 20_000_000
_NAME: Final = 100
_PNG: Final = b"\x89PNG\r\n\x1a\n"
_HEAD: Final = 1024  # bytes in which a careless program looks for a page or a PDF
_ZIP_END: Final = b"PK\x05\x06"
_ZIP_TAIL: Final = 22 + 65_535
_PAGE: Final = re.compile(rb"<\s*(?:!doctype|html|head|body|script|svg|iframe)\b", re.IGNORECASE)
_NOT_IN_NAMES: Final = re.compile(r'[<>:"|?*]')
_RESERVED: Final = re.compile(r"(?:con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(?:\..*)?", re.IGNORECASE)


class MediaType(StrEnum):
    """What may be put beside an appointment."""

    PDF = "application/pdf"
    PNG = "image/png"
    JPEG = "image/jpeg"


ENDINGS: Final = {"pdf": MediaType.PDF, "png": MediaType.PNG, "jpg": MediaType.JPEG, "jpeg": MediaType.JPEG}


class CheckState(StrEnum):
    """What the practice's virus scanner said of a document."""

    UNCHECKED = "unchecked"  # this practice has none
    CLEAN = "clean"
    INFECTED = "infected"
    FAILED = "failed"  # it gave no answer


@dataclass(frozen=True, slots=True)
class Attachment:
    """A document beside an appointment, without its bytes."""

    id: AttachmentId
    version: int
    name: str
    media_type: MediaType
    size: int
    check_state: CheckState
    released_reason: str
    added_by: str
    added_at: datetime

    @property
    def is_withheld(self) -> bool:
        """Whether staff give a reason before it is opened (UPL-06)."""
        return self.check_state in (CheckState.INFECTED, CheckState.FAILED) and not self.released_reason

    @property
    def is_for_families(self) -> bool:
        """Whether families get it: never what is infected."""
        return self.check_state is not CheckState.INFECTED and not self.is_withheld


@dataclass(frozen=True, slots=True)
class DocumentFile:
    """A document with its bytes, as it leaves the program."""

    name: str
    media_type: MediaType
    content: bytes


@dataclass(frozen=True, slots=True)
class Accepted:
    """A file that may be kept: its cleaned name and what it is."""

    name: str
    media_type: MediaType


def accepted(name: str, content: bytes) -> Accepted:
    """Return how a file is kept; raises Invalid where it is not what its name says, too large, or two things at once (UPL-01)."""
    cleaned = clean_file_name(name)
    ending = ENDINGS.get(cleaned.rpartition(".")[2].lower())
    if ending is None:
        raise _refused(_("{name} is not taken: documents are PDF, PNG or JPEG files."), cleaned)
    if not content:
        raise _refused(_("{name} is empty. Choose another file."), cleaned)
    if len(content) > MOST_BYTES:
        raise _refused(_("{name} is larger than 10 MB. Make it smaller, or split it."), cleaned)
    if _sniffed(content) is not ending:
        raise _refused(
            _("{name} is not a whole {kind} file, whatever its name says. Save it anew, then add it."),
            cleaned,
            kind=ending.name,
        )
    if _is_two_things(content, ending):
        raise _refused(_("{name} holds something else beside its pages. Print it to a PDF, then add that."), cleaned)
    if ending is not MediaType.PDF and not 0 < _pixels(content) <= MOST_PIXELS:
        raise _refused(
            _("{name} has too many pixels, or none. Make the picture smaller: 20 megapixels at most."), cleaned
        )
    return Accepted(cleaned, ending)


def check_room(present: Sequence[Attachment], size: int) -> None:
    """Raise Refused when one more document of this size does not fit beside an appointment."""
    if len(present) >= MOST_DOCUMENTS:
        raise Refused(_("There are five documents already. Remove one first."))
    if sum(each.size for each in present) + size > MOST_OF_CHAIN:
        raise Refused(
            _("The documents of one visit may have 25 MB together. Remove one first, or make this one smaller.")
        )


def clean_file_name(name: str) -> str:
    """Return the name of a file as it is kept: one plain part without path, control, direction or reserved words (UPL-02)."""
    last = re.split(r"[/\\]", name)[-1]
    kept = "".join(sign for sign in unicodedata.normalize("NFC", last) if unicodedata.category(sign) not in _UNSEEN)
    kept = clean_text(_NOT_IN_NAMES.sub("_", kept)[:4_000], field=_("File name"), lines=False).rstrip(". ")
    stem, dot, ending = kept.rpartition(".")
    if not dot:
        stem, ending = kept, ""
    stem = stem.strip(". ") or _("document")
    room = _NAME - len(ending[:10]) - 1
    made = f"{stem[:room].rstrip('. ')}.{ending[:10]}" if ending else stem[:_NAME]
    return f"_{made[: _NAME - 1]}" if _RESERVED.fullmatch(made) else made


_UNSEEN: Final = frozenset({"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"})


def _refused(told: str, name: str, **more: str) -> Invalid:
    return Invalid(told.format(name=name, **more), field="File")


def _sniffed(content: bytes) -> MediaType | None:
    """What a file is from its first to its last byte; None for anything else, and for half of one."""
    if content.startswith(b"%PDF-"):
        return MediaType.PDF if b"%%EOF" in content[-_HEAD:] else None
    if content.startswith(_PNG):
        return MediaType.PNG if _png_ends_whole(content) else None
    if content.startswith(b"\xff\xd8\xff"):
        return MediaType.JPEG if content.rstrip(b"\0").endswith(b"\xff\xd9") else None
    return None


def _png_ends_whole(content: bytes) -> bool:
    """Whether the chunks of a PNG lead to its end, and nothing stands behind."""
    at = len(_PNG)
    while at + 12 <= len(content):
        length = int.from_bytes(content[at : at + 4])
        kind = content[at + 4 : at + 8]
        at += 12 + length
        if kind == b"IEND":
            return at == len(content)
    return False


def _is_two_things(content: bytes, kind: MediaType) -> bool:
    """Whether another program could read the file as something else: a page, an archive, a PDF in a picture."""
    head = content[:_HEAD]
    is_pdf_too = kind is not MediaType.PDF and b"%PDF-" in head
    return is_pdf_too or _PAGE.search(head) is not None or _ZIP_END in content[-_ZIP_TAIL:]


def _pixels(content: bytes) -> int:
    """How many pixels the head of a picture promises; 0 where it promises none."""
    import imagesize  # with all that fetches from the net; no list waits for it

    try:
        size: tuple[int, int] = imagesize.get(io.BytesIO(content), exif_rotation=False)
    except (ValueError, struct.error, OSError, IndexError, KeyError):
        return 0
    width, height = size
    return width * height if width > 0 and height > 0 else 0
