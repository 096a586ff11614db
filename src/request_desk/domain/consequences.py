"""The two lines above the button, the button's own words and the undo bar's (ACT4), built from the values that are written."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import assert_never

from request_desk.domain.appointments import Appointment
from request_desk.domain.ids import AppointmentId
from request_desk.domain.requests import Act, Booking, Cancellation, Disposition, Move, Offering, Reply, RequestView
from request_desk.domain.words import Words, _, plural, safe_name


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a line; the strong ones are what must not be mistaken."""

    text: str
    strong: bool = False


Line = tuple[Piece, ...]


def consequence_lines(
    view: RequestView,
    act: Act | None,
    *,
    reply: Reply | None,
    disposition: Disposition,
    words: Words,
    provider_name: str = "",
    location_name: str = "",
    zone: str = "",
    reason: str = "",
    waiting_until: datetime | None = None,
) -> tuple[Line, Line]:
    """Return what pressing the button will write: whose appointment from when to when; then length, place, recipient, inboxes.

    `provider_name`, `location_name` and its `zone` are those of the chosen slot, `reason` the words of the coded reason.
    """
    who = _("{patient}, born {birth}").format(
        patient=safe_name(view.patient.name), birth=words.birth(view.patient.birth_day)
    )
    sent = _sent(view, act, reply, words)
    after = _after(view, disposition, waiting_until, words)
    first: Line
    match act:
        case Booking():
            first = (
                _strong(_("BOOK {who}").format(who=who)),
                _plain(", "),
                _strong(words.at(zone).moment(act.slot.starts_at)),
            )
            place = _place(act.slot.ends_at - act.slot.starts_at, provider_name, location_name, words)
            exception = act.overrule
        case Move():
            old = _appointment(view, act.appointment_id)
            at = words.at(old.zone).moment(old.starts_at) if old else ""
            if act.as_new:
                what = _("CANCEL {who}")
                was = _(", {time}, and book new ").format(time=at) if at else _(", and book new ")
            else:
                what, was = _("MOVE {who}"), _(", from {time} to ").format(time=at) if at else _(", to ")
            first = (
                _strong(what.format(who=who)),
                _plain(was),
                _strong(words.at(zone).moment(act.slot.starts_at)),
            )
            place = _place(act.slot.ends_at - act.slot.starts_at, provider_name, location_name, words)
            exception = act.overrule
        case Cancellation():
            old = _appointment(view, act.appointment_id)
            told = " ".join(part for part in (reason.strip(), act.text.strip()) if part)
            ending = _(". Reason: {reason}").format(reason=_sentence(told)) if told else "."
            when = (_plain(", "), _strong(words.at(old.zone).moment(old.starts_at))) if old else ()
            first = (_strong(_("CANCEL {who}").format(who=who)), *when, _plain(ending))
            place = _place(old.ends_at - old.starts_at, old.provider_name, old.location_name, words) if old else ""
            exception = ""
        case Offering():
            times = "; ".join(words.at(zone).moment(slot.starts_at) for slot in act.slots)
            first = (_strong(_("OFFER {who}").format(who=who)), _plain(", "), _strong(times), _plain("."))
            place, exception = _("Nothing is booked yet: what is offered is kept until one is chosen."), ""
        case None:
            first, place, exception = _unchanged(view, who, reply, disposition), "", ""
        case _:
            assert_never(act)
    noted = _("Recorded as an exception.") if exception else ""
    also = _also(view, act, reply, words)
    return first, (_plain(" ".join(part for part in (place, noted, sent, after, also) if part)),)


def plain(line: Line) -> str:
    """Return a line as one text, for tests, tooltips and screen readers."""
    return "".join(piece.text for piece in line)


def button_text(act: Act | None, has_reply: bool, disposition: Disposition) -> str:
    """Return the primary button's words: "Move, send & complete", "Book & keep open", "Complete without reply"."""
    last = {
        Disposition.COMPLETED: _("complete"),
        Disposition.DISMISSED: _("remove from my inbox"),
        Disposition.OPEN: _("keep open"),
        Disposition.WAITING: _("wait for parent"),
    }[disposition]
    if act is None:
        if has_reply:
            return _("Send & {last}").format(last=last)
        alone = _("Complete without reply") if disposition is Disposition.COMPLETED else last
        return alone[:1].upper() + alone[1:]
    match act:
        case Booking():
            verb = _("Book")
        case Move(as_new=True):
            verb = _("Cancel, book new")
        case Move():
            verb = _("Move")
        case Cancellation():
            verb = _("Cancel visit")
        case Offering():
            verb = _offer_verb(len(act.slots))
        case _:
            assert_never(act)
    return (_("{verb}, send & {last}") if has_reply else _("{verb} & {last}")).format(verb=verb, last=last)


