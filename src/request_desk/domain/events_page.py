"""The page `docs/events.md` and the schemas beside it, written from the table in `events`: `python -m request_desk events`."""

from collections.abc import Mapping
from typing import Any, Final

import msgspec

from request_desk.domain.events import EVENTS, OFFERED, UNDONE_BY, EventSpec, PayloadField, Shape
from request_desk.domain.webhooks import MOST_BYTES

COMMAND: Final = "python -m request_desk events > docs/events.md"
SCHEMA_COMMAND: Final = "python -m request_desk events --schema > docs/events.schema.json"
_PATTERN: Final = {Shape.ID: r"^[0-9]{1,19}$", Shape.TIME: r"^[0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8}\.[0-9]{3}Z$"}
_TYPES: Final = {Shape.NUMBER: "integer"}
_HEAD: Final = f"""# Events

Printed from `domain/events.py`; `{COMMAND}` writes it anew, `{SCHEMA_COMMAND}` the schemas as JSON
([events.schema.json](events.schema.json)).

An administrator subscribes an address to events; each is sent there as one message, signed as Standard Webhooks has it:
[webhooks.md](webhooks.md) says how to verify it, and when it is sent again. A message is
UTF-8 JSON of at most {MOST_BYTES:,} bytes with three members: `type`, `timestamp` (when it happened) and `data`. Ids are text: they are larger than the
whole numbers that a JavaScript program can tell apart. Times are RFC 3339 in UTC with milliseconds, as `2026-11-24T16:12:00.000Z`.

## What is promised

* **An event is written in the transaction of the act.** Either both are there or neither is.
* **At least once.** A message that was not acknowledged is sent again with the same `webhook-id`; remember the ids that you have seen.
* **No order.** A message that is tried again comes late. `sequence` grows with each change of the same appointment, request or delivery: whoever
  keeps the state drops an event with a smaller one than that of the last.
* **Not before it is final.** What staff can take back waits for the grace time, as letters do. What was taken back is never sent.
* **Thin.** A payload holds ids, words of ours and times. A subscription that an administrator has set to *full* adds the names marked so below,
  looked up when the message is sent. Messages, reasons, notes, addresses and birth days are never told.
* **Versions.** Fields are added within a version; nothing is renamed or taken away. Programs pass over fields that they do not know.

## The list

| event | when | line of the journal | letter |
|---|---|---|---|
"""
_FOOT: Final = """
A window, a letter, a text message and a subscriber hear of the same act: the line of the journal is what windows follow, the letter's kind is what
people get. The lines {undone} take an act back and withdraw its event.

"""


def page() -> str:
    """Return the whole page."""
    lines = "\n".join(_row(spec) for spec in EVENTS)
    undone = ", ".join(f"`{topic}: {action}`" for topic, action in sorted(UNDONE_BY))
    return f"{_HEAD}{lines}\n{_FOOT.format(undone=undone)}{chr(10).join(_section(spec) for spec in EVENTS)}"


def schemas() -> str:
    """Return the schemas of all messages as one JSON document (JSON Schema, 2020-12), by type and version."""
    found = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "Messages to subscribers of Request Desk",
        "oneOf": [{"$ref": f"#/$defs/{_key(spec)}"} for spec in EVENTS],
        "$defs": {_key(spec): schema_of(spec) for spec in EVENTS},
    }
    return msgspec.json.format(msgspec.json.encode(found), indent=2).decode() + "\n"


def schema_of(spec: EventSpec) -> dict[str, Any]:
    """Return the schema of the messages of one type."""
    data = {
        "type": "object",
        "properties": {each.name: _schema(each, spec) for each in spec.fields},
        "required": [each.name for each in spec.fields if not each.full],
    }
    return {
        "description": spec.told,
        "type": "object",
        "properties": {"type": {"const": str(spec.type)}, "timestamp": _text(Shape.TIME), "data": data},
        "required": ["type", "timestamp", "data"],
    }


def _schema(each: PayloadField, spec: EventSpec) -> Mapping[str, Any]:
    if each.name == "version":
        return {"description": each.told, "const": spec.version}
    found = _text(each.shape)
    if each.words:
        found["enum"] = [str(word) for word in each.words]
    if not each.always:
        found["type"] = [found["type"], "null"]
    return {"description": each.told, **found}


def _text(shape: Shape) -> dict[str, Any]:
    pattern = {"pattern": _PATTERN[shape]} if shape in _PATTERN else {}
    return {"type": _TYPES.get(shape, "string"), **pattern}


def _key(spec: EventSpec) -> str:
    return f"{spec.type}.v{spec.version}"


def _row(spec: EventSpec) -> str:
    lines = ", ".join(f"`{spec.subject}: {action}`" for action in spec.actions) or "–"
    letters = ", ".join(f"`{kind}`" for kind in spec.letters) or "–"
    return f"| `{spec.type}` | {spec.told} | {lines} | {letters} |"


def _section(spec: EventSpec) -> str:
    title = f"## `{spec.type}`, version {spec.version}\n"
    note = "" if spec.type in OFFERED else "\nNobody subscribes to it; *Send a test* sends it.\n"
    rows = "\n".join(f"| `{each.name}` | {_shape(each)} | {each.told} |" for each in spec.fields)
    return f"{title}{note}\n| field | is | what |\n|---|---|---|\n{rows}\n"


def _shape(each: PayloadField) -> str:
    words = " or ".join(f"`{word}`" for word in each.words) or str(each.shape)
    return f"{words}{'' if each.always else ', or null'}{'; full payloads alone' if each.full else ''}"
