"""Thirty mixed requests, one after the other, with key events alone; what became of each is looked up in the database."""

from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta

from request_desk.domain.access import Actor
from request_desk.domain.appointments import AppointmentStatus
from request_desk.domain.ids import AppointmentId, PatientId, RequestId
from request_desk.domain.requests import DayPart, RequestState, Wish, WishKind
from request_desk.store import schema
from tests.builders import TODAY, ZONE, Practice, wall
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import House, RunningDesk

NAMES = (
    ("Zuri", "Okafor"), ("Leo", "Weiss"), ("Ana Sofía", "García"), ("Jaxon", "Miller"), ("كمال", "الزهراء"),
    ("Mei", "陈"), ("Siobhán", "O’Neill"), ("Nguyễn", "Minh Châu"), ("Ivo", "Kovač"), ("Ada", "Lee"),
)  # fmt: skip
SLOTS = ("8:20", "9:20", "10:20", "11:20", "13:00", "14:00", "15:00", "16:00")
DAY = timedelta(days=1)
MOST_KEYS = 3  # for a request with a fitting slot (ACT3, MC12)


@dataclass(frozen=True)
class Case:
    """A request, how it is handled, and what it must become."""

    how: str
    request: RequestId
    patient: PatientId
    day: date | None = None
    time: str = ""
    appointment: AppointmentId | None = None

    @property
    def has_fitting_slot(self) -> bool:
        return self.how in {"schedule", "move", "second", "next", "part", "taken"}


class Families:
    """Thirty families with one child each, and the requests of their parents."""

    def __init__(self, practice: Practice) -> None:
        self.practice = practice
        self.count = 0
        self.cases: list[Case] = []

    def family(self) -> tuple[Actor, PatientId]:
        given, family = NAMES[self.count % len(NAMES)]
        self.count += 1
        child = self.practice.a_patient(given, family, TODAY - timedelta(days=400 + 97 * self.count))
        parent = self.practice.a_contact(
            f"Parent{self.count}", family, f"family{self.count}@example.org", {child: {"relation": "mother"}}
        )
        return parent, child

    def wishes(self, *times: tuple[date, str]) -> list[Wish]:
        return [self.practice.wish(day, time, rank=rank) for rank, (day, time) in enumerate(times, 1)]

    def schedule(self, day: date, time: str) -> None:
        parent, child = self.family()
        request = self.practice.a_request("schedule", by=parent, patient=child, wishes=self.wishes((day, time)))
        self.cases.append(Case("schedule", request, child, day, time))

    def second_wish(self, day: date, first: str, second: str) -> None:
        parent, child = self.family()
        wishes = self.wishes((day, first), (day, second))
        request = self.practice.a_request("schedule", by=parent, patient=child, wishes=wishes)
        self.cases.append(Case("second", request, child, day, second))

    def move(self, day: date, time: str, number: int) -> None:
        parent, child = self.family()
        appointment = self.practice.an_appointment(child, self.practice.mwangi, TODAY + 9 * DAY, SLOTS[number])
        message = "hi can we move it, he has a half day thx"
        request = self.practice.a_request(
            "reschedule",
            by=parent,
            patient=child,
            appointment=appointment,
            wishes=self.wishes((day, time)),
            message=message,
        )
        self.cases.append(Case("move", request, child, day, time, appointment))

    def cancel(self, number: int) -> None:
        parent, child = self.family()
        appointment = self.practice.an_appointment(child, self.practice.mwangi, TODAY + 8 * DAY, SLOTS[number])
        request = self.practice.a_request(
            "cancel", by=parent, patient=child, appointment=appointment, message="sorry, sick"
        )
        self.cases.append(Case("cancel", request, child, appointment=appointment))

    def taken(self, time: str) -> None:
        """Somebody else has the wished time; another is chosen for them."""
        day = TODAY + 7 * DAY
        _other, neighbour = self.family()
        self.practice.an_appointment(neighbour, self.practice.lindqvist, day, time)
        parent, child = self.family()
        request = self.practice.a_request("schedule", by=parent, patient=child, wishes=self.wishes((day, time)))
        self.cases.append(Case("taken", request, child, day))

    def other(self, how: str, *wishes: Wish, message: str = "hi!") -> None:
        parent, child = self.family()
        request = self.practice.a_request("schedule", by=parent, patient=child, wishes=wishes, message=message)
        self.cases.append(Case(how, request, child, wishes[0].day if wishes else None))


def thirty(practice: Practice) -> dict[RequestId, Case]:
    made = Families(practice)
    for number in range(8):
        made.schedule(TODAY + DAY, SLOTS[number])
    for number in range(5):
        made.move(TODAY + 2 * DAY, SLOTS[number], number)
    for number in range(5):
        made.cancel(number)
    made.second_wish(TODAY + 3 * DAY, "9:20", "10:20")
    made.second_wish(TODAY + 3 * DAY, "14:00", "15:00")
    for time in ("9:20", "14:00"):
        made.taken(time)
    for _number in range(2):
        made.other("next", Wish(1, WishKind.NEXT))
    made.other("part", Wish(1, WishKind.DAY_PART, day=TODAY + 6 * DAY, part=DayPart.MORNING))
    made.other("answer", message="do we need to bring the forms?")
    made.other("phrase", message="is tuesday possible?")
    made.other("silent", message="thank you!!")
    made.other("forward", message="question for kofi")
    made.other("wait", message="we will tell you the day")
    return {case.request: case for case in made.cases}


