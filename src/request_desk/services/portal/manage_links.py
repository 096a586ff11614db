"""Manage links: minted within the use case that hands one on; the database keeps the hash of a token alone (LINK-02)."""

from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel
from request_desk.domain.ids import AppointmentId, ContactId, ManageLinkId, hashed, new_token
from request_desk.domain.manage_links import LinkPurpose
from request_desk.services.desk import Unit
from request_desk.services.schedule.views import load
from request_desk.store import schema


def mint(
    unit: Unit,
    appointment_id: AppointmentId,
    purpose: LinkPurpose = LinkPurpose.MANAGE,
    *,
    contact_id: ContactId | None = None,
    channel: Channel | None = None,
) -> str:
    """Make a link to an appointment within another use case, and return its token (LINK-01).

    The answer of that use case is not kept, for it may hold the token.
    """
    unit.keeps_answer = False
    token, link_id = new_token(), ManageLinkId(unit.new_id())
    unit.insert(
        schema.manage_link,
        id=link_id,
        token_hash=hashed(token),
        chain_id=load(unit, appointment_id).chain_id,
        contact_id=contact_id,
        purpose=purpose.value,
        channel=channel,
        created_at=unit.now,
        created_by_kind=unit.actor.kind,
        created_by_id=unit.actor.id,
    )
    unit.record("made_link", Topic.APPOINTMENT, appointment_id, broadcast=False, link_id=link_id, purpose=purpose)
    return token
