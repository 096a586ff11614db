"""The card of one appointment beside the schedule: what it is, what can be done with it; it decides nothing."""

from collections.abc import Sequence
from functools import partial
from itertools import pairwise

from PySide6.QtCore import QEvent, QObject, Qt, Signal, Slot
from PySide6.QtGui import QResizeEvent
from PySide6.QtWidgets import QGridLayout, QSizePolicy, QVBoxLayout, QWidget

from request_desk.domain.appointments import Appointment, AppointmentStatus, Mark
from request_desk.domain.counter_offers import CounterOffer, offered_sentence
from request_desk.domain.directory import CancelReason
from request_desk.domain.policy import ScheduleAction, Verdict
from request_desk.domain.words import Words, _, plural
from request_desk.services.people.patient_page import PatientView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import (
    born_words,
    clash_words,
    marks_words,
    named,
    nameless_words,
    reason_words,
    short_name,
    status_words,
    wish_words,
)
from request_desk.ui.schedule.family_words import CardLine, family_lines, fold_order
from request_desk.ui.schedule.link_acts import link_acts
from request_desk.ui.schedule.mark_acts import MARK_KEYS, mark_act
from request_desk.ui.schedule.printed_card_sheet import card_why_not
from request_desk.ui.schedule.why_not import verdict_of
from request_desk.ui.widgets.acts import ActsMenu
from request_desk.ui.widgets.buttons import Button, IconButton, danger, ghost, secondary
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.layout import Card, Line, column_scroll, row
from request_desk.ui.widgets.states import Banner, BannerKind
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme


