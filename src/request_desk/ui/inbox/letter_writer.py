"""Writes the text of the response: the phrase that fits what is chosen, a phrase that is picked, and the draft of it."""

import json
from collections.abc import Mapping, Sequence
from contextlib import suppress

from PySide6.QtCore import QObject, Slot
from PySide6.QtWidgets import QWidget

from request_desk.domain.agreement import differences, offered_differences, told_alone
from request_desk.domain.errors import Refused
from request_desk.domain.phrase_order import suggest
from request_desk.domain.phrases import Phrase, PhraseError, PhraseOutcome, Rendered, render
from request_desk.domain.requests import Disposition
from request_desk.domain.words import _, known_language, spoken
from request_desk.services.practice import phrases
from request_desk.services.practice.directory import Directory
from request_desk.ui.inbox import flow
from request_desk.ui.inbox.flow import Handling
from request_desk.ui.inbox.letters import Values
from request_desk.ui.inbox.phrase_popup import PhrasePopup, other_language
from request_desk.ui.inbox.request_controller import RequestController
from request_desk.ui.inbox.response_pane import ResponsePane
from request_desk.ui.running.context import DeskContext


class LetterWriter(QObject):
    """The letter on the open request. A text that nobody has touched follows the chosen act; a touched one is the user's."""

    def __init__(
        self, context: DeskContext, handler: RequestController, response: ResponsePane, window: QWidget, parent: QObject
    ) -> None:
        super().__init__(parent)
        self._context = context
        self._handler = handler
        self._response = response
        self._window = window
        self._values: Values | None = None
        self.library: tuple[Phrase, ...] = ()
        self._phrase_next = ""  # to be written as soon as its fields are read
        self.is_recalled = False  # whether the draft's choice of act was taken up: before, nothing is remembered
        handler.values_merged.connect(self._valued)
        response.phrases_wanted.connect(self.open_phrases)

    def read_library(self) -> None:
        """Read the phrases."""
        self._context.runner.read(self, phrases.library).done(self._library_read).refused(self._later)

    def _library_read(self, found: tuple[Phrase, ...]) -> None:
        self.library = found

    def _later(self, _refused: Refused) -> None:
        """Read again with the next change or when the connection is back."""

    def begin(self) -> None:
        """Another request is shown: nothing is known of its letter."""
        self._values = None
        self._phrase_next = ""
        self.is_recalled = False

    # the text

    @Slot(object)
    def _valued(self, values: Values) -> None:
        """The fields follow the chosen act; an untouched text is written anew for another outcome."""
        before, self._values = self._values, values
        now = self._handler.now
        if now is None:
            return
        if self._phrase_next:
            slug, self._phrase_next = self._phrase_next, ""
            self.put_phrase(slug, now)
            return
        editor = self._response.editor
        another = before is None or before.outcome is not values.outcome
        is_ours = editor.is_untouched()
        if now.has_act and is_ours and (another or editor.is_empty()):
            self._put(suggest(self.library, now.view.kind, values.outcome, now.view.sender.language), now, values)
        elif not now.has_act and is_ours and not editor.is_empty() and self._is_stale(now, before, another):
            self.begin_anew()
        else:
            editor.refresh(values.fields)
        self.changed()

    def _is_stale(self, now: Handling, before: Values | None, another: bool) -> bool:
        """Whether an untouched letter tells what is not so any more: of an act that was let go, of an appointment that is gone."""
        return (another and before is not None) or (self._response.phrase() == flow.ALREADY_BOOKED and not now.already)

    def begin_anew(self, phrase_next: str = "") -> None:
        """Empty the text; `phrase_next` is written as soon as its fields are read."""
        self._phrase_next = phrase_next
        self._response.editor.reset()
        self._response.set_phrase("")

    def put_phrase(self, slug: str, now: Handling) -> None:
        """Write the phrase that fits what was decided; the next press sends it."""
        found = [one for one in self.library if one.slug == slug]
        phrase = min(found, key=lambda one: one.language != now.view.sender.language, default=None)
        if self._values is not None and self._put(phrase, now, self._values):
            self._handler.begin_work()
            self.changed()

    def _put(self, phrase: Phrase | None, now: Handling, values: Values) -> bool:
        """Put a phrase into the text with the fields that it has; return whether it is there."""
        if phrase is None:
            return False
        try:
            rendered = render(phrase, values.fields, {}, now.view.kind, values.outcome)
        except PhraseError as error:
            self._response.explain(error.sentence)
            return False
        self._response.put(rendered, phrase, values.fields)
        self._tell_language(now, phrase)
        return True

    def _tell_language(self, now: Handling, phrase: Phrase) -> None:
        """A missing translation is said before anything is sent (RE2)."""
        told = other_language(phrase, now.view.sender.language, self._context.words())
        if told:
            self._response.explain(told)

    def _show_own(self) -> None:
        """Show what the phrase says in the desk's language, beside a letter in another one (RE2)."""
        now, values, slug = self._handler.now, self._values, self._response.phrase()
        own = next((one for one in self.library if one.slug == slug and one.language == spoken()), None)
        told = ""
        if now and values and own and known_language(now.view.sender.language) != spoken():
            with suppress(PhraseError):
                text = render(own, values.own, {}, now.view.kind, values.outcome).text
                told = _("In English, as the phrase has it:\n{text}").format(text=text)
        self._response.show_own(told)

    @Slot()
    def open_phrases(self) -> None:
        """Open Phrase Construction over the request that is open."""
        now = self._handler.now
        if now is None or now.sending:
            return
        popup = PhrasePopup(
            self.library,
            self._values.fields if self._values is not None else None,
            kind=now.view.kind,
            outcome=flow.outcome_of(now),
            language=now.view.sender.language,
            words=self._context.words(),
            parent=self._window,
        )
        popup.chosen.connect(self._phrase_chosen)
        if self._values is None:
            self._handler.values_merged.connect(popup.take)
            self._handler.values_failed.connect(popup.do_without)
        popup.open()

    @Slot(object, object)
    def _phrase_chosen(self, phrase: Phrase, rendered: Rendered) -> None:
        values = self._values.fields if self._values is not None else {}
        editor = self._response.editor
        if editor.is_untouched():
            self._response.put(rendered, phrase, values)
        else:
            editor.add(rendered, values, phrase.prompts)
        if self._handler.now is not None:
            self._tell_language(self._handler.now, phrase)
        editor.refresh(values)  # they may have come while the phrases were open
        self._handler.begin_work()
        editor.setFocus()
        editor.go_to_open(from_start=True)
        self.changed()

    def changed(self) -> None:
        """Say and remember what the text is now."""
        self._response.refresh(self._context.words())
        self._show_own()
        self.keep_draft()

    # what it tells

    def differences(self, state: Handling, directory: Directory | None) -> tuple[str, ...]:
        """What the response says otherwise than the act, or of one that does not go with it; nothing once it is meant so (RE11)."""
        text = self._response.editor.text()
        if not text.strip() or directory is None or state.meant == text:
            return ()
        places: dict[int, str] = {each.id: each.name for each in directory.locations.values()}
        people: dict[int, str] = {each.id: each.short_name for each in directory.providers.values()}
        if state.offered:
            at = [(one.offer.slot.starts_at, self._context.words().at(one.offer.zone)) for one in state.offered]
            old = state.appointment.starts_at if state.moves and state.appointment is not None else None
            return offered_differences(text, at, old)
        told = flow.told_of(state, places, people)
        if told is None:
            return self.told_alone(state, text)
        words = self._context.words().at(flow.zone_of(state))
        return differences(text, told, words, providers=people.values(), locations=places.values())

    def told_alone(self, state: Handling, text: str) -> tuple[str, ...]:
        """What a response that goes without an act tells of one."""
        slug, words, let_go = self._response.phrase(), self._context.words(), flow.let_go_of(state)
        outcome = next((one.outcome for one in self.library if one.slug == slug), PhraseOutcome.ANY)
        booked = [(each.starts_at, words.at(each.zone)) for each in state.view.upcoming]
        if let_go is None:
            return told_alone(text, outcome, None, words, booked)
        return told_alone(text, outcome, let_go.slot.starts_at, words.at(let_go.zone), booked)

    # its draft

    def recall(self, now: Handling) -> None:
        """Take up the act that the draft remembers, as soon as the offers are known."""
        draft = self._context.drafts.of(now.view.id)
        if draft is not None and not self.is_recalled:
            self._handler.recall(draft.state)
        self.is_recalled = True

    def keep_draft(self) -> None:
        """Remember text, act and disposition; nothing begun is no draft."""
        now = self._handler.now
        if now is None or now.sending or not self.is_recalled:
            return
        if self._response.editor.is_empty() and not now.has_act and now.disposition is Disposition.COMPLETED:
            self._context.drafts.drop(now.view.id)
            return
        self._context.drafts.keep(now.view.id, *self.draft(now))

    def draft(self, now: Handling) -> tuple[str, str, str]:
        """Return text, phrase and state as a draft keeps them."""
        editor = self._response.editor
        written = {"spans": editor.remembered(), "language": self._response.language()}
        return editor.text(), self._response.phrase(), json.dumps({**flow.remembered(now), **written})

    def restore(self, text: str, phrase: str, state: str) -> None:
        """Put a draft into the response; one whose pieces cannot be read comes back as plain text."""
        spans: Sequence[Mapping[str, object]] = [{"t": text}]
        language = ""
        with suppress(ValueError):
            kept = json.loads(state or "{}")
            if isinstance(kept, dict) and isinstance(kept.get("spans"), list):
                spans = [one for one in kept["spans"] if isinstance(one, dict)]
                language = str(kept.get("language", ""))
        self._response.editor.restore(spans)
        self._response.set_phrase(phrase, language)
        self._response.refresh(self._context.words())
