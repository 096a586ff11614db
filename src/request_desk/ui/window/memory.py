"""What the window remembers on this computer: its place, splitters, the last user name; a small JSON file, no patient data."""

import json
from pathlib import Path

from request_desk.files import write_whole


class FileMemory:
    """Strings by key in one file; a file that cannot be read or written means nothing is remembered."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._values = _read(path)

    def get(self, key: str) -> str | None:
        return self._values.get(key)

    def put(self, key: str, value: str) -> None:
        if self._values.get(key) == value:
            return
        self._values[key] = value
        try:
            write_whole(self._path, json.dumps(self._values, indent=1, sort_keys=True).encode(), synced=False)
        except OSError:
            return  # a window that comes up at another place is no reason to stop working


def _read(path: Path) -> dict[str, str]:
    try:
        found = json.loads(path.read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return {}
    return {str(key): str(value) for key, value in found.items()} if isinstance(found, dict) else {}
