"""Every function that a face can call refuses who has no right, before it looks at anything; the others no face calls."""

import ast
import inspect
import pkgutil
from collections.abc import Callable, Iterator, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any, Final

import pytest

import request_desk
from request_desk import services
from request_desk.domain.access import SYSTEM, Actor, ActorKind
from request_desk.domain.errors import Invalid, NotAllowed
from request_desk.domain.ids import SecretId, SubscriptionId
from request_desk.services.desk import Desk, Unit
from request_desk.services.notices import subscriptions
from request_desk.services.notices.subscriptions import SubscriptionForm
from request_desk.services.people import access
from request_desk.services.practice import booking_secrets
from request_desk.store.database import Database

NOBODY: Final = Actor(ActorKind.STAFF, 424_242, "Nobody")  # signed in, and without a role
PARENT: Final = Actor(ActorKind.CONTACT, 424_243, "Somebody's parent")
FACES: Final = ("ui", "web", "jobs", "demo", "app.py", "doctor.py")

# Parts of use cases, which ask for them. No face may call these; a test below looks.
INSIDE: Final[Mapping[str, tuple[str, ...]]] = {
    "schedule.acts": ("do", "go_back"),
    "schedule.allowed": ("check_allowed", "check_time_allowed", "verdict_of", "outside_words"),
    "schedule.views": ("load", "load_many", "chain_end", "held_for", "upcoming_of", "missed_of", "sequence_of"),
    "schedule.holds": (
        "place",
        "expire_here",
        "expire_all",
        "drop",
        "drop_of_request",
        "ask_of_request",
        "drop_found",
        "own_holds",
        "clear_chain",
        "is_taken",
        "who_has",
        "take",
        "taken",
        "lock_providers",
        "end_offers",
    ),
    "schedule.scheduling": ("confirm_offered", "give_up", "move_offered"),
    "schedule.outside_times": ("open_times", "check_offered"),
    "schedule.freed": ("offered_words", "time_of_freed", "who_fits", "has_rights", "waiting"),
    "schedule.waitlist": ("settle_entry",),
    "portal.access": ("new_challenge", "too_many", "counted", "open_session"),
    "portal.manage_links": (
        "mint",
        "revoke_of_contact",
        "live",
        "opens",
        "may_ask",
        "seen_at",
        "present",
    ),
    "portal.family_acts": ("known",),
    "inbox.marks": ("dismiss", "clear_marks", "put_back", "release", "drop_claim", "take_draft"),
    "inbox.queries": ("deliveries_of", "deliveries_about", "delivery"),
    "inbox.view": ("notes_of",),
    "inbox.routing": ("arriving", "due_from_now", "reopened", "reroute", "keep_seen"),
    "notices.templates": ("texts_of",),
    "notices.outbox": (
        "ask_people",
        "ask_person",
        "reached",
        "notify",
        "may_be_told",
        "enqueue_code",
        "enqueue_reminder",
        "enqueue_test",
        "withdraw",
        "withdraw_waiting",
        "told_by",
    ),
    "notices.letter_facts": ("facts_of", "caused", "announced", "readers", "first_names_of", "sample_facts"),
    "notices.calendars": ("event_of", "calendar_of"),
    "notices.text_limits": ("hold_back", "why_not"),
    "notices.subscriptions": ("signing", "switched_off"),
    "practice.sealed_values": ("begin",),
    "notices.reminders": ("rules_of", "sends_texts_to", "write_rules"),
    "inbox.scope": (
        "my_targets",
        "open_targets",
        "in_scope",
        "seen",
        "people_of",
        "target_names",
        "target_name",
        "fresh",
    ),
    "inbox.letters_seen": ("seen_at",),
    "inbox.handling": ("find_again", "own"),
    "schedule.offered_times": (
        "take",
        "ask_open",
        "end",
        "hold_ids",
        "kept",
        "of_request",
        "stands",
        "is_coming",
    ),
    "schedule.latest_offers": ("latest", "latest_rows"),
    "practice.questionnaires": ("load_all",),
    "portal.chains": ("arrival",),
    "schedule.attachments": ("attachments_of", "with_content"),
    "schedule.filled_forms": ("forms_of", "form_of", "seen_by_staff"),
    "schedule.intake": ("intake_incomplete",),
    "practice.phrases": ("write_phrase", "replace_phrase", "switch_phrase", "row_of"),
    "practice.text_history": (
        "keep",
        "earlier_texts",
        "version",
        "shipped_text",
        "with_shipped_text",
        "forget",
        "remember",
    ),
    "practice.order": ("next_place", "move", "switch", "offer_back"),
    "people.patients": ("row_of", "first_contacts", "opt_outs_of"),
    "practice.window_details": ("checked_details",),
    "inbox.doubts": ("check", "check_alone", "check_first", "check_text"),
    "schedule.patient_facts": (
        "facts_of",
        "limits_of_type",
        "is_over",
        "obeying",
        "is_out_of_reach",
        "check_for_parent",
    ),
    "schedule.sessions": ("full_limits", "check_lane", "lane_limits", "free_lane", "lane_of_move"),
    "schedule.against": ("limits_against",),
    "people.registration": ("register_online",),
    "portal.booking_choices": ("scope_of",),
    "schedule.meetings": ("check_open", "address"),
    "schedule.double_bookings": ("against", "others"),
    "schedule.two_places": ("elsewhere", "limits_of", "lock_patient"),
    "inbox.search_index": ("add", "change", "forget", "rescope"),
    "schedule.slots": (
        "opened",
        "type_rules",
        "all_providers",
        "all_locations",
        "time_of",
        "windows_of",
        "absences_of",
        "booked_of",
        "open_book",
    ),
}
# Whose own account or own pages they are: everybody of this kind may, and each looks at nothing but the actor's own.
STAFF_MAY: Final = frozenset(f"people.access.{name}" for name in ("sign_out", "end_session"))
PARENT_MAY: Final = frozenset(
    {
        "practice.directory.locations",
        "practice.directory.providers",
        "practice.directory.appointment_types",
        "inbox.counter_offers.accept",
        "inbox.counter_offers.decline",
        "inbox.counter_offers.portal_times",
        "inbox.letters_seen.note_seen",
        "inbox.handling.submit",
        "inbox.handling.close_by_parent",
        "inbox.handling.answer",
        "inbox.handling.thank",
        "inbox.handling.withdraw",
        "portal.access.choose_language",
        "portal.access.is_proved",
        "portal.access.proved",
        "portal.booking.hold_online",
        "portal.booking.release",
        "portal.booking.held_online",
        "portal.booking.free_near",
        "portal.booking.why_not",
        "portal.booking.already_booked",
        "portal.booking.confirm",
        "portal.booking.confirm_new",
        "portal.booking.booked_online",
        "portal.booking.link_to_booked",
        "portal.booking_choices.service_choice",
        "portal.booking_choices.offered",
        "portal.booking_choices.offered_by_token",
        "portal.booking_choices.kinds_of_token",
        "portal.booking_choices.online_times",
        "portal.meetings.portal_meeting",
        "portal.meetings.arrive",
        "portal.questionnaires.papers",
        "portal.questionnaires.portal_document",
        "portal.questionnaires.save_answers",
        "portal.family_acts.appointment",
        "portal.family_acts.free_times",
        "portal.family_acts.calendar_entry",
        "portal.family_acts.cancel",
        "portal.family_acts.move",
        "portal.queries.portal_children",
        "portal.queries.portal_types",
        "portal.queries.portal_requests",
        "portal.queries.portal_thread",
        "schedule.portal_schedule.portal_slots",
        "schedule.portal_schedule.portal_appointments",
        "schedule.waitlist.wish_earlier",
        "schedule.waitlist.take_wish_back",
        "schedule.slot_offers.accept",
        "schedule.slot_offers.decline",
        "schedule.slot_offers.portal_offers",
        "schedule.scheduling.drop_holds",  # of a request that is taken back; looks whose it is
    }
)


