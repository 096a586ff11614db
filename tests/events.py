"""What a subscriber's program checks of a message: the published schema, as far as ours uses the language."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

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
