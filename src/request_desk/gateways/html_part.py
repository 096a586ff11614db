"""The HTML part of an e-mail, made of the letter's plain text by the house: the same words, and nothing that is fetched (NT1).

Templates hold no HTML. Colours are the reader's own, light or dark, but for those of the button.
"""

import re
from html import escape
from itertools import groupby
from typing import Final

from request_desk.domain.colours import HOUSE, PAPER
from request_desk.domain.text import one_line
from request_desk.gateways.letters import Letter

_NAME_LIMIT: Final = 80
_URL: Final = re.compile(r"https?://[\x21-\x7e]+")
_WAY: Final = re.compile(
    r"(?P<words>[^\n]*\S)\s*:\s+(?P<url>https?://[\x21-\x7e]+)"
)  # what an address is for, and it alone
_SENTENCE_END: Final = ".,;:!?)]}'\""
_PAGE: Final = (
    "max-width:36em;margin:0 auto;padding:24px 16px;font:16px/1.5 -apple-system,'Segoe UI',Roboto,'Helvetica Neue',"
    "Arial,sans-serif;overflow-wrap:anywhere"
)
_HEAD: Final = f"margin:0 0 20px;padding:0 0 12px;border-bottom:2px solid {HOUSE};font-size:20px;font-weight:700"
_WORDS: Final = "margin:0 0 16px"
_SET_OFF: Final = (  # times and codes, which stand alone in the text too
    f"margin:0 0 16px;padding:4px 14px;border-inline-start:4px solid {HOUSE};font-size:18px;font-weight:600"
)
_BUTTON: Final = (
    f"display:inline-block;padding:12px 20px;border-radius:8px;background:{HOUSE};color:{PAPER};font-weight:600;"
    "text-decoration:none"
)
_ADDRESS: Final = "display:block;margin-top:8px;font-size:13px;line-height:1.4;word-break:break-all"


def html_part(letter: Letter) -> str:
    """Return the page of a letter: its paragraphs, addresses of our own as links, the first that says what it is for as a button."""
    has_button = False
    paragraphs: list[str] = []
    for text in re.split(r"\n{2,}", letter.body.strip("\n")):
        way = None if has_button else _WAY.fullmatch(text)
        if way is not None and way["url"][-1] not in _SENTENCE_END and _is_own(way["url"], letter.origin):
            paragraphs.append(_button(way["words"], way["url"]))
            has_button = True
        else:
            paragraphs += _paragraphs(text, letter.origin)
    name = one_line(letter.practice_name, _NAME_LIMIT)
    head = f'<p dir="auto" style="{_HEAD}">{escape(name)}</p>' if name else ""
    return (
        f'<!DOCTYPE html>\n<html lang="{escape(letter.language)}">\n<head>\n<meta charset="utf-8">\n'
        '<meta name="viewport" content="width=device-width">\n<meta name="color-scheme" content="light dark">\n'
        f"<title>{escape(letter.subject)}</title>\n</head>\n"
        f'<body style="margin:0;padding:0;color-scheme:light dark">\n<div dir="auto" style="{_PAGE}">\n'
        + "\n".join((*filter(None, (head,)), *paragraphs))
        + "\n</div>\n</body>\n</html>\n"
    )


def _button(words: str, url: str) -> str:
    """The colon between the two is what the button stands for; the address stays to be read and copied."""
    to = escape(url)
    return (
        f'<p dir="auto" style="{_WORDS}"><a href="{to}" style="{_BUTTON}">{escape(words)}</a>\n'
        f'<a href="{to}" style="{_ADDRESS}">{to}</a></p>'
    )


def _paragraphs(text: str, origin: str) -> list[str]:
    """Stretches of lines, each its own paragraph where the text sets some off by spaces before them."""
    return [
        f'<p dir="auto" style="{_SET_OFF if is_set_off else _WORDS}">'
        + "<br>\n".join(_line(line.strip(" "), origin) for line in lines)
        + "</p>"
        for is_set_off, lines in groupby(text.split("\n"), key=lambda line: line.startswith("    "))
    ]


def _line(text: str, origin: str) -> str:
    written, at = [], 0
    for found in _URL.finditer(text):
        url = found[0].rstrip(_SENTENCE_END)
        if _is_own(url, origin):
            end = found.start() + len(url)
            written += [escape(text[at : found.start()]), f'<a href="{escape(url)}">{escape(url)}</a>']
            at = end
    return "".join((*written, escape(text[at:])))


def _is_own(url: str, origin: str) -> bool:
    """Whether an address leads to the portal: the same host, not one that only begins like it."""
    return bool(origin) and (url == origin or url.startswith((f"{origin}/", f"{origin}?", f"{origin}#")))
