"""An id is no key to a request, by way of the schedule neither: who may not see a request gets no offers and holds nothing for it."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from request_desk.domain.access import Role
from request_desk.domain.errors import NotFound
from request_desk.domain.spans import Slot
from request_desk.services.desk import Desk
from request_desk.services.schedule import queries as schedule_queries, scheduling
from tests.builders import TODAY, Practice, wall


@pytest.mark.parametrize("ask", [schedule_queries.offers, schedule_queries.shown_wishes])
def test_a_provider_gets_no_offers_for_the_request_of_others(
    desk: Desk, practice: Practice, ask: Callable[..., Any]
) -> None:
    stranger = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    request = practice.a_request(wishes=[practice.wish(TODAY + timedelta(days=1), "9:20")])
    assert desk.query(practice.maria, ask, request)
    with pytest.raises(NotFound):
        desk.query(stranger, ask, request)


def test_a_provider_holds_and_drops_nothing_for_the_request_of_others(desk: Desk, practice: Practice) -> None:
    stranger = practice.a_staff("lindqvist", "Astrid Lindqvist", [Role.PROVIDER], practice.lindqvist)
    request = practice.a_request()
    start = wall(TODAY + timedelta(days=1), "9:20")
    end = start + timedelta(minutes=40)
    slot = Slot(practice.lindqvist, practice.northside, start, end, end)
    about = {"type_id": practice.well, "patient_id": practice.zuri, "request_id": request}
    desk.perform(practice.maria, scheduling.hold, slot, **about)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        desk.perform(stranger, scheduling.hold, slot, **about)  # type: ignore[arg-type]
    with pytest.raises(NotFound):
        desk.perform(stranger, scheduling.drop_holds, request)
