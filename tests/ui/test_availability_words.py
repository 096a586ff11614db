"""The words of windows and places on the page Availability."""

from request_desk.domain.directory import Location
from request_desk.domain.ids import LocationId
from request_desk.domain.words import Words
from request_desk.ui.availability.availability_words import place_words
from tests.builders import TODAY, ZONE, wall


def test_hours_at_a_place_elsewhere_name_its_clock() -> None:
    words = Words("en_US", ZONE, TODAY)
    for zone, told in ((ZONE.zone, "Eastgate"), ("America/Denver", "Eastgate, MST")):
        place = Location(LocationId(1), "Eastgate", zone, "", "", active=True, version=1)
        assert place_words(place, words, wall(TODAY, "8:00")) == told
