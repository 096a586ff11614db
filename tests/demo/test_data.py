"""The data of the demo practice: complete, consistent in itself, and invented."""

import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

import pytest

import request_desk

FOLDER = Path(request_desk.__file__).parent / "demo"
WEEK = ("Mon", "Tue", "Wed", "Thu", "Fri")
OPENED_AT = 8 * 60 + 12
PHONE = re.compile(r"\((206|425)\) 555-01\d\d")
KINDS = {"schedule", "cancel", "reschedule"}


def data(name: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / f"{name}.toml").read_text("utf-8"))


NAMES, PRACTICE, REQUESTS = data("names"), data("practice"), data("requests")
PROVIDERS = {entry["key"]: entry for entry in PRACTICE["provider"]}
LOCATIONS = {entry["key"] for entry in PRACTICE["location"]}
TYPES = {entry["key"]: entry for entry in PRACTICE["type"]}
LOGINS = {entry["login"] for entry in PRACTICE["staff"]}
DEPARTMENTS = {entry["key"] for entry in PRACTICE["department"]}
CONTACTS = {f"{f['key']}.{c['key']}": c for f in REQUESTS["family"] for c in f["contact"]}
CHILDREN = {f"{f['key']}.{c['key']}": c for f in REQUESTS["family"] for c in f["child"]}
ASKED = REQUESTS["request"]


def minute(wall: str) -> int:
    assert re.fullmatch(r"[0-2]\d:[0-5]\d", wall)
    hours, minutes = wall.split(":")
    return int(hours) * 60 + int(minutes)


def weekday(day: int) -> str:
    """The weekday of a business day, day 0 being a Tuesday."""
    return WEEK[(day + WEEK.index(PRACTICE["practice"]["demo_weekday"])) % len(WEEK)]


