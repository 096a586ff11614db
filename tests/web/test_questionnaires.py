"""The pages of forms and documents: filled in page by page, sent once, downloaded safely, and nobody else's (ML1, ML7, UPL-03, UPL-07)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from request_desk.domain.clock import FixedClock
from request_desk.domain.directory import Control, Flow
from request_desk.domain.ids import AppointmentId
from request_desk.domain.manage_links import LinkPurpose
from request_desk.domain.questionnaires import Questionnaire
from request_desk.services.desk import Desk
from request_desk.services.practice import questionnaires, settings
from request_desk.web.questionnaires import disposition
from tests.builders import TODAY, Practice
from tests.domain.test_attachments import PDF, a_png
from tests.services.form_parts import a_document, a_questionnaire, answer
from tests.services.test_family_acts import change_settings
from tests.services.test_manage_links import minted
from tests.web.conftest import Page, SignIn, Visitor, portal, token_for

DAY = timedelta(days=1)
Given = tuple[AppointmentId, Questionnaire]


@pytest.fixture
def practice(sqlite_practice: Practice) -> Practice:
    return sqlite_practice


@pytest.fixture
def given_(practice: Practice) -> Given:
    form = a_questionnaire(practice, (practice.well,))
    return practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + DAY, "9:00"), form


def at(given_: Given) -> str:
    return f"/appointments/{given_[0]}/forms/{given_[1].id}"


def field(given_: Given, place: int) -> str:
    return f"q{given_[1].asked[place].id}"


def first_page(given_: Given, **typed: str) -> dict[str, str]:
    """What a browser sends of the first page; names like q0 stand for the place of a question."""
    return {field(given_, int(name[1:])): text for name, text in typed.items()}


def test_a_family_fills_in_a_form_page_by_page_and_sends_it(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given
) -> None:
    visitor = sqlite_sign_in(practice.amara)
    home = visitor.open("/")
    assert "0 of 1 form is filled in." in home.words
    visitor.follow("Forms and documents")
    assert "Please fill in" in visitor.page.words
    page = visitor.follow("Intake")
    assert "Page 1 of 2" in page.words
    page = visitor.send(at(given_), first_page(given_, q0="Nuts & milk", q1="Mother", q3="yes", q4="3.2"), go="on")
    assert "Saved." in page.words
    assert "Page 2 of 2 · 4 of 7 answered" in page.words
    page = visitor.send(at(given_), go="finish")
    assert page.status == 422
    assert "Please answer this question." in page.words
    page = visitor.send(at(given_), {field(given_, 6): "Amara Okafor"}, go="finish")
    assert "We have your form. Thank you." in page.words
    page = visitor.open(at(given_))
    assert "You sent this form" in page.words
    assert "Nuts & milk" in page.words
    assert "Signed: Amara Okafor" in page.words
    assert at(given_) not in page.forms
    assert "All forms are filled in." in visitor.open("/").words


def test_what_was_saved_is_there_when_somebody_comes_back(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given
) -> None:
    visitor = sqlite_sign_in(practice.amara)
    visitor.open(at(given_))
    visitor.send(at(given_), first_page(given_, q0="Nuts", q2="2026-01-05", q3="no"), go="stay")
    again = sqlite_sign_in(practice.amara).open(at(given_))
    kept = again.forms[at(given_)]
    assert (kept[field(given_, 0)], kept[field(given_, 2)], kept[field(given_, 3)]) == ("Nuts", "2026-01-05", "no")


def test_what_does_not_fit_stays_typed_with_a_sentence_and_the_rest_is_saved(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given
) -> None:
    visitor = sqlite_sign_in(practice.amara)
    visitor.open(at(given_))
    page = visitor.send(at(given_), first_page(given_, q0="Nuts", q4="3 kilos"), go="on")
    assert page.status == 422
    assert "This is not a number." in page.words
    assert page.forms[at(given_)][field(given_, 4)] == "3 kilos"
    page = visitor.send(at(given_), {field(given_, 4): "3"}, go="on")
    assert "2 of 7 answered" in page.words


def test_a_form_sent_twice_is_saved_once(sqlite_sign_in: SignIn, practice: Practice, given_: Given) -> None:  # WEB-12
    visitor = sqlite_sign_in(practice.amara)
    first = visitor.open(at(given_))
    body = {**first.forms[at(given_)], **first_page(given_, q0="Nuts"), "go": "stay"}
    for _time in range(2):
        assert Page(visitor.client.post(at(given_), data=body)).status == 200


def test_two_parents_are_told_and_keep_what_they_typed(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given
) -> None:
    mother, father = sqlite_sign_in(practice.amara), sqlite_sign_in(practice.father)
    mother.open(at(given_))
    father.open(at(given_))
    mother.send(at(given_), first_page(given_, q0="Nuts"), go="stay")
    page = father.send(at(given_), first_page(given_, q0="None that I know", q1="Father"), go="stay")
    assert page.status == 409
    assert "Somebody else has filled in this page meanwhile." in page.words
    assert page.forms[at(given_)][field(given_, 0)] == "None that I know"
    assert "Saved." in father.send(at(given_), go="stay").words


@pytest.mark.parametrize(
    "typed", ["<script>alert(1)</script>", "{{ 7*7 }}", '" onfocus="x', "'; DROP TABLE x;--", "\u202eevil"]
)
def test_hostile_answers_are_shown_as_text(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given, typed: str
) -> None:  # UPL-07
    visitor = sqlite_sign_in(practice.amara)
    visitor.open(at(given_))
    page = visitor.send(at(given_), first_page(given_, q0=typed, q5=typed), go="stay")
    assert "<script>" not in page.html
    assert page.forms[at(given_)][field(given_, 0)] == typed.replace("\u202e", "")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"q999999999": "x"}, 409),
        ({"q1": "x", "extra": "1"}, 400),
        ({"seen": "x" * 2000, "go": "elsewhere"}, 200),
        ({"part": "999"}, 200),
        ({"part": "x"}, 200),
        ({"submission": "no"}, 422),
        ({"q99999999999999999999999": "x"}, 422),
    ],
)
def test_forms_that_no_page_of_ours_made_break_nothing(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given, body: dict[str, str], status: int
) -> None:
    visitor = sqlite_sign_in(practice.amara)
    visitor.open(at(given_))
    assert visitor.send(at(given_), body).status == status


def test_looking_changes_nothing(sqlite_sign_in: SignIn, practice: Practice, given_: Given) -> None:
    visitor = sqlite_sign_in(practice.amara)
    before = practice.desk.last_seq()
    for path in (at(given_), f"{at(given_)}?part=2", f"/appointments/{given_[0]}/forms"):
        assert visitor.open(path).status == 200
    assert practice.desk.last_seq() == before


def test_nobody_else_finds_anything(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given, stranger: Visitor
) -> None:
    document = a_document(practice, given_[0])
    child = practice.a_patient("Ada", "Other", TODAY - 900 * DAY)
    eve = sqlite_sign_in(practice.a_contact("Eve", "Other", "eve@example.org", {child: {"relation": "mother"}}))
    for path in (at(given_), f"/appointments/{given_[0]}/forms", f"/appointments/{given_[0]}/documents/{document}"):
        assert eve.open(path).status == 404
        assert "Sign in" in stranger.open(path).words


def test_a_grandmother_who_may_not_book_sees_documents_alone(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given
) -> None:
    a_document(practice, given_[0])
    visitor = sqlite_sign_in(practice.grandmother)
    page = visitor.open(f"/appointments/{given_[0]}/forms")
    assert "letter.pdf" in page.words
    assert "Intake" not in page.words
    assert visitor.open(at(given_)).status == 404


def test_a_practice_may_show_neither(sqlite_sign_in: SignIn, practice: Practice, given_: Given) -> None:  # BK6
    document = a_document(practice, given_[0])
    off = {Flow.ACCOUNT: frozenset({Control.FORMS, Control.DOCUMENTS})}
    now = practice.desk.query(practice.admin, settings.settings)
    practice.desk.perform(
        practice.admin, settings.save_settings, replace(now, controls_off=off), expect_version=now.version
    )
    visitor = sqlite_sign_in(practice.amara)
    assert "nothing to fill in" in visitor.open(f"/appointments/{given_[0]}/forms").words
    assert visitor.open(at(given_)).status == 404
    assert visitor.open(f"/appointments/{given_[0]}/documents/{document}").status == 404
    assert "Forms and documents" not in visitor.open("/").words


def test_a_form_is_read_in_spanish(sqlite_sign_in: SignIn, practice: Practice, given_: Given) -> None:
    rosa = practice.a_contact("Rosa", "Okafor", "rosa@example.org", {practice.zuri: {"relation": "aunt"}}, "es")
    page = sqlite_sign_in(rosa).open(at(given_))
    assert "¿Alergias?" in page.words
    assert "Padre" in page.words
    assert "Who looks after the child?" in page.words  # not translated
    assert "Guardar y seguir" in page.words


def test_a_form_closes_with_the_visit(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given, clock: FixedClock
) -> None:
    visitor = sqlite_sign_in(practice.amara)
    visitor.open(at(given_))
    body = {**visitor.page.forms[at(given_)], **first_page(given_, q0="late")}
    clock.advance(timedelta(hours=26))
    visitor.client.cookies.set("session", token_for(practice, practice.amara))
    page = Page(visitor.client.post(at(given_), data=body))
    assert page.status == 422
    assert "its forms are closed" in page.words
    assert "its forms are closed" in visitor.open(at(given_)).words


def test_a_question_that_was_taken_out_meanwhile_is_told(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given
) -> None:
    visitor = sqlite_sign_in(practice.amara)
    visitor.open(at(given_))
    form = given_[1]
    practice.desk.perform(
        practice.admin,
        questionnaires.save_questionnaire,
        form.id,
        replace(form, questions=form.questions[1:]),
        expect_version=form.version,
    )
    page = visitor.send(at(given_), first_page(given_, q0="Nuts", q1="Mother"), go="on")
    assert page.status == 409
    assert "The questions were changed meanwhile." in page.words


# Documents


@pytest.mark.parametrize(
    ("name", "content", "kind"), [("Plan.pdf", PDF, "application/pdf"), ("Röntgen “1”.png", a_png(), "image/png")]
)
def test_a_document_is_handed_out_to_be_kept(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given, name: str, content: bytes, kind: str
) -> None:  # UPL-03
    which = a_document(practice, given_[0], name=name, content=content)
    visitor = sqlite_sign_in(practice.amara)
    got = visitor.client.get(f"/appointments/{given_[0]}/documents/{which}", headers={"range": "bytes=0-3"})
    assert (got.status_code, got.content) == (200, content)
    assert got.headers["content-type"] == kind
    assert got.headers["content-disposition"].startswith("attachment; filename=")
    assert got.headers["x-content-type-options"] == "nosniff"
    assert got.headers["cache-control"] == "no-store"
    assert "sandbox" in got.headers.get_list("content-security-policy")


def test_names_of_files_are_written_for_every_browser() -> None:
    assert disposition("a b.pdf") == "attachment; filename=\"a b.pdf\"; filename*=UTF-8''a%20b.pdf"
    assert disposition('é"\\%.pdf') == "attachment; filename=\"____.pdf\"; filename*=UTF-8''%C3%A9%22%5C%25.pdf"


def test_what_was_removed_or_is_of_another_visit_is_not_there(
    sqlite_sign_in: SignIn, practice: Practice, given_: Given
) -> None:
    other = practice.an_appointment(practice.zuri, practice.mwangi, TODAY + DAY, "14:00")
    which = a_document(practice, other)
    visitor = sqlite_sign_in(practice.amara)
    assert visitor.open(f"/appointments/{given_[0]}/documents/{which}").status == 404
    assert visitor.open(f"/appointments/{given_[0]}/documents/0").status in (404, 422)


# Links


@pytest.fixture
def stranger(practice: Practice, sqlite_desk: Desk, clock: FixedClock) -> Visitor:
    return Visitor(portal(sqlite_desk, clock))


def where(practice: Practice, visit: AppointmentId, purpose: LinkPurpose = LinkPurpose.MANAGE) -> str:
    return f"/m/{minted(practice, visit, practice.amara, purpose=purpose)}"


def test_a_link_opens_its_forms_and_documents(stranger: Visitor, practice: Practice, given_: Given) -> None:  # ML1
    document = a_document(practice, given_[0])
    base = where(practice, given_[0])
    page = stranger.open(base)
    assert "0 of 1 form is filled in." in page.words
    assert stranger.client.get(page.links["letter.pdf"]).content == PDF
    page = stranger.follow("Fill in the forms")
    assert "Signed in as" not in page.words
    assert "Okafor" not in page.html  # LINK-12
    page = stranger.follow("Intake")
    form = f"{base}/forms/{given_[1].id}"
    assert "Saved." in stranger.send(form, first_page(given_, q0="Nuts"), go="stay").words
    stranger.open(form)
    stranger.send(form, first_page(given_, q1="Mother"), go="on")
    page = stranger.send(form, {field(given_, 6): "Amara Okafor"}, go="finish")
    assert (page.status, stranger.last) == (200, f"{base}/forms")
    assert "We have your form. Thank you." in page.words
    stranger.follow("Your visit")
    assert "All forms are filled in." in stranger.page.words
    assert "Nuts" in stranger.open(form).words
    assert stranger.client.get(f"{base}/documents/{document}").content == PDF


def test_a_link_for_forms_opens_nothing_else(
    stranger: Visitor, practice: Practice, given_: Given
) -> None:  # BK8, LINK-03
    document = a_document(practice, given_[0])
    base = where(practice, given_[0], LinkPurpose.FORMS)
    page = stranger.open(base)
    assert stranger.last == f"{base}/forms"
    assert "Intake" in page.links
    assert base not in page.links.values()
    assert "letter.pdf" not in page.words
    assert stranger.open(f"{base}/documents/{document}").status == 404
    for path in ("/cancel", "/move", "/join", "/ask/move"):
        stranger.open(base + path)
        assert stranger.last == f"{base}/forms"
    assert stranger.open(f"{base}/visit.ics").status == 404


def test_a_link_asks_first_where_the_type_does(stranger: Visitor, practice: Practice) -> None:  # ML7
    careful = practice.a_type("Teen visit", 40, buffer_minutes=0, verification="birth_day")
    visit = practice.an_appointment(practice.zuri, practice.lindqvist, TODAY + DAY, "9:00", kind=careful)
    form, document = a_questionnaire(practice, (careful,)), a_document(practice, visit)
    answer(practice, practice.amara, visit, form, {0: "Nuts"})
    for purpose in LinkPurpose:
        base = where(practice, visit, purpose)
        for path in ("", "/forms", f"/forms/{form.id}", f"/documents/{document}"):
            page = stranger.open(base + path)
            assert "when was Zuri born?" in page.words
            assert "Intake" not in page.html
            assert "letter.pdf" not in page.html
        page = stranger.send(f"{base}/birth-day", {"month": "3", "day": "12", "year": "2022"})
        assert stranger.last == (base if purpose is LinkPurpose.MANAGE else f"{base}/forms")
        assert "Nuts" in stranger.open(f"{base}/forms/{form.id}").html


def test_what_a_link_does_not_open_is_the_page_of_no_link(
    stranger: Visitor, practice: Practice, given_: Given
) -> None:  # LINK-07, UPL-03
    other = practice.an_appointment(practice.zuri, practice.mwangi, TODAY + DAY, "14:00", kind=practice.sick)
    foreign, late = a_document(practice, other), f"{'9' * 25}"
    base = where(practice, given_[0])
    own = a_document(practice, given_[0])  # added at the moment of the link: its own
    nothing = stranger.client.get("/m/nothing")
    assert stranger.client.get(f"{base}/documents/{own}").status_code == 200
    for path in (
        f"/documents/{foreign}",
        "/documents/0",
        f"/documents/{late}",
        "/forms/0",
        f"/forms/{late}",
        "/forms/x",
    ):
        found = stranger.client.get(base + path)
        assert (found.status_code, found.content) == (404, nothing.content)
    for path in ("/forms", f"/forms/{given_[1].id}", f"/documents/{own}", "/visit.ics"):
        assert stranger.client.get(f"/m/nothing{path}").content == nothing.content


def test_forms_are_closed_with_the_visit_and_end_with_the_link(
    stranger: Visitor, practice: Practice, given_: Given, clock: FixedClock
) -> None:  # LINK-04
    base = where(practice, given_[0], LinkPurpose.FORMS)
    form = f"{base}/forms/{given_[1].id}"
    stranger.open(form)
    typed = {**stranger.page.forms[form], **first_page(given_, q0="Nuts"), "go": "stay"}
    clock.advance(timedelta(days=1, hours=2))
    assert "its forms are closed" in stranger.open(form).words
    assert "its forms are closed" in Page(stranger.client.post(form, data=typed)).words
    clock.advance(timedelta(days=1))
    assert stranger.open(form).status == 404
    assert stranger.client.post(form, data=typed).status_code == 404


def test_what_is_switched_off_is_not_on_the_page(stranger: Visitor, practice: Practice, given_: Given) -> None:  # BK6
    document, base = a_document(practice, given_[0]), where(practice, given_[0])
    change_settings(
        practice, controls_off={Flow.MANAGE: frozenset({Control.FORMS, Control.DOCUMENTS, Control.CALENDAR})}
    )
    page = stranger.open(base)
    for gone in ("Forms and documents", "letter.pdf", "Add to my calendar"):
        assert gone not in page.words
    for path in (f"/forms/{given_[1].id}", f"/documents/{document}", "/visit.ics"):
        assert stranger.open(base + path).status == 404


def test_the_page_of_the_account_has_them_too(sqlite_sign_in: SignIn, practice: Practice, given_: Given) -> None:
    a_document(practice, given_[0])
    mother = sqlite_sign_in(practice.amara)
    page = mother.open(f"/appointments/{given_[0]}")
    assert "0 of 1 form is filled in." in page.words
    assert mother.client.get(page.links["letter.pdf"]).content == PDF
    page = mother.follow("Fill in the forms")
    assert f"/appointments/{given_[0]}" in page.links.values()


def test_a_form_through_a_link_needs_its_token(
    stranger: Visitor, practice: Practice, given_: Given
) -> None:  # LINK-06, UPL-07
    form = f"{where(practice, given_[0])}/forms/{given_[1].id}"
    stranger.open(form)
    typed = {**stranger.page.forms[form], **first_page(given_, q0="Nuts"), "go": "stay"}
    assert stranger.client.post(form, data={**typed, "csrftoken": "x"}).status_code == 403
    assert stranger.client.post(form, data=typed, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert "Nuts" not in stranger.open(form).html
