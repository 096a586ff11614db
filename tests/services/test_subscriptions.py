"""Subscriptions of other programs: made, changed, switched, given another secret, removed (WH1, HOOK-02, HOOK-05 to 08, SEC-01, SEC-05)."""

import base64
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM
from request_desk.domain.clock import FixedClock
from request_desk.domain.errors import Conflict, Invalid, NotAllowed, NotFound, Refused, Unavailable
from request_desk.domain.events import OFFERED, EventType
from request_desk.domain.ids import IdSource
from request_desk.domain.sealing import KeyMissing, SealBroken
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.secrets import FileStore
from request_desk.services.desk import Desk
from request_desk.services.notices import subscriptions, webhook_queue
from request_desk.services.practice import sealed_values
from request_desk.store import schema
from request_desk.store.database import Database
from tests.builders import PASSWORD, Practice, with_password
from tests.events import told
from tests.services.webhook_parts import GONE, TAKEN, URL, a_form, listed, logged, subscribed, webhook_desk
from tests.tables import dump

pytestmark = pytest.mark.usefixtures("quick_hashing")

HEADERS = (("X-Api-Key", "canary-header"), ("X-Site", "north"))
DAY, SECOND = timedelta(days=1), timedelta(seconds=1)
table = schema.subscription.c


@pytest.fixture
def desk(database: Database, clock: FixedClock, keys: Path) -> Desk:
    return webhook_desk(database, clock, keys)


def journal(database: Database) -> str:
    with database.read() as connection:
        return str(connection.execute(select(schema.journal.c.action, schema.journal.c.detail)).all())


def claimed(practice: Practice) -> tuple[webhook_queue.DueWebhook, ...]:
    return practice.desk.perform(SYSTEM, webhook_queue.claim, "worker", 10).value


# Making


def test_a_subscription_is_made_and_its_secret_is_nowhere(
    practice: Practice, database: Database
) -> None:  # HOOK-02, SEC-01
    made = subscribed(practice, headers=HEADERS)
    assert made.value.text.startswith("whsec_")
    assert len(base64.b64decode(made.value.text.removeprefix("whsec_"))) == 32
    seen = listed(practice)[made.id]
    assert (seen.name, seen.url, seen.types, seen.header_names) == (
        "Sunrise School",
        URL,
        OFFERED,
        ("X-Api-Key", "X-Site"),
    )
    assert (seen.active, seen.is_full, seen.waiting, seen.failed, seen.trouble) == (True, False, 0, 0, None)
    everything = dump(database)
    assert made.value.text not in everything
    assert "canary-header" not in everything
    assert made.value.text not in str(made)
    assert "k-4711" not in journal(database)
    assert "k-4711" not in str(seen)


@pytest.mark.parametrize(
    ("values", "field", "sentence"),
    [
        ({"url": "http://partner.example/hook"}, "Address", "https"),
        ({"url": "https://inside.example/hook"}, "Address", "private network"),
        ({"url": "https://127.0.0.1/hook"}, "Address", "private network"),
        ({"url": "https://nobody.example/hook"}, "Address", "private network"),  # found on this machine
        ({"url": ""}, "Address", "is empty"),
        ({"types": []}, "Events", "at least one"),
        ({"types": ["appointment.cancelled_late"]}, "Events", "no event"),
        ({"headers": (("Host", "x"),)}, "Headers", "set by the program"),
        ({"headers": (("webhook-id", "x"),)}, "Headers", "set by the program"),
        ({"headers": (("X-Key", "a\r\nHost: b"),)}, "Headers", "plain letters"),
        ({"name": " "}, "Name", "is empty"),
    ],
)
def test_what_is_wrong_with_a_form_is_told(
    practice: Practice, values: dict[str, Any], field: str, sentence: str
) -> None:
    with pytest.raises(Invalid, match=sentence) as refused:
        subscribed(practice, **values)
    assert refused.value.field == field
    assert listed(practice) == {}


def test_everything_that_is_wrong_is_told_at_once(practice: Practice) -> None:
    with pytest.raises(Invalid) as refused:
        subscribed(practice, name="", url="ftp://x", types=[], headers=(("Host", "x"),))
    assert [each.field for each in refused.value.others] == ["Address", "Events", "Headers"]


def test_only_administrators_see_and_change_them(practice: Practice, database: Database) -> None:
    made = subscribed(practice)
    for who in (practice.maria, practice.amara):
        with pytest.raises(NotAllowed):
            practice.desk.query(who, subscriptions.subscriptions)
        with pytest.raises(NotAllowed):
            subscribed(practice, by=who)
        with pytest.raises(NotAllowed):
            subscriptions.save_subscription(practice.desk, who, made.id, a_form(), expect_version=1)
        with pytest.raises(NotAllowed):
            subscriptions.reveal_secret(practice.desk, who, made.id, PASSWORD)
        with pytest.raises(NotAllowed):
            practice.desk.perform(who, subscriptions.send_test, made.id)
    assert told(database) == []


