"""What the detail of an appointment says, as lines of plain text from its frozen view; nothing is painted here."""

from collections.abc import Sequence
from datetime import date, datetime

from request_desk.domain.appointment_lists import AppointmentDetails, Happened
from request_desk.domain.appointments import Appointment, AppointmentStatus, Missed
from request_desk.domain.changes import Topic
from request_desk.domain.directory import CancelReason, Channel, Contact, Relation
from request_desk.domain.requests import Delivery, StaffNote
from request_desk.domain.words import Words, _, plural
from request_desk.ui.inbox.request_words import call_word, delivery_line
from request_desk.ui.inbox.row_words import DOT
from request_desk.ui.schedule.appointment_words import (
    born_words,
    marks_words,
    named,
    nameless_words,
    reason_words,
    status_words,
    wish_words,
)

Lines = Sequence[tuple[str, str]]
_LONG = 2_000  # characters of a note or a reason

_DID = {
    (Topic.APPOINTMENT, "held"): _("{who} held the time"),
    (Topic.APPOINTMENT, "expired"): _("The hold ran out"),
    (Topic.APPOINTMENT, "dropped"): _("{who} let go of the time"),
    (Topic.APPOINTMENT, "booked"): _("{who} booked the visit"),
    (Topic.APPOINTMENT, "rescheduled"): _("{who} moved the visit here"),
    (Topic.APPOINTMENT, "repaired"): _("It was double booked, so another time was found"),
    (Topic.APPOINTMENT, "in_lobby"): _("{who} came into the lobby of the meeting"),
    (Topic.APPOINTMENT, "let_in"): _("{who} let them into the meeting"),
    (Topic.APPOINTMENT, "moved_away"): _("{who} moved the visit to another time"),
    (Topic.APPOINTMENT, "cancelled"): _("{who} cancelled the visit"),
    (Topic.APPOINTMENT, "completed"): _("{who} marked the visit as completed"),
    (Topic.APPOINTMENT, "no_show"): _("{who} marked the visit as a no-show"),
    (Topic.APPOINTMENT, "unbooked"): _("{who} took the booking back"),
    (Topic.APPOINTMENT, "replaced"): _("{who} cancelled the visit and booked a new one"),
    (Topic.APPOINTMENT, "booked_instead"): _("{who} booked the visit in place of a cancelled one"),
    (Topic.APPOINTMENT, "unmarked"): _("{who} took the mark back"),
    (Topic.APPOINTMENT, "arrived"): _("{who} marked the family as arrived"),
    (Topic.APPOINTMENT, "not_arrived"): _("{who} took back that the family had arrived"),
    (Topic.APPOINTMENT, "late"): _("{who} marked the family as running late"),
    (Topic.APPOINTMENT, "not_late"): _("{who} took back that the family runs late"),
    (Topic.APPOINTMENT, "parent_confirmed"): _("{who} marked that the parent confirmed"),
    (Topic.APPOINTMENT, "not_parent_confirmed"): _("{who} took back that the parent confirmed"),
    (Topic.APPOINTMENT, "reinstated"): _("{who} took the change back: the visit stands again"),
    (Topic.APPOINTMENT, "offered"): _("{who} offered the time"),
    (Topic.APPOINTMENT, "offer_accepted"): _("{who} took the offered time"),
    (Topic.APPOINTMENT, "offer_declined"): _("{who} left the offered time"),
    (Topic.APPOINTMENT, "offer_expired"): _("The offer ended without an answer"),
    (Topic.APPOINTMENT, "offer_withdrawn"): _("{who} withdrew the offer"),
    (Topic.APPOINTMENT, "wish_changed"): _("{who} changed the wish for something earlier"),
    (Topic.APPOINTMENT, "sent_form"): _("{who} filled in and sent a form"),
    (Topic.APPOINTMENT, "reopened_form"): _("{who} let the family change a form"),
    (Topic.APPOINTMENT, "sent_forms_link"): _("{who} sent the link to the forms"),
    (Topic.APPOINTMENT, "unsent_forms_link"): _("{who} took the link to the forms back"),
    (Topic.APPOINTMENT, "added_document"): _("{who} added a document"),
    (Topic.APPOINTMENT, "removed_document"): _("{who} removed a document"),
    (Topic.APPOINTMENT, "released_document"): _("{who} gave a reason to open a document"),
    (Topic.APPOINTMENT, "copied_link"): _("{who} copied a manage link"),
    (Topic.APPOINTMENT, "withdrew_links"): _("{who} withdrew the manage links"),
    (Topic.APPOINTMENT, "restored_links"): _("{who} took that back: the manage links work again"),
    (Topic.APPOINTMENT, "link_locked"): _(
        "Somebody failed too often to confirm who they are: the manage link asks to call"
    ),
    (Topic.APPOINTMENT, "announced_running_late"): _("{who} told the family that we run late"),
    (Topic.APPOINTMENT, "announced_closed"): _("{who} told the family that we are closed then"),
    (Topic.APPOINTMENT, "unannounced"): _("{who} took that back: the family was not told"),
    (Topic.REQUEST, "submitted"): _("{who} asked in the portal"),
    (Topic.REQUEST, "wrote"): _("{who} wrote again"),
    (Topic.REQUEST, "thanked"): _("{who} said thanks"),
    (Topic.REQUEST, "withdrawn"): _("{who} took the request back"),
    (Topic.REQUEST, "completed"): _("{who} answered and completed the request"),
    (Topic.REQUEST, "answered"): _("{who} answered the request"),
    (Topic.REQUEST, "set_to_waiting"): _("{who} answered and waits for the parent"),
    (Topic.REQUEST, "followed_up"): _("{who} added a follow-up"),
    (Topic.REQUEST, "forwarded"): _("{who} forwarded the request"),
    (Topic.REQUEST, "forward_undone"): _("{who} took the forwarding back"),
    (Topic.REQUEST, "rerouted"): _("The request moved to another inbox"),
    (Topic.REQUEST, "woken"): _("The request came back from waiting"),
    (Topic.REQUEST, "taken_back"): _("{who} took the last answer back"),
    (Topic.REQUEST, "changed_patient"): _("{who} changed the patient of the request"),
}
_KINDS = {
    "contact": _("The parent"),
    "link": _("The family, by manage link"),
    "visitor": _("A family online"),
    "partner": _("A partner"),
}
_BOOKING = ("held", "booked", "rescheduled", "booked_instead")
_STATES = (
    "held",
    "expired",
    "dropped",
    "booked",
    "rescheduled",
    "moved_away",
    "replaced",
    "booked_instead",
    "cancelled",
    "completed",
    "no_show",
    "unbooked",
    "unmarked",
    "reinstated",
)


