"""What a letter, a text message and a webhook are checked by before they count as delivered: programs that are not ours, where there are some."""

import email
import email.policy
import json
import re
import shutil
import subprocess
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.message import EmailMessage
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any, Final

import gsm0338
import icalendar
import vobject
from standardwebhooks import Webhook

from request_desk import paths
from request_desk.domain.directory import Channel
from tests import partner_libraries
from tests.events import problems
from tests.notices_tour.family import LANGUAGES
from tests.receivers import Received

CALENDAR_METHOD: Final[Mapping[str, str]] = {"booking": "REQUEST", "move": "REQUEST", "cancellation": "CANCEL"}
_MARK: Final = re.compile(r"\{[{%].*?[%}]\}", re.DOTALL)
_SHORTEST: Final = 8  # letters by which a language is told
_ALONE: Final = 160  # septets of one text message, and of each part of a longer one
_PART: Final = 153
_LINK: Final = re.compile(r"https?://\S+")


class Unproven(Exception):
    """Something that came is not as it has to be."""


@dataclass(frozen=True, slots=True)
class Proof:
    """By what something was verified; a calendar file with its entry's id and number."""

    by: str
    uid: str = ""
    sequence: int = 0


def letter(message: bytes, kind: str, language: str, starts_at: datetime | None) -> Proof:
    """Verify an e-mail: both of its parts in the reader's language, and its calendar file by two parsers where the kind has one."""
    read = email.message_from_bytes(message, policy=email.policy.default)
    plain, html = read.get_body(("plain",)), read.get_body(("html",))
    if read.defects or plain is None or html is None:
        raise Unproven(f"the letter {kind} has no plain or no HTML part, or is malformed")
    _check_language(plain.get_content(), kind, Channel.EMAIL, language)
    _check_language(re.sub(r"<[^>]+>", " ", html.get_content()), kind, Channel.EMAIL, language)
    told = "email.parser, plain and HTML part"
    if kind not in CALENDAR_METHOD:
        return Proof(told)
    return _calendar(calendar_file(read), kind, starts_at, told)


def calendar_file(read: EmailMessage) -> bytes:
    """Return the calendar part of a letter; raises Unproven where it has none."""
    for part in read.walk():
        if part.get_content_type() == "text/calendar":
            return bytes(part.get_payload(decode=True))
    raise Unproven("the letter has no calendar file")


def _calendar(text: bytes, kind: str, starts_at: datetime | None, told: str) -> Proof:
    first = icalendar.Calendar.from_ical(text)
    (entry,) = first.walk("VEVENT")
    one = (
        str(first["METHOD"]),
        str(entry["UID"]),
        int(str(entry["SEQUENCE"])),
        entry.decoded("DTSTART").astimezone(UTC),
    )
    second = vobject.readOne(text.decode())
    other_entry = second.vevent
    start = other_entry.dtstart.value.astimezone(UTC)
    other = (second.method.value, other_entry.uid.value, int(other_entry.sequence.value), start)
    if one != other or one[0] != CALENDAR_METHOD[kind] or one[3] != starts_at:
        raise Unproven(f"the calendar file of {kind} says {one} and {other}, the visit begins at {starts_at}")
    by = f"{told}; calendar: icalendar {version('icalendar')}, vobject {version('vobject')}"
    return Proof(by, one[1], one[2])


def text_message(message: bytes, kind: str, language: str) -> Proof:
    """Verify a text message: the reader's language, at most two parts in the alphabet of telephones, its link in one piece."""
    read = email.message_from_bytes(message, policy=email.policy.default)
    body = read.get_content()
    _check_language(body, kind, Channel.SMS, language)
    text = body.rstrip("\n")
    septets = len(gsm0338.Codec().encode(text)[0])
    torn = septets > _ALONE and any(each.start() // _PART != (each.end() - 1) // _PART for each in _LINK.finditer(text))
    if septets > 2 * _PART or torn:
        raise Unproven(f"the text message {kind} takes {septets} septets, or its link is torn apart")
    return Proof(f"gsm0338 {version('gsm0338')}: {septets} septets")


def _check_language(text: str, kind: str, channel: Channel, language: str) -> None:
    told = " ".join(text.split())
    spoken = {each for each in LANGUAGES if any(words in told for words in _own_words(kind, channel, each))}
    if spoken != {language}:
        raise Unproven(f"the {channel} {kind} for a reader of {language} is in {sorted(spoken) or 'no known language'}")


@cache
def _own_words(kind: str, channel: Channel, language: str) -> frozenset[str]:
    """What the shipped text of a notice says in this language alone."""
    found = {each: _words(kind, channel, each) for each in LANGUAGES}
    others = frozenset[str]().union(*(words for each, words in found.items() if each != language))
    return found[language] - others


def _words(kind: str, channel: Channel, language: str) -> frozenset[str]:
    name = f"{kind}.{channel}.{language}.toml"
    (path,) = (each for each in paths.notice_files() if each.name == name)
    body = tomllib.loads(path.read_text("utf-8"))["body"]
    parts = (" ".join(part.split()) for piece in _MARK.split(body) for part in piece.split("\n"))
    return frozenset(part for part in parts if len(part) >= _SHORTEST)


class WebhookProver:
    """Verifies webhooks by the public libraries: that of Python, and that of npm where there is Node."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self.lacking = partner_libraries.put_into(folder)

    def webhook(self, got: Received, secret: str) -> Proof:
        """Verify the signature and the schema of one message, within five minutes of its coming."""
        told: Any = Webhook(secret).verify(got.body, got.headers)
        if wrong := problems(got.body):
            raise Unproven(f"{told['type']}: {wrong}")
        by = f"standardwebhooks {version('standardwebhooks')} of Python"
        return Proof(by if self.lacking else f"{by}, {self._by_node(got, secret, told['type'])}")

    def _by_node(self, got: Received, secret: str, told: str) -> str:
        given = json.dumps({"secret": secret, "headers": got.headers, "body": got.body.decode()})
        node = shutil.which("node") or "node"
        done = subprocess.run(
            [node, "verify.cjs", given], cwd=self._folder, capture_output=True, text=True, check=False
        )
        if done.stdout != told:
            raise Unproven(f"the library of npm says of {told}: {done.stderr[-300:]}")
        locked = json.loads((self._folder / "package.json").read_text("utf-8"))["dependencies"]
        return f"standardwebhooks {locked['standardwebhooks']} of npm"
