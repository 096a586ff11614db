"""Answers to text messages as a service passes them on: who shows the right secret, which number wrote, and what; what follows is decided elsewhere."""

import base64
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from request_desk.domain.json_pointers import pointed

_FIELDS_LIMIT: Final = 100
LEAST_SECRET: Final = 20  # signs; whoever guesses it can only stop messages, but for every number


@dataclass(frozen=True, slots=True)
class InboundSettings:
    """How a service passes answers on: as JSON, where `number_at` and `text_at` are pointers, or as a form, where they are names.

    `header` has the secret: whole, or in Authorization as the password of Basic or after Bearer.
    """

    is_json: bool
    header: str
    number_at: str
    text_at: str


@dataclass(frozen=True, slots=True)
class Inbound:
    """An answer: the number as the service wrote it, E.164 with or without its +, and the text."""

    number: str = field(repr=False)
    text: str = field(repr=False)


class WrongSecret(Exception):
    """Whoever asks does not show the right secret."""


def read_inbound(settings: InboundSettings, headers: Mapping[str, str], body: bytes, secret: str) -> Inbound | None:
    """Return what an answer says; None when the body is not one. Names of `headers` are in small letters.

    Raises WrongSecret without the right secret, before anything of the body is looked at; comparing takes the same time
    wherever they differ.
    """
    shown = _shown(settings.header.lower(), headers.get(settings.header.lower(), ""))
    if len(secret) < LEAST_SECRET or not hmac.compare_digest(shown.encode("utf-8", "replace"), secret.encode()):
        raise WrongSecret
    try:
        text = body.decode("utf-8")
        number, said = _of_json(settings, text) if settings.is_json else _of_form(settings, text)
    except (ValueError, RecursionError):
        return None
    return Inbound(number.strip(), said) if number.strip() else None


def _shown(header: str, value: str) -> str:
    if header != "authorization":
        return value
    scheme, _space, given = value.partition(" ")
    match scheme.lower():
        case "bearer":
            return given.strip()
        case "basic":
            try:
                return base64.b64decode(given, validate=True).decode("utf-8").partition(":")[2]
            except ValueError:
                return ""
        case _:
            return ""


def _of_json(settings: InboundSettings, text: str) -> tuple[str, str]:
    document: Any = json.loads(text)
    return pointed(document, settings.number_at), pointed(document, settings.text_at)


def _of_form(settings: InboundSettings, text: str) -> tuple[str, str]:
    pairs = parse_qsl(text, keep_blank_values=True, errors="strict", max_num_fields=_FIELDS_LIMIT)
    found: dict[str, str] = {}
    for name, value in pairs:
        found.setdefault(name, value)
    return found.get(settings.number_at, ""), found.get(settings.text_at, "")
