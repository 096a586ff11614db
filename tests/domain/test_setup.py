"""The setup list: each line by its facts, and the end only where routing reaches somebody who can sign in (MC1, RT1–RT3)."""

from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.directory import Department, PracticeSettings, Provider
from request_desk.domain.ids import DepartmentId, LocationId, ProviderId, StaffId
from request_desk.domain.practice_time import PracticeTime
from request_desk.domain.requests import RequestKind, TargetKind
from request_desk.domain.routing import RoutingFacts, route
from request_desk.domain.setup import SetupFacts, SetupForm, SetupLine, SetupList, SetupStep, setup_list, step_word
from request_desk.domain.words import Words

WORDS = Words("en_US", PracticeTime("America/Los_Angeles"))
ADMINISTRATOR, MARIA, KOFI, DOCTOR = StaffId(1), StaffId(40), StaffId(41), StaffId(31)
INTAKE = Department(DepartmentId(50), "IC-Appointment Request", (MARIA, KOFI), (MARIA, KOFI), True, 1)
LINDQVIST = Provider(ProviderId(21), "Dr. Astrid Lindqvist", "Dr. Lindqvist", (LocationId(1),), DOCTOR, True, True, 1)
SETTINGS = PracticeSettings(
    practice_name="Harbor Pediatrics",
    practice_phone="(206) 555-0100",
    public_url="https://portal.example.org",
    kinds_on=frozenset({"schedule", "cancel"}),
    intake_department_id=INTAKE.id,
)
READY = SetupFacts(
    settings=SETTINGS,
    routing=RoutingFacts(RequestKind.SCHEDULE, None, None, INTAKE, {LINDQVIST.id: LINDQVIST}, ADMINISTRATOR),
    people={MARIA: "Maria Santos", KOFI: "Kofi Prah", ADMINISTRATOR: "Administrator", DOCTOR: "Astrid Lindqvist"},
    has_staff=True,
    locations=2,
    providers=1,
    types=3,
    windows=5,
    families=1,
    sends_mail=True,
    letters_sent=False,
)


def with_department(department: Department | None) -> SetupFacts:
    return replace(READY, routing=replace(READY.routing, intake_department=department))


def with_settings(**values: object) -> SetupFacts:
    return replace(READY, settings=replace(SETTINGS, **values))  # type: ignore[arg-type]


def line(found: SetupList, step: SetupStep) -> SetupLine:
    return next(each for each in found.lines if each.step is step)


def test_a_practice_with_everything_ends_with_who_will_see_it() -> None:
    found = setup_list(READY, WORDS)
    assert [each.step for each in found.lines] == list(SetupStep)
    assert all(each.done for each in found.lines)
    assert found.is_done
    assert found.end == "A parent can now ask, and Kofi Prah and Maria Santos will see it."


# Each fact that is missing, the step that says so, what it says, and the form that it is done in.
MISSING: Mapping[str, tuple[SetupFacts, SetupStep, str, SetupForm | None]] = {
    "no name": (with_settings(practice_name=""), SetupStep.PRACTICE, "need the practice's name", SetupForm.PRACTICE),
    "unnamed": (
        with_settings(practice_name="New practice"),
        SetupStep.PRACTICE,
        "need the practice's name",
        SetupForm.PRACTICE,
    ),
    "no phone": (with_settings(practice_phone=""), SetupStep.PRACTICE, "a number to call", SetupForm.PRACTICE),
    "no hours": (with_settings(opening_hours=()), SetupStep.HOURS, "open on no day", SetupForm.HOURS),
    "no location": (replace(READY, locations=0), SetupStep.LOCATION, "no location", SetupForm.LOCATIONS),
    "no provider": (replace(READY, providers=0), SetupStep.PROVIDER, "no provider at a location", SetupForm.PROVIDERS),
    "no type": (replace(READY, types=0), SetupStep.TYPE, "no appointment type", SetupForm.TYPES),
    "no windows": (replace(READY, windows=0), SetupStep.WINDOW, "No provider has weekly hours", SetupForm.WINDOWS),
    "no department": (with_department(None), SetupStep.DEPARTMENT, "No department receives", SetupForm.INTAKE),
    "closed": (
        with_department(replace(INTAKE, active=False)),
        SetupStep.DEPARTMENT,
        "IC-Appointment Request is switched off: requests go to the asked provider or to the administrator.",
        SetupForm.MEMBERS,
    ),
    "nobody active": (
        with_department(replace(INTAKE, active_member_ids=())),
        SetupStep.DEPARTMENT,
        "IC-Appointment Request has no active member: requests go to",
        SetupForm.MEMBERS,
    ),
    "nobody at all": (
        replace(with_department(replace(INTAKE, member_ids=(), active_member_ids=())), has_staff=False),
        SetupStep.DEPARTMENT,
        "has no active member",
        SetupForm.STAFF,
    ),
    "no password": (  # $AD counts as a member who can act, and cannot sign in before a password is chosen
        replace(with_department(replace(INTAKE, active_member_ids=(ADMINISTRATOR,))), people={MARIA: "Maria Santos"}),
        SetupStep.DEPARTMENT,
        "none of them can sign in yet",
        SetupForm.MEMBERS,
    ),
    "no family": (replace(READY, families=0), SetupStep.FAMILY, "No patient has a contact", SetupForm.PATIENT),
    "no kinds": (with_settings(kinds_on=frozenset()), SetupStep.KINDS, "Every kind of request", SetupForm.KINDS),
    "no mail": (replace(READY, sends_mail=False), SetupStep.MAIL, "request-desk.toml", None),
    "no address": (with_settings(public_url=""), SetupStep.ADDRESS, "need the address", SetupForm.PRACTICE),
}


