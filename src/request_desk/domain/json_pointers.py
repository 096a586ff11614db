"""JSON pointers (RFC 6901): where something is in a document of somebody else; what it means is the reader's business."""

from typing import Any


def pointed(document: Any, pointer: str) -> str:
    """Return what a pointer leads to as text; "" where there is nothing, or something that is no text, number or truth value.

    Numbers and truth values are given as JSON writes them.
    """
    if pointer and not pointer.startswith("/"):
        return ""
    found = document
    for part in pointer.split("/")[1:]:
        name = part.replace("~1", "/").replace("~0", "~")
        if isinstance(found, dict):
            found = found.get(name)
        elif isinstance(found, list) and name.isascii() and name.isdecimal() and len(name) <= 6:
            found = found[int(name)] if int(name) < len(found) else None
        else:
            return ""
    match found:
        case str():
            return found
        case bool():
            return "true" if found else "false"
        case int() | float():
            return str(found)
        case _:
            return ""
