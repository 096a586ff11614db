"""Pages in the language of whoever reads them, and a way to change it (RE2, NT2)."""

import re

import pytest
from sqlalchemy import select

from request_desk.domain.access import Actor
from request_desk.domain.words import languages
from request_desk.store import schema
from request_desk.web.languages import wanted
from tests.builders import TODAY, Practice
from tests.web.conftest import SignIn, Visitor


def rosa(practice: Practice) -> Actor:
    """A mother who reads Spanish."""
    return practice.a_contact(
        "Rosa", "Okafor", "rosa@example.org", {practice.zuri: {"relation": "mother"}}, language="es"
    )


def language_of(practice: Practice, contact: Actor) -> str:
    with practice.database.read() as connection:
        query = select(schema.contact.c.language).where(schema.contact.c.id == contact.id)
        return str(connection.execute(query).scalar_one())


def test_a_parent_who_reads_spanish_finds_everything_in_spanish(sign_in: SignIn, practice: Practice) -> None:
    contact = rosa(practice)
    practice.an_appointment(practice.zuri, practice.lindqvist, TODAY, "14:00")
    practice.a_request(by=contact, type_=practice.sick, wishes=[practice.wish(TODAY, "9:20")])
    visitor = sign_in(contact)
    page = visitor.open("/")
    assert '<html lang="es-US">' in page.html
    assert {"Pedir una cita", "Cambiar una cita", "Cancelar una cita"} <= set(page.links)
    assert "Próximas citas" in page.words
    assert "mar, 24 de nov, 2:00 p.m." in page.words
    assert "No hay nada reservado hasta que respondamos aquí." in page.words
    thread = visitor.follow("Sick visit para Zuri Okafor")
    assert "Retirar esta solicitud" in thread.html
    refused = visitor.send(next(action for action in thread.forms if action.endswith("/answer")), {"message": " "})
    assert refused.status == 422
    assert "Su mensaje: está vacío. Por favor, llénelo." in refused.words


def test_before_signing_in_the_browser_is_asked_and_the_page_offers_the_other_language(stranger: Visitor) -> None:
    stranger.client.headers["accept-language"] = "es-MX,es;q=0.9,en;q=0.5"
    page = stranger.open("/sign-in")
    assert page.title.startswith("Entrar")
    assert "Enviarme un código" in page.html
    assert re.search(r'value="en"[^>]*lang="en"[^>]*>English<', page.html)
    page = stranger.send("/language", language="en")
    assert page.title.startswith("Sign in")
    assert stranger.open("/sign-in").title.startswith("Sign in")  # remembered in this browser
    assert stranger.open("/no-such-page").words.count("There is no such page") >= 1


def test_an_unknown_address_is_told_in_the_visitor_s_language(stranger: Visitor) -> None:
    stranger.client.headers["accept-language"] = "es"
    assert "Esta página no existe" in stranger.open("/no-such-page").words
    stranger.open("/sign-in")
    page = stranger.send("/sign-in", {"email": "rosa"})
    assert "Esto no es un correo electrónico." in page.words


def test_who_is_signed_in_gets_letters_in_the_chosen_language_too(sign_in: SignIn, practice: Practice) -> None:
    visitor = sign_in(practice.amara)
    page = visitor.open("/")
    assert language_of(practice, practice.amara) == "en"
    page = visitor.send("/language", language="es")
    assert "Pedir una cita" in page.links
    assert visitor.last == "/"
    assert language_of(practice, practice.amara) == "es"
    page = visitor.send("/language", language="en")
    assert "Ask for a visit" in page.links
    assert language_of(practice, practice.amara) == "en"


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example/x", "/\\evil.example", "javascript:alert(1)", "x"]
)
def test_the_way_back_leads_to_no_other_site(stranger: Visitor, back: str) -> None:
    stranger.open("/sign-in")
    fields = {**stranger.page.forms["/language"], "language": "es", "back": back}
    answer = stranger.client.post("/language", data=fields, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_the_page_that_was_open_comes_back_with_its_choices(sign_in: SignIn, practice: Practice) -> None:
    visitor = sign_in(practice.amara)
    visitor.open(f"/ask/schedule?child={practice.zuri}")
    fields = {**visitor.page.forms["/language"], "language": "es"}
    answer = visitor.client.post("/language", data=fields, follow_redirects=False)
    assert answer.headers["location"] == f"/ask/schedule?child={practice.zuri}"


def test_a_language_that_is_not_spoken_here_is_refused(stranger: Visitor) -> None:
    stranger.open("/sign-in")
    fields = {**stranger.page.forms["/language"], "language": "tlh"}
    assert stranger.client.post("/language", data=fields).status_code == 400


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("", "en"),
        ("es", "es"),
        ("es-419,es;q=0.9", "es"),
        ("fr,es;q=0.3,en;q=0.8", "en"),
        ("fr-FR, de", "en"),
        ("en;q=0.2, es;q=0.9", "es"),
        ("es;q=x,en", "en"),
        (";;;,,=", "en"),
        ("*", "en"),
    ],
)
def test_the_first_language_that_is_spoken_here_counts(header: str, language: str) -> None:
    assert languages() == ("en", "es")
    assert wanted(header) == language