# how each is handled: keys, and waiting for what they do


def first(desk: RunningDesk) -> None:
    desk.choose(1)
    desk.send()


def second(desk: RunningDesk) -> None:
    desk.choose(2)
    desk.send()


def cancel(desk: RunningDesk) -> None:
    desk.cancel()
    desk.send()


def answer(desk: RunningDesk) -> None:
    desk.press("R")
    desk.until(desk.center.response.editor.hasFocus, "the response has the focus")
    desk.type("No forms are needed.")
    desk.send()


def phrase(desk: RunningDesk) -> None:
    desk.press("P")
    desk.until(lambda: desk.dialog() is not None, "Phrase Construction is open")
    desk.type("name other times")
    desk.press("Return")
    desk.until(lambda: desk.asks_nothing and "‹" in desk.text, "the phrase is there, its question open")
    desk.type("Tuesday at 9")
    desk.send()


def silent(desk: RunningDesk) -> None:
    desk.press("D")
    desk.until(lambda: desk.dialog() is not None, "the reason is asked")
    desk.type("The parent wrote thanks")
    desk.press("Return")


def forward(desk: RunningDesk) -> None:
    desk.press("F")
    desk.until(lambda: desk.dialog() is not None, "the person is asked")
    desk.type("kofi")
    desk.press("Return")


def wait(desk: RunningDesk) -> None:
    desk.press("S")
    desk.until(lambda: desk.dialog() is not None, "the day is asked")
    desk.press("Return")
    desk.until(lambda: desk.asks_nothing, "it is told")
    desk.send()


HOW: dict[str, Callable[[RunningDesk], None]] = {
    "schedule": first, "move": first, "next": first, "part": first, "taken": first, "second": second,
    "cancel": cancel, "answer": answer, "phrase": phrase, "silent": silent, "forward": forward, "wait": wait,
}  # fmt: skip
NOTICE = {
    "schedule": "booking", "second": "booking", "next": "booking", "part": "booking", "taken": "booking",
    "move": "move", "cancel": "cancellation", "answer": "reply", "phrase": "reply",
}  # fmt: skip


# what must be so afterwards


def confirmed_of(house: House, case: Case) -> list[tuple[date, str]]:
    columns = (schema.appointment.c.starts_at, schema.appointment.c.id)
    rows = house.rows(*columns, patient_id=case.patient, status="confirmed")
    return [(ZONE.day_of(row.starts_at), f"{ZONE.wall(row.starts_at):%H:%M}".removeprefix("0")) for row in rows]


def is_as_chosen(house: House, case: Case) -> None:
    view, booked = house.view(case.request), confirmed_of(house, case)
    state = {"forward": RequestState.OPEN, "wait": RequestState.WAITING}.get(case.how, RequestState.COMPLETED)
    assert view.state is state, case
    if case.appointment is not None:
        (old,) = house.rows(schema.appointment.c.id, schema.appointment.c.status, id=case.appointment)
        assert old.status == AppointmentStatus.CANCELLED, case
    match case.how:
        case "schedule" | "second" | "move":
            assert booked == [(case.day, case.time)], case
        case "next" | "taken":
            assert len(booked) == 1, case
        case "part":
            ((day, time),) = booked
            assert day == case.day
            assert wall(day, "8:00") <= wall(day, time) < wall(day, "12:00")
        case _:
            assert booked == [], case
    match case.how:
        case "answer":
            assert view.thread[-1].body == "No forms are needed."
        case "phrase":
            assert "Tuesday at 9" in view.thread[-1].body
            assert "‹" not in view.thread[-1].body
        case "silent":
            assert view.completion_reason == "The parent wrote thanks"
        case "forward":
            assert view.target.id == house.practice.kofi.id


def test_thirty_mixed_requests_are_handled_with_the_keyboard_alone(house: House, open_desk: OpenDesk) -> None:
    # MC12, ACT2, ACT3, RE1, RE2, RE4, RE6, RT5, NT1
    with house.allowed():
        cases = thirty(house.practice)
    assert len(cases) == 30
    desk = open_desk()
    done: dict[RequestId, list[str]] = {}
    while len(done) < len(cases):
        desk.until(desk.is_open, "the next request is open")
        assert desk.now is not None
        case = cases[desk.now.view.id]
        assert case.request not in done
        desk.pressed.clear()
        HOW[case.how](desk)
        desk.until(lambda gone=case.request: gone not in desk.rows(), f"{case.how} is done")  # type: ignore[misc]
        assert desk.asks_nothing
        done[case.request] = list(desk.pressed)
    desk.settle()
    assert desk.center.list_stack.pane.sentence() == "Nothing is waiting for you."
    for request, keys in done.items():
        if cases[request].has_fitting_slot or cases[request].how == "cancel":
            assert len(keys) <= MOST_KEYS, (cases[request].how, keys)
    for case in cases.values():
        is_as_chosen(house, case)
    told = house.rows(schema.outbox.c.request_id, schema.outbox.c.kind, schema.outbox.c.state)
    notices = Counter((row.request_id, row.kind) for row in told if row.kind != "acknowledgement")
    assert notices == {(case.request, NOTICE[case.how]): 1 for case in cases.values() if case.how in NOTICE}
