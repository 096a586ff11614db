"""The words of an open request that stand in one line, whatever room there is."""

from request_desk.domain.ids import RequestId
from request_desk.domain.requests import RelatedRequest, RequestKind, RequestState
from request_desk.domain.words import Words
from request_desk.ui.inbox.request_words import related_lines
from tests.builders import TODAY, ZONE, wall


def related(*, opposite: bool) -> RelatedRequest:
    return RelatedRequest(
        id=RequestId(1),
        kind=RequestKind.RESCHEDULE,
        state=RequestState.OPEN,
        patient_name="Harper Brooks",
        contact_name="Derek Brooks",
        arrived_at=wall(TODAY, "8:30"),
        text="",
        opposite=opposite,
        same_text=False,
    )


def test_a_related_request_that_is_against_this_one_says_so_in_every_length() -> None:  # MC11
    words = Words("en_US", ZONE, TODAY)
    lines = related_lines(related(opposite=True), words)
    assert lines == (
        "Reschedule, Harper Brooks · from Derek Brooks · today 8:30 AM · opposite wish",
        "Reschedule, Harper Brooks · from Derek Brooks · opposite wish",
        "Reschedule, Harper Brooks · opposite wish",
    )
    assert "opposite" not in "".join(related_lines(related(opposite=False), words))
