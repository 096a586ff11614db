"""The reminders of one type, the fields of the one that is chosen, and what goes out before a visit; saving them is the form's business."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout, QWidget

from request_desk.domain.errors import Invalid
from request_desk.domain.ids import ProviderId, ReminderRuleId
from request_desk.domain.reminders import (
    Reachable,
    ReminderGroup,
    ReminderRule,
    before_words,
    parse_before,
    preview,
    sample_start,
    unreached,
)
from request_desk.domain.words import _
from request_desk.ui.editor.editor import Editor
from request_desk.ui.editor.lines_editor import LinesEditor
from request_desk.ui.lists.columns import Column
from request_desk.ui.settings.reminder_words import GROUPS, preview_lines, preview_title, unreached_words, ways
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.layout import Card, field, row
from request_desk.ui.widgets.text import PlainLabel, show_if
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_LIST: Final = 132  # pixels at 100 %: three reminders without scrolling
_DAY: Final = timedelta(days=1)
_USUAL: Final = (_DAY, 2 * _DAY, timedelta(hours=2), 7 * _DAY)  # what a new one begins with


@dataclass(frozen=True, slots=True)
class _Line:
    """A reminder as the list has it; a new one has a key below 0 until it is stored. `text` is how long before, as it is typed."""

    id: int
    rule: ReminderRule
    text: str

    @property
    def active(self) -> bool:
        return self.rule.active

    @property
    def problem(self) -> Invalid | None:
        """Why what is typed is no time, None when it is one."""
        try:
            parse_before(self.text)
        except Invalid as refused:
            return refused
        return None


class ReminderLines(LinesEditor[_Line]):
    """What is typed into the fields is in the list at once; nothing is stored before the form is (RM1)."""

    def __init__(self, form: Editor) -> None:
        columns: tuple[Column[_Line], ...] = (
            Column(_("Goes to"), _group, 0),
            Column(_("Before the visit"), _before, 130),
            Column(_("By"), _ways, 130),
            Column(_("State"), _state, 70),
        )
        super().__init__(form, columns, name=_("Reminders"))
        self._next = -1
        self.chooser.setMinimumHeight(app_theme().px(_LIST))
        self.add_button = secondary(_("Add reminder"), icon="plus")
        self.remove_button = secondary(_("Remove"))
        self.group = QComboBox()
        for group, words in GROUPS.items():
            self.group.addItem(words, group)
        self.before = QLineEdit()
        self.by_email, self.by_sms = QCheckBox(_("By e-mail")), QCheckBox(_("By SMS"))
        self.active = QCheckBox(_("On"))
        self.why_kept = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.title = PlainLabel("", role=TextRole.BOLD, wrap=True)
        self.ahead = PlainLabel("", wrap=True)
        self.missing = PlainLabel("", tone=Tone.HELD, wrap=True)
        self._fields = QWidget()
        self._lay_out()
        self.chooser.chosen.connect(self._show_chosen)
        self.add_button.clicked.connect(self.add)
        self.remove_button.clicked.connect(self._remove)
        self.group.currentIndexChanged.connect(self._typed)
        self.before.textChanged.connect(self._typed)
        for box in (self.by_email, self.by_sms, self.active):
            box.toggled.connect(self._typed)

    def _lay_out(self) -> None:
        theme = app_theme()
        frame = Card(padding=1)
        frame.body.addWidget(self.chooser)
        self._form.follow(self.group)
        both = QHBoxLayout()
        both.setSpacing(theme.px(3 * SPACE))
        top = Qt.AlignmentFlag.AlignTop
        both.addWidget(field(_("Goes to"), self.group), 1, top)
        hint = _("Such as 2 days, 3 hours or 30 minutes; a day is 24 hours.")
        both.addWidget(field(_("How long before the visit"), self.before, hint=hint), 1, top)
        fields = QVBoxLayout(self._fields)
        fields.setContentsMargins(0, 0, 0, 0)
        fields.setSpacing(theme.px(2 * SPACE))
        fields.addLayout(both)
        fields.addLayout(row(self.by_email, self.by_sms, self.active, None))
        told = _("With both off nothing is sent, but programs that listen for reminders hear of it.")
        fields.addWidget(PlainLabel(told, tone=Tone.MUTED, wrap=True))
        body = QVBoxLayout(self)
        body.setContentsMargins(0, 0, 0, 0)
        body.setSpacing(theme.px(2 * SPACE))
        self.why_kept.setText(
            _(
                "A reminder that has come due for a visit cannot be deleted: what went out, and to whom, is kept with it, so that nobody "
                "is reminded twice. Removing it switches it off; it stays in the list."
            )
        )
        for part in (frame, row(self.add_button, None, self.remove_button), self._fields):
            if isinstance(part, QWidget):
                body.addWidget(part)
            else:
                body.addLayout(part)
        for label in (self.why_kept, self.title, self.ahead, self.missing):
            body.addWidget(label)

    # What is shown and typed

    def show_rules(self, rules: Sequence[ReminderRule]) -> None:
        """Show these reminders; the one that was chosen stays so."""
        kept = self.chooser.key()
        self._lines = [_Line(each.id, each, before_words(each.before)) for each in rules]
        self._list(kept)

    def rules(self) -> tuple[ReminderRule, ...]:
        """Return the reminders as they are typed; id 0 where one is new. Raises Invalid where a time cannot be read."""
        return tuple(
            replace(each.rule, id=ReminderRuleId(max(0, each.id)), before=parse_before(each.text))
            for each in self._lines
        )

    def is_changed(self, seen: Sequence[ReminderRule]) -> bool:
        """Tell whether something else is typed than was seen."""
        return any(each.problem for each in self._lines) or self.rules() != tuple(seen)

    def show_ability(self, people: Sequence[Reachable], doing: Collection[ProviderId]) -> None:
        """Offer what can be done with the chosen reminder, and say what follows from all of them."""
        allowed, line = self._form.may_change(), self._chosen()
        for button in (self.add_button, self.remove_button):
            show_if(button, allowed)
        if self.remove_button.hasFocus() and line is None:
            self.add_button.setFocus()
        self.remove_button.setEnabled(line is not None)
        show_if(self._fields, line is not None)
        show_if(self.why_kept, bool(self._lines))
        self._form.lock(self.group, self.before, self.by_email, self.by_sms, self.active)
        context = self._form.context
        rules = [replace(each.rule, before=parse_before(each.text)) for each in self._lines if not each.problem]
        words, now = context.words(), context.clock.now()
        start = sample_start(rules, now, words.zone)
        ahead = preview(rules, start, now)
        self.title.setText(preview_title(ahead, words.moment(start)))
        missing = unreached_words(unreached(rules, people, doing), words)
        for label, text in ((self.ahead, preview_lines(ahead, words)), (self.missing, missing)):
            label.setText(text)
            show_if(label, bool(text))

    # Acts

    @Slot()
    def add(self) -> None:
        """Add a reminder of the family by e-mail, and go to how long before."""
        taken = {each.text for each in self._lines if each.rule.group is ReminderGroup.PATIENT}
        before = next((each for each in _USUAL if before_words(each) not in taken), _USUAL[0])
        rule = ReminderRule(ReminderRuleId(0), ReminderGroup.PATIENT, before)
        line = _Line(self._next, rule, before_words(before))
        self._next -= 1
        self._lines.append(line)
        self._list(line.id)
        self.before.setFocus(Qt.FocusReason.OtherFocusReason)
        self.before.selectAll()
        self.edited.emit()

    @Slot()
    def _remove(self) -> None:
        line = self._chosen()
        if line is None:
            return
        place = self._lines.index(line)
        del self._lines[place]
        self._list_near(place)
        if self._lines:
            self.chooser.setFocus()
        else:
            self.add_button.setFocus()
        self.edited.emit()

    # Inside

    @Slot()
    def _show_chosen(self) -> None:
        line = self._chosen()
        if line is None:
            return
        self._is_filling = True
        self.group.setCurrentIndex(self.group.findData(line.rule.group))
        self.before.setText(line.text)
        self.by_email.setChecked(line.rule.by_email)
        self.by_sms.setChecked(line.rule.by_sms)
        self.active.setChecked(line.rule.active)
        self._is_filling = False

    @Slot()
    def _typed(self) -> None:
        line = self._chosen()
        if self._is_filling or line is None:
            return
        rule = replace(
            line.rule,
            group=ReminderGroup(self.group.currentData()),
            by_email=self.by_email.isChecked(),
            by_sms=self.by_sms.isChecked(),
            active=self.active.isChecked(),
        )
        made = replace(line, rule=rule, text=self.before.text().strip())
        if made != line:
            self._lines[self._lines.index(line)] = made
            self.chooser.show_things(self._lines, line.id)
            self.edited.emit()


def _group(line: _Line) -> str:
    return GROUPS[line.rule.group]


def _before(line: _Line) -> str:
    return before_words(parse_before(line.text)) if not line.problem else _("not readable")


def _ways(line: _Line) -> str:
    return ways(line.rule)


def _state(line: _Line) -> str:
    return _("on") if line.active else _("off")
