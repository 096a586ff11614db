"""Subscribers in tests: what they hear, and what their programs check of a message by the published schema."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from sqlalchemy import select

from request_desk.domain.events import OFFERED, EventType
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import Practice

SCHEMA_FILE = Path(__file__).parents[1] / "docs" / "events.schema.json"
_KINDS: Mapping[str, Any] = {"string": str, "integer": int, "null": type(None), "object": dict}


def problems(message: bytes) -> list[str]:
    """Return what is wrong with a message by the schema of its type and version, nothing for a right one."""
    read = json.loads(message)
    schemas = json.loads(SCHEMA_FILE.read_text("utf-8"))["$defs"]
    return _problems(read, schemas[f"{read['type']}.v{read['data']['version']}"], "message")


def _problems(value: Any, schema: Mapping[str, Any], where: str) -> list[str]:
    if "const" in schema:
        return [] if value == schema["const"] else [f"{where} is {value!r}"]
    kinds = schema["type"] if isinstance(schema["type"], list) else [schema["type"]]
    if not isinstance(value, tuple(_KINDS[kind] for kind in kinds)) or isinstance(value, bool):
        return [f"{where} is {value!r}, not {kinds}"]
    if isinstance(value, str):
        is_right = value in schema.get("enum", [value]) and re.search(schema.get("pattern", ""), value)
        return [] if is_right else [f"{where} is {value!r}"]
    if not isinstance(value, dict):
        return []
    properties = schema["properties"]
    found = [f"{where}.{name} is missing" for name in schema["required"] if name not in value]
    found += [f"{where}.{name} is in no schema" for name in value if name not in properties]
    return found + [
        problem
        for name in value.keys() & properties.keys()
        for problem in _problems(value[name], properties[name], f"{where}.{name}")
    ]


def a_subscription(practice: Practice, *types: EventType, **values: Any) -> int:
    """A subscription to these types, to all of them without one; its secret is sealed with a key that nobody has."""
    which = practice.new_id()
    row = {"name": "Partner", "url": "https://partner.example/hook", "secret_sealed": "v1.gone.x.y", "active": True}
    practice.insert(schema.subscription, id=which, created_at=practice.desk.clock.now(), **{**row, **values})
    for each in types or OFFERED:
        practice.insert(schema.subscription_event_type, subscription_id=which, event_type=each.value)
    return which


def messages(database: Database, *, withdrawn: bool = False) -> list[Any]:
    """All messages in the order they were queued, without those that were taken back."""
    found = schema.webhook_delivery
    with database.read() as connection:
        rows = connection.execute(select(found).order_by(found.c.id)).all()
    return [row for row in rows if withdrawn or row.state != "withdrawn"]


def told(database: Database) -> list[str]:
    """The types of what subscribers hear, in the order of the acts."""
    return [row.event_type for row in messages(database)]
