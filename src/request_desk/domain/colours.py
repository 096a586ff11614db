"""Whether one colour can be read on another, the contrast of WCAG 2.2; and the darker one of a button under the pointer."""

from typing import Final

READABLE: Final = 4.5  # to 1, the contrast that letters need (WCAG 2.2, 1.4.3)
HOUSE: Final = "#0b6e6e"  # of the patients' pages, as resources/web/portal.css has it
PAPER: Final = "#ffffff"
EXAMPLE: Final = "#1f6f8b"
_WEIGHTS: Final = (0.2126, 0.7152, 0.0722)


def contrast(one: str, other: str) -> float:
    """Return the contrast of two colours such as "#1f6f8b", from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def darker(colour: str) -> str:
    """Return a colour a sixth nearer to black, for what the pointer is on: whatever is read on the first is read on it."""
    parts = (int(colour[at : at + 2], 16) * 5 // 6 for at in (1, 3, 5))
    return "#" + "".join(f"{part:02x}" for part in parts)


def _luminance(colour: str) -> float:
    parts = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return sum(weight * part for weight, part in zip(_WEIGHTS, linear, strict=True))
