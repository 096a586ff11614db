"""The list of events: one for all, exact words, thin payloads by their schemas, and a page that is not stale (WH1, HOOK-06, HOOK-08)."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, strategies as some

from request_desk.domain.changes import Topic
from request_desk.domain.errors import Invalid
from request_desk.domain.events import (
    EVENTS,
    OFFERED,
    SPEC_OF_EVENT,
    UNDONE_BY,
    EventLine,
    EventSpec,
    EventSubject,
    EventType,
    PayloadField,
    Shape,
    envelope,
    event_of,
    full,
    parse_types,
    thin,
)
from request_desk.domain.events_page import COMMAND, SCHEMA_COMMAND, page, schemas
from request_desk.domain.webhooks import MOST_BYTES
from tests.events import SCHEMA_FILE, problems

PAGE = Path(__file__).parents[2] / "docs" / "events.md"
INSTANTS = some.integers(-2_208_988_800, 7_258_118_399).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)  # 1900 to 2199
IDS = some.integers(1, 2**63 - 1)
HOSTILE = some.text(max_size=400) | some.sampled_from(
    ["\x00" * 300, "\U0001f476" * 300, '"\\' * 200, "", "\u2028" * 300]
)


def values_of(field: PayloadField) -> some.SearchStrategy[Any]:
    found: some.SearchStrategy[Any] = {
        Shape.ID: IDS,
        Shape.TIME: INSTANTS,
        Shape.WORD: some.sampled_from(field.words or ("",)),
        Shape.TEXT: HOSTILE,
        Shape.NUMBER: some.integers(0, 2**31),
    }[field.shape]
    return found if field.always else found | some.none()


def facts_of(spec: EventSpec) -> some.SearchStrategy[dict[str, Any]]:
    return some.fixed_dictionaries({each.name: values_of(each) for each in spec.fields if each.name != "version"})


SOME_EVENT = some.sampled_from(EVENTS).flatmap(lambda spec: some.tuples(some.just(spec), facts_of(spec)))


def test_the_page_and_the_schemas_are_not_stale() -> None:
    assert PAGE.read_text("utf-8") == page(), f"write it anew: {COMMAND}"
    assert SCHEMA_FILE.read_text("utf-8") == schemas(), f"write them anew: {SCHEMA_COMMAND}"


def test_every_event_has_one_row_and_every_field_stands_on_the_page() -> None:
    assert [spec.type for spec in EVENTS] == list(EventType)
    for spec in EVENTS:
        assert page().count(f"\n| `{spec.type}` | {spec.told} |") == 1
        section = page().split(f"## `{spec.type}`, version {spec.version}\n")[1].split("\n## ")[0]
        assert section.count("\n| `") == len(spec.fields)


@given(SOME_EVENT, INSTANTS, some.booleans())
def test_every_message_is_as_its_schema_says_and_small(
    event: tuple[EventSpec, dict[str, Any]], at: datetime, is_full: bool
) -> None:
    spec, facts = event
    data = thin(spec, facts)
    data = full(spec, data, facts) if is_full else data
    message = envelope(spec.type, at, data)
    assert len(message) <= MOST_BYTES
    assert problems(message) == []
    assert json.loads(message)["type"] == spec.type


@given(SOME_EVENT)
def test_a_thin_payload_has_no_name_whatever_it_is_made_of(event: tuple[EventSpec, dict[str, Any]]) -> None:  # HOOK-06
    spec, facts = event
    data = thin(spec, {**facts, "patient_name": "Zuri Okafor", "reason": "mattress", "birth_day": "2022-03-12"})
    assert not {"patient_name", "reason", "birth_day"} & data.keys()
    assert "Zuri" not in json.dumps(data)


def test_a_message_that_breaks_its_schema_is_noticed() -> None:
    spec = SPEC_OF_EVENT[EventType.SUBSCRIPTION_TEST]
    right = thin(spec, {"sequence": 1, "subscription_id": 7})
    now = datetime(2026, 11, 24, 16, 12, tzinfo=UTC)
    assert problems(envelope(spec.type, now, right)) == []
    for wrong in ({**right, "subscription_id": 7}, {**right, "name": "x"}, {"version": 1, "sequence": 1}):
        assert problems(envelope(spec.type, now, wrong))


def test_what_is_too_large_is_not_sent() -> None:
    with pytest.raises(ValueError, match="octets"):
        envelope(EventType.DELIVERY_FAILED, datetime(2026, 1, 1, tzinfo=UTC), {"kind": "x" * MOST_BYTES})


@given(
    some.sampled_from(list(Topic)),
    some.sampled_from([a for spec in EVENTS for a in spec.actions]) | some.text(max_size=20),
)
def test_a_line_is_the_event_whose_subject_and_word_it_has(topic: Topic, action: str) -> None:
    found = event_of(EventLine(topic, action, 1, {}))
    meant = [spec for spec in EVENTS if str(spec.subject) == str(topic) and action in spec.actions]
    assert ([] if found is None else [found]) == meant
    assert len(meant) <= 1


def test_a_line_is_an_event_or_takes_one_back_but_not_both() -> None:
    for topic, action in UNDONE_BY:
        assert event_of(EventLine(topic, action, 1, {})) is None


def test_a_dead_subscriber_of_failures_is_not_told_of_its_own_failure() -> None:
    assert event_of(EventLine("delivery", "webhook_failed", 1, {"event_type": "appointment.held"})) is not None
    assert event_of(EventLine("delivery", "webhook_failed", 1, {"event_type": "delivery.failed"})) is None


def test_types_are_taken_letter_for_letter() -> None:  # HOOK-08
    assert parse_types(["appointment.cancelled", "request.received"]) == (
        EventType.REQUEST_RECEIVED,
        EventType.APPOINTMENT_CANCELLED,
    )
    for wrong in ("appointment.cancelled_late", "appointment.", "Appointment.held", "", "subscription.test", None):
        with pytest.raises(Invalid, match="no event"):
            parse_types(["appointment.held", wrong])
    for nothing in ("", None, "appointment.held"):
        with pytest.raises(Invalid, match="at least one"):
            parse_types(nothing)


def test_only_what_happens_can_be_subscribed_to() -> None:
    assert set(EventType) - set(OFFERED) == {EventType.SUBSCRIPTION_TEST}
    assert all(spec.actions for spec in EVENTS if spec.subject is not EventSubject.SUBSCRIPTION)