def summary(
    patient_name: str,
    act: Act | None,
    words: Words,
    *,
    disposition: Disposition,
    appointment_at: datetime | None = None,
    replied: bool = True,
) -> str:
    """Return what was done, for the undo bar: "Moved Zuri Okafor to Tue, Nov 24, 9:20 AM". `appointment_at` is the cancelled time."""
    match act:
        case Booking():
            text, time = _("Booked {patient} for {time}"), words.moment(act.slot.starts_at)
        case Move(as_new=True):
            text, time = _("Cancelled the visit of {patient} and booked {time}"), words.moment(act.slot.starts_at)
        case Move():
            text, time = _("Moved {patient} to {time}"), words.moment(act.slot.starts_at)
        case Cancellation():
            time = words.moment(appointment_at) if appointment_at else ""
            text = _("Cancelled {patient}, {time}") if time else _("Cancelled the visit of {patient}")
        case Offering():
            time, count = "", len(act.slots)
            text = plural("Offered {count} time for {patient}", "Offered {count} times for {patient}", count)
            text = text.replace("{count}", str(count))
        case None:
            text, time = _closing(disposition, replied=replied), ""
        case _:
            assert_never(act)
    return text.format(patient=safe_name(patient_name), time=time)


def _offer_verb(count: int) -> str:
    return plural("Offer {count} time", "Offer {count} times", count).format(count=count)


def _closing(disposition: Disposition, *, replied: bool) -> str:
    if replied:
        return _("Answered the request of {patient}")
    return {
        Disposition.COMPLETED: _("Completed the request of {patient}"),
        Disposition.DISMISSED: _("Removed the request of {patient} from your inbox"),
        Disposition.OPEN: _("Kept the request of {patient} open"),
        Disposition.WAITING: _("Put the request of {patient} to waiting"),
    }[disposition]


def _unchanged(view: RequestView, who: str, reply: Reply | None, disposition: Disposition) -> Line:
    """The first line when the schedule stays as it is."""
    if reply is not None:
        told = _("REPLY about {who}").format(who=who)
    else:
        told = {
            Disposition.COMPLETED: _("COMPLETE WITHOUT REPLY {who}"),
            Disposition.DISMISSED: _("REMOVE FROM MY INBOX {who}"),
            Disposition.OPEN: _("KEEP OPEN {who}"),
            Disposition.WAITING: _("WAIT FOR PARENT {who}"),
        }[disposition].format(who=who)
    if view.hold is not None:
        return _strong(told), _plain(_(". Nothing changes on the schedule; the held time is let go."))
    return _strong(told), _plain(_(". Nothing changes on the schedule."))


def _sent(view: RequestView, act: Act | None, reply: Reply | None, words: Words) -> str:
    """Who hears of it, how, and in which language."""
    sender = view.sender
    name = (
        _("{name} ({relation})").format(name=safe_name(sender.name), relation=sender.relation)
        if sender.relation
        else safe_name(sender.name)
    )
    gets_mail = sender.gets_notices and bool(sender.email)
    others = _others(view, act)
    if reply is not None and sender.may_see_messages:
        channel = _("portal + e-mail") if gets_mail else _("portal")
        return _("To {name}, {channel}, {language}.").format(
            name=name, channel=channel, language=words.language(reply.language)
        )
    if act is not None and not isinstance(act, Offering) and gets_mail:
        others.insert(0, name)
    notice = _("Notice to {names}, e-mail.").format(names=words.list_of(others)) if others else ""
    if reply is not None:
        unread = _("{name} may not see messages, so nobody reads the reply.").format(name=name)
        return f"{unread} {notice}".rstrip()
    return notice + _(" No reply is sent.") if notice else _("Nothing is sent.")


def _others(view: RequestView, act: Act | None) -> list[str]:
    """Who else hears of it: of an act on the schedule everybody who gets notices, of a reply alone the sender."""
    changes = act is not None and not isinstance(act, Offering)
    return [safe_name(other) for other in view.others_told] if changes else []


def _also(view: RequestView, act: Act | None, reply: Reply | None, words: Words) -> str:
    """The others beside the reader of a reply, at the end, where a narrow pane may cut a long list."""
    others = _others(view, act) if reply is not None and view.sender.may_see_messages else []
    return _("Notice to {names} too.").format(names=words.list_of(others)) if others else ""


def _after(view: RequestView, disposition: Disposition, waiting_until: datetime | None, words: Words) -> str:
    """What becomes of the request."""
    match disposition:
        case Disposition.COMPLETED:
            if not view.inboxes:
                return _("Closes the request.")
            text = plural("Closes in {count} inbox.", "Closes in {count} inboxes.", view.inboxes)
            return text.format(count=view.inboxes)
        case Disposition.DISMISSED:
            return _("Leaves your inbox only.")
        case Disposition.OPEN:
            return _("Stays open.")
        case Disposition.WAITING:
            if waiting_until is None:
                return _("Waits for the parent.")
            return _("Waits for the parent until {day}.").format(day=words.day(waiting_until))
        case _:
            assert_never(disposition)


def _place(length: timedelta, provider_name: str, location_name: str, words: Words) -> str:
    return ", ".join(part for part in (words.minutes(length), provider_name, location_name) if part) + "."


def _appointment(view: RequestView, appointment_id: AppointmentId) -> Appointment | None:
    known = (view.appointment, *view.upcoming)
    return next((each for each in known if each is not None and each.id == appointment_id), None)


def _sentence(text: str) -> str:
    return text if text.endswith((".", "!", "?", "…")) else f"{text}."


def _strong(text: str) -> Piece:
    return Piece(text, strong=True)


def _plain(text: str) -> Piece:
    return Piece(text)