def modules() -> Iterator[str]:
    """Every module of the services by its name below them, such as "inbox.marks"."""
    stem = f"{services.__name__}."
    for found in pkgutil.walk_packages(services.__path__, stem):
        if not found.ispkg:
            yield found.name.removeprefix(stem)


def public() -> Iterator[tuple[str, Callable[..., Any]]]:
    """Every public function of the services that works in a unit, by "module.name"."""
    for name in modules():
        module = import_module(f"{services.__name__}.{name}")
        for key, function in vars(module).items():
            if key.startswith("_") or not inspect.isfunction(function) or function.__module__ != module.__name__:
                continue
            first = next(iter(inspect.signature(function).parameters.values()), None)
            if first is not None and first.annotation is Unit:
                yield f"{name}.{key}", function


FUNCTIONS: Final = dict(public())
ASKED: Final = sorted(set(FUNCTIONS) - {f"{module}.{name}" for module, names in INSIDE.items() for name in names})


def nothing_for(function: Callable[..., Any]) -> tuple[list[None], dict[str, None]]:
    """Arguments that are worth nothing: whoever looks at them before asking for the right fails otherwise."""
    given = list(inspect.signature(function).parameters.values())[1:]
    needed = [each for each in given if each.default is inspect.Parameter.empty]
    by_place = [None for each in needed if each.kind is not inspect.Parameter.KEYWORD_ONLY]
    return by_place, {each.name: None for each in needed if each.kind is inspect.Parameter.KEYWORD_ONLY}