def test_a_program_that_cannot_look_names_up_makes_none(
    database: Database, practice: Practice, clock: FixedClock
) -> None:
    with pytest.raises(Unavailable, match="at a desk"):
        subscriptions.add_subscription(Desk(database, clock), practice.admin, a_form())


def test_there_is_an_end_to_them(practice: Practice, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscriptions, "MOST", 2)
    subscribed(practice)
    subscribed(practice)
    with pytest.raises(Refused, match="2 subscriptions already"):
        subscribed(practice)


# Changing


def save(practice: Practice, made: Any, **values: Any) -> None:
    version = values.pop("version", None) or listed(practice)[made.id].version
    subscriptions.save_subscription(practice.desk, practice.admin, made.id, a_form(**values), expect_version=version)


def test_a_change_is_whole_and_names_no_address_in_the_journal(practice: Practice, database: Database) -> None:
    made = subscribed(practice, headers=HEADERS)
    types = ["appointment.held"]
    headers = (("X-Api-Key", None), ("X-New", "b"))
    save(practice, made, name="County", url="https://other.example/h?t=k-9", types=types, headers=headers, is_full=True)
    seen = listed(practice)[made.id]
    assert (seen.name, seen.url, seen.types) == (
        "County",
        "https://other.example/h?t=k-9",
        (EventType.APPOINTMENT_HELD,),
    )
    assert seen.header_names == ("X-Api-Key", "X-New")
    assert seen.is_full
    assert "k-9" not in journal(database)
    practice.desk.perform(practice.admin, subscriptions.send_test, made.id)
    (due,) = claimed(practice)
    assert due.headers == (("X-Api-Key", "canary-header"), ("X-New", "b"))  # one was kept without being typed
    assert due.url == "https://other.example/h?t=k-9"


def test_a_change_of_what_somebody_else_changed_is_refused(practice: Practice) -> None:
    made = subscribed(practice)
    save(practice, made, name="County")
    with pytest.raises(Conflict):
        save(practice, made, name="Country", version=1)
    assert listed(practice)[made.id].name == "County"


def test_headers_can_be_taken_away(practice: Practice) -> None:
    made = subscribed(practice, headers=HEADERS)
    save(practice, made)
    assert listed(practice)[made.id].header_names == ()


def test_an_address_that_stays_need_not_be_found_again(practice: Practice, database: Database) -> None:
    made = subscribed(practice)
    with database.write() as connection:
        connection.execute(update(schema.subscription).values(url="https://inside.example/hook"))
    save(practice, made, url="https://inside.example/hook", name="Renamed")
    assert listed(practice)[made.id].name == "Renamed"


def test_off_writes_nothing_and_gives_up_what_waits(practice: Practice, database: Database) -> None:
    made = subscribed(practice)
    practice.a_request()
    switch(practice, made, active=False)
    practice.a_request()
    (one,) = logged(practice, made.id)
    assert (one.state, one.error) == ("failed", "The subscription was switched off.")
    switch(practice, made, active=True)
    practice.a_request()
    assert [each.state for each in logged(practice, made.id)] == ["pending", "failed"]


def switch(practice: Practice, made: Any, *, active: bool) -> None:
    version = listed(practice)[made.id].version
    practice.desk.perform(
        practice.admin, subscriptions.switch_subscription, made.id, active=active, expect_version=version
    )


def test_what_is_on_its_way_while_it_is_switched_off_is_settled(practice: Practice) -> None:
    made = subscribed(practice)
    practice.a_request()
    (due,) = claimed(practice)
    switch(practice, made, active=False)
    practice.desk.perform(SYSTEM, webhook_queue.settle, due.id, "worker", TAKEN)
    assert [each.state for each in logged(practice, made.id)] == ["sent"]


def test_a_removed_one_has_no_secret_any_more_and_is_sent_nothing(practice: Practice, database: Database) -> None:
    made = subscribed(practice, headers=HEADERS)
    practice.a_request()
    practice.desk.perform(practice.admin, subscriptions.remove_subscription, made.id, expect_version=1)
    assert listed(practice) == {}
    with database.read() as connection:
        row = connection.execute(select(schema.subscription)).one()
    assert (row.secret_sealed, row.headers_sealed, row.previous_secret_sealed, row.active) == ("", "", "", False)
    assert claimed(practice) == ()
    with pytest.raises(NotFound):
        practice.desk.perform(practice.admin, subscriptions.send_test, made.id)
    assert practice.desk.query(SYSTEM, sealed_values.sealing_keys) == frozenset()


# Secrets