def strings(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for entry in value.values():
            yield from strings(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from strings(entry)


def test_the_names_are_many_and_of_twelve_scripts() -> None:
    cultures = NAMES["culture"]
    assert sum(culture["share"] for culture in cultures) == 1000
    assert len({culture["script"] for culture in cultures}) >= 12
    assert sum(culture["share"] for culture in cultures if culture["script"] == "Latin") > 900
    families = {name for culture in cultures for name in culture["family"]}
    given = {name for culture in cultures for name in [*culture["girl"], *culture["boy"]]}
    assert len(families) >= 350
    assert len(given) >= 300
    for name in ("O'Brien", "al-Zahra", "de la Cruz", "Nguyễn", "Smith-Jones"):
        assert name in families
    for culture in cultures:
        assert set(culture.get("common", {})) <= set(culture["family"])
        for stock in ("family", "girl", "boy"):
            assert len(set(culture[stock])) == len(culture[stock]) > 0


def test_two_family_names_are_very_common() -> None:
    share: Counter[str] = Counter()
    for culture in NAMES["culture"]:
        weight = {name: culture.get("common", {}).get(name, 1) for name in culture["family"]}
        for name, each in weight.items():
            share[name] += culture["share"] * each / sum(weight.values())
    assert {name for name, _families in share.most_common(2)} == {"Garcia", "Nguyen"}
    assert share["Garcia"] > 60  # of 1,000 families
    assert share["Nguyen"] > 20


def test_names_that_are_confused_and_names_that_are_long_are_there() -> None:
    assert len(NAMES["look_alike"]) >= 8
    assert {pair["born"] for pair in NAMES["look_alike"]} == {"same", "different"}
    assert max(len(name["given"] + name["family"]) for name in NAMES["long"]) > 60


def test_the_practice_has_the_shape_of_the_plan() -> None:
    assert len(LOCATIONS) == 3
    assert len(PROVIDERS) == 8
    assert len(TYPES) == 7
    assert [p["key"] for p in PROVIDERS.values() if len(p["locations"]) == 2] == ["tehrani"]
    assert [p["short_name"] for p in PROVIDERS.values() if p["short_name"].startswith("NP ")] == ["NP Castellanos"]
    assert "$AD" in LOGINS
    intake = [department for department in PRACTICE["department"] if department.get("intake")]
    assert [department["name"] for department in intake] == ["IC-Appointment Request"]
    assert len(intake[0]["members"]) == 6
    on_leave = [a for a in PRACTICE["absence"] if a["label"] == "On leave"]
    assert [(a["provider"], a["first_day"] <= 0 <= a["last_day"]) for a in on_leave] == [("oyelaran", True)]
    assert sum(PRACTICE["population"]["families_of"]) == 100
    assert PRACTICE["practice"]["target_minutes"].keys() == KINDS


def test_everything_the_practice_refers_to_exists() -> None:
    for provider in PROVIDERS.values():
        assert set(provider["locations"]) <= LOCATIONS
        assert sum(provider["usual"].values()) == 100
        for usual in provider["usual"]:
            assert provider["key"] in (TYPES[usual]["providers"] or PROVIDERS)
    for window in PRACTICE["window"]:
        assert window["location"] in PROVIDERS[window["provider"]]["locations"]
        assert set(window["types"]) <= set(TYPES)
        assert set(window["days"]) <= set(WEEK)
        assert 8 * 60 <= minute(window["from"]) < minute(window["to"]) <= 17 * 60
    for kind in TYPES.values():
        assert set(kind["providers"]) <= set(PROVIDERS)
        assert kind["grid_minutes"] % 5 == 0
    assert {entry["provider"] for entry in PRACTICE["staff"] if "provider" in entry} == set(PROVIDERS)
    for department in PRACTICE["department"]:
        assert set(department["members"]) <= LOGINS
    assert {absence["provider"] for absence in PRACTICE["absence"]} <= set(PROVIDERS)
    assert len({reason["code"] for reason in PRACTICE["cancel_reason"]}) == len(PRACTICE["cancel_reason"])


def test_windows_of_one_provider_do_not_overlap() -> None:
    for one, other in combinations(PRACTICE["window"], 2):
        if one["provider"] == other["provider"] and set(one["days"]) & set(other["days"]):
            assert minute(one["to"]) <= minute(other["from"]) or minute(other["to"]) <= minute(one["from"])


@pytest.mark.parametrize("name", ["names", "practice", "requests"])
def test_phones_and_addresses_are_invented(name: str) -> None:
    for text in strings(data(name)):
        assert all(PHONE.fullmatch(found) for found in re.findall(r"\(\d{3}\) ?\d{3}-\d{4}", text))
        assert all(found == "example.org" for found in re.findall(r"[\w.]@([\w.-]+)", text))
    phones = [contact["phone"] for contact in CONTACTS.values()]
    mails = [contact["email"] for contact in CONTACTS.values()]
    assert len(set(phones)) == len(phones)
    assert len(set(mails)) == len(mails)


def test_the_front_desk_can_reach_all_providers_but_one() -> None:
    """The one shows what is told of a number that is missing."""
    phones = [provider.get("mobile_phone", "") for provider in PRACTICE["provider"]]
    assert phones.count("") == 1
    assert len(set(phones)) == len(phones)


def test_there_are_sixty_requests_with_keys_of_their_own() -> None:
    assert len(ASKED) == len({request["key"] for request in ASKED}) == 60
    assert Counter(request["kind"] for request in ASKED).keys() == KINDS
    assert min(Counter(request["kind"] for request in ASKED).values()) >= 10


def test_every_case_of_the_plan_is_there() -> None:
    cases = Counter(request["case"] for request in ASKED)
    for case, times in {
        "no slots": 1,
        "all wished times are taken": 2,
        "the wished time is past": 1,
        "parts of days": 1,
        "a 12-month check nine days before the birthday": 1,
        "today's 10:00 is cancelled": 1,
        "three overnight for 8:00": 3,
        "the same sent three times": 3,
        "twins": 2,
        "siblings after 3:30": 3,
        "divorced parents, opposite wishes": 2,
        "a grandmother without the right to book": 1,
        "a 16-year-old alone": 1,
        "a thank you that reopened": 1,
        "Spanish": 2,
        "Arabic": 1,
        "a very long text": 1,
        "hostile text": 1,
        "emoji": 1,
    }.items():
        assert cases[case] == times, case


def test_the_texts_are_what_their_cases_say() -> None:
    by_key = {request["key"]: request for request in ASKED}
    assert all(0 < len(request["text"].strip()) <= 4000 for request in ASKED)
    assert 3800 <= len(by_key["long"]["text"].strip()) <= 4000
    for mark in ("<img src=x>", "{{7*7}}", "{%"):
        assert mark in by_key["hostile"]["text"]
    assert by_key["jaxon-half-day"]["text"] == "hi can we move jaxons apt he has a half day thx"
    assert by_key["thanks"]["thread"][-1]["text"] == "thank you!!"
    assert by_key["thanks"]["reopened"]
    assert re.search(r"[\u0600-\u06ff]", by_key["arabic"]["text"])
    assert re.search(r"[\U0001f300-\U0001faff]", by_key["emoji"]["text"])
    assert CONTACTS["nguyen.hoa"]["may_book"] is False
    wren = CHILDREN["lindgren.wren"]
    assert (wren["turns"], wren["plus_days"]) == (1, 9)
    assert by_key["wren-twelve-months"]["wishes"][0]["day"] == wren["business_day"]


@pytest.mark.parametrize("request_", ASKED, ids=lambda request: request["key"])
def test_a_request_refers_only_to_what_exists(request_: dict[str, Any]) -> None:
    named = isinstance(request_["child"], str)
    if named:
        assert request_["child"] in CHILDREN
        assert request_["from"] in CONTACTS
        assert request_["from"].partition(".")[0] == request_["child"].partition(".")[0]
    else:
        assert request_["from"] in ("mother", "father")
        assert 0 <= request_["child"]["from_months"] < request_["child"]["to_months"] <= 21 * 12
        assert request_["child"]["sex"] in ("girl", "boy")
    assert request_["type"] in {*TYPES, ""}
    assert request_["provider"] in {*PROVIDERS, "any"}
    assert request_["location"] in {*LOCATIONS, ""}
    assert ("appointment" in request_) == (request_["kind"] != "schedule")
    arrived = request_["arrived"]
    assert arrived["day"] < 0 or minute(arrived["at"]) < OPENED_AT
    assert set(request_.get("read_by", [])) <= LOGINS
    assert request_.get("claimed_by", "maria") in LOGINS
    forwarded = request_.get("forwarded", {"to": "maria", "by": "maria"})
    assert forwarded["to"] in LOGINS | DEPARTMENTS
    assert forwarded["by"] in LOGINS
    assert {letter["from"] for letter in request_.get("thread", [])} <= {*LOGINS, "contact"}
    assert len(request_["wishes"]) <= 5
    assert request_["kind"] != "cancel" or not request_["wishes"]
    for wish in request_["wishes"]:
        assert wish["kind"] in ("slot", "day_part", "next")
        if wish["kind"] == "slot":
            assert wish["provider"] in PROVIDERS
            assert wish["state"] in ("free", "taken", "past", "outside")
            assert minute(wish["at"]) % 10 == 0
        if wish["kind"] == "day_part":
            assert wish["part"] in ("morning", "afternoon", "evening")


def works(provider: str, location: str, kind: str, day: int, at: int) -> bool:
    """Whether an appointment of this type fits into a window, outside every absence."""
    until = at + TYPES[kind]["minutes"] + TYPES[kind]["buffer_minutes"]
    for absence in PRACTICE["absence"]:
        if absence["provider"] != provider:
            continue
        if absence.get("weekday") == weekday(day) and at < minute(absence["to"]) and minute(absence["from"]) < until:
            return False
        if "first_day" in absence and absence["first_day"] <= day <= absence["last_day"]:
            return False
    return any(
        window["provider"] == provider
        and window["location"] == location
        and weekday(day) in window["days"]
        and (not window["types"] or kind in window["types"])
        and minute(window["from"]) <= at
        and until <= minute(window["to"])
        for window in PRACTICE["window"]
    )


Blocked = tuple[str, int, int, int, str]  # provider, day, from, until, what


def taken_times() -> list[Blocked]:
    """Every appointment that must be there, each once."""
    found: set[Blocked] = set()
    for booked in REQUESTS["booked"]:
        found.add(blocked(booked["provider"], booked["type"], booked["day"], booked["at"], booked["family"]))
    for request in ASKED:
        if "appointment" in request:
            one = request["appointment"]
            who = request["child"] if isinstance(request["child"], str) else request["key"]
            found.add(blocked(one["provider"], one["type"], one["day"], one["at"], who))
        for wish in request["wishes"]:
            if wish.get("state") == "taken":
                found.add(blocked(wish["provider"], request["type"], wish["day"], wish["at"], request["key"]))
    return sorted(found)


def blocked(provider: str, kind: str, day: int, at: str, what: str) -> Blocked:
    start = minute(at)
    return (provider, day, start, start + TYPES[kind]["minutes"] + TYPES[kind]["buffer_minutes"], what)


def test_wished_times_are_where_their_state_says() -> None:
    for request in ASKED:
        for wish in request["wishes"]:
            if wish["kind"] != "slot":
                continue
            location = request["location"] or PROVIDERS[wish["provider"]]["locations"][0]
            fits = works(wish["provider"], location, request["type"], wish["day"], minute(wish["at"]))
            past = (wish["day"], minute(wish["at"])) < (0, OPENED_AT)
            assert past == (wish["state"] == "past"), request["key"]
            assert fits == (wish["state"] != "outside"), request["key"]
            assert wish["provider"] in (TYPES[request["type"]]["providers"] or PROVIDERS), request["key"]


def test_appointments_of_requests_lie_in_working_hours() -> None:
    for request in ASKED:
        if one := request.get("appointment"):
            assert works(one["provider"], one["location"], one["type"], one["day"], minute(one["at"])), request["key"]
    for one in REQUESTS["booked"]:
        assert works(one["provider"], one["location"], one["type"], one["day"], minute(one["at"])), one["family"]


def test_no_two_appointments_overlap_and_free_wishes_are_free() -> None:
    taken = taken_times()
    for one, other in combinations(taken, 2):
        assert one[:2] != other[:2] or one[3] <= other[2] or other[3] <= one[2], (one, other)
    for request in ASKED:
        own = request["child"] if isinstance(request["child"], str) else request["key"]
        for wish in request["wishes"]:
            if wish.get("state") != "free":
                continue
            free = blocked(wish["provider"], request["type"], wish["day"], wish["at"], own)
            for one in taken:
                apart = one[:2] != free[:2] or one[3] <= free[2] or free[3] <= one[2]
                assert apart or one[4] == own, (request["key"], one)


def test_wishes_for_free_times_compete_only_where_the_case_is_competition() -> None:
    wished = {
        (*blocked(wish["provider"], request["type"], wish["day"], wish["at"], ""), request["case"])
        for request in ASKED
        for wish in request["wishes"]
        if wish.get("state") == "free"
    }
    for one, other in combinations(sorted(wished), 2):
        assert one[:2] != other[:2] or one[3] <= other[2] or other[3] <= one[2], (one, other)
