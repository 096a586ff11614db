"""Running late, location closed (NT2): of whom and when, who is told, the text of each language, and one button that tells them."""

from collections.abc import Mapping
from functools import partial

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QHBoxLayout, QPlainTextEdit, QSpinBox, QVBoxLayout, QWidget

from request_desk.domain.announcements import MOST_LATE, MOST_TEXT, AnnouncementKind, News
from request_desk.domain.careful import Doubtful
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.ids import ContactId, LocationId, ProviderId
from request_desk.domain.spans import Span
from request_desk.domain.words import Words, _, plural
from request_desk.services.notices import announcements
from request_desk.services.notices.announcements import AnnouncementSituation, Concerned, Heard, Telling
from request_desk.services.notices.previews import LetterPreview
from request_desk.services.practice import directory
from request_desk.ui.editor.choosers import NameChooser
from request_desk.ui.lists.columns import Column, ColumnsModel, ColumnsView
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.running.timing import Stoppable
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.schedule.provider_out_sheet import ProviderOutSheet
from request_desk.ui.schedule.wall_time_edit import WallTimeEdit
from request_desk.ui.widgets.buttons import RadioRow, primary, secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Card, FlowBox, field, row, tidy
from request_desk.ui.widgets.plain_text import one_line
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import State, StateStack
from request_desk.ui.widgets.text import PlainLabel, PlainTextPage
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_SIZE = (1180, 700)  # pixels at 100 %
_LOW_ROW = 32
_TEXT = 74
_PAUSE = 400  # milliseconds after the last key
_LATE = 20  # minutes, to begin with
_PROVIDER, _LOCATION = "provider", "location"
_CHANNELS = {"email": _("e-mail"), "sms": _("text message")}


