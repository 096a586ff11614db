"""Which files are taken beside an appointment, and under which names (UPL-01, UPL-02)."""

import struct
import zlib
from datetime import UTC, datetime

import pytest
from hypothesis import example, given, strategies as st

from request_desk.domain.attachments import (
    MOST_BYTES,
    Attachment,
    CheckState,
    MediaType,
    accepted,
    check_room,
    clean_file_name,
)
from request_desk.domain.errors import Invalid, Refused
from request_desk.domain.ids import AttachmentId

PDF = b"%PDF-1.7\n1 0 obj\n<< >>\nendobj\ntrailer\n<< >>\n%%EOF\n"
JPEG = (
    b"\xff\xd8\xff\xe0\x00\x10JFIF\x00\x01\x01\x00\x00\x01\x00\x01\x00\x00"
    b"\xff\xc0\x00\x11\x08\x00\x10\x00\x20\x03\x01\x11\x00\x02\x11\x00\x03\x11\x00"
    b"\xff\xda\x00\x0c\x03\x01\x00\x02\x00\x03\x00\x00\x3f\x00\x00\xff\xd9"
)
PAGE = b"<html><script>alert(1)</script></html>"
ZIP = b"PK\x03\x04" + b"\0" * 26 + b"PK\x05\x06" + b"\0" * 18


def chunk(kind: bytes, content: bytes) -> bytes:
    return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))


def a_png(width: int = 40, height: int = 30, *, text: bytes = b"") -> bytes:
    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    words = chunk(b"tEXt", b"Comment\0" + text) if text else b""
    return b"\x89PNG\r\n\x1a\n" + head + words + chunk(b"IDAT", zlib.compress(b"\0")) + chunk(b"IEND", b"")


@pytest.mark.parametrize(
    ("name", "content", "kind"),
    [
        ("letter.pdf", PDF, MediaType.PDF),
        ("LETTER.PDF", PDF, MediaType.PDF),
        ("x-ray.png", a_png(), MediaType.PNG),
        ("photo.jpg", JPEG, MediaType.JPEG),
        ("photo.jpeg", JPEG + b"\0\0", MediaType.JPEG),
    ],
)
def test_documents_are_taken_as_what_they_are(name: str, content: bytes, kind: MediaType) -> None:
    assert accepted(name, content).media_type is kind


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("x.pdf.exe", PDF),
        ("x", PDF),
        ("a\u202efdp.exe", PDF),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>"),
        ("page.png", PAGE),
        ("page.pdf", PAGE),
        ("other.pdf", a_png()),
        ("other.png", JPEG),
        ("empty.pdf", b""),
        ("half.pdf", PDF[:20]),
        ("half.png", a_png()[:-6]),
        ("half.jpg", JPEG[:-2]),
        ("large.pdf", PDF + b"\n" * MOST_BYTES + b"%%EOF"),
        ("huge.png", a_png(50_000, 50_000)),
        ("none.png", a_png(0, 30)),
        ("page-in.png", a_png(text=PAGE)),
        ("pdf-in.png", a_png(text=PDF)),
        ("page-in.pdf", b"%PDF-1.7\n" + PAGE + PDF),
        ("archive.png", a_png() + ZIP),
        ("archive.pdf", PDF + ZIP + b"%%EOF"),
        ("archive.jpg", JPEG[:-2] + ZIP + b"\xff\xd9"),
        ("late.pdf", b"GIF89a" + PDF),
        ("note.png", a_png() + b"more"),
    ],
)
def test_what_is_not_what_its_name_says_or_two_things_at_once_is_refused(name: str, content: bytes) -> None:
    with pytest.raises(Invalid) as caught:
        accepted(name, content)
    assert caught.value.sentence.endswith((".", "most."))


@given(
    st.sampled_from(["pdf", "png", "jpg"]),
    st.binary(max_size=200),
    st.sampled_from([b"", PDF[:9], a_png()[:16], JPEG[:4]]),
)
def test_no_bytes_break_it(ending: str, content: bytes, head: bytes) -> None:
    try:
        assert accepted(f"x.{ending}", head + content).name == f"x.{ending}"
    except Invalid:
        return


@given(st.text(max_size=400))
@example("../../etc/x.pdf")
@example("C:\\Users\\x.pdf")
@example("CON.pdf")
@example("com¹.tar.pdf")
@example("." * 300)
@example("a" * 300 + ".pdf")
def test_a_name_is_one_plain_part(name: str) -> None:
    made = clean_file_name(name)
    assert made
    assert len(made) <= 100
    assert not set(made) & set('/\\<>:"|?*\0\n\r\t\u202e\u200f')
    assert made.strip(". ") == made
    assert made.partition(".")[0].upper() not in {"CON", "PRN", "AUX", "NUL", "COM1", "LPT1"}
    assert clean_file_name(made) == made


@pytest.mark.parametrize(
    ("name", "kept"),
    [
        ("../../x.pdf", "x.pdf"),
        ("C:\\x.pdf", "x.pdf"),
        ("CON.pdf", "_CON.pdf"),
        ("a\u202efdp.exe", "afdp.exe"),
        ("رسالة.pdf", "رسالة.pdf"),
        ("e\u0301tude.pdf", "étude.pdf"),
        (".pdf", "document.pdf"),
        ("x" * 300 + ".pdf", "x" * 96 + ".pdf"),
    ],
)
def test_names_are_kept_as_far_as_they_are_harmless(name: str, kept: str) -> None:
    assert clean_file_name(name) == kept


def an_attachment(size: int, state: CheckState = CheckState.UNCHECKED, reason: str = "") -> Attachment:
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Attachment(AttachmentId(1), 1, "x.pdf", MediaType.PDF, size, state, reason, "Maria", now)


def test_there_is_room_for_five_and_twenty_five_megabytes() -> None:
    ten = 10 * 1024 * 1024
    check_room([an_attachment(1)] * 4, 1)
    check_room([an_attachment(ten)] * 2, ten // 2)
    with pytest.raises(Refused, match="five documents"):
        check_room([an_attachment(1)] * 5, 1)
    with pytest.raises(Refused, match="25 MB"):
        check_room([an_attachment(ten)] * 2, ten // 2 + 1)


@pytest.mark.parametrize(
    ("state", "reason", "withheld", "shown"),
    [
        (CheckState.UNCHECKED, "", False, True),
        (CheckState.CLEAN, "", False, True),
        (CheckState.FAILED, "", True, False),
        (CheckState.FAILED, "known sender", False, True),
        (CheckState.INFECTED, "", True, False),
        (CheckState.INFECTED, "a test file", False, False),
    ],
)
def test_what_is_not_clean_is_withheld(
    state: CheckState, reason: str, *, withheld: bool, shown: bool
) -> None:  # UPL-06
    document = an_attachment(1, state, reason)
    assert (document.is_withheld, document.is_for_families) == (withheld, shown)
