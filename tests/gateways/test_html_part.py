"""The HTML of an e-mail: the words of its text and no others, links of our own alone, nothing that is fetched (NT1)."""

import re
from html.parser import HTMLParser
from uuid import UUID

import pytest
from hypothesis import given, strategies as st

from request_desk.gateways.html_part import html_part
from request_desk.gateways.letters import Letter

ORIGIN = "https://portal.example.org"
PLAIN = {"html", "head", "meta", "title", "body", "div", "p", "br", "a"}
ATTRIBUTES = {"lang", "charset", "name", "content", "dir", "style", "href"}
TEXT = f"""For Amara and Chidi

Zuri has an appointment:

    Wednesday, November 25, 9:20 AM PST
    Northside, Harbor Pediatrics

See, move or cancel it, without signing in: {ORIGIN}/m/a-b_c

Sign in to see it: {ORIGIN}/requests/1
"""


class Page(HTMLParser):
    """What a page says below its head, and what it is made of."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []
        self.links: list[tuple[str, str]] = []
        self.said: list[str] = []
        self._is_body = False
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        self._is_body |= tag == "body"
        if tag == "a":
            self.links.append((dict(attrs)["href"] or "", ""))
        if tag in ("p", "br"):
            self.said.append("\n")

    def handle_data(self, data: str) -> None:
        if self._is_body:
            self.said.append(data)
        if self.lasttag == "a" and self.links[-1][1] == "":
            self.links[-1] = (self.links[-1][0], data)

    def words(self) -> list[str]:
        return "".join(self.said).replace(":", " ").split()


def page(text: str, *, name: str = "", origin: str = ORIGIN, language: str = "en", subject: str = "x") -> Page:
    letter = Letter("amara@example.org", subject, text, UUID(int=1), language, name, origin)
    return Page(html_part(letter))


pieces = st.one_of(
    st.text(st.characters(exclude_categories=("Cc", "Cs")), max_size=30),
    st.sampled_from(["\n", "\n\n", "\n\n    ", ": ", " ", "<b>", "</p>", "&amp;", "<!--", '" onload="x', "<script>"]),
    st.sampled_from([f"{ORIGIN}/m/a", f"{ORIGIN}.", "https://evil.example.org/", f"{ORIGIN}.evil.org", "javascript:x"]),
    st.sampled_from([f"See it: {ORIGIN}/m/token\n\n", f"\n\nSee it: {ORIGIN}/m/token.", f"{ORIGIN}@evil.org/"]),
)


@given(st.lists(pieces, max_size=12).map("".join), st.sampled_from([ORIGIN, ""]))
def test_the_page_holds_exactly_the_words_of_the_text(text: str, origin: str) -> None:
    """But for colons, which a button has no need of."""
    found = page(text, origin=origin)
    assert found.words() == text.replace(":", " ").split()
    assert set(found.tags) <= PLAIN
    assert {name for name, _value in found.attributes} <= ATTRIBUTES
    assert all(href == ORIGIN or href.startswith(f"{ORIGIN}/") for href, _words in found.links)
    assert all("url(" not in (value or "") for _name, value in found.attributes)


def test_a_letter_has_paragraphs_one_button_and_links_of_our_own() -> None:
    found = page(TEXT, name="Harbor Pediatrics")
    assert found.links == [
        (f"{ORIGIN}/m/a-b_c", "See, move or cancel it, without signing in"),
        (f"{ORIGIN}/m/a-b_c", f"{ORIGIN}/m/a-b_c"),
        (f"{ORIGIN}/requests/1", f"{ORIGIN}/requests/1"),
    ]
    assert [line for line in "".join(found.said).split("\n") if line][:5] == [
        "Harbor Pediatrics",
        "For Amara and Chidi",
        "Zuri has an appointment:",
        "Wednesday, November 25, 9:20 AM PST",
        "Northside, Harbor Pediatrics",
    ]
    assert sum("background" in (value or "") for _name, value in found.attributes) == 1
    assert set(found.tags) == PLAIN


@pytest.mark.parametrize(
    "url",
    [
        "https://portal.example.org.evil.org/m/a",
        "https://portal.example.org@evil.org/",
        "https://portal.example.orgs",
        "http://portal.example.org/m/a",
        "https://evil.org/?https://portal.example.org/",
        "javascript:alert(1)",
    ],
)
def test_an_address_of_somebody_else_is_no_link(url: str) -> None:
    assert page(f"See it: {url}\n\nor {url} there\n").links == []


@pytest.mark.parametrize("end", [".", ",", "!", ").", "?"])
def test_what_ends_a_sentence_is_no_part_of_its_address(end: str) -> None:
    assert page(f"See it: {ORIGIN}/m/a{end}\n").links == [(f"{ORIGIN}/m/a", f"{ORIGIN}/m/a")]


def test_signs_of_html_in_an_address_stay_within_it() -> None:
    url = f"{ORIGIN}/?a=1&lt=\"><b>'"
    written = html_part(Letter("amara@example.org", "x", f"See {url}x", UUID(int=1), origin=ORIGIN))
    assert "<b>" not in written
    assert Page(written).links == [(f"{url}x", f"{url}x")]


@pytest.mark.parametrize(
    "name", ["<b>Harbor</b>", "Harbor\r\nPediatrics", "عيادة الميناء", "诊所" * 100, "\u202eHarbor"]
)
def test_the_name_of_the_practice_stands_on_top_in_one_line(name: str) -> None:
    found = page("Hello\n", name=name, subject="</title><b>")
    head, body = [line for line in "".join(found.said).split("\n") if line]
    assert body == "Hello"
    assert "\u202e" not in head
    assert len(head) <= 80
    assert "b" not in found.tags


def test_the_page_says_its_language_and_each_paragraph_its_own_direction() -> None:
    written = html_part(Letter("amara@example.org", "x", "سلام\n\nHello\n", UUID(int=1), "ar", "Harbor", ORIGIN))
    assert '<html lang="ar">' in written
    assert len(re.findall(r'<p dir="auto"', written)) == 3
