"""Pointers into documents of others: whatever stands there, what comes out is a text (RFC 6901)."""

from typing import Any

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.json_pointers import pointed

DOCUMENT: dict[str, Any] = {
    "a": [{"b": "x"}, 7, True, None, 1.5],
    "m~n": "tilde",
    "o/p": "slash",
    "": "empty",
    "10": "ten",
}


@pytest.mark.parametrize(
    ("pointer", "found"),
    [("/a/0/b", "x"), ("/a/1", "7"), ("/a/2", "true"), ("/a/3", ""), ("/a/4", "1.5"), ("/a", ""), ("/a/9", "")]
    + [("/m~0n", "tilde"), ("/o~1p", "slash"), ("/", "empty"), ("/10", "ten"), ("/none", ""), ("a", ""), ("", "")]
    + [("/a/-1", ""), ("/a/²", ""), ("/a/0/b/c", "")],
)
def test_what_a_pointer_leads_to(pointer: str, found: str) -> None:
    assert pointed(DOCUMENT, pointer) == found


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda each: st.lists(each) | st.dictionaries(st.text(), each),
    ),
    st.text(),
)
def test_no_document_and_no_pointer_breaks_it(document: Any, pointer: str) -> None:
    assert isinstance(pointed(document, f"/{pointer}"), str)