class AnnouncementSheet(Sheet):
    """Shows who would be told before anybody is; what was typed stays when the time is changed, as long as its language is needed.

    `provider_id` or `location_id` is of whom it was opened, `span` the time that is shown there.
    """

    def __init__(
        self,
        context: DeskContext,
        parent: QWidget | None,
        span: Span,
        *,
        provider_id: ProviderId | None = None,
        location_id: LocationId | None = None,
    ) -> None:
        super().__init__(
            _("Tell families: running late, closed"), primary(_("Tell nobody"), icon="send"), parent, size=_SIZE
        )
        self._context = context
        self._first = provider_id, location_id
        self._directory: directory.Directory | None = None
        self._situation: AnnouncementSituation | None = None
        self._reading: Pending[AnnouncementSituation] | None = None
        self._previewing: Pending[tuple[LetterPreview, ...]] | None = None
        self._pause: Stoppable | None = None
        self._typed: dict[str, str] = {}
        self.texts: dict[str, QPlainTextEdit] = {}
        self._build(span)
        self._connect()
        self._show_state()
        context.runner.read(self, directory.directory).done(self._directory_read).refused(self.refuse)

    # how it is made

    def _build(self, span: Span) -> None:
        kinds = ((AnnouncementKind.RUNNING_LATE, _("Running late")), (AnnouncementKind.CLOSED, _("Closed")))
        self.kind = RadioRow(kinds, name=_("What is told"))
        self.of = RadioRow(((_PROVIDER, _("A provider")), (_LOCATION, _("A location"))), name=_("Of whom"))
        for choice, width in ((self.kind, 176), (self.of, 178)):
            choice.setMinimumWidth(app_theme().px(width))  # it would wrap without need
        self.whom = NameChooser()
        self.whom.setMinimumWidth(app_theme().px(190))
        self.minutes = QSpinBox()
        self.minutes.setRange(1, MOST_LATE)
        self.minutes.setSingleStep(5)
        self.minutes.setValue(_LATE)
        tidy(self.minutes)
        self.since, self.until = WallTimeEdit(_("From"), self), WallTimeEdit(_("Until"), self)
        zone = self._context.words().zone
        self.since.show_instant(span.starts_at, zone)
        self.until.show_instant(span.ends_at, zone)
        self.late = field(_("Minutes late"), self.minutes)
        self.choose = FlowBox(gap=4 * SPACE)
        low = field(_("Who"), self.whom)
        parts = (field(_("What is told"), self.kind), field(_("Of whom"), self.of), low, self.late)
        for part in (*parts, field(_("From"), self.since), field(_("Until"), self.until)):
            part.setMinimumHeight(low.sizeHint().height())
            self.choose.flow.addWidget(part)
        columns: tuple[Column[Concerned], ...] = (
            Column(_("When"), self._when, 116),
            Column(_("Patient"), lambda each: named(each.appointment.patient_name), 128),
            Column(_("Who is told"), self._told),
            Column(_("How"), self._how, 136),
        )
        self.model: ColumnsModel[Concerned] = ColumnsModel(columns, lambda each: each.appointment.id, self)
        self.table = ColumnsView(self.model, name=_("Visits in this time"))
        self.table.set_row_height(_LOW_ROW)
        self.letter = PlainTextPage(name=_("What the parent will read"), role=TextRole.SMALL)
        self._text_row = QHBoxLayout()
        self._text_row.setSpacing(app_theme().px(3 * SPACE))
        self.stack = StateStack(self._inner())
        self.sum = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.body.addWidget(self.choose)
        self.body.addWidget(self.stack, 1)
        self.body.addWidget(self.sum)
        self.move_button = secondary(_("Find new places instead …"), icon="calendar-x")
        self.move_button.hide()
        self.finish(self.move_button)

    def _inner(self) -> QWidget:
        theme = app_theme()
        inner = QWidget()
        column = QVBoxLayout(inner)
        column.setContentsMargins(0, 0, 0, 0)
        column.setSpacing(theme.px(2 * SPACE))
        frame, letter = Card(padding=1), Card(padding=12)
        frame.body.addWidget(self.table)
        letter.body.addWidget(PlainLabel(_("What the parent will read"), role=TextRole.SMALL_BOLD, tone=Tone.MUTED))
        letter.body.addWidget(self.letter, 1)
        both = row(gap=3 * SPACE)
        both.addWidget(frame, 3)
        both.addWidget(letter, 2)
        column.addLayout(both, 1)
        column.addLayout(self._text_row)
        return inner

    def _connect(self) -> None:
        self.kind.choose(AnnouncementKind.RUNNING_LATE)
        self.of.choose(_LOCATION if self._first[1] is not None else _PROVIDER)
        self.kind.chosen.connect(self._kind_chosen)
        self.of.chosen.connect(self._of_chosen)
        self.whom.chosen.connect(self._ask)
        self.minutes.valueChanged.connect(self._ask_soon)
        for edit in (self.since, self.until):
            edit.dateTimeChanged.connect(self._ask_soon)
        self.table.key_selected.connect(self._preview)
        self.stack.pane.acted.connect(self._ask)
        self.button.clicked.connect(self._announce)
        self.move_button.clicked.connect(self._find_places)

    # of whom and when

    def _directory_read(self, found: directory.Directory) -> None:
        self._directory = found
        self._of_chosen(self.of.value())
        self.whom.setFocus()

    @Slot(object)
    def _of_chosen(self, value: object) -> None:
        if self._directory is None:
            return
        found = self._directory.locations if value == _LOCATION else self._directory.providers
        wanted = self._first[1] if value == _LOCATION else self._first[0]
        self.whom.show_things([each for each in found.values() if each.active], wanted)
        if wanted is None and self.whom.count() > 1:
            self.whom.blockSignals(True)  # who it is about is nobody's guess
            self.whom.setCurrentIndex(-1)
            self.whom.blockSignals(False)
        self.whom.setPlaceholderText(_("Choose a location") if value == _LOCATION else _("Choose a provider"))
        self._ask()

    @Slot(object)
    def _kind_chosen(self, value: object) -> None:
        self.late.setVisible(value == AnnouncementKind.RUNNING_LATE)
        self.choose.fit()
        self._typed.clear()  # it said something else
        self._ask()

    def news(self) -> News | None:
        """Return what would be announced; None before it is known of whom."""
        key, zone = self.whom.key(), self._context.words().zone
        if key is None or self.whom.currentIndex() < 0:
            return None
        is_late = self.kind.value() == AnnouncementKind.RUNNING_LATE
        is_location = self.of.value() == _LOCATION
        return News(
            AnnouncementKind.RUNNING_LATE if is_late else AnnouncementKind.CLOSED,
            Span(self.since.instant(zone), self.until.instant(zone)),
            None if is_location else ProviderId(key),
            LocationId(key) if is_location else None,
            self.minutes.value() if is_late else 0,
        )

    @Slot()
    def _ask_soon(self) -> None:
        """What is shown is of another time: nobody can be told until the new one was read, a moment after the last key."""
        self._situation = None
        if self._pause is not None:
            self._pause.stop()
        self._pause = self._context.timers(self, _PAUSE, self._ask)
        self._show_state()

    @Slot()
    def _ask(self) -> None:
        self.say("")
        self._situation = None
        if self._reading is not None:
            self._reading.drop()
            self._reading = None
        news = self.news()
        if news is None:
            self._show_state()
            return
        if not self.model.rowCount():
            self.stack.show_state(State.LOADING, _("Looking who is booked …"))
        read = self._context.runner.read(self, announcements.situation, news)
        self._reading = read.done(self._situation_read).refused(self._not_read)
        self._ready()

    def _situation_read(self, found: AnnouncementSituation) -> None:
        self._reading = None
        self._situation = found
        self.model.set_rows(found.appointments)
        self._show_texts(found.texts)
        self._show_state()
        if found.appointments and self.table.selected_key() is None:
            self.table.select_first()
        self._preview()

    def _not_read(self, refused: Refused) -> None:
        self._reading = None
        self.model.set_rows(())
        state = State.OFFLINE if isinstance(refused, Unavailable) else State.ERROR
        self.stack.show_state(state, refused.sentence, action=_("Try again"))
        self._ready()

    # the texts

    def _show_texts(self, texts: Mapping[str, str]) -> None:
        """An editor for each language that somebody reads; what was typed stays, the rest is the template's."""
        for language, edit in self.texts.items():
            if edit.document().isModified():
                self._typed[language] = edit.toPlainText()
        if tuple(self.texts) != tuple(texts):
            self._make_editors(tuple(texts))
        for language, text in texts.items():
            edit = self.texts[language]
            wanted = self._typed.get(language, text)
            if edit.toPlainText() != wanted:
                edit.blockSignals(True)
                edit.setPlainText(wanted)
                edit.blockSignals(False)
            edit.document().setModified(language in self._typed)

    def _make_editors(self, languages: tuple[str, ...]) -> None:
        while (item := self._text_row.takeAt(0)) is not None:
            if (old := item.widget()) is not None:
                old.deleteLater()
        self.texts = {}
        before: QWidget = self.table
        for language in languages:
            edit = QPlainTextEdit()
            edit.setTabChangesFocus(True)
            edit.setFixedHeight(app_theme().px(_TEXT))
            edit.textChanged.connect(partial(self._text_changed, language))
            name = _("Text in {language}").format(language=self._context.words().language(language))
            self._text_row.addWidget(field(name, edit), 1)
            self.texts[language] = edit
            self.setTabOrder(before, edit)
            before = edit

    def _text_changed(self, language: str) -> None:
        self._typed[language] = self.texts[language].toPlainText()
        if self._pause is not None:
            self._pause.stop()
        self._pause = self._context.timers(self, _PAUSE, self._preview)
        self._ready()

    def _written(self) -> dict[str, str]:
        return {language: edit.toPlainText() for language, edit in self.texts.items()}

    @Slot(object)
    def _preview(self, _key: object = None) -> None:
        found, key = self._situation, self.table.selected_key()
        shown = None if key is None else self.model.cached(key)
        if found is None or shown is None:
            return
        if self._previewing is not None:
            self._previewing.drop()
            self._previewing = None
        if shown.telling is not Telling.TOLD:
            self.letter.set_text(self._unsent(shown))
            return
        preview = announcements.preview
        asked = found.news, shown.appointment.id, self._written(), shown.together
        read = self._context.runner.read(self, preview, *asked)
        told = frozenset(each.contact_id for each in shown.people)
        self._previewing = read.done(partial(self._previewed, told)).refused(
            lambda refused: self.letter.set_text(refused.sentence)
        )

    def _previewed(self, to: frozenset[ContactId], letters: tuple[LetterPreview, ...]) -> None:
        self._previewing = None
        words = self._context.words()
        told = _("To {address}, in {language}")
        parts = [
            "\n\n".join(
                part
                for part in (
                    told.format(address=one_line(each.address), language=words.language(each.language)),
                    each.letter.subject,
                    each.letter.body.strip(),
                )
                if part
            )
            for each in letters
            if each.contact_id in to
        ]
        self.letter.set_text("\n\n".join(parts))

    def _unsent(self, shown: Concerned) -> str:
        match shown.telling:
            case Telling.WITH_ANOTHER:
                return _("This family is told once: the letter about their first visit names this patient, too.")
            case Telling.ALREADY:
                return _("This family has been told the same already, so it is not told again.")
            case _:
                lines = [f"{named(name)}, {self._context.words().phone(phone)}" for name, phone in shown.call]
                told = _("Nobody of this family can be written to. Call them:")
                return "\n".join((told, *(lines or [_("No telephone number is known either.")])))

    # what is shown

    def _show_state(self) -> None:
        found = self._situation
        if self.model.rowCount() and (found is None or found.appointments):
            self.stack.show_content()
        elif found is not None:
            told = _("Nobody is booked with {name} then.").format(name=named(found.name))
            self.stack.show_state(State.EMPTY, told, icon="calendar-check")
        elif self._reading is None:
            told = _("Choose of whom it is told. The families that are booked in that time are shown first.")
            self.stack.show_state(State.EMPTY, told, icon="users")
        self._ready()

    def _ready(self) -> None:
        found = self._situation
        count = 0 if found is None else found.letters
        is_short = all(len(edit.toPlainText()) <= MOST_TEXT for edit in self.texts.values())
        self.button.set_text(
            plural("Tell {count} person", "Tell {count} people", count).format(count=count)
            if count
            else _("Tell nobody")
        )
        self.button.setEnabled(count > 0 and is_short)
        self.sum.setText(self._sum() if is_short else _("A text has at most {most} characters.").format(most=MOST_TEXT))
        fitting = self._one_provider()
        self.move_button.setVisible(fitting is not None and self.kind.value() == AnnouncementKind.CLOSED)

    def _sum(self) -> str:
        found = self._situation
        if found is None or not found.appointments:
            return ""
        states = [each.telling for each in found.appointments]
        already, nobody = states.count(Telling.ALREADY), states.count(Telling.NOBODY)
        parts = [_("Letters leave when the time to undo is over, each with a link to see, move or cancel the visit.")]
        if already:
            told = plural("{count} was told already.", "{count} were told already.", already)
            parts.append(told.format(count=already))
        if nobody:
            told = plural("{count} gets none: call them.", "{count} get none: call them.", nobody)
            parts.append(told.format(count=nobody))
        return " ".join(parts)

    def _when(self, each: Concerned) -> str:
        return self._context.words().at(each.appointment.zone).near_moment(each.appointment.starts_at)

    def _told(self, each: Concerned) -> str:
        match each.telling:
            case Telling.TOLD:
                return "; ".join(named(one.name) for one in each.people)
            case Telling.WITH_ANOTHER:
                return _("with their first visit")
            case Telling.ALREADY:
                return _("told already")
            case _:
                return _("nobody: call")

    def _how(self, each: Concerned) -> str:
        words = self._context.words()
        ways = [f"{_CHANNELS[one.channel]}, {words.language(one.language)}" for one in each.people]
        return "; ".join(dict.fromkeys(ways))

    # what is done

    @Slot()
    def _announce(self) -> None:
        self._tell(is_meant=False)

    def _tell(self, *, is_meant: bool) -> None:
        found = self._situation
        if found is None or not self.button.isEnabled():
            return
        self.say("")
        self.button.setEnabled(False)  # a second click tells nobody anything else
        act = announcements.announce
        telling = self._context.runner.act(self, act, found.news, self._written(), is_meant=is_meant)
        telling.done(self._announced).refused(self._not_announced)

    def _announced(self, _announcement_id: object) -> None:
        self.accept()

    def _not_announced(self, refused: Refused) -> None:
        if isinstance(refused, Doubtful):
            detail = _("It goes to all of these families, and may be read on a locked screen.")
            asked = ask(
                self, refused.sentence, detail=detail, yes=_("Send it as it is"), no=_("Go back"), dangerous=True
            )
            asked.answered.connect(self._answered)
            self._ready()
            return
        self._ask()
        self.refuse(refused)

    @Slot(bool)
    def _answered(self, yes: bool) -> None:
        if yes:
            self._tell(is_meant=True)

    def _one_provider(self) -> ProviderId | None:
        """With whom all of them are booked: a plan for the provider fits then."""
        found = self._situation
        providers = set() if found is None else {each.appointment.provider_id for each in found.appointments}
        return next(iter(providers)) if len(providers) == 1 else None

    @Slot()
    def _find_places(self) -> None:
        provider_id, found = self._one_provider(), self._situation
        if provider_id is not None and found is not None:
            parent = self.parentWidget()
            self.accept()
            ProviderOutSheet(self._context, parent, wanted=(provider_id, found.news.span)).open()


def heard_words(heard: tuple[Heard, ...], words: Words) -> str:
    """Return what the family of a visit was told last, and when."""
    if not heard:
        return ""
    last = heard[-1]
    told = _("closed then, {time}")
    if last.kind is AnnouncementKind.RUNNING_LATE:
        told = plural("{count} minute late, {time}", "{count} minutes late, {time}", last.late_minutes)
    return told.format(count=last.late_minutes, time=words.near_moment(last.at))
