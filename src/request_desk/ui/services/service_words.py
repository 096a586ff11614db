"""What rows and details of services and variants say; no widget is here."""

from request_desk.domain.directory import Control
from request_desk.domain.online_booking import BookingStep
from request_desk.domain.words import _, plural
from request_desk.services.practice.services import Shared
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line

STEPS = {
    BookingStep.VARIANT: _("What"),
    BookingStep.PROVIDER: _("With whom"),
    BookingStep.LOCATION: _("Where"),
    BookingStep.TIME: _("When"),
    BookingStep.PATIENT: _("For whom"),
    BookingStep.CONFIRM: _("Confirm"),
}
CONTROLS = {
    Control.CANCEL: _("Cancel the visit"),
    Control.RESCHEDULE: _("Move the visit"),
    Control.MESSAGE: _("Write to the practice"),
    Control.JOIN: _("Join the video visit"),
    Control.FORMS: _("Fill in forms"),
    Control.DOCUMENTS: _("Open documents"),
    Control.CALENDAR: _("Save it to a calendar"),
    Control.EARLIER: _("Ask for something earlier"),
}


def shown_name(text: str, limit: int = 60) -> str:
    """Return a name for a sentence, a title or a cell."""
    return isolated_if_needed(one_line(text, limit))


def row_name(shared: Shared) -> str:
    """Return the name in the list: a variant stands behind a dash, below its service."""
    name = shown_name(shared.thing.name, 200)
    return name if shared.variant is None else _("– {variant}").format(variant=name)


def kind_words(shared: Shared) -> str:
    """Return what is booked: the type of a variant, of a service how many variants there are."""
    if shared.variant is not None:
        return shown_name(shared.type_name)
    count = sum(each.active for each in shared.service.variants)
    return plural("{count} variant", "{count} variants", count).format(count=count) if count else _("no variant")


def state_words(shared: Shared) -> str:
    """Return whether families see it."""
    if not shared.thing.active:
        return _("switched off")
    return _("visible") if shared.thing.visible else _("hidden")


def link_words(shared: Shared) -> str:
    """Return whether its link can be given away."""
    return _("ready") if shared.link.address else _("not ready")


def head_words(shared: Shared) -> str:
    """Return the line below the title."""
    if shared.variant is None:
        return _("Service, {state}").format(state=state_words(shared))
    told = _("Variant of {service}, {state}")
    return told.format(service=shown_name(shared.service.name), state=state_words(shared))


def fact_lines(shared: Shared) -> tuple[tuple[str, str], ...]:
    """Return what is written down, label by label."""
    description = (_("Description"), shared.thing.description)
    if shared.variant is None:
        return (description,)
    nobody, nowhere = _("nobody who is here"), _("no location that is on")
    return (
        description,
        (_("Type"), shown_name(shared.type_name)),
        (_("Place"), _("by video") if shared.is_video else _("in person")),
        (_("Providers"), ", ".join(map(shown_name, shared.who)) or nobody),
        (_("Locations"), ", ".join(map(shown_name, shared.where)) or nowhere),
    )