def appointment_lines(found: AppointmentDetails, words: Words, reasons: tuple[CancelReason, ...]) -> Lines:
    """Return when, what, where, and how it stands with who made it so."""
    entry = found.appointment
    there = words.at(entry.zone)
    length = words.minutes(entry.ends_at - entry.starts_at)
    return (
        (_("Time"), there.long_moment_with_zone(entry.starts_at)),
        (_("Type"), f"{named(entry.type_name)}, {length}"),
        (_("Provider"), named(entry.provider_name)),
        (_("Location"), DOT.join(part for part in (named(entry.location_name), named(found.address, 200)) if part)),
        (_("Status"), DOT.join(part for part in (_state(entry, words), _since(found, words)) if part)),
        (_("Marks"), marks_words(entry, words)),
        (_("Wish"), wish_words(entry)),
        (_("Booked by"), DOT.join(part for part in (named(entry.booked_by), words.moment(found.created_at)) if part)),
        (_("Overruled"), named(found.overrule, _LONG)),
        (_("Reason"), reason_words(entry, reasons)),
        (_("Not bookable"), words.list_of([named(each) for each in entry.off])),
    )


def _state(entry: Appointment, words: Words) -> str:
    told = status_words(entry)
    if entry.status is AppointmentStatus.HELD and entry.hold_expires_at is not None:
        told = (
            _("offered until {time}")
            if entry.is_offered
            else nameless_words(entry, words).removesuffix(".")
            or _("held until {time}").format(time=words.time(entry.hold_expires_at))
        )
    return f"{told[:1].upper()}{told[1:]}"


def _since(found: AppointmentDetails, words: Words) -> str:
    """Who brought it to its status, and when."""
    done = [each for each in found.happened if each.topic is Topic.APPOINTMENT and each.action in _STATES]
    return _("{who}, {time}").format(who=_who(done[-1]), time=words.moment(done[-1].at)) if done else ""


def title(found: AppointmentDetails, words: Words, now: datetime) -> str:
    """Return who is seen, by name, age and birth day."""
    if found.appointment.is_nameless:
        return named(found.patient.name, 200)
    born = born_words(found.patient.birth_day, words, now)
    return _("{patient}, {born}").format(patient=named(found.patient.name, 200), born=born)


