"""Forms and documents beside an appointment in the words of the desk; nothing is decided here."""

from request_desk.domain.attachments import MEGABYTE, Attachment, CheckState
from request_desk.domain.questionnaires import FilledForm
from request_desk.domain.words import Words, _, plural
from request_desk.ui.inbox.row_words import DOT
from request_desk.ui.schedule.appointment_words import named

_KILOBYTE = 1024
_CHECKED = {
    CheckState.UNCHECKED: _("not checked for viruses"),
    CheckState.CLEAN: _("checked for viruses"),
    CheckState.INFECTED: _("The virus scanner found something in it"),
    CheckState.FAILED: _("The virus scanner gave no answer"),
}


def form_words(found: FilledForm, words: Words) -> str:
    """Return how far a form is, by whom and when: "3 of 5 answered · Amara Okafor, Tue, Nov 24, 8:12 AM"."""
    if found.completed_at is not None:
        return _("Sent by {who}, {time}").format(who=named(found.completed_by), time=words.moment(found.completed_at))
    count = len(found.questionnaire.asked)
    told = plural("{done} of {count} question answered", "{done} of {count} questions answered", count)
    parts = [told.format(done=found.answered, count=count)]
    last = found.last
    if last is not None:
        parts.append(_("{who}, {time}").format(who=named(last.by), time=words.moment(last.at)))
    return DOT.join(parts)


def document_words(found: Attachment, words: Words) -> str:
    """Return how large a document is, who added it when, and what the scanner said."""
    checked = _CHECKED[found.check_state]
    if found.released_reason:
        checked = _("{checked}, opened because: {reason}").format(
            checked=checked, reason=named(found.released_reason, 500)
        )
    added = _("{who}, {time}").format(who=named(found.added_by), time=words.moment(found.added_at))
    return DOT.join((size_words(found.size), added, checked))


def size_words(size: int) -> str:
    """Return "240 kB" or "2.5 MB"."""
    if size >= MEGABYTE:
        return _("{size} MB").format(size=round(size / MEGABYTE, 1))
    return _("{size} kB").format(size=max(1, size // _KILOBYTE))
