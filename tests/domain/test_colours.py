"""Contrast of colours, against the figures of WCAG."""

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.colours import contrast, darker


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("#000000", "#ffffff", 21.0),
        ("#ffffff", "#ffffff", 1.0),
        ("#777777", "#ffffff", 4.48),
        ("#767676", "#ffffff", 4.54),
    ],
)
def test_contrast(one: str, other: str, expected: float) -> None:
    assert contrast(one, other) == pytest.approx(expected, abs=0.01)
    assert contrast(other, one) == contrast(one, other)


@given(st.integers(0, 0xFFFFFF))
def test_what_is_read_on_a_colour_is_read_on_its_darker_one(number: int) -> None:
    colour = f"#{number:06x}"
    assert contrast(darker(colour), "#ffffff") >= contrast(colour, "#ffffff")
    assert darker(colour) != colour or colour == "#000000"
