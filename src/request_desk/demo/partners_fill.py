"""The partners of the demo practice: one whose secret is being changed, one that is new, and when a token was accepted last."""

from typing import Final

from request_desk.demo.rows import Keys
from request_desk.domain.access import SYSTEM
from request_desk.domain.booking_tokens import BookingClaims
from request_desk.domain.ids import PatientId, hashed, new_token, new_uuid
from request_desk.services.desk import Desk
from request_desk.services.portal import booking_tokens
from request_desk.services.portal.booking_tokens import AcceptedToken
from request_desk.services.practice import booking_secrets

SCHOOL: Final = "Sunrise Elementary School"
CLINIC: Final = "Harbor Bay Urgent Care"
_ADMINISTRATOR: Final = "helen"


def fill(desk: Desk, known: Keys, patient_id: PatientId) -> None:
    """Make the secrets, and let the school have sent a family."""
    helen = known.actor(_ADMINISTRATOR)
    first = desk.perform(helen, booking_secrets.add_secret, SCHOOL).value
    claims = BookingClaims(new_uuid().hex, str(patient_id), "", "")
    desk.perform(SYSTEM, booking_tokens.open_launch, AcceptedToken(first.id, claims), hashed(new_token()))
    for name in (SCHOOL, CLINIC):
        desk.perform(helen, booking_secrets.add_secret, name)
