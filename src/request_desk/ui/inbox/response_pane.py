"""The response: text, phrase button, dispositions, what will be written, and the button that writes it; it decides nothing."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from PySide6.QtCore import QSize, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QHBoxLayout, QWidget

from request_desk.domain.careful import has_words
from request_desk.domain.consequences import Line, Piece, button_text, consequence_lines
from request_desk.domain.ids import AppointmentId, LocationId, ProviderId, TypeId
from request_desk.domain.phrases import Phrase, Rendered
from request_desk.domain.requests import Booking, Cancellation, Disposition, Move, Reply, RequestState, RequestView
from request_desk.domain.spans import Slot as FreeSlot
from request_desk.domain.standing import standing_of, state_sentence
from request_desk.domain.words import Words, _, safe_name
from request_desk.ui.inbox import flow
from request_desk.ui.inbox.consequence_lines import ConsequenceLines
from request_desk.ui.inbox.flow import Handling
from request_desk.ui.inbox.reply_editor import ReplyEditor
from request_desk.ui.widgets.buttons import ButtonKind, Chip, RadioRow, primary, secondary
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.states import Banner, BannerKind
from request_desk.ui.widgets.text import PlainLabel, PlainTextPage, set_tip, show_if
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme
from request_desk.ui.window.keys import keys_text

SEND_KEYS = "Ctrl+Return"
REPLY_ONLY = "Reply, change nothing on the schedule"
WITHOUT_REPLY = "Complete without reply"
PRIMARY_WORDS = {
    flow.Primary.CHOOSE: "Choose a time",
    flow.Primary.CANCEL: "Cancel visit",
    flow.Primary.WRITE: "Write a reply",
    flow.Primary.ANSWERED: "Complete: already answered",
    flow.Primary.THANKS: "Complete: says thanks",
}
PADDING = 14
LOW_PADDING = 10
LEAST_ROOM = 120  # for the secondary button and the margins
USUAL = 660  # pixels at 100 % that are reckoned with before the pane is laid out
NARROWEST = 380  # below which the phrase button leaves its keys out
NARROW = 560  # pixels at 100 % below which the secondary button says less


@dataclass(frozen=True, slots=True)
class Shown:
    """What the response shows beside the text: the handling, and whether anything can be written now."""

    now: Handling
    at: datetime
    is_online: bool = True


class ResponsePane(Card):
    """Shows the act as it will be written and emits what the user wants."""

    send_wanted = Signal()
    reply_only_wanted = Signal()
    without_reply_wanted = Signal()
    phrases_wanted = Signal()
    disposed = Signal(object)  # Disposition
    edited = Signal()
    left = Signal()

    def __init__(self, parent: QWidget | None = None) -> None:
        super().__init__(parent, padding=PADDING, name=_("Response"))
        theme = app_theme()
        self._shown: Shown | None = None
        self._phrase = self._language = ""
        self._by_program = False
        self._roomy, self._tight = True, False
        title = PlainLabel(_("Response"), role=TextRole.BOLD, parent=self)
        self.recipient = PlainLabel("", tone=Tone.MUTED, elide=True, parent=self)
        self.phrase_button = secondary(_("Phrase Construction"), icon="list-tree", keys="Ctrl+P", parent=self)
        self.phrase_button.clicked.connect(self.phrases_wanted)
        head = QHBoxLayout()
        head.setSpacing(theme.px(2 * SPACE))
        head.addWidget(title)
        head.addWidget(self.recipient, 1)
        head.addWidget(self.phrase_button)
        self.body.addLayout(head)
        self.editor = ReplyEditor(name=_("Response to the parent"), parent=self)
        self.editor.edited.connect(self._edited)
        self.editor.left.connect(self.left)
        self.own = PlainTextPage(name=_("The response in your language"), role=TextRole.SMALL, parent=self)
        self.own.hide()
        texts = QHBoxLayout()
        texts.setSpacing(theme.px(3 * SPACE))
        texts.addWidget(self.editor, 3)
        texts.addWidget(self.own, 2)
        self.body.addLayout(texts, 1)
        self.refusal_bar = Banner(self)
        self.refusal_bar.dismissed.connect(self.clear_refusal)
        self.body.addWidget(self.refusal_bar)
        self._make_dispositions()
        self.lines = ConsequenceLines(self)
        self.body.addWidget(self.lines)
        self.reply_only = secondary(_(REPLY_ONLY), parent=self)
        self.reply_only.clicked.connect(self._second_pressed)
        self.send = primary("", icon="check", keys=SEND_KEYS, parent=self)
        self._measure_send()
        theme.changed.connect(self._measure_send)
        self.send.clicked.connect(self.send_wanted)
        foot = QHBoxLayout()
        foot.setSpacing(theme.px(3 * SPACE))
        foot.addWidget(self.reply_only, 0, Qt.AlignmentFlag.AlignLeft)
        foot.addStretch(1)
        foot.addWidget(self.send)
        self.body.addLayout(foot)
        self.reset()

    def _make_dispositions(self) -> None:
        """Four options side by side, or one chip with a menu of them where there is no room."""
        options = (
            (Disposition.COMPLETED, _("Completed: remove from all inboxes")),
            (Disposition.DISMISSED, _("Remove from my inbox only")),
            (Disposition.OPEN, _("Keep open")),
            (Disposition.WAITING, _("Waiting for parent")),
        )
        self.dispositions = RadioRow(options, name=_("What becomes of the request"), parent=self)
        self.dispositions.chosen.connect(self._disposed)
        self.disposition_chip = Chip("", options, parent=self)
        self.disposition_chip.setAccessibleDescription(_("What becomes of the request"))
        self.disposition_chip.changed.connect(self._chip_chosen)
        self.disposition_chip.hide()
        self.body.addWidget(self.dispositions)
        self.body.addWidget(self.disposition_chip, 0, Qt.AlignmentFlag.AlignLeft)

    def set_room(self, *, roomy: bool, tight: bool) -> None:
        """Do with less height: fewer lines of text, the options in a chip, less space between the parts."""
        self._roomy, self._tight = roomy, tight
        self.set_padding(LOW_PADDING if tight else PADDING, SPACE if tight else 2 * SPACE)
        self._fold_options()

    def height_with(self, *, roomy: bool, tight: bool) -> int:
        """Return the least height at which nothing is pressed together, with so much room for the parts."""
        theme = app_theme()
        lines, folded = self._arranged(roomy=roomy, tight=tight)
        padding, gap = theme.px(LOW_PADDING if tight else PADDING) + 1, theme.px(SPACE if tight else 2 * SPACE)
        width = self.width() - 2 * padding
        parts = [
            self.phrase_button.sizeHint().height(),
            self.editor.height_with(lines),
            self.disposition_chip.sizeHint().height() if folded else self.dispositions.flow.heightForWidth(width),
            self.lines.height_in(width),
            self.send.sizeHint().height(),
        ]
        if not self.refusal_bar.isHidden():
            parts.append(max(self.refusal_bar.minimumHeight(), self.refusal_bar.heightForWidth(width)))
        return sum(parts) + gap * (len(parts) - 1) + 2 * padding

    def _arranged(self, *, roomy: bool, tight: bool) -> tuple[int, bool]:
        """Return how many lines of the text are in sight at least, and whether the options are a chip."""
        is_refused = not self.refusal_bar.isHidden()
        return 4 if roomy else 1 if tight and is_refused else 2, tight or (not roomy and is_refused)

    def _fold_options(self) -> None:
        lines, folded = self._arranged(roomy=self._roomy, tight=self._tight)
        self.editor.set_least_lines(lines)
        show_if(self.dispositions, not folded)
        show_if(self.disposition_chip, folded)

    def minimumSizeHint(self) -> QSize:
        # The radio row wraps: how high everything is depends on the width.
        hint = super().minimumSizeHint()
        width = self.width() if self.isVisible() else max(self.width(), app_theme().px(USUAL))
        return QSize(hint.width(), max(hint.height(), self.body.totalMinimumHeightForWidth(width)))

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        if event.size().width() != event.oldSize().width():
            self.updateGeometry()
        self._fit_send()
        # The words of the phrase button are for the eye before its keys are.
        self.phrase_button.set_keys("Ctrl+P" if self.width() >= app_theme().px(NARROWEST) else "")
        self.phrase_button.setAccessibleDescription(keys_text("Ctrl+P"))
        self._say_second()

    def _say_second(self) -> None:
        """The second button: the reply alone, or, while nothing is begun, to complete without one."""
        long, short = (WITHOUT_REPLY, "No reply") if self._completes_alone() else (REPLY_ONLY, "Reply only")
        is_narrow = self.width() < app_theme().px(NARROW)
        self.reply_only.set_text(_(short) if is_narrow else _(long))
        self.reply_only.setAccessibleName(_(long))
        set_tip(self.reply_only, _(long) if is_narrow else "")

    def _completes_alone(self) -> bool:
        """Whether nothing is chosen or written, so that the request could only be completed without a reply."""
        if self._shown is None:
            return False
        primary_ = flow.primary_of(self._shown.now, has_text=not self.editor.is_empty())
        return primary_ not in (flow.Primary.SEND, flow.Primary.THANKS)

    @Slot()
    def _second_pressed(self) -> None:
        (self.without_reply_wanted if self._completes_alone() else self.reply_only_wanted).emit()

    # what it shows

    def show_handling(self, shown: Shown, words: Words) -> None:
        """Show recipient, disposition, consequences and the buttons of a request; the text is not touched."""
        self._shown = shown
        now = shown.now
        self.phrase_button.setEnabled(True)
        self.recipient.setText(*_recipient(now.view))
        self.editor.setPlaceholderText(_placeholder(now.view))
        self._by_program = True
        self.dispositions.choose(now.disposition)
        self.disposition_chip.choose((now.disposition,))
        self._by_program = False
        for choice in (self.dispositions, self.disposition_chip):
            choice.setEnabled(not now.is_answered and not now.offered)
        self.refresh(words)

    def refresh(self, words: Words) -> None:
        """Bring lines and buttons up to the text as it is now."""
        if self._shown is None:
            return
        now = self._shown.now
        act = flow.act_of(now)
        reply = self.reply()
        has_reply = reply is not None
        if now.is_answered:
            self.lines.set_lines(_follow_up_lines(now.view, words, self._shown.at))
            self._say_send(_("Send as follow-up"))
            self.send.set_kind(ButtonKind.PRIMARY)
        elif (first := flow.primary_of(now, has_text=has_reply)) is not flow.Primary.SEND:
            self.lines.set_lines(_untouched_lines(now, first, words))
            self._say_send(_(PRIMARY_WORDS[first]))
            self.send.set_kind(ButtonKind.DANGER if first is flow.Primary.CANCEL else ButtonKind.PRIMARY)
        else:
            chosen = now.chosen.offer if now.chosen is not None else None
            zone = flow.zone_of(now) if chosen is not None or now.offered else ""
            self.lines.set_lines(
                consequence_lines(
                    _with_hold(now),
                    act,
                    reply=reply,
                    disposition=now.disposition,
                    words=words,
                    provider_name=chosen.provider_name if chosen else "",
                    location_name=chosen.location_name if chosen else "",
                    zone=zone,
                    reason=now.cancel.reason.label if now.cancel is not None else "",
                    waiting_until=now.waiting_until,
                )
            )
            self._say_send(button_text(act, has_reply, now.disposition))
            self.send.set_kind(ButtonKind.DANGER if isinstance(act, Cancellation) else ButtonKind.PRIMARY)
        may_write = self._shown.is_online and not now.sending and not now.is_withdrawn
        self.send.setEnabled(may_write)
        is_beside_act = act is not None and has_reply and not now.offered
        self.reply_only.setEnabled(may_write and (is_beside_act or self._completes_alone()))
        self._say_second()
        if self.editor.isReadOnly() is not now.sending:
            self.editor.setReadOnly(now.sending)

    def reply(self) -> Reply | None:
        """Return what would be sent; an empty text is no reply."""
        if self._shown is None or self.editor.is_empty():
            return None
        language = self._language or self._shown.now.view.sender.language or "en"
        return Reply(self.editor.text().strip(), language, self._phrase)

    # the text

    def set_phrase(self, slug: str, language: str = "") -> None:
        """Remember which phrase the text began from, and in which language that is written."""
        self._phrase, self._language = slug, language

    def phrase(self) -> str:
        return self._phrase

    def language(self) -> str:
        """Return the language of the phrase that the text began from, "" without one."""
        return self._language

    def put(self, rendered: Rendered, phrase: Phrase, values: Mapping[str, str]) -> None:
        """Put a rendered phrase into the empty or untouched text."""
        self.set_phrase(phrase.slug, phrase.language)
        self.editor.put(rendered, values, phrase.prompts)

    def show_own(self, text: str) -> None:
        """Show beside the text what it says in the desk's language; "" where that is the parent's too."""
        self.own.set_text(text)
        show_if(self.own, bool(text))

    def reset(self) -> None:
        """Empty it for another request."""
        self.set_phrase("")
        self.show_own("")
        self._shown = None
        self.editor.reset()
        self.clear_refusal()
        self.lines.set_lines(())
        self.recipient.setText("")
        self.editor.setPlaceholderText(_("Choose a request to answer it here."))
        self.editor.setReadOnly(True)
        self.send.setText(_("Send"))
        for part in (self.send, self.reply_only, self.phrase_button, self.dispositions, self.disposition_chip):
            part.setEnabled(False)

    def refuse(self, sentence: str) -> None:
        """Say beside the text why nothing was sent."""
        self.refusal_bar.say(BannerKind.DANGER, sentence, dismissible=True)
        self._fold_options()

    def explain(self, sentence: str) -> None:
        """Say something that is no refusal: a time was lost and others are offered."""
        self.refusal_bar.say(BannerKind.WARNING, sentence, dismissible=True)
        self._fold_options()

    @Slot()
    def clear_refusal(self) -> None:
        self.refusal_bar.clear()
        self._fold_options()

    def _say_send(self, text: str) -> None:
        """Show the words of the act; where they are long, the keys and then the icon make room, never the width."""
        keys, icon = next(
            (
                (keys, icon)
                for keys, icon in ((SEND_KEYS, "check"), ("", "check"))
                if self.send.width_with(text, icon, keys) <= self._send_width
            ),
            ("", ""),
        )
        self.send.set_text(text)
        self.send.set_keys(keys)
        self.send.set_icon_name(icon)

    @Slot()
    def _measure_send(self) -> None:
        self._usual_width = max(self.send.width_with(usual, "check", SEND_KEYS) for usual in _usual_texts())
        self._fit_send()

    def _fit_send(self) -> None:
        # Where even that is too much, the other button keeps room for its first word.
        room = self.contentsRect().width() - app_theme().px(LEAST_ROOM)
        usual = self._usual_width
        self._send_width = usual if not self.isVisible() else min(usual, max(room, app_theme().px(120)))
        self.send.setFixedWidth(self._send_width)
        self._say_send(self.send.words())

    @Slot()
    def _edited(self) -> None:
        if not self.editor.has_fields():
            self.set_phrase("")  # overwritten: it does not tell what the phrase does any more
        self.clear_refusal()
        self.edited.emit()

    @Slot(object)
    def _chip_chosen(self, chosen: tuple[object, ...]) -> None:
        self._disposed(chosen[0])

    @Slot(object)
    def _disposed(self, disposition: object) -> None:
        if not self._by_program:
            self.disposed.emit(disposition)


def _recipient(view: RequestView) -> tuple[str, ...]:
    """Whom the reply goes to and how, and shorter words for less room."""
    if not view.sender.may_see_messages:
        told = (_("to {name} · may not see messages"), _("to {name} · not seen"))
    elif view.sender.gets_notices and view.sender.email:
        told = (_("to {name} · portal, with e-mail notice"), _("to {name} · portal, e-mail"))
    else:
        told = (_("to {name} · portal, no notice"), _("to {name} · no notice"))
    name, given = safe_name(view.sender.name), safe_name(view.sender.given_name)
    return *(words.format(name=name) for words in (*told, _("to {name}"))), _("to {name}").format(name=given), given


def _placeholder(view: RequestView) -> str:
    return _("Write to {name}, or choose a time: the answer is written for you.").format(
        name=safe_name(view.sender.given_name or view.sender.name)
    )


def _with_hold(now: Handling) -> RequestView:
    """The view with the hold as this desk knows it, so that the lines say what is let go."""
    return now.view if now.view.hold == now.hold or now.hold is None else replace(now.view, hold=now.hold)


def _untouched_lines(now: Handling, first: flow.Primary, words: Words) -> tuple[Line, Line]:
    """What stands above the buttons while nothing is chosen or written."""
    who = _("{patient}, born {birth}").format(
        patient=safe_name(now.view.patient.name), birth=words.birth(now.view.patient.birth_day)
    )
    nothing = (Piece(_("Nothing is chosen yet, and nothing is sent.")),)
    match first:
        case flow.Primary.THANKS:
            return (Piece(_("COMPLETE {who}").format(who=who), strong=True), Piece(_(". Only thanks, no reply."))), (
                Piece(_("Nothing changes on the schedule.")),
            )
        case flow.Primary.ANSWERED:
            has = has_words(now.already, now.view.patient.given_name, words)
            return (Piece(has, strong=True), Piece(".")), (
                Piece(_("The answer that says so is written for you first.")),
            )
        case _:
            return (Piece(who, strong=True), Piece(".")), nothing


def _follow_up_lines(view: RequestView, words: Words, now: datetime) -> tuple[Line, Line]:
    if view.state is RequestState.WITHDRAWN:
        taken_back = _("{name} has taken this request back").format(name=safe_name(view.sender.name))
        return (Piece(taken_back, strong=True), Piece(".")), (Piece(_("Nothing can be added to it.")),)
    done = _("This request was answered already.")
    if view.completed_at is not None and view.completed_by:
        done = _("{name} completed this request, {time}.")
        done = done.format(name=safe_name(view.completed_by), time=words.near_moment(view.completed_at))
    to = _("FOLLOW-UP to {name}").format(name=safe_name(view.sender.name))
    known = [each for each in (view.appointment, *view.upcoming) if each is not None]
    offered = view.offer.offered if view.offer is not None else None
    stands = state_sentence(standing_of(view.kind, view.state, view.id, view.appointment, known, offered), words, now)
    return (Piece(to, strong=True), Piece(_(". Nothing changes on the schedule."))), (Piece(f"{done} {stands}"),)


def _usual_texts() -> tuple[str, ...]:
    """The words of the button when it completes the request; the width that never changes is made for them."""
    nobody, nowhere, when = ProviderId(0), LocationId(0), datetime.max.replace(tzinfo=UTC)
    slot = FreeSlot(nobody, nowhere, when, when, when)
    none = AppointmentId(0)
    acts = (Booking(slot, TypeId(0)), Move(none, 0, slot), Cancellation(none, 0, ""), None)
    return tuple(button_text(act, has_reply, Disposition.COMPLETED) for act in acts for has_reply in (True, False))
