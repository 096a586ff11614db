"""Times that the practice offers: in a reply (ACT10), and one that became free (ACT8)."""

from typing import Final

from sqlalchemy import update

from request_desk.store import schema
from tests.portal_tour.walk import Scene, Walk
from tests.web.test_counter_offers import GRACE, Offered
from tests.web.test_offers import Family


def in_a_reply(walk: Walk) -> None:
    """Three times: the thread, a time, the question whether none fits, taken, and a time that is gone."""
    practice, clock = walk.practice, walk.clock
    offered = Offered(practice, practice.desk, clock)
    _speak(walk)
    clock.advance(GRACE)
    first, second, _third = offered.holds
    with walk.window(practice.amara) as page:
        walk.look(page, "home", "times-offered", path="/")
        walk.look(page, "thread", "times-offered", path=offered.thread)
        walk.look(page, "time", "offered", path=f"{offered.thread}/times/{first}")
        walk.look(page, "no-time", "asked", path=f"{offered.thread}/times/none")
        page.goto(f"{offered.thread}/times/{second}")
        page.locator("main form button.main").click()
        walk.look(page, "thread", "time-taken")
        walk.look(page, "time", "over", path=f"{offered.thread}/times/{first}")


def that_became_free(walk: Walk) -> None:
    """An earlier time for a family that asked for one: on the first page, on its own, taken, and over."""
    practice, clock = walk.practice, walk.clock
    family = Family(practice, practice.desk, clock)
    _speak(walk)
    with walk.window(family.mother) as page:
        page.goto("/")
        page.locator(f"form[action='/appointments/{family.monday}/earlier'] button").click()
        walk.look(page, "home", "earlier-noted")
        offer = family.offer()
        clock.advance(GRACE)
        walk.look(page, "home", "earlier-offered", path="/")
        walk.look(page, "offer", "open", path=f"/offers/{offer}")
        page.locator("main form button.main").click()
        walk.look(page, "home", "earlier-taken")
        walk.look(page, "offer", "over", path=f"/offers/{offer}")


def _speak(walk: Walk) -> None:
    """Let everybody read in the language of the walk."""
    with walk.practice.database.write() as connection:
        connection.execute(update(schema.contact).values(language=walk.way.language))


SCENES: Final[tuple[Scene, ...]] = (in_a_reply, that_became_free)
