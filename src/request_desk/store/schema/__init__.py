"""Every table, by subject and in reading order, with the reason of each constraint; changes of it go through `migrations`."""

from collections.abc import Mapping, Sequence

from sqlalchemy import Connection, MetaData, event, text

from request_desk.store import triggers
from request_desk.store.schema.appointments import (
    appointment as appointment,
    provider_out as provider_out,
    provider_out_row as provider_out_row,
    slot_offer as slot_offer,
    waitlist_entry as waitlist_entry,
)
from request_desk.store.schema.base import metadata as metadata
from request_desk.store.schema.directory import (
    absence as absence,
    appointment_type as appointment_type,
    appointment_type_duration as appointment_type_duration,
    appointment_type_provider as appointment_type_provider,
    availability_window as availability_window,
    availability_window_type as availability_window_type,
    department as department,
    department_member as department_member,
    location as location,
    practice as practice,
    provider as provider,
    provider_location as provider_location,
    staff as staff,
    staff_preference as staff_preference,
    staff_session as staff_session,
    suggestion as suggestion,
    throttle as throttle,
)
from request_desk.store.schema.forms import (
    appointment_type_questionnaire as appointment_type_questionnaire,
    attachment as attachment,
    question as question,
    questionnaire as questionnaire,
    questionnaire_answer as questionnaire_answer,
    questionnaire_response as questionnaire_response,
)
from request_desk.store.schema.outgoing import (
    announcement as announcement,
    notice_template as notice_template,
    opt_out as opt_out,
    outbox as outbox,
    template_version as template_version,
)
from request_desk.store.schema.partners import (
    booking_launch as booking_launch,
    booking_secret as booking_secret,
    booking_token_use as booking_token_use,
)
from request_desk.store.schema.people import (
    contact as contact,
    contact_patient as contact_patient,
    contact_point as contact_point,
    patient as patient,
)
from request_desk.store.schema.portal import (
    booking_hold as booking_hold,
    challenge as challenge,
    counter_offer as counter_offer,
    counter_offer_slot as counter_offer_slot,
    manage_link as manage_link,
    manage_session as manage_session,
    portal_session as portal_session,
    request_seen as request_seen,
    service as service,
    service_variant as service_variant,
    service_variant_location as service_variant_location,
    service_variant_provider as service_variant_provider,
)
from request_desk.store.schema.record import (
    command as command,
    journal as journal,
    lease as lease,
)
from request_desk.store.schema.reminders import (
    appointment_reminder as appointment_reminder,
    reminder_rule as reminder_rule,
)
from request_desk.store.schema.requests import (
    claim as claim,
    draft as draft,
    forward as forward,
    message as message,
    message_search as message_search,
    open_count as open_count,
    phrase as phrase,
    request as request,
    request_mark as request_mark,
    request_wish as request_wish,
    staff_note as staff_note,
)
from request_desk.store.schema.subscriptions import (
    subscription as subscription,
    subscription_event_type as subscription_event_type,
    webhook_attempt as webhook_attempt,
    webhook_delivery as webhook_delivery,
)


def _before_create(_target: MetaData, connection: Connection, **_options: object) -> None:
    _say(connection, triggers.BEFORE)


def _after_create(_target: MetaData, connection: Connection, **_options: object) -> None:
    _say(connection, triggers.AFTER)


def _say(connection: Connection, statements: Mapping[str, Sequence[str]]) -> None:
    for statement in statements.get(connection.dialect.name, ()):
        connection.execute(text(statement))


event.listen(metadata, "before_create", _before_create)
event.listen(metadata, "after_create", _after_create)
