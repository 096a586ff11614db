"""The group about notices: what each says over each channel in each language, tried on a real visit while it is typed (AD5)."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtGui import QTextCursor
from PySide6.QtWidgets import QLineEdit, QPlainTextEdit

from request_desk.domain.access import Permission, may
from request_desk.domain.changes import Topic
from request_desk.domain.directory import Channel, PracticeSettings
from request_desk.domain.errors import Refused
from request_desk.domain.notice_templates import NoticeTemplate, Tried, tried
from request_desk.domain.phrases import PhraseError
from request_desk.domain.words import _
from request_desk.services.notices import templates, trials
from request_desk.services.notices.trials import ListedText, TrialFacts
from request_desk.services.practice import settings as settings_service
from request_desk.ui.editor.choice_editor import SAVE_FIRST, ChoiceEditor
from request_desk.ui.editor.choosers import ListChooser
from request_desk.ui.lists.columns import Column
from request_desk.ui.patients.fields import LANGUAGES
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.settings.notice_contents import ContentsSheet, contents_words
from request_desk.ui.settings.notice_fields import FieldsSheet
from request_desk.ui.settings.notice_filter import NoticeFilter
from request_desk.ui.settings.notice_history import NoticeHistorySheet
from request_desk.ui.settings.notice_preview import NoticePreview
from request_desk.ui.settings.notice_words import CHANNELS, KINDS, language_words, trouble_words
from request_desk.ui.widgets.acts import ActsMenu, ActSpec
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Card, FlowBox, Line, field, row
from request_desk.ui.widgets.states import StateStack
from request_desk.ui.widgets.text import PlainLabel, show_if
from request_desk.ui.widgets.theme import TextRole, Tone, app_theme

_LIST, _BODY = 210, 240  # pixels at 100 %
_CHECKED: Final = ("subject", "body")  # as the check names them


@dataclass(frozen=True, slots=True)
class NoticeLine:
    """One text in the list."""

    text: ListedText
    name: str
    active: bool = True

    @property
    def id(self) -> int:
        return self.text.kept.id

    @property
    def version(self) -> int:
        return self.text.kept.version

    @property
    def template(self) -> NoticeTemplate:
        return self.text.kept.template


class NoticesForm(ChoiceEditor[NoticeLine, ListChooser]):
    """The texts by kind, one at a time with its check and its preview. What a channel may say at all is a sheet of its own."""

    def __init__(self, context: DeskContext) -> None:
        columns: tuple[Column[NoticeLine], ...] = (
            Column(_("Notice"), lambda each: each.name, 0),
            Column(_("Channel"), _channel, 104),
            Column(_("Language"), self._language, 96),
            Column(_("Text"), _whose, 72),
            Column(_("Look after"), lambda each: trouble_words(each.text), 120),
        )
        super().__init__(
            context,
            _("Notices"),
            _("What families read when something happens, and the practice's own people when they are reminded. A change counts for what is sent from then on."),
            Permission.MANAGE_NOTICES,
            (Topic.SETTINGS,),
            ListChooser(columns, name=_("Notices")),
        )  # fmt: skip
        self._settings: PracticeSettings | None = None
        self._lines: tuple[NoticeLine, ...] = ()
        self._begun: NoticeTemplate | None = None  # what a new language begins with
        self._made: int | None = None  # a new text: it is in the list until another filter is chosen
        self._filled = "", ""  # as the fields say what is stored
        self._trial: TrialFacts | None = None
        self._tried_as: tuple[str, str, str] | None = None  # what the facts were asked for
        self._trying: Pending[TrialFacts] | None = None
        self.contents = PlainLabel("", wrap=True)
        self.contents_button = secondary(_("What may be said …"), icon="sliders-horizontal")
        self.history_button = secondary(_("History …"), icon="history")
        self.shipped_button = secondary(_("Back to the shipped text …"), icon="undo-2")
        self.language_button = secondary(_("New language …"), icon="plus")
        self.remove_button = secondary(_("Remove …"), icon="trash-2")
        self.filter = NoticeFilter(context)
        self.list_stack = StateStack(self.chooser)
        self.test_button = secondary(_("Send a test to myself"), icon="send")
        self.field_button = secondary(_("Merge field …"), icon="plus")
        self.which = PlainLabel("", role=TextRole.TITLE, elide=True)
        self.subject, self.body = QLineEdit(), QPlainTextEdit()
        self.warning = PlainLabel("", tone=Tone.HELD, wrap=True)
        self.preview = NoticePreview(context)
        self._lay_out()
        self.follow(self.subject, self.body)
        self.preview.wanted.connect(self._try_on)
        self.filter.changed.connect(self._filter_changed)
        self.list_stack.pane.acted.connect(self.filter.clear)
        for button, act in (
            (self.contents_button, self._open_contents),
            (self.history_button, self._open_history),
            (self.shipped_button, self._ask_shipped),
            (self.language_button, self._choose_language),
            (self.remove_button, self._ask_remove),
            (self.test_button, self._send_test),
            (self.field_button, self._open_fields),
        ):
            button.clicked.connect(act)

    def _lay_out(self) -> None:
        frame = Card(padding=1)
        frame.body.addWidget(self.list_stack)
        self.list_stack.setMinimumHeight(app_theme().px(_LIST))
        self.fields.addWidget(self.contents)
        self.fields.addLayout(row(self.contents_button, None))
        self.fields.addWidget(self.filter)
        self.fields.addWidget(frame)
        self.buttons_box = FlowBox()
        for button in (
            self.test_button,
            self.language_button,
            self.history_button,
            self.shipped_button,
            self.remove_button,
        ):
            self.buttons_box.flow.addWidget(button)
        self.fields.addWidget(self.buttons_box)
        self.tell_beside("test", self.test_button, self.fields)
        for part in (Line(), self.which):
            self.fields.addWidget(part)
        self.subject_field = field(_("Subject"), self.subject)
        self.fields.addWidget(self.subject_field)
        self.tell_beside("subject", self.subject, self.fields)
        self.body.setTabChangesFocus(True)
        self.body.setMinimumHeight(app_theme().px(_BODY))
        hint = _(
            "Fields in {{ }}, conditions such as {% if manage.link %} … {% endif %}. What is not known leaves nothing behind."
        )
        self.add_field(_("Text"), self.body, name="body", hint=hint)
        self.fields.addWidget(self.warning)
        self.fields.addLayout(row(self.field_button, None))
        self.fields.addWidget(Line())
        self.fields.addWidget(self.preview)

    # reading

    def read(self) -> None:
        runner = self.context.runner
        runner.read(self, settings_service.settings).done(self._settings_found).refused(self.unreadable)
        runner.read(self, trials.listed).done(self._found).refused(self.unreadable)

    def _settings_found(self, found: PracticeSettings) -> None:
        self._settings = found
        self.contents.setText(contents_words(found))

    def _found(self, found: Sequence[ListedText]) -> None:
        self._lines = tuple(NoticeLine(each, KINDS[each.kept.template.kind]) for each in found)
        self.filter.offer([each.template for each in self._lines])
        self._narrow()
        self._try_on()  # on what holds now, also where something is typed

    @Slot()
    def _filter_changed(self) -> None:
        self._made = None
        self._narrow()

    def _narrow(self) -> None:
        """Show what the filter lets through, with what is being typed or was just added, whatever the filter says."""
        typed = self._shown.id if self._shown is not None and self.is_changed() else None
        always = typed, self._made
        kept = [each for each in self._lines if each.id in always or self.filter.lets_through(each.template)]
        self.take(kept, self._made if self._shown is None and not self.is_new else None)
        if kept or not self._lines:
            self.list_stack.show_content()
        else:
            self.filter.show_nothing(self.list_stack)

    def fill(self) -> None:
        self._shown = None if self.is_new else self.chosen()
        self.fill_from(self._shown)

    def _of(self) -> NoticeTemplate | None:
        """What the fields began with: a text as it is stored, or that of another language where one is new."""
        if self.is_new:
            return self._begun
        return None if self._shown is None else self._shown.template

    def fill_from(self, _seen: NoticeLine | None) -> None:
        of = self._of()
        self.which.setText("" if of is None else self._title(of))
        self.subject_field.setVisible(of is None or of.channel is Channel.EMAIL)
        self.subject.setText("" if of is None else of.subject)
        self.body.setPlainText("" if of is None else of.body)
        self._filled = self.subject.text(), self.body.toPlainText()
        self.lock(self.subject, self.body, closed=of is None)
        if of is not None and self._tried_as != _place(of):
            self._try_on()

    @Slot()
    def _try_on(self) -> None:
        """Ask for the facts of the visit that is chosen, in the language of the text."""
        if self._trying is not None:
            self._trying.drop()
        of, patient = self._of(), self.preview.patient_id
        if of is not None:
            if self._tried_as != _place(of):
                self._trial, self._tried_as = None, _place(of)
                self.preview.clear()
            reading = self.context.runner.read(self, trials.trial_facts, of.kind, of.channel, of.language, patient)
            self._trying = reading.done(self._facts_found).refused(self.refuse)

    def _facts_found(self, found: TrialFacts) -> None:
        self._trial = found
        self.preview.show_trial(found)
        self.show_ability()

    # typed

    def _typed(self, of: NoticeTemplate) -> NoticeTemplate:
        subject, body = self.subject.text(), self.body.toPlainText()
        if (subject, body) == self._filled:  # a field shows some signs otherwise than they are stored
            return of
        return replace(of, subject=subject.strip(), body=body)

    def _is_typed(self) -> bool:
        of = self._of()
        return of is not None and self._typed(of) != of

    def is_changed(self) -> bool:
        return self.is_new or self._is_typed()

    @Slot()
    def show_ability(self) -> None:
        super().show_ability()
        seen, of, allowed = self._shown, self._of(), self.may_change()
        is_own = seen is not None and seen.text.kept.is_own
        if self.is_new and not self._is_typed():
            self.save_button.setEnabled(False)  # it is the text of another language still
        for button, can in (
            (self.test_button, seen is not None),
            (self.language_button, seen is not None),
            (self.history_button, seen is not None),
            (self.shipped_button, seen is not None and not seen.text.kept.shipped and not is_own),
            (self.remove_button, is_own),
            (self.field_button, of is not None),
        ):
            if button.hasFocus() and not can:
                self.chooser.setFocus()  # not to whatever comes next: a second press would do that
            button.setEnabled(can)
        for button in (self.test_button, self.language_button, self.field_button):
            button.setVisible(allowed)
        self.shipped_button.setVisible(allowed and not is_own)
        self.remove_button.setVisible(allowed and is_own)  # in the place of the way back that such a text has not
        self.buttons_box.fit()
        self.contents_button.setVisible(may(self.context.actor(), Permission.MANAGE_SETTINGS))
        if of is not None and self._trial is not None:
            self._show_tried(of, tried(self._typed(of), self._trial.facts))

    def _show_tried(self, of: NoticeTemplate, found: Tried) -> None:
        """What is wrong stands below its field while it is typed."""
        for name in _CHECKED:
            control, line = self._beside[name]
            problem = found.problem if found.field == name else ""
            control.setAccessibleDescription(problem)
            line.setText(problem)
            show_if(line, bool(problem))
        self.warning.setText("\n".join(found.warnings))
        show_if(self.warning, bool(found.warnings))
        self.preview.show_letter(of.channel, found)

    def save(self) -> None:
        if (of := self._of()) is not None:
            act, new, seen = templates.save, self._typed(of), self._shown
            version = None if seen is None else seen.version
            self.send(self.context.runner.act(self, act, new, expect_version=version))

    def _stored(self, value: object) -> None:
        self._made = value if self.is_new and isinstance(value, int) else None
        super()._stored(value)

    def refuse(self, refused: Refused) -> None:
        super().refuse(refused)
        if isinstance(refused, PhraseError) and refused.line:
            block = self.body.document().findBlockByNumber(refused.line - 1)
            self.body.setTextCursor(QTextCursor(block))
            self.body.ensureCursorVisible()

    # acts

    def _saved_one(self) -> NoticeLine | None:
        """What an act is about; what is typed is saved or undone before."""
        if self.is_changed():
            self.say(SAVE_FIRST)
            return None
        return self._shown

    @Slot()
    def _open_contents(self) -> None:
        if self._settings is not None:
            ContentsSheet(self.context, self._settings, self.window()).open()

    @Slot()
    def _open_history(self) -> None:
        if (seen := self._saved_one()) is not None:
            NoticeHistorySheet(self.context, seen.text.kept, self._title(seen.template), self.window()).open()

    @Slot()
    def _open_fields(self) -> None:
        if (of := self._of()) is not None and self._trial is not None:
            sheet = FieldsSheet(of, self._trial.facts.content, self.window())
            sheet.chosen.connect(self._insert)
            sheet.open()

    @Slot(str)
    def _insert(self, name: str) -> None:
        self.body.insertPlainText(f"{{{{ {name} }}}}")
        self.body.setFocus(Qt.FocusReason.OtherFocusReason)

    @Slot()
    def _send_test(self) -> None:
        if (seen := self._saved_one()) is not None:
            self.say("")
            self.context.runner.act(self, trials.send_test, seen.text.kept.id).done(self._tested).refused(self.refuse)

    def _tested(self, _notice: object) -> None:
        self.context.messages.say(_("A test is on its way to you, with made-up names and times."))

    @Slot()
    def _ask_shipped(self) -> None:
        if (seen := self._saved_one()) is not None:
            question = _("Go back to the shipped text?")
            detail = _("Your own stays in the history of this text, and can be put back.")
            asked = ask(self.window(), question, detail=detail, yes=_("Go back"))
            asked.answered.connect(partial(self._restore, seen))

    def _restore(self, seen: NoticeLine, yes: bool) -> None:
        if yes:
            act = templates.restore
            self.send(self.context.runner.act(self, act, seen.text.kept.id, expect_version=seen.version))

    # languages

    @Slot()
    def _choose_language(self) -> None:
        """Offer the languages that the notice has no text in over this channel."""
        if (seen := self._saved_one()) is None:
            return
        words, of = self.context.words(), seen.template
        present = {each.template.language for each in self._lines if _place(each.template)[:2] == _place(of)[:2]}
        named = sorted((words.language(code), code) for code in LANGUAGES if code not in present)
        acts = [ActSpec(told, partial(self._begin, replace(of, language=code))) for told, code in named]
        menu = ActsMenu(acts, name=_("New language …"), parent=self)
        menu.setAttribute(Qt.WidgetAttribute.WA_DeleteOnClose)
        menu.popup(self.language_button.mapToGlobal(self.language_button.rect().bottomLeft()))

    def _begin(self, new: NoticeTemplate) -> None:
        """Show a text in its new language as it is in the other one, to be translated: its fields stand where they belong."""
        self._begun = new
        self.begin_new()
        self.body.setFocus(Qt.FocusReason.OtherFocusReason)
        self._area.ensureWidgetVisible(self.body)

    @Slot()
    def _ask_remove(self) -> None:
        if (seen := self._saved_one()) is not None:
            question = _("Remove “{text}”?").format(text=self._title(seen.template))
            detail = _(
                "Who reads that language gets the nearest one that there is, at last English. Its history goes, too."
            )
            asked = ask(self.window(), question, detail=detail, yes=_("Remove"), dangerous=True)
            asked.answered.connect(partial(self._remove, seen))

    def _remove(self, seen: NoticeLine, yes: bool) -> None:
        if yes:
            act = templates.remove
            self.send(self.context.runner.act(self, act, seen.text.kept.id, expect_version=seen.version))

    # words

    def _title(self, of: NoticeTemplate) -> str:
        told = _("{notice}: {channel}, {language}")
        language = language_words(of.language, self.context.words())
        return told.format(notice=KINDS[of.kind], channel=CHANNELS[of.channel], language=language)

    def _language(self, each: NoticeLine) -> str:
        return language_words(each.template.language, self.context.words())


def _place(of: NoticeTemplate) -> tuple[str, str, str]:
    return of.kind, of.channel, of.language


def _channel(each: NoticeLine) -> str:
    return CHANNELS[each.template.channel]


def _whose(each: NoticeLine) -> str:
    if each.text.kept.is_own:
        return _("own")
    return _("shipped") if each.text.kept.shipped else _("changed")