@pytest.mark.parametrize("name", MISSING)
def test_what_is_missing_is_told_in_its_line_and_at_the_end(name: str) -> None:
    facts, step, told, form = MISSING[name]
    found = setup_list(facts, WORDS)
    assert [each.step for each in found.lines if not each.done] == [step]
    assert told in line(found, step).told
    assert line(found, step).form is form
    assert not found.is_done
    assert found.end == f"Still to do before a parent can ask: {step_word(step)}."


def test_every_step_can_be_missing() -> None:
    assert {step for _facts, step, _told, _form in MISSING.values()} == set(SetupStep)


@pytest.mark.parametrize(
    ("one", "other"), list(combinations(["no location", "no kinds", "no mail", "no department"], 2))
)
def test_two_that_are_missing_are_both_named(one: str, other: str) -> None:
    facts, first = MISSING[one][:2]
    second = MISSING[other][1]
    changed = MISSING[other][0]
    both = replace(
        facts,
        **{
            name: getattr(changed, name)
            for name in ("settings", "routing", "locations", "sends_mail")
            if getattr(changed, name) != getattr(READY, name)
        },
    )
    found = setup_list(both, WORDS)
    assert {each.step for each in found.lines if not each.done} == {first, second}
    assert step_word(first) in found.end
    assert step_word(second) in found.end


@pytest.mark.parametrize(
    ("sends", "sent", "done", "told"),
    [
        (True, False, True, "no letter has left yet"),
        (False, True, True, "Letters leave"),
        (True, True, True, "Letters leave"),
        (False, False, False, "Write the mail server into request-desk.toml"),
    ],
)
def test_mail_is_done_where_a_server_is_set_or_a_letter_has_left(
    sends: bool, sent: bool, done: bool, told: str
) -> None:
    found = line(setup_list(replace(READY, sends_mail=sends, letters_sent=sent), WORDS), SetupStep.MAIL)
    assert found.done is done
    assert told in found.told


@pytest.mark.parametrize("url", ["http://127.0.0.1:8000", "http://localhost", "http://[::1]:80"])
def test_an_address_of_this_computer_alone_is_told_as_such(url: str) -> None:
    found = setup_list(with_settings(public_url=url), WORDS)
    assert "leads to this computer alone" in line(found, SetupStep.ADDRESS).told
    assert found.end.startswith("A parent at this computer can now ask, and")


def test_the_form_is_opened_for_what_is_concerned() -> None:
    found = setup_list(READY, WORDS)
    assert line(found, SetupStep.DEPARTMENT).about == INTAKE.id
    assert line(found, SetupStep.WINDOW).about == LINDQVIST.id
    nobody = replace(READY, routing=replace(READY.routing, providers={}))
    hours = line(setup_list(nobody, WORDS), SetupStep.WINDOW)
    assert (hours.form, hours.about) == (SetupForm.PROVIDERS, 0)


def test_many_people_are_counted_and_names_are_one_line() -> None:
    members = tuple(StaffId(each) for each in range(60, 66))
    facts = replace(
        with_department(replace(INTAKE, member_ids=members, active_member_ids=members)),
        people={each: f"Person\n{each}" for each in members},
    )
    assert setup_list(facts, WORDS).end == (
        "A parent can now ask, and Person 60, Person 61, Person 62 and 3 others will see it."
    )


STAFF = st.integers(1, 8).map(StaffId)
DEPARTMENTS = st.none() | st.builds(
    lambda active, on: replace(INTAKE, member_ids=active, active_member_ids=active, active=on),
    st.lists(STAFF, unique=True).map(tuple),
    st.booleans(),
)
PROVIDERS = st.dictionaries(
    st.integers(20, 24).map(ProviderId), st.tuples(st.none() | STAFF, st.booleans(), st.booleans()), max_size=4
)


@given(DEPARTMENTS, PROVIDERS, st.sets(STAFF), st.frozensets(st.sampled_from(RequestKind), min_size=1))
def test_the_end_is_true_of_every_request_that_a_parent_could_send(
    department: Department | None,
    drawn: dict[ProviderId, tuple[StaffId | None, bool, bool]],
    able: set[StaffId],
    kinds: frozenset[RequestKind],
) -> None:
    providers = {
        key: replace(LINDQVIST, id=key, staff_id=staff, staff_active=login, active=active)
        for key, (staff, login, active) in drawn.items()
    }
    routing = RoutingFacts(RequestKind.SCHEDULE, None, None, department, providers, ADMINISTRATOR)
    facts = replace(
        READY,
        routing=routing,
        people={each: f"P{each}." for each in able},
        settings=replace(SETTINGS, kinds_on=frozenset(map(str, kinds))),
    )
    found = setup_list(facts, WORDS)
    for kind in kinds:
        for asked in (None, *providers):
            for concerned in (None, *providers):
                target = route(replace(routing, kind=kind, asked_provider_id=asked, appointment_provider_id=concerned))
                if found.is_done:
                    assert target.target.kind is TargetKind.DEPARTMENT
                    assert department is not None
                    here = able & set(department.active_member_ids)
                    assert here
                    if len(here) <= 4:
                        assert all((f"P{each}." in found.end) == (each in here) for each in able)
    reaches = department is not None and department.active and able & set(department.active_member_ids)
    assert found.is_done == bool(reaches)