def patient_lines(found: AppointmentDetails, words: Words) -> Lines:
    """Return whom the patient is not to be taken for, who decides, and the other visits."""
    patient = found.patient
    if found.appointment.is_nameless:
        return ()
    return (
        (_("Not to be mistaken for"), "\n".join(named(each) for each in patient.look_alikes)),
        (_("Custody note"), named(patient.custody_note, _LONG)),
        (_("Last visit"), _brief(found.last, words) or _("none")),
        (_("Next visit"), _brief(found.coming, words) or _("none")),
        (_("Missed"), missed_words(found.missed, words)),
    )


def missed_words(missed: Missed, words: Words) -> str:
    """Return "2 no-shows and 1 late cancellation in 12 months"."""
    told = [
        form.format(count=count)
        for count, form in (
            (missed.no_shows, plural("{count} no-show", "{count} no-shows", missed.no_shows)),
            (
                missed.late_cancels,
                plural("{count} late cancellation", "{count} late cancellations", missed.late_cancels),
            ),
        )
        if count
    ]
    return _("{missed} in 12 months").format(missed=words.list_of(told)) if told else _("nothing in 12 months")


def contact_lines(contacts: Sequence[tuple[Contact, Relation]], words: Words, today: date) -> Lines:
    """Return who acts for the patient, how they are reached and what they may do; ended rights last."""
    order = sorted(contacts, key=lambda each: not (each[0].active and each[1].stands(today)))
    return [(named(relation.relation), _contact(contact, relation, words, today)) for contact, relation in order]


def _contact(contact: Contact, relation: Relation, words: Words, today: date) -> str:
    phones = [words.phone(each.value) for each in contact.points if each.channel is Channel.PHONE]
    emails = [each.value for each in contact.points if each.channel is Channel.EMAIL]
    reached = DOT.join(named(part, 200) for part in (contact.name, *phones, *emails) if part)
    if not contact.active:
        return f"{reached}\n{_('switched off')}"
    if relation.valid_until is not None and not relation.stands(today):
        return f"{reached}\n{_('rights ended on {day}').format(day=words.short_day(relation.valid_until))}"
    rights = [
        _("may book") if relation.may_book else _("may not book"),
        _("reads messages") if relation.may_see_messages else _("reads no messages"),
        _("gets notices") if relation.gets_notices else _("gets no notices"),
    ]
    if relation.valid_until is not None:
        rights.append(_("until {day}").format(day=words.short_day(relation.valid_until)))
    return f"{reached}\n{', '.join(rights)}"


def note_lines(notes: Sequence[StaffNote], words: Words) -> Lines:
    """Return what staff noted, with who and when."""
    return [
        (
            words.moment(each.created_at),
            DOT.join(
                part
                for part in (
                    named(each.author_name),
                    call_word(each.call) if each.call else "",
                    named(each.body, _LONG),
                )
                if part
            ),
        )
        for each in notes
    ]


def happened_lines(found: AppointmentDetails, words: Words) -> Lines:
    """Return what happened in its order: the request, the hold, the booking, the letters, the notices."""
    told = [(each.at, _did(each)) for each in found.happened]
    if not any(each.topic is Topic.APPOINTMENT and each.action in _BOOKING for each in found.happened):
        who = named(found.appointment.booked_by) or _("Request Desk")
        told.append((found.created_at, _DID[Topic.APPOINTMENT, "booked"].format(who=who)))
    told += [(_time_of(each), delivery_line(each, words)) for each in found.deliveries]
    return [(words.moment(at), text) for at, text in sorted(told, key=lambda each: each[0])]


def _time_of(one: Delivery) -> datetime:
    return one.sent_at or one.not_before


def _did(one: Happened) -> str:
    words = _DID.get((one.topic, one.action))
    return words.format(who=_who(one)) if words else f"{_who(one)}: {one.action.replace('_', ' ')}"


def _who(one: Happened) -> str:
    return named(one.who) or _KINDS.get(one.actor_kind) or _("Request Desk")


def chain_words(entry: Appointment, words: Words) -> str:
    """Return one link of a chain: when, with whom, and how it stands."""
    time = words.at(entry.zone).moment(entry.starts_at)
    return _("{time}, {provider}: {status}").format(
        time=time, provider=named(entry.provider_name), status=status_words(entry)
    )


def _brief(entry: Appointment | None, words: Words) -> str:
    if entry is None:
        return ""
    return DOT.join((words.at(entry.zone).moment(entry.starts_at), named(entry.type_name), named(entry.provider_name)))
