"""How key sequences are written for people; which command has which keys is not said here."""

from typing import Final

SYMBOLS: Final = {
    "Return": "⏎", "Enter": "⏎", "Up": "↑", "Down": "↓", "Left": "←", "Right": "→", "Escape": "Esc", "Space": "Space",
}  # fmt: skip


def keys_text(keys: str) -> str:
    """Return a key sequence as it is shown beside a command: "Ctrl+Return" is "Ctrl ⏎"."""
    if keys in {"", "+"}:
        return keys
    parts = keys.split("+")
    if keys.endswith("++"):
        parts = [*keys[:-2].split("+"), "+"]
    return " ".join(SYMBOLS.get(part, part) for part in parts)
