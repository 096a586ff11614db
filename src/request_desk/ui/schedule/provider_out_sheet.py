"""The wizard for a provider who is out (ACT9): who and when, a new place for each visit, the letters, one batch, what became of each."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from PySide6.QtCore import Qt, Signal, Slot
from PySide6.QtGui import QKeySequence, QShortcut
from PySide6.QtWidgets import QLineEdit, QVBoxLayout, QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.directory import CancelReason
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.ids import AppointmentId, PlanId, ProviderId
from request_desk.domain.provider_out import OutAct, OutChoice, OutPlan, OutProposals, OutState, propose
from request_desk.domain.spans import Slot as FreeSlot, Span
from request_desk.domain.words import _, plural
from request_desk.services.desk import Undo
from request_desk.services.practice import directory
from request_desk.services.schedule import provider_out
from request_desk.services.schedule.provider_out import OpenPlan, OutSituation
from request_desk.ui.editor.choosers import NameChooser
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.running.timing import Stoppable
from request_desk.ui.schedule.appointment_words import named, who_words
from request_desk.ui.schedule.cancel_dialog import CancelDialog
from request_desk.ui.schedule.out_details import CANCEL, KEEP, OutDetails
from request_desk.ui.schedule.out_lines import (
    OutLine,
    OutLines,
    all_back_words,
    back_words,
    progress_words,
    sum_words,
    told_words,
    what_words,
)
from request_desk.ui.schedule.wall_time_edit import WallTimeEdit
from request_desk.ui.widgets.buttons import RadioRow, primary, secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Card, FlowBox, field, row
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import Banner, BannerKind, State, StateStack
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_SIZE = (1180, 700)  # pixels at 100 %
_LOW_ROW = 32
_WHY_MOST = 200
_PAUSE = 500  # milliseconds after the last change of a time
_TODAY, _TOMORROW, _WEEK, _OWN = "today", "tomorrow", "week", "own"


class ProviderOutSheet(Sheet):
    """Proposes at once what can be known, and writes nothing before its one button is pressed; then it goes on row by row.

    `wanted` is who is out and when, where that is known already. A digit takes another place for the chosen visit, C cancels it with a reason, K keeps it.
    """

    proposed = Signal()  # places are shown
    finished_rows = Signal()  # the batch has come to its end

    def __init__(
        self,
        context: DeskContext,
        parent: QWidget | None,
        plan_id: PlanId | None = None,
        *,
        wanted: tuple[ProviderId, Span] | None = None,
    ) -> None:
        super().__init__(_("A provider is out"), primary(_("Enter the time off")), parent, size=_SIZE)
        self._context = context
        self._directory: directory.Directory | None = None
        self._situation: OutSituation | None = None
        self._plan: OutPlan | None = None
        self._plan_id = plan_id
        self._wanted = wanted
        self._unfinished_id: PlanId | None = None
        self._pause: Stoppable | None = None
        self._reading: Pending[OutSituation] | Pending[OutProposals] | None = None
        self._is_running = self._is_through = self._leaves = False
        self.lines = OutLines()
        self._build()
        self._connect()
        self._show_state()
        context.runner.read(self, directory.directory).done(self._directory_read).refused(self.refuse)

    # how it is made

    def _build(self) -> None:
        self.unfinished = Banner()
        self.provider = NameChooser()
        self.provider.setPlaceholderText(_("Choose who is out"))
        self.provider.setMinimumWidth(app_theme().px(190))
        lengths = ((_TODAY, _("Today")), (_TOMORROW, _("Tomorrow")), (_WEEK, _("This week")), (_OWN, _("From – until")))
        self.span = RadioRow(lengths, name=_("How long"))
        self.span.setMinimumWidth(app_theme().px(400))  # it would wrap without need
        self.since, self.until = WallTimeEdit(_("From"), self), WallTimeEdit(_("Until"), self)
        self.why = QLineEdit()
        self.why.setMaxLength(_WHY_MOST)
        self.why.setPlaceholderText(_("ill, a course … (seen by staff alone)"))
        self.why.setMinimumWidth(app_theme().px(230))
        why = field(_("Why"), self.why)
        self.own = QWidget()
        own = row(field(_("From"), self.since), field(_("Until"), self.until))
        self.own.setLayout(own)
        self.own.hide()
        self.choose = FlowBox(gap=4 * SPACE)
        spans = field(_("How long"), self.span)
        spans.setMinimumHeight(why.sizeHint().height())
        for part in (field(_("Who is out"), self.provider), spans, self.own, why):
            self.choose.flow.addWidget(part)
        self.head = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self.model: ColumnsModel[OutLine] = ColumnsModel(self._columns(), lambda line: line.appointment.id, self)
        self.table = ColumnsView(self.model, name=_("Visits in this time"))
        self.table.set_row_height(_LOW_ROW)
        self.details = OutDetails(self._context)
        both = QWidget()
        inner = QVBoxLayout(both)
        inner.setContentsMargins(0, 0, 0, 0)
        inner.setSpacing(app_theme().px(2 * SPACE))
        card = Card(padding=1)
        card.body.addWidget(self.table)
        inner.addWidget(card, 6)
        inner.addWidget(self.details, 5)
        self.stack = StateStack(both)
        self.what = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self.told = PlainLabel("", tone=Tone.MUTED, wrap=True)
        for part in (self.unfinished, self.choose, self.head):
            self.body.addWidget(part)
        self.body.addWidget(self.stack, 1)
        self.body.addWidget(self.what)
        self.body.addWidget(self.told)
        self.leave_rest = secondary(_("Leave the rest as it is"))
        self.back = secondary(_("Take everything back"), icon="undo-2")
        self.leave_rest.hide()
        self.back.hide()
        self.finish(self.leave_rest, self.back)

    def _columns(self) -> tuple[Column[OutLine], ...]:
        return (
            Column(_("When"), self._when, 146),
            Column(_("Patient"), self._who, 190),
            Column(_("Type"), lambda line: line.appointment.type_name, 96, from_width=900),
            Column(_("What becomes of it"), self._what),
            Column("", told_words, 96),
        )

    def _connect(self) -> None:
        self.provider.chosen.connect(self._asked)
        self.span.chosen.connect(self._span_chosen)
        for edit in (self.since, self.until):
            edit.dateTimeChanged.connect(self._own_changed)
        self.table.key_selected.connect(self._selected)
        self.details.place_chosen.connect(self._place_chosen)
        self.details.cancel_wanted.connect(self._ask_reason)
        self.details.keep_chosen.connect(self._keep_chosen)
        self.stack.pane.acted.connect(self._asked)
        self.unfinished.acted.connect(self._go_on_with)
        self.button.clicked.connect(self._act)
        self.leave_rest.clicked.connect(self._ask_leave)
        self.back.clicked.connect(self._take_back)
        self._context.undo_bar.expired.connect(self._undo_over)
        for key in (*"123456789", CANCEL, KEEP):
            for place in (self.table, self.details.ways):
                shortcut = QShortcut(QKeySequence(key), place)
                shortcut.setContext(Qt.ShortcutContext.WidgetShortcut)
                shortcut.setAutoRepeat(False)
                shortcut.activated.connect(partial(self._key_pressed, key))

    # who and when

    def _directory_read(self, found: directory.Directory) -> None:
        self._directory = found
        actor = self._context.actor()
        everybody = may(actor, Permission.ENTER_ABSENCES)
        people = [
            each for each in found.providers.values() if each.active and (everybody or each.id == actor.provider_id)
        ]
        self.provider.show_things(people, None)
        self.provider.setCurrentIndex(-1 if len(people) != 1 else 0)
        self.span.blockSignals(True)  # nothing is asked for before somebody is chosen
        self.span.choose(_TODAY)
        self.span.blockSignals(False)
        self._show_own_times(self._chosen_span())
        if self._plan_id is not None:
            self._read_plan()
            return
        if self._wanted is not None:
            self._show_wanted(*self._wanted)
        self._context.runner.read(self, provider_out.open_plans).done(self._open_plans_read).refused(self.refuse)
        self._asked()
        self.provider.setFocus()

    def _show_wanted(self, provider_id: ProviderId, span: Span) -> None:
        """Who is out and when was said where this was opened."""
        self.provider.blockSignals(True)
        self.provider.choose(provider_id)
        self.provider.blockSignals(False)
        self.span.blockSignals(True)
        self.span.choose(_OWN)
        self.span.blockSignals(False)
        self.own.show()
        self._show_own_times(span)
        self.choose.fit()

    def _open_plans_read(self, found: tuple[OpenPlan, ...]) -> None:
        if found and self._plan is None and not self._is_running:
            self._unfinished_id = found[0].id
            told = progress_words(found[0].provider_name, found[0].done, found[0].total)
            self.unfinished.say(BannerKind.WARNING, told, action=_("Go on"))

    @Slot()
    def _go_on_with(self) -> None:
        self._plan_id = self._unfinished_id
        self._read_plan()

    def _chosen_span(self) -> Span:
        zone, now = self._context.words().zone, self._context.clock.now()
        minute = now.replace(second=0, microsecond=0)
        today = zone.day_of(now)
        match self.span.value():
            case "tomorrow":
                return zone.bounds(today + timedelta(days=1))
            case "week":
                return Span(minute, zone.bounds(self._context.words().week_of(today)[-1]).ends_at)
            case "own":
                return Span(self.since.instant(zone), self.until.instant(zone))
            case _:
                return Span(minute, zone.bounds(today).ends_at)

    def _show_own_times(self, span: Span) -> None:
        zone = self._context.words().zone
        self.since.show_instant(span.starts_at, zone)
        self.until.show_instant(span.ends_at, zone)

    @Slot()
    def _own_changed(self) -> None:
        """What was proposed is of another time: nothing can be done until the new one was read, a moment after the last key."""
        self._situation = None
        if self._pause is not None:
            self._pause.stop()
        self._pause = self._context.timers(self, _PAUSE, self._asked)
        self._show_state()

    @Slot(object)
    def _span_chosen(self, value: object) -> None:
        self.own.setVisible(value == _OWN)
        self.choose.fit()
        if value == _OWN:
            self.since.setFocus()
        self._asked()
        if value != _OWN:
            self._show_own_times(self._chosen_span())

    @Slot()
    def _asked(self) -> None:
        """Read what is affected, if it is known whom and when to ask for."""
        if self._is_running or self._is_through or self._plan is not None:
            return
        key = self.provider.key()
        if self._directory is None or key is None:
            self._show_state()
            return
        span, found = self._chosen_span(), self._situation
        if found is None or (found.provider_id, found.span) != (key, span):
            self._read_situation(ProviderId(key), span)

    # reading and proposing

    def _read_plan(self) -> None:
        if self._plan_id is not None:
            self.unfinished.clear()
            read = self._context.runner.read(self, provider_out.plan, self._plan_id)
            read.done(self._plan_read).refused(self.refuse)

    def _plan_read(self, found: OutPlan) -> None:
        self._plan = found
        self.choose.hide()
        if found.is_open:
            self._read_situation(found.provider_id, found.span)
        else:
            self._come_to_an_end()

    def _read_situation(self, provider_id: ProviderId, span: Span) -> None:
        if self._reading is not None:
            self._reading.drop()
        self.say("")
        self._situation = None
        if not self.lines.all():
            self.stack.show_state(State.LOADING, _("Looking for new places …"))
        read = self._context.runner.read(self, provider_out.situation, provider_id, span)
        self._reading = read.done(self._situation_read).refused(self._not_read)
        self._say_head()
        self._ready()

    def _situation_read(self, found: OutSituation) -> None:
        proposals = self._context.runner.run_in_pool(
            self,
            propose,
            found.displaced,
            found.free,
            zone=self._context.words().zone,
            now=self._context.clock.now(),
            decided=self.lines.decided(self._plan),
        )
        self._reading = proposals.done(partial(self._proposed, found))

    def _proposed(self, situation: OutSituation, proposals: OutProposals) -> None:
        self._reading = None
        self._situation = situation
        self.lines.fill(situation, proposals, self._plan)
        self._show_lines()
        if self.lines.all() and self.table.selected_key() is None:
            self.table.select_first()
        if self._plan is not None and self.lines.open():
            self.table.select_key(self.lines.open()[0].appointment.id)
            self.table.setFocus()
        self.proposed.emit()

    def _not_read(self, refused: Refused) -> None:
        self._reading = None
        self.lines.clear()
        self._show_lines()
        self.stack.show_state(
            State.OFFLINE if isinstance(refused, Unavailable) else State.ERROR, refused.sentence, action=_("Try again")
        )

    # what is shown

    def _show_lines(self) -> None:
        self.model.set_rows(self.lines.all())
        self._show_state()
        self._selected(self.table.selected_key())

    def _show_state(self) -> None:
        """Say what is to be seen, or why there is nothing."""
        if self.lines.all():
            self.stack.show_content()
        elif self._situation is not None:
            told = _("Nobody is booked with {provider} then.").format(provider=named(self._situation.provider_name))
            self.stack.show_state(State.EMPTY, told, icon="calendar-check")
        elif self._reading is None:
            told = _("Choose who is out and how long. Every visit in that time gets a new place proposed.")
            self.stack.show_state(State.EMPTY, told, icon="users")
        self._say_head()
        self._ready()

    def _say_head(self) -> None:
        words, plan, found = self._context.words(), self._plan, self._situation
        if plan is not None:
            done = sum(not line.is_open for line in self.lines.all())
            self.head.setText(progress_words(plan.provider_name, done, len(self.lines.all()) or len(plan.rows)))
        elif found is not None:
            count = len(found.displaced)
            told = plural(
                "{provider}, {since} – {until}: {count} visit", "{provider}, {since} – {until}: {count} visits", count
            )
            since, until = words.moment(found.span.starts_at), words.moment(found.span.ends_at)
            self.head.setText(told.format(provider=named(found.provider_name), since=since, until=until, count=count))
        elif self.lines.all():
            self.head.setText(_("Looking for new places …"))
        self.head.setVisible(plan is not None or found is not None or bool(self.lines.all()))

    def _ready(self) -> None:
        """Say what the button will do, and let it be pressed when that can be done."""
        lines, found = self.lines.open(), self._situation
        lacking = sum(line.lacks_place for line in lines)
        is_able = found is not None and not lacking and not self._is_running and not self._is_through
        self.button.setVisible(not self._is_through)
        self.button.setEnabled(is_able and bool(lines or self._plan is None))
        verb = sum_words(lines) if lines else _("Enter the time off")
        self.button.set_text(
            _("Go on: {what}").format(what=verb[:1].lower() + verb[1:]) if self._plan and lines else verb
        )
        self.leave_rest.setVisible(self._plan is not None and self._plan.is_open and not self._is_running)
        self.close_button.set_text(_("Stop here") if self._is_running else _("Close"))
        self.what.setText(self._what_is_done(lacking))
        self.told.setText(self._who_is_told(lines))
        for label in (self.what, self.told):
            label.setVisible(bool(label.text()))

    def _what_is_done(self, lacking: int) -> str:
        if self._is_through or self._situation is None:
            return ""
        if lacking:
            told = plural(
                "{count} visit has no new place: cancel it (C) or keep it (K).",
                "{count} visits have no new place: cancel (C) or keep (K) each of them.",
                lacking,
            )
            return told.format(count=lacking)
        return ""

    def _who_is_told(self, lines: Sequence[OutLine]) -> str:
        changed = [line for line in lines if line.choice.act is not OutAct.KEEP]
        if self._is_through:
            return self._end_words()
        if self._situation is None:
            return ""
        entered = _("The time off is entered with it: nobody is offered these times.") if self._plan is None else ""
        if not changed:
            return entered
        reached = sum(line.is_reached for line in changed)
        told = [
            entered,
            plural(
                "{count} family gets an e-mail when the time to undo is over.",
                "{count} families get an e-mail when the time to undo is over.",
                reached,
            ).format(count=reached),
        ]
        if call := len(changed) - reached:
            told.append(
                plural("{count} gets none: call them.", "{count} get none: call them.", call).format(count=call)
            )
        return " ".join(part for part in told if part)

    def _end_words(self) -> str:
        call = sum(
            not line.is_reached and line.choice.act is not OutAct.KEEP and not line.is_open for line in self.lines.all()
        )
        told = []
        if call:
            told.append(
                plural(
                    "{count} family gets no e-mail: call them now.",
                    "{count} families get no e-mail: call them now.",
                    call,
                ).format(count=call)
            )
        if not self.back.isHidden():
            told.append(_("Everything can be taken back until the first e-mail leaves."))
        else:
            told.append(all_back_words(self.lines.all(), self._context.clock.now()))
        return " ".join(told)

    def _when(self, line: OutLine) -> str:
        return self._context.words().at(line.appointment.zone).moment(line.appointment.starts_at)

    def _who(self, line: OutLine) -> str:
        entry = line.appointment
        if entry.birth_day is None:
            return named(entry.patient_name)
        return f"{named(entry.patient_name)}, {self._context.words().birth_short(entry.birth_day)}"

    def _what(self, line: OutLine) -> str:
        if self._directory is None:
            return ""
        return what_words(line, self._directory, self._context.words(), self._context.settings().cancel_reasons)

    # one of them

    @Slot(object)
    def _selected(self, key: int | None) -> None:
        line = self.lines.line(key)
        if self._directory is None:
            return
        back = ""
        if line is not None and self._is_through and self.back.isHidden():
            back = back_words(line, self._context.clock.now(), self._context.words())
        self.details.show_line(line, self.lines.places(key), self._directory, back=back)

    def _key_pressed(self, key: str) -> None:
        if not self._is_running and not self._is_through:
            self.details.choose(key)

    def _current(self) -> OutLine | None:
        line = self.lines.line(self.table.selected_key())
        return line if line is not None and line.is_open and not self._is_running else None

    def _decide(self, choice: OutChoice) -> None:
        self.lines.decide(choice)
        self._show_lines()

    @Slot(object)
    def _place_chosen(self, slot: FreeSlot) -> None:
        line = self._current()
        if line is not None:
            self._decide(OutChoice(line.appointment.id, line.appointment.version, OutAct.MOVE, slot))

    @Slot()
    def _keep_chosen(self) -> None:
        line = self._current()
        if line is not None:
            self._decide(OutChoice(line.appointment.id, line.appointment.version, OutAct.KEEP))

    @Slot()
    def _ask_reason(self) -> None:
        line = self._current()
        if line is None:
            return
        entry, words = line.appointment, self._context.words()
        what = _("CANCEL {who}, {time}").format(
            who=who_words(entry.patient_name, entry.birth_day, words), time=words.at(entry.zone).moment(entry.starts_at)
        )
        detail = _("It is cancelled with all the others, when you press the button below the list.")
        reasons = self._context.settings().cancel_reasons
        dialog = CancelDialog(what, reasons, _("Cancel it then"), self, detail=detail, by_enter=True)
        dialog.chosen.connect(partial(self._reason_chosen, line, dialog))
        dialog.open()

    def _reason_chosen(self, line: OutLine, dialog: CancelDialog, reason: CancelReason, text: str) -> None:
        entry = line.appointment
        self._decide(OutChoice(entry.id, entry.version, OutAct.CANCEL, None, reason.code, text))
        dialog.accept()

    # the batch

    @Slot()
    def _act(self) -> None:
        found = self._situation
        if found is None or self._is_running:
            return
        self._is_running = True
        self.say("")
        self._ready()
        self.choose.setEnabled(False)
        wanted = tuple(line.choice for line in self.lines.open())
        self.lines.try_again()
        runner, plan = self._context.runner, self._plan
        if plan is None:
            begun = runner.act(self, provider_out.begin, found.provider_id, found.span, self.why.text().strip(), wanted)
            begun.done(self._begun).refused(self._not_begun)
        else:
            changed = runner.act(self, provider_out.change_rows, plan.id, wanted, expect_version=plan.version)
            changed.done(lambda _version: self._do_next(plan.id)).refused(self._not_begun)

    def _begun(self, plan_id: PlanId) -> None:
        self._plan_id = plan_id
        self._context.runner.read(self, provider_out.plan, plan_id).done(self._plan_begun).refused(self._stopped)

    def _plan_begun(self, plan: OutPlan) -> None:
        self._plan = plan
        self.choose.hide()
        self._do_next(plan.id)

    def _not_begun(self, refused: Refused) -> None:
        self._is_running = False
        self.choose.setEnabled(True)
        self.refuse(refused)
        self._ready()

    def _do_next(self, plan_id: PlanId) -> None:
        """One after the other, each in a transaction of its own."""
        self._say_head()
        line = next((each for each in self.lines.all() if each.state is OutState.PENDING), None)
        if line is None:
            self._read_end(plan_id)
            return
        key = line.appointment.id
        pending = self._context.runner.act(self, provider_out.do_row, plan_id, key)
        pending.done(partial(self._row_done, plan_id, key)).refused(partial(self._row_refused, plan_id, key))

    def _row_done(self, plan_id: PlanId, key: AppointmentId, _new_id: AppointmentId) -> None:
        self._settle(key, OutState.DONE)
        self._do_next(plan_id)

    def _row_refused(self, plan_id: PlanId, key: AppointmentId, refused: Refused) -> None:
        """It alone is not done, with the reason; where nothing can be reached the rest waits."""
        if isinstance(refused, Unavailable):
            self._stopped(refused)
            return
        self._settle(key, OutState.FAILED, refused.sentence)
        noted = self._context.runner.act(self, provider_out.fail_row, plan_id, key, refused.sentence)
        noted.done(lambda _none: self._do_next(plan_id)).refused(self._stopped)

    def _settle(self, key: AppointmentId, state: OutState, error: str = "") -> None:
        self.lines.settle(key, state, error)
        self.model.set_rows(self.lines.all())

    def _stopped(self, refused: Refused) -> None:
        """It goes on from here: what is done is done."""
        self._is_running = False
        self._read_plan()
        self.refuse(refused)
        self._ready()

    def _read_end(self, plan_id: PlanId) -> None:
        read = self._context.runner.read(self, provider_out.plan, plan_id)
        read.done(self._end_read).refused(self._stopped)

    def _end_read(self, plan: OutPlan) -> None:
        self._is_running = False
        self._plan = plan
        self.finished_rows.emit()
        if not plan.is_open:
            self._come_to_an_end()
            return
        failed = sum(row.state is OutState.FAILED for row in plan.rows)
        told = plural(
            "{count} visit could not be done. A new place is proposed: look at it and go on.",
            "{count} visits could not be done. New places are proposed: look at them and go on.",
            failed,
        )
        self._read_situation(plan.provider_id, plan.span)
        self.say(told.format(count=failed))

    def _come_to_an_end(self) -> None:
        self._is_through = True
        offered = self._context.undo_bar.offered()
        self.back.setVisible(isinstance(offered, Undo) and offered.function is provider_out.take_back)
        self._show_lines()
        self.close_button.setFocus()

    # the way back and out

    @Slot(object)
    def _undo_over(self, _undo: object) -> None:
        if not self.back.isHidden():
            self.back.hide()
            self._ready()
            self._selected(self.table.selected_key())

    @Slot()
    def _take_back(self) -> None:
        self._context.undo_bar.ask_undo()
        self.accept()

    @Slot()
    def _ask_leave(self) -> None:
        count = len(self.lines.open())
        told = plural("Leave {count} visit in the time off?", "Leave {count} visits in the time off?", count)
        detail = _(
            "They stay booked with the provider who is out, and nobody is told. What is done stays done, and so does the time off."
        )
        question = ask(self, told.format(count=count), detail=detail, yes=_("Leave them"), dangerous=True)
        question.answered.connect(self._leave_answered)

    @Slot(bool)
    def _leave_answered(self, yes: bool) -> None:
        plan = self._plan
        if yes and plan is not None:
            left = self._context.runner.act(self, provider_out.leave, plan.id, expect_version=plan.version)
            left.done(lambda _none: self.accept()).refused(self._stopped)

    def reject(self) -> None:
        """What was decided and not begun is asked about before it is thrown away."""
        if self._is_running or self._is_through or self._leaves or not self.lines.has_decisions():
            super().reject()
            return
        question = ask(
            self,
            _("Throw away what you decided?"),
            detail=_("Nothing of it was done yet."),
            yes=_("Throw away"),
            dangerous=True,
        )
        question.answered.connect(self._reject_answered)

    @Slot(bool)
    def _reject_answered(self, yes: bool) -> None:
        if yes:
            self._leaves = True
            self.reject()