class AppointmentCard(Card):
    """Shows one appointment with the acts that its state allows; a line says why the others are not there."""

    move_wanted = Signal(object)  # Appointment
    cancel_wanted = Signal(object)
    completed_wanted = Signal(object)
    no_show_wanted = Signal(object)
    earlier_wanted = Signal(object)
    squeeze_wanted = Signal(object)
    withdraw_wanted = Signal(object)
    patient_wanted = Signal()
    print_wanted = Signal()
    closed = Signal()

    def __init__(self, context: DeskContext, parent: QWidget | None = None) -> None:
        super().__init__(parent, padding=16, name=_("Appointment"))
        self._context = context
        self._entry: Appointment | None = None
        self._name = PlainLabel("", role=TextRole.TITLE, wrap=True, selectable=True, name=_("Patient"))
        self._born = PlainLabel(" ", tone=Tone.MUTED, role=TextRole.SMALL)
        self.patient_button = IconButton("user", _("Open the patient"), keys="I")
        self.print_button = IconButton("file-text", _("Print card …"), keys="K")
        self.link_button = IconButton("ellipsis", _("Manage link …"))
        self._close = IconButton("x", _("Close the card"))
        self.facts = FactLines()
        self.custody = Banner(self)
        self.family = FactLines()
        self.more_button = ghost("")
        self._family: tuple[CardLine, ...] = ()
        self._lines: tuple[CardLine, ...] = ()
        self._heard = ""
        self._is_whole = False  # whoever asked for all of it sees all of it
        self.clash = PlainLabel("", role=TextRole.BOLD, tone=Tone.DANGER, wrap=True)
        self.clash.hide()
        self._why = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.move_button = secondary(_("Move …"), keys="M")
        self.cancel_button = danger(_("Cancel visit …"), keys="C")
        self.mark_buttons = {mark: secondary("", keys=key) for mark, key in MARK_KEYS.items()}
        self.earlier_button = secondary("")
        self.squeeze_button = secondary("", keys="S")
        self.squeeze_button.hide()
        self.withdraw_button = secondary(_("Withdraw the offer"))
        self.withdraw_button.hide()
        self.completed_button = secondary(_("Mark as completed"))
        self.no_show_button = secondary(_("Mark as no-show"))
        self._build()
        self._close.clicked.connect(self.closed)
        self.more_button.clicked.connect(self._turn_whole)
        self.patient_button.clicked.connect(self.patient_wanted)
        self.print_button.clicked.connect(self.print_wanted)
        self.link_button.clicked.connect(self._show_links)
        self.move_button.clicked.connect(self._move)
        self.cancel_button.clicked.connect(self._cancel)
        self.earlier_button.clicked.connect(self._earlier)
        self.squeeze_button.clicked.connect(self._squeeze)
        self.withdraw_button.clicked.connect(self._withdraw)
        self.completed_button.clicked.connect(self._completed)
        self.no_show_button.clicked.connect(self._no_show)
        for mark, button in self.mark_buttons.items():
            button.clicked.connect(partial(self.do_mark, mark))

    def _build(self) -> None:
        theme = app_theme()
        head = QGridLayout()
        head.setColumnStretch(0, 1)
        head.setVerticalSpacing(theme.px(SPACE / 2))
        head.addWidget(self._name, 0, 0)
        head.addWidget(self.patient_button, 0, 1, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.print_button, 0, 2, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self.link_button, 0, 3, Qt.AlignmentFlag.AlignTop)
        head.addWidget(self._close, 0, 4, Qt.AlignmentFlag.AlignTop)
        head.addLayout(row(self._born, None, self.more_button), 1, 0, 1, 5)
        keeps = self.more_button.sizePolicy()
        keeps.setRetainSizeWhenHidden(True)  # the room below is the same with it and without
        self.more_button.setSizePolicy(keeps)
        self.body.setSpacing(theme.px(2 * SPACE))
        self.body.addLayout(head)
        self.body.addSpacing(theme.px(SPACE))
        self.body.addWidget(Line())
        inner = QWidget()
        self._told = told = QVBoxLayout(inner)
        told.setContentsMargins(0, theme.px(SPACE), 0, theme.px(SPACE))
        told.setSpacing(theme.px(2 * SPACE))
        for part in (self.custody, self.clash, self.family, Line(), self.facts):  # first what the phone needs
            told.addWidget(part)
        told.addStretch(1)
        self.place = column_scroll(inner)
        self.place.setFocusPolicy(Qt.FocusPolicy.StrongFocus)  # arrows scroll
        self.place.setAccessibleName(_("Appointment"))
        self.place.installEventFilter(self)
        self.body.addWidget(self.place, 1)
        self.body.addWidget(self._why)
        self._pairs = QGridLayout()
        self._pairs.setSpacing(theme.px(2 * SPACE))
        for column in (0, 1):
            self._pairs.setColumnStretch(column, 1)
        for button in (*self.mark_buttons.values(), *self._buttons()):
            button.setSizePolicy(QSizePolicy.Policy.Ignored, QSizePolicy.Policy.Fixed)
            self._pairs.addWidget(button, 0, 0)
        self.body.addLayout(self._pairs)

    def resizeEvent(self, event: QResizeEvent) -> None:
        super().resizeEvent(event)
        self._pair()

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if watched is self.place and event.type() is QEvent.Type.Resize:
            self._fold()
        return super().eventFilter(watched, event)

    def _fold(self) -> None:
        """Leave out what matters least, until the rest is seen without scrolling."""
        lines = (*self._family, *self._lines, CardLine(_("Told"), self._heard))
        folded: list[CardLine] = []
        self._show_lines(lines, folded)
        if not self._is_whole:
            for each in fold_order(lines):
                if self._is_in_sight():
                    break
                folded.append(each)
                self._show_lines(lines, folded)
        more = plural("Show {count} more", "Show {count} more", len(folded)).format(count=len(folded))
        self.more_button.set_text(_("Show less") if self._is_whole else more)
        self.more_button.setVisible(bool(folded) or self._is_whole)

    def _show_lines(self, lines: Sequence[CardLine], folded: Sequence[CardLine]) -> None:
        of_family = len(self._family)
        for part, told in ((self.family, lines[:of_family]), (self.facts, lines[of_family:])):
            part.show_lines([(each.label, each.value) for each in told if each not in folded])

    def _is_in_sight(self) -> bool:
        room = self.place.contentsRect()
        for part in (self.custody, self.clash, self.family, self.facts):
            part.updateGeometry()  # else it is measured as it was before
        return self._told.totalHeightForWidth(room.width()) <= room.height()

    @Slot()
    def _turn_whole(self) -> None:
        self._is_whole = not self._is_whole
        self._fold()

    def _pair(self) -> None:
        """Put the buttons that are offered two by two, one whose words need the whole width into a row of its own."""
        half = (self.body.contentsRect().width() - self._pairs.horizontalSpacing()) // 2
        rows: list[list[Button]] = []
        alone: list[Button] = []  # the last one that still has room beside it
        for button in (*self.marks(), *self.acts()):
            if button.sizeHint().width() > half:
                rows.append([button])
            elif alone:
                alone.append(button)
                alone = []
            else:
                alone = [button]
                rows.append(alone)
        for number, beside in enumerate(rows):
            for column, button in enumerate(beside):
                self._pairs.addWidget(button, number, column, 1, 2 if len(beside) == 1 else 1)
        for before, button in pairwise(button for beside in rows for button in beside):
            self.setTabOrder(before, button)

    def _buttons(self) -> tuple[Button, ...]:
        return (
            self.move_button,
            self.squeeze_button,
            self.withdraw_button,
            self.earlier_button,
            self.completed_button,
            self.no_show_button,
            self.cancel_button,
        )

    def acts(self) -> tuple[Button, ...]:
        """Return the buttons that are offered now, for the context menu: below the marks, as on the card."""
        return tuple(button for button in self._buttons() if not button.isHidden())

    def marks(self) -> tuple[Button, ...]:
        """Return the buttons of the marks that can be set or taken back now."""
        return tuple(button for button in self.mark_buttons.values() if not button.isHidden())

    def entry(self) -> Appointment | None:
        return self._entry

    def show_entry(
        self,
        entry: Appointment,
        words: Words,
        reasons: tuple[CancelReason, ...] = (),
        others: Sequence[Appointment] = (),
    ) -> None:
        """Show an appointment; what was told of another patient goes away.

        `others` are what it is double booked with.
        """
        if self._entry is None or self._entry.patient_id != entry.patient_id:
            self.custody.clear()
            self._family = ()
        if self._entry is None or self._entry.id != entry.id:
            self._heard = ""
            self._is_whole = False
        if self._entry is None or (self._entry.id, self._entry.version) != (entry.id, entry.version):
            self.show_work_in(is_offered=False)
        self._entry = entry
        self.withdraw_button.hide()
        self.print_button.setVisible(not card_why_not(entry))
        self._show_clash(entry, words, others)
        self._name.setText(named(entry.patient_name, 200))
        born = entry.birth_day
        self._born.setText(" " if born is None else born_words(born, words, self._context.clock.now()))
        self.patient_button.setVisible(not entry.is_nameless)
        is_plain = entry.status is AppointmentStatus.CONFIRMED and not entry.lane  # as nearly all are
        self._lines = (
            CardLine(_("Time"), words.at(entry.zone).moment(entry.starts_at)),
            CardLine(_("Type"), f"{named(entry.type_name)}, {words.minutes(entry.ends_at - entry.starts_at)}"),
            CardLine(_("Provider"), named(entry.provider_name)),
            CardLine(_("Location"), named(entry.location_name)),
            CardLine(_("Status"), status_words(entry), folds=3 if is_plain else 0),
            CardLine(_("Marks"), marks_words(entry, words)),
            CardLine(_("Wish"), wish_words(entry), folds=4),
            CardLine(_("Booked by"), named(entry.booked_by), folds=5),
            CardLine(_("Reason"), reason_words(entry, reasons)),
        )
        self._show_acts(entry, words)
        self._fold()

    def show_patient(self, view: PatientView, words: Words) -> None:
        """Show what is to be known of the patient of the appointment."""
        if self._entry is not None and self._entry.patient_id == view.patient.id:
            self._family = family_lines(view, self._entry.id, words, self._context.clock.now())
            if view.custody_note:
                self.custody.say(BannerKind.WARNING, named(view.custody_note, 500))
            else:
                self.custody.clear()
            self._fold()

    def show_heard(self, told: str) -> None:
        """Say what all families of this time were told (NT2)."""
        self._heard = told
        self._fold()

    def show_work_in(self, *, is_offered: bool) -> None:
        """Offer to squeeze somebody in beside the shown appointment, where a lane for that is free (AV6)."""
        if is_offered and self._entry is not None:
            who = short_name(self._entry.patient_name)
            self.squeeze_button.set_text(_("Squeeze in beside {patient} …").format(patient=who))
        self.squeeze_button.setVisible(is_offered)
        self._pair()

    def show_offer(self, offer: CounterOffer, words: Words, *, may_withdraw: bool) -> None:
        """Say with what else, to whom and until when the shown time is offered in a reply, and offer to withdraw it (ACT10)."""
        told = offered_sentence(offer.offered, words)
        times = "; ".join(words.at(each.zone).moment(each.starts_at) for each in offer.times if each.is_offered)
        to = _("To {name}: {times}.").format(name=named(offer.contact_name), times=times)
        self._why.setText(f"{told} {to}")
        self._why.show()
        self.withdraw_button.setVisible(may_withdraw)
        self._pair()

    def _show_clash(self, entry: Appointment, words: Words, others: Sequence[Appointment]) -> None:
        """Both cannot be seen then: which of them moves is the user's to decide (BK9)."""
        told = _("{clash}. Find another time for one of them.").format(clash=clash_words(others, words))
        self.clash.setText(told if others else "")
        self.clash.setVisible(bool(others))
        find = _("Find another time for {patient} …").format(patient=short_name(entry.patient_name))
        self.move_button.set_text(find if others else _("Move …"))

    def _show_acts(self, entry: Appointment, words: Words) -> None:
        """AP3 and AP5: before the start an appointment is moved or cancelled, after it marked; a mark can be corrected."""
        do = ScheduleAction
        verdicts = {
            each: verdict_of(self._context, entry, each) for each in (do.MOVE, do.CANCEL, do.COMPLETE, do.NO_SHOW)
        }
        is_booked, missed = entry.status is AppointmentStatus.CONFIRMED, verdicts[do.NO_SHOW]
        begun = bool(verdicts[do.COMPLETE]) or entry.status is AppointmentStatus.COMPLETED
        waits = begun and missed is Verdict.MAY_COME
        has_come = begun and missed is Verdict.HAS_ARRIVED
        self.move_button.setVisible(is_booked and bool(verdicts[do.MOVE]))
        nameless = nameless_words(entry, words)
        self.cancel_button.setVisible((is_booked or bool(nameless)) and bool(verdicts[do.CANCEL]))
        self.completed_button.setVisible(bool(verdicts[do.COMPLETE]))
        self.no_show_button.setVisible(bool(missed) or waits or has_come)
        self.no_show_button.setEnabled(bool(missed))
        for mark, button in self.mark_buttons.items():
            act = mark_act(self._context, self, entry, mark)
            button.set_text(act.text)
            # Whether they confirmed says nothing any more once they are here or on their way.
            is_moot = mark is Mark.PARENT_CONFIRMED and (entry.arrived_at or entry.late_at) is not None
            button.setVisible(not act.why_not and not is_moot)
        self.earlier_button.setVisible(is_booked and bool(verdicts[do.MOVE]))
        self.earlier_button.set_text(
            _("Nothing earlier any more") if entry.wants_earlier else _("Would like something earlier")
        )
        why = ""
        if entry.is_offered and entry.hold_expires_at is not None:
            until = words.moment(entry.hold_expires_at)
            why = _("It is offered to the family until {time}: they take it or leave it.").format(time=until)
        elif nameless:
            why = nameless
        elif entry.status is AppointmentStatus.HELD:
            why = _("This time is only held: it is booked or let go where it was chosen.")
        elif waits:
            told = _("They may still come: a no-show can be marked after {time}.")
            why = told.format(time=words.at(entry.zone).time(entry.comes_until))
        elif has_come:
            why = _("They have arrived: to mark a no-show, take that back first.")
        self._why.setText(why)
        self._why.setVisible(bool(why))
        self._pair()

    def do_mark(self, mark: Mark) -> None:
        """Set or take back a mark of the shown appointment, or say why that cannot be done."""
        if self._entry is None:
            return
        act = mark_act(self._context, self, self._entry, mark)
        if act.why_not:
            self._context.messages.say(_("{act}: {why_not}.").format(act=act.text, why_not=act.why_not))
        else:
            act.run()

    @Slot()
    def _show_links(self) -> None:
        if self._entry is None:
            return
        acts = link_acts(self._context, self, self._entry)
        menu = ActsMenu(acts, name=_("Manage link"), parent=self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.link_button.mapToGlobal(self.link_button.rect().bottomLeft()))

    @Slot()
    def _move(self) -> None:
        self.move_wanted.emit(self._entry)

    @Slot()
    def _cancel(self) -> None:
        self.cancel_wanted.emit(self._entry)

    @Slot()
    def _squeeze(self) -> None:
        self.squeeze_wanted.emit(self._entry)

    @Slot()
    def _withdraw(self) -> None:
        self.withdraw_wanted.emit(self._entry)

    @Slot()
    def _earlier(self) -> None:
        self.earlier_wanted.emit(self._entry)

    @Slot()
    def _completed(self) -> None:
        self.completed_wanted.emit(self._entry)

    @Slot()
    def _no_show(self) -> None:
        self.no_show_wanted.emit(self._entry)