def test_both_secrets_sign_for_a_day(practice: Practice, clock: FixedClock) -> None:  # HOOK-02
    made = subscribed(practice)
    again = practice.desk.perform(practice.admin, subscriptions.rotate_secret, made.id, expect_version=1).value
    assert again.value.text != made.value.text
    assert listed(practice)[made.id].both_until == clock.now() + DAY
    practice.desk.perform(practice.admin, subscriptions.send_test, made.id)
    (due,) = claimed(practice)
    assert due.secrets == (again.value.text, made.value.text)
    practice.desk.perform(SYSTEM, webhook_queue.settle, due.id, "worker", TAKEN)
    clock.advance(DAY + SECOND)
    practice.desk.perform(practice.admin, subscriptions.send_test, made.id)
    assert claimed(practice)[0].secrets == (again.value.text,)
    assert listed(practice)[made.id].both_until is None


def test_a_secret_is_shown_to_whoever_typed_the_password_and_noted(
    practice: Practice, database: Database
) -> None:  # SEC-05
    made, admin = subscribed(practice), with_password(practice)
    refused = subscriptions.reveal_secret(practice.desk, admin, made.id, "not the password")
    assert refused.sentence
    assert not refused.value.text
    assert subscriptions.reveal_secret(practice.desk, admin, made.id, PASSWORD).value.text == made.value.text
    assert journal(database).count("revealed_subscription_secret") == 1


def test_a_secret_of_another_row_does_not_open(practice: Practice, database: Database) -> None:  # SEC-01
    one, other = subscribed(practice), subscribed(practice)
    admin = with_password(practice)
    with database.write() as connection:
        stolen = connection.execute(select(table.secret_sealed).where(table.id == one.id)).scalar_one()
        connection.execute(update(schema.subscription).where(table.id == other.id).values(secret_sealed=stolen))
    assert not subscriptions.reveal_secret(practice.desk, admin, other.id, PASSWORD).value.text
    with pytest.raises(SealBroken):
        practice.desk.sealer.unseal(stolen, subscriptions.place_of(one.id, "previous_secret_sealed"))


def test_without_the_key_all_goes_on_but_what_needs_it(
    practice: Practice, database: Database, clock: FixedClock, tmp_path: Path
) -> None:  # SEC-07
    made, admin = subscribed(practice, headers=HEADERS), with_password(practice)
    elsewhere = webhook_desk(database, clock, tmp_path / "elsewhere", IdSource(clock.now))
    (seen,) = elsewhere.query(admin, subscriptions.subscriptions)
    assert (seen.id, seen.header_names) == (made.id, ())
    with pytest.raises(KeyMissing):
        subscriptions.add_subscription(elsewhere, admin, a_form())
    with pytest.raises(KeyMissing):
        elsewhere.perform(admin, subscriptions.rotate_secret, made.id, expect_version=1)
    practice.a_request()
    assert elsewhere.perform(SYSTEM, webhook_queue.claim, "worker", 10).value == ()
    (waits,) = logged(practice, made.id)
    assert (waits.state, waits.tries) == ("pending", ())
    assert "not on this computer" in waits.error
    clock.advance(webhook_queue.SEALED_WAIT)
    assert len(claimed(practice)) == 1  # a worker that has it


def test_a_new_sealing_key_seals_secrets_and_headers_anew(practice: Practice, keys: Path) -> None:  # SEC-04
    made = subscribed(practice, headers=HEADERS)
    practice.desk.perform(practice.admin, subscriptions.rotate_secret, made.id, expect_version=1)
    sealer = KeptSealer(FileStore(keys))
    (old,) = practice.desk.query(SYSTEM, sealed_values.sealing_keys)
    new = sealer.renew()
    assert practice.desk.perform(SYSTEM, sealed_values.seal_anew, new).value == 0
    assert practice.desk.query(SYSTEM, sealed_values.sealing_keys) == {new}
    sealer.forget(old)
    practice.desk.perform(practice.admin, subscriptions.send_test, made.id)
    (due,) = claimed(practice)
    assert len(due.secrets) == 2
    assert due.headers == HEADERS


# What administrators hear


def test_trouble_is_shown_for_a_week(practice: Practice, clock: FixedClock) -> None:
    made = subscribed(practice)
    assert practice.desk.query(practice.admin, subscriptions.troubled) == ()
    practice.a_request()
    (due,) = claimed(practice)
    practice.desk.perform(SYSTEM, webhook_queue.settle, due.id, "worker", GONE)
    (trouble,) = practice.desk.query(practice.admin, subscriptions.troubled)
    assert (trouble.id, trouble.name) == (made.id, "Sunrise School")
    assert "410" in trouble.off_reason
    seen = listed(practice)[made.id]
    assert not seen.active
    assert seen.trouble is not None
    switch(practice, made, active=True)
    (trouble,) = practice.desk.query(practice.admin, subscriptions.troubled)
    assert (trouble.failed, trouble.off_reason) == (1, "")
    clock.advance(timedelta(days=8))
    assert practice.desk.query(practice.admin, subscriptions.troubled) == ()


def test_before_names_leave_somebody_is_warned() -> None:  # HOOK-06
    assert "Names of patients" in subscriptions.full_warning()
