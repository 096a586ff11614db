"""Outside text made fit to be shown: capped, one script direction at a time, nothing invisible; not what may be stored."""

import re
import unicodedata

CELL = 200  # code points in a cell, name or title (QT-04)
BODY = 4_000  # code points of a message before "…" (QT-04)
LINE = 1_000  # code points before a line is broken by us: Qt lays out a longer one in seconds (QT-04)
FIRST_MARK = "\u0300"  # no combining mark comes before it
MARKS = 8  # combining marks on one base; more climb over the neighbouring rows (QT-04)

WORD = 40  # letters of a word that stays whole
PIECE = 20  # letters between two places to break in a longer one
BREAK = "\u200b"
_LONG_WORD = re.compile(rf"\S{{{WORD + 1},}}")

# As `html.escape`, whose module takes 3 ms of the first paint for the names of entities.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", '"': "&quot;", "'": "&#x27;", "\n": "<br>"})

FIRST_STRONG = "\u2068"
POP = "\u2069"
# Persian and Indic spelling and joined emoji need these two; the other format characters only deceive.
JOINERS = frozenset("\u200c\u200d")
RIGHT_TO_LEFT = frozenset({"R", "AL", "AN"})
ELLIPSIS = "…"


def one_line(text: str, limit: int = CELL) -> str:
    """Return `text` for a cell, a name or a title: one line, nothing invisible, at most `limit` code points."""
    flat = " ".join(text[: 4 * limit + LINE].split())
    return _capped(_visible(flat, lines=False), limit)


def body_text(text: str, limit: int = BODY) -> str:
    """Return `text` for a message body: line ends kept, very long lines broken, at most `limit` code points."""
    start = text[: 2 * limit + LINE].replace("\r\n", "\n").replace("\r", "\n")
    shown = _capped(_visible(start, lines=True), limit)
    return "\n".join(_broken(line) for line in shown.split("\n"))


def breakable(text: str) -> str:
    """Return `text` with places to break in words that no row would hold: a label breaks lines only between words."""
    if not any(len(word) > WORD for word in text.split()):
        return text
    return _LONG_WORD.sub(lambda found: BREAK.join(_pieces(found[0])), text)


def _pieces(word: str) -> list[str]:
    return [word[start : start + PIECE] for start in range(0, len(word), PIECE)]


def isolated(text: str) -> str:
    """Return outside `text` wrapped so that its direction cannot reorder the sentence it stands in."""
    return f"{FIRST_STRONG}{text}{POP}" if text else ""


def isolated_if_needed(text: str) -> str:
    """Return `text` isolated when it has a right-to-left letter, else as it is."""
    return isolated(text) if has_right_to_left(text) else text


def has_right_to_left(text: str) -> bool:
    """Tell whether `text` has a letter or digit of a right-to-left script."""
    return not text.isascii() and any(unicodedata.bidirectional(char) in RIGHT_TO_LEFT for char in text)


def tip_text(text: str) -> str:
    """Return `text` escaped for a tooltip, which Qt would otherwise guess to be rich text (QT-03)."""
    escaped = body_text(text, 1_000).translate(_ESCAPES)
    return f"<qt>{escaped}</qt>" if escaped else ""


def _visible(text: str, *, lines: bool) -> str:
    if text.isprintable() and max(text, default="") < FIRST_MARK:
        return text
    shown: list[str] = []
    marks = 0
    isolates = _are_paired(text)
    for char in text:
        if unicodedata.combining(char):
            marks += 1
            if marks <= MARKS:
                shown.append(char)
            continue
        marks = 0
        is_ours = isolates and char in (FIRST_STRONG, POP)
        shown.append(char if is_ours else _symbol(char, lines=lines))
    return "".join(shown)


def _are_paired(text: str) -> bool:
    """Whether each isolated piece is closed, as in our own sentences: then names in them keep their direction to themselves."""
    depth = 0
    for char in text:
        if char == FIRST_STRONG:
            depth += 1
        elif char == POP:
            depth -= 1
            if depth < 0:
                return False
    return depth == 0


def _symbol(char: str, *, lines: bool) -> str:
    if char.isprintable() or char in JOINERS or (lines and char in "\n\t"):
        return char
    code = ord(char)
    match unicodedata.category(char):
        case "Cc":
            return chr(0x2400 + code) if code < 0x20 else "\u2421" if code == 0x7F else "\ufffd"
        case "Cf":
            return ""
        case "Zs":
            return " "
        case "Zl" | "Zp":
            return "\n" if lines else " "
        case _:
            return "\ufffd"


def _capped(text: str, limit: int) -> str:
    return text if len(text) <= limit else text[: limit - 1].rstrip() + ELLIPSIS


def _broken(line: str) -> str:
    if len(line) <= LINE:
        return line
    return "\n".join(line[start : start + LINE] for start in range(0, len(line), LINE))