@pytest.fixture(scope="module")
def empty(sqlite_template: Path) -> Iterator[Desk]:
    database = Database(f"sqlite:///{sqlite_template}")
    yield Desk(database)
    database.close()


@pytest.mark.parametrize("name", ASKED)
def test_nobody_gets_in_without_a_right(empty: Desk, name: str) -> None:
    function = FUNCTIONS[name]
    by_place, by_name = nothing_for(function)
    for actor, may in ((NOBODY, STAFF_MAY), (PARENT, PARENT_MAY)):
        if name not in may:
            with pytest.raises(NotAllowed):
                empty.query(actor, function, *by_place, **by_name)


# They compare a password or a code between two transactions, or look a name up, so they take the desk itself.
APART: Final = (
    "notices.subscriptions.add_subscription",
    "notices.subscriptions.reveal_secret",
    "notices.subscriptions.save_subscription",
    "people.access.change_password",
    "people.access.confirm_password",
    "people.access.sign_in",
    "portal.access.check_code",
    "portal.access.mint_code",
    "portal.verification.check_code",
    "practice.booking_secrets.reveal_secret",
)


def test_only_sign_ins_take_the_desk_itself(empty: Desk) -> None:
    found = []
    for name in modules():
        for key, function in vars(import_module(f"{services.__name__}.{name}")).items():
            if inspect.isfunction(function) and not key.startswith("_") and function.__module__.endswith(f".{name}"):
                first = next(iter(inspect.signature(function).parameters.values()), None)
                found += [f"{name}.{key}"] if first is not None and first.annotation is Desk else []
    assert sorted(found) == list(APART)
    with pytest.raises(NotAllowed):
        access.change_password(empty, PARENT, "", "")
    with pytest.raises(NotAllowed):
        access.confirm_password(empty, PARENT, "")
    for actor in (NOBODY, PARENT):
        with pytest.raises(NotAllowed):
            booking_secrets.reveal_secret(empty, actor, SecretId(1), "")
        with pytest.raises(NotAllowed):
            subscriptions.add_subscription(empty, actor, SubscriptionForm("", "", ()))
        with pytest.raises(NotAllowed):
            subscriptions.save_subscription(
                empty, actor, SubscriptionId(1), SubscriptionForm("", "", ()), expect_version=1
            )
        with pytest.raises(NotAllowed):
            subscriptions.reveal_secret(empty, actor, SubscriptionId(1), "")


def services_in(tree: ast.AST) -> dict[str, str]:
    """What a file calls each thing that it imports from the services, and what that is, such as "inbox.marks"."""
    stem = services.__name__
    return {
        alias.asname or alias.name: f"{node.module}.{alias.name}".removeprefix(f"{stem}.")
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and (node.module or "").startswith(stem)
        for alias in node.names
    }


def test_no_face_calls_a_part_of_a_use_case() -> None:
    root = Path(request_desk.__file__).parent
    files = [
        path for face in FACES for path in ([root / face] if face.endswith(".py") else (root / face).rglob("*.py"))
    ]
    parts = {f"{module}.{name}" for module, names in INSIDE.items() for name in names}
    found, seen = [], 0
    for path in files:
        tree = ast.parse(path.read_text("utf-8"))
        known = services_in(tree)
        seen += len(known)
        found += [f"{path.relative_to(root)} {name}" for name in known.values() if name in parts]
        found += [
            f"{path.relative_to(root)}:{node.lineno} {known[node.value.id]}.{node.attr}"
            for node in ast.walk(tree)
            if isinstance(node, ast.Attribute)
            and isinstance(node.value, ast.Name)
            and f"{known.get(node.value.id)}.{node.attr}" in parts
        ]
    assert seen > 100
    assert found == []


def test_the_lists_name_what_there_is() -> None:
    listed = {f"{module}.{name}" for module, names in INSIDE.items() for name in names} | STAFF_MAY | PARENT_MAY
    assert sorted(listed - set(FUNCTIONS)) == []


SEEN: Final = sorted(
    name
    for name, function in FUNCTIONS.items()
    if name in ASKED and "expect_version" in inspect.signature(function).parameters
)


def test_the_changes_of_what_was_seen_are_found() -> None:
    assert len(SEEN) > 15


@pytest.mark.parametrize("name", SEEN)
def test_a_change_of_what_was_seen_takes_a_version_and_nothing_else(empty: Desk, name: str) -> None:
    function = FUNCTIONS[name]
    by_place, by_name = nothing_for(function)
    is_new = "expect_version" in (function.__kwdefaults__ or {})  # what is made anew was not seen
    for seen in (*(() if is_new else (None,)), "1", 1.0, True, 0, -1, 2**63, b"1"):
        with pytest.raises(Invalid, match="not known which state"):
            empty.perform(SYSTEM, function, *by_place, **{**by_name, "expect_version": seen})
