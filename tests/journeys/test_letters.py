"""Single keys can be switched off by whoever wants none, and stay off at every desk of that person."""

from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import House, RunningDesk


def run_by_name(desk: RunningDesk, words: str) -> None:
    desk.press("Ctrl+K")
    desk.until(lambda: desk.dialog() is not None, "the palette is open")
    desk.type(words)
    desk.press("Return")
    desk.until(lambda: desk.asks_nothing, "the palette is closed")


def test_single_keys_are_switched_off_for_a_person_and_on_again(house: House, open_desk: OpenDesk) -> None:  # MC12
    with house.allowed():
        requests = [house.practice.a_request() for _each in range(2)]
    maria = open_desk()
    maria.until(lambda: maria.selected() in requests and len(maria.rows()) == 2, "the list is there")
    first = maria.selected()
    run_by_name(maria, "single keys off")
    maria.center.focus_list()
    maria.press("J")
    maria.settle()
    assert maria.selected() == first
    maria.press("Down")
    maria.until(lambda: maria.selected() != first, "arrows act all the same")
    maria.settle()
    maria.close()
    again = open_desk()
    again.until(lambda: len(again.rows()) == 2 and again.selected() is not None, "another day")
    here = again.selected()
    again.press("J", "K")
    again.settle()
    assert again.selected() == here
    run_by_name(again, "single keys on")
    again.center.focus_list()
    again.press("J" if again.rows().index(here or 0) == 0 else "K")
    again.until(lambda: again.selected() != here, "letters act again")
