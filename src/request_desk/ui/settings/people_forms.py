"""The groups about people: departments with their members, and the staff list."""

from dataclasses import replace
from functools import partial

from PySide6.QtCore import Qt, Slot
from PySide6.QtWidgets import QCheckBox, QComboBox, QHBoxLayout, QLineEdit, QVBoxLayout

from request_desk.domain.access import WORKING, Permission, Role
from request_desk.domain.changes import Topic
from request_desk.domain.directory import ADMINISTRATOR_LOGIN, Department, Provider, Staff
from request_desk.domain.ids import DepartmentId, ProviderId, StaffId
from request_desk.domain.words import _
from request_desk.services.people import access
from request_desk.services.practice import administration, directory
from request_desk.services.practice.administration import NewStaff
from request_desk.ui.editor.choice_editor import SAVE_FIRST, ChoiceEditor
from request_desk.ui.editor.choosers import ListChooser, NameChooser
from request_desk.ui.lists.columns import Column
from request_desk.ui.running.context import DeskContext
from request_desk.ui.settings.code_shown import CodeShown
from request_desk.ui.settings.tick_list import Tick, TickList
from request_desk.ui.widgets.buttons import secondary
from request_desk.ui.widgets.dialogs import ask
from request_desk.ui.widgets.layout import Card, Line, field, row
from request_desk.ui.widgets.plain_text import isolated_if_needed, one_line
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_ROLES = (
    (Role.SCHEDULER, _("Scheduler")),
    (Role.PROVIDER, _("Provider")),
    (Role.ADMINISTRATOR, _("Administrator")),
    (Role.TYPES, _("Types and rooms")),
    (Role.AVAILABILITY, _("Availability of others")),
)
_HELP = (
    (Role.TYPES, _("Changes appointment types and meeting rooms; everybody else reads them and can ask for a change.")),
    (Role.AVAILABILITY, _("Changes the weekly hours of every provider, who is told; a provider changes only the own.")),
)
_TOPICS = (Topic.STAFF, Topic.DIRECTORY)
_MEMBERS = 310  # pixels at 100 %: eight people without scrolling
_STAFF = 290
_INITIALS = 90


class DepartmentsForm(ChoiceEditor[Department, NameChooser]):
    """Departments and who is in them (RT5, RT6): a change acts on open requests at once."""

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            _("Departments"),
            _("New members see the open requests of a department at once; those who leave it no longer do."),
            Permission.MANAGE_STAFF,
            _TOPICS,
            NameChooser(_("{name} (closed)")),
        )
        self._found: directory.Directory | None = None
        self._wanted: DepartmentId | None = None  # the one to go to: just made, or asked for from elsewhere
        self.add_button = secondary(_("New department …"), icon="plus")
        self.off_button = secondary(_("Switch off …"))
        self.reopen_button = secondary(_("Reopen"), icon="refresh-cw")
        self.closed = PlainLabel(
            _("This department is closed: nothing goes to it. Its name and its members are kept until it is reopened."),
            tone=Tone.MUTED,
            wrap=True,
        )
        self.which = PlainLabel("", role=TextRole.BOLD, elide=True)
        self.name = QLineEdit()
        self.members = TickList(name=_("Members"))
        self.members.setMinimumHeight(app_theme().px(_MEMBERS))
        frame = Card(padding=4)
        frame.body.addWidget(self.members)
        chooser = QHBoxLayout()
        chooser.setSpacing(app_theme().px(2 * SPACE))
        chooser.addWidget(field(_("Department"), self.chooser), 1)
        for button in (self.add_button, self.off_button, self.reopen_button):
            chooser.addWidget(button, 0, Qt.AlignmentFlag.AlignBottom)
        self.fields.addLayout(chooser)
        self.fields.addWidget(self.closed)
        self.fields.addWidget(Line())
        self.fields.addWidget(self.which)
        self.fields.addWidget(field(_("Members"), frame))
        self.tell_beside("Members", self.members, self.fields)
        self.add_field(_("Name"), self.name, name="Name")
        self.follow(self.name)
        self.members.ticked.connect(self.show_ability)
        self.add_button.clicked.connect(self.begin_new)
        self.off_button.clicked.connect(self._switch_off)
        self.reopen_button.clicked.connect(self._reopen)

    def read(self) -> None:
        self.context.runner.read(self, directory.directory).done(self._directory_read).refused(self.unreadable)

    def go_to(self, department_id: DepartmentId) -> None:
        """Show the members of a department, unless something is typed that is not saved."""
        if self.is_changed():
            self.say(SAVE_FIRST)
            return
        self.is_new = False
        self._wanted = department_id
        self._read()

    def _directory_read(self, found: directory.Directory) -> None:
        self._found = found
        wanted, self._wanted = self._wanted, None
        self.take(tuple(found.departments.values()), wanted)
        if wanted is not None:
            self.members.setFocus()

    def fill_from(self, department: Department | None) -> None:
        closed = department is not None and not department.active
        self.lock(self.name, closed=closed)
        self.members.set_locked(locked=closed or not self.may_change())
        people = [] if self._found is None else list(self._found.staff.values())
        members = department.member_ids if department is not None else ()
        self.which.setText(
            isolated_if_needed(one_line(department.name)) if department is not None else _("New department")
        )
        self.name.setText(department.name if department is not None else "")
        self.members.set_lines([_tick(each) for each in people if each.active or each.id in members], members)

    def show_ability(self) -> None:
        super().show_ability()
        allowed = self.may_change()
        closed = self._shown is not None and not self._shown.active
        gone = self.off_button if closed else self.reopen_button
        if gone.hasFocus():
            self.chooser.setFocus()  # not to whatever comes next: that is the name, where a key would change it
        self.add_button.setVisible(allowed)
        self.off_button.setVisible(allowed and not closed)
        self.off_button.setEnabled(self._shown is not None)
        self.reopen_button.setVisible(allowed and closed)
        self.closed.setVisible(closed)

    def chosen_members(self) -> frozenset[StaffId]:
        """Return the people that are ticked."""
        return frozenset(StaffId(key) for key in self.members.chosen())

    def is_changed(self) -> bool:
        seen = self._shown
        if seen is None:
            return self.is_new and bool(self.name.text().strip() or self.chosen_members())
        return self.name.text().strip() != seen.name or self.chosen_members() != frozenset(seen.member_ids)

    def save(self) -> None:
        seen, runner = self._shown, self.context.runner
        name, members = self.name.text().strip(), sorted(self.chosen_members())
        if seen is None:
            self.send(runner.act(self, administration.add_department, name, members).done(self._added))
        elif seen.active_member_ids and self.chosen_members().isdisjoint(seen.active_member_ids):
            warning = runner.read(self, administration.members_warning, seen.id, members)
            warning.done(self._warning_read).refused(self.refuse)
        else:
            self._save(True)

    def _warning_read(self, warning: str) -> None:
        """Whether somebody who was ticked now can act is known to the service alone."""
        if not warning:
            self._save(True)
            return
        seen = self._shown
        if seen is not None:
            name = isolated_if_needed(one_line(seen.name, 60))
            question = _("Leave {name} without anybody who can act?").format(name=name)
            asked = ask(self.window(), question, detail=warning, yes=_("Save it so"), dangerous=True)
            asked.answered.connect(self._save)

    @Slot(bool)
    def _save(self, yes: bool) -> None:
        seen = self._shown
        if yes and seen is not None:
            act, name, members = administration.save_department, self.name.text().strip(), sorted(self.chosen_members())
            self.send(self.context.runner.act(self, act, seen.id, name, members, expect_version=seen.version))

    @Slot()
    def begin_new(self) -> None:
        """Who is in it comes first: a department that nobody is in would be seen by nobody."""
        super().begin_new()
        if self.is_new:
            self.members.setFocus()

    def _added(self, department_id: DepartmentId) -> None:
        self._wanted = department_id

    @Slot()
    def _switch_off(self) -> None:
        if self._shown is not None:
            name = isolated_if_needed(one_line(self._shown.name, 60))
            question = _("Switch off the department {name}?").format(name=name)
            detail = _("Its open requests go to somebody else. It can no longer be chosen.")
            ask(self.window(), question, detail=detail, yes=_("Switch off"), dangerous=True).answered.connect(self._off)

    @Slot(bool)
    def _off(self, yes: bool) -> None:
        seen = self._shown
        if yes and seen is not None:
            act = administration.deactivate_department
            self.send(self.context.runner.act(self, act, seen.id, expect_version=seen.version))

    @Slot()
    def _reopen(self) -> None:
        seen = self._shown
        if seen is not None:
            reopening = self.context.runner.act(
                self, administration.reopen_department, seen.id, expect_version=seen.version
            )
            reopening.done(partial(self._reopened, seen)).refused(self.refuse)

    def _reopened(self, seen: Department, version: int) -> None:
        """What was typed before somebody closed it stays; the fields follow what is read next."""
        self.context.messages.say(_("{name} is open again.").format(name=isolated_if_needed(one_line(seen.name, 60))))
        self.say("")
        self._shown = replace(seen, active=True, version=version)
        self.read()


class StaffForm(ChoiceEditor[Staff, ListChooser]):
    """Who signs in, with which roles (AD1); accounts are switched off, never deleted."""

    def __init__(self, context: DeskContext) -> None:
        columns: tuple[Column[Staff], ...] = (
            Column(_("Name"), _name, 0),
            Column(_("User name"), _login, 120),
            Column(_("Roles"), _role_words, 0),
            Column(_("State"), _state_words, 70),
        )
        super().__init__(
            context,
            _("Staff"),
            _("A new account gets a one-time code; its owner chooses the password at the first sign-in."),
            Permission.MANAGE_STAFF,
            _TOPICS,
            ListChooser(columns, name=_("Staff")),
        )
        self._providers: tuple[Provider, ...] = ()
        self._departments: tuple[Department, ...] = ()
        self._made_login = ""  # of the account that was just made: the list goes to it
        self.who = PlainLabel("", role=TextRole.BOLD, elide=True)
        self.login, self.name, self.initials, self.email, self.mobile = (QLineEdit() for _number in range(5))
        self.initials.setMaxLength(3)
        self.provider = QComboBox()
        self.department = QComboBox()
        self.department_field = field(_("Department"), self.department, hint=_("Its requests are seen at once."))
        self.member_of = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.roles = {role: QCheckBox(text) for role, text in _ROLES}
        self.add_button = secondary(_("New account …"), icon="plus")
        self.code_button = secondary(_("New one-time code …"), icon="lock")
        self.off_button = secondary(_("Switch off …"))
        self._lay_out()
        self.follow(self.email, self.mobile)
        self.follow(self.login, self.name, self.initials, self.provider, self.department, *self.roles.values())
        self.add_button.clicked.connect(self.begin_new)
        self.code_button.clicked.connect(self._ask_code)
        self.off_button.clicked.connect(self._ask_switch)

    def _lay_out(self) -> None:
        theme = app_theme()
        frame = Card(padding=1)
        frame.body.addWidget(self.chooser)
        self.chooser.setMinimumHeight(theme.px(_STAFF))
        self.initials.setMaximumWidth(theme.px(_INITIALS))
        self.fields.addWidget(frame)
        self.fields.addLayout(row(self.add_button, None, self.code_button, self.off_button))
        self.fields.addWidget(Line())
        self.fields.addWidget(self.who)
        names = QHBoxLayout()
        names.setSpacing(theme.px(3 * SPACE))
        names.addWidget(field(_("User name"), self.login), 2)
        names.addWidget(field(_("Name"), self.name), 3)
        names.addWidget(field(_("Initials"), self.initials), 0)
        self.fields.addLayout(names)
        self.tell_beside("User name", self.login, self.fields)
        self.tell_beside("Name", self.name, self.fields)
        self.tell_beside("Initials", self.initials, self.fields)
        self._lay_out_reach()
        self._lay_out_roles()
        self.add_field(_("Sees patients as"), self.provider, name="Provider")
        self.fields.addWidget(self.department_field)
        self.tell_beside("Department", self.department, self.fields)
        self.fields.addWidget(self.member_of)

    def _lay_out_reach(self) -> None:
        """Where reminders go; patients' pages and letters never have it."""
        reach = QHBoxLayout()
        reach.setSpacing(app_theme().px(3 * SPACE))
        reach.addWidget(field(_("E-mail"), self.email, hint=_("For reminders to administrators.")), 1)
        reach.addWidget(field(_("Mobile phone number"), self.mobile, hint=_("For reminders by SMS.")), 1)
        self.fields.addLayout(reach)
        self.tell_beside("E-mail", self.email, self.fields)
        self.tell_beside("Mobile phone", self.mobile, self.fields)

    def _lay_out_roles(self) -> None:
        """Roles to work in, then those that come beside one of them, each with what it is for."""
        theme = app_theme()
        block = QVBoxLayout()
        block.setSpacing(theme.px(SPACE))
        block.addWidget(PlainLabel(_("Roles"), tone=Tone.MUTED))
        block.addLayout(row(*(self.roles[role] for role, _text in _ROLES if role in WORKING), None, gap=4 * SPACE))
        self.fields.addLayout(block)
        self.tell_beside("Roles", self.roles[Role.SCHEDULER], self.fields)
        beside = QVBoxLayout()
        beside.setSpacing(theme.px(SPACE))
        beside.addWidget(PlainLabel(_("Besides, whoever has one of these roles may be given"), tone=Tone.MUTED))
        for role, text in _HELP:
            self.roles[role].setAccessibleDescription(text)
            beside.addWidget(self.roles[role])
            beside.addWidget(PlainLabel(text, role=TextRole.SMALL, tone=Tone.MUTED, wrap=True))
        self.fields.addLayout(beside)

    def read(self) -> None:
        self.context.runner.read(self, directory.directory).done(self._directory_read).refused(self.unreadable)

    def _directory_read(self, found: directory.Directory) -> None:
        self._providers = tuple(each for each in found.providers.values() if each.active)
        intake = self.context.settings().intake_department_id
        opened = [each for each in found.departments.values() if each.active]
        self._departments = tuple(sorted(opened, key=lambda each: each.id != intake))
        made = next((each.id for each in found.staff.values() if each.login == self._made_login), None)
        if made is not None:
            self._made_login = ""
        self.take(tuple(found.staff.values()), made)

    def _list_providers(self, chosen: ProviderId | None) -> None:
        self.provider.blockSignals(True)  # filling is no choice
        self.provider.clear()
        self.provider.addItem(_("nobody"), None)
        for provider in self._providers:
            self.provider.addItem(isolated_if_needed(one_line(provider.name)), provider.id)
        self.provider.setCurrentIndex(max(0, self.provider.findData(chosen)) if chosen is not None else 0)
        self.provider.blockSignals(False)

    def _list_departments(self) -> None:
        """The one that receives appointment requests stands first, and is meant unless another is chosen."""
        self.department.blockSignals(True)  # filling is no choice
        self.department.clear()
        for department in self._departments:
            self.department.addItem(isolated_if_needed(one_line(department.name)), department.id)
        self.department.addItem(_("none: no requests of a department are seen"), None)
        self.department.blockSignals(False)

    def _member_words(self, person: Staff | None) -> str:
        if person is None:
            return ""
        names = [one_line(each.name) for each in self._departments if person.id in each.member_ids]
        if not names:
            return _("In no department. Who is in one is ticked there.")
        return _("In {departments}.").format(departments=self.context.words().list_of(names))

    def fill_from(self, person: Staff | None) -> None:
        self._list_departments()
        self.department_field.setVisible(self.is_new)
        self.member_of.setVisible(not self.is_new)
        self.member_of.setText(self._member_words(person))
        self.who.setText(isolated_if_needed(one_line(person.name)) if person is not None else _("New account"))
        self.login.setText(person.login if person is not None else "")
        self.name.setText(person.name if person is not None else "")
        self.initials.setText(person.initials if person is not None else "")
        self.email.setText(person.email if person is not None else "")
        self.mobile.setText(self._number(person))
        for role, box in self.roles.items():
            box.setChecked(person is not None and role in person.roles)
        self._list_providers(person.provider_id if person is not None else None)
        self.lock(self.email, self.mobile)
        self.lock(self.login, self.name, self.initials, self.provider, self.department, *self.roles.values())
        self.login.setReadOnly(not self.is_new)

    def show_ability(self) -> None:
        super().show_ability()
        allowed, person = self.may_change(), self._shown
        for button in (self.add_button, self.code_button, self.off_button):
            button.setVisible(allowed)
        self.code_button.setEnabled(person is not None and person.active)
        self.off_button.setEnabled(person is not None and person.login != ADMINISTRATOR_LOGIN)
        self.off_button.set_text(_("Switch off …") if person is None or person.active else _("Switch on …"))

    @Slot()
    def begin_new(self) -> None:
        super().begin_new()
        if self.is_new:
            self.login.setFocus()

    def _typed(self) -> NewStaff:
        roles = frozenset(role for role, box in self.roles.items() if box.isChecked())
        name, initials = self.name.text().strip(), self.initials.text().strip()
        department: DepartmentId | None = self.department.currentData() if self.is_new else None
        reach = self.email.text().strip(), self.mobile.text().strip()
        provider: ProviderId | None = self.provider.currentData()
        return NewStaff(self.login.text().strip(), name, roles, initials, provider, department, *reach)

    def _number(self, person: Staff | None) -> str:
        return self.context.words().phone(person.mobile_phone) if person is not None and person.mobile_phone else ""

    def is_changed(self) -> bool:
        seen = self._shown
        if seen is None:
            meant: DepartmentId | None = self.department.itemData(0)
            return self.is_new and self._typed() != NewStaff("", "", frozenset(), department_id=meant)
        reach = seen.email, self._number(seen)
        return self._typed() != NewStaff(
            seen.login, seen.name, seen.roles, seen.initials, seen.provider_id, None, *reach
        )

    def save(self) -> None:
        new, seen = self._typed(), self._shown
        if not new.roles:
            self.say(_("Choose at least one role."))
        elif seen is None:
            self.send(self.context.runner.act(self, administration.add_staff, new).done(self._made))
        else:
            act = administration.change_staff
            self.send(self.context.runner.act(self, act, seen.id, new, expect_version=seen.version))

    def _made(self, code: access.OneTimeCode) -> None:
        """The code is shown once; nothing keeps it."""
        self._made_login = code.login
        CodeShown(code, self.context.words().moment(code.expires_at), self.window()).open()

    @Slot()
    def _ask_code(self) -> None:
        person = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif person is not None:
            warning = self.context.runner.read(self, administration.leaving_warning, person.id)
            warning.done(partial(self._ask_code_with, person)).refused(self.refuse)

    def _ask_code_with(self, person: Staff, warning: str) -> None:
        """Whoever has no password yet cannot act on a request."""
        question = _("Give {name} a new one-time code?").format(name=isolated_if_needed(one_line(person.name, 60)))
        detail = _("The old password ends now, and so do the sessions of this account. {warning}")
        asked = ask(self.window(), question, detail=detail.format(warning=warning).strip(), yes=_("Make a code"))
        asked.answered.connect(self._code_answered)

    @Slot(bool)
    def _code_answered(self, yes: bool) -> None:
        person = self._shown
        if yes and person is not None:
            act = self.context.runner.act(self, access.reset_password, person.id, expect_version=person.version)
            act.done(self._made).refused(self.refuse)

    @Slot()
    def _ask_switch(self) -> None:
        person = self._shown
        if self.is_changed():
            self.say(SAVE_FIRST)
        elif person is not None and not person.active:
            self._switch(True)
        elif person is not None:
            warning = self.context.runner.read(self, administration.leaving_warning, person.id)
            warning.done(partial(self._ask_switch_with, person)).refused(self.refuse)

    def _ask_switch_with(self, person: Staff, warning: str) -> None:
        question = _("Switch off the account of {name}?").format(name=isolated_if_needed(one_line(person.name, 60)))
        told = warning or _("Requests that only this person would see go to somebody else.")
        detail = _("Access ends at once. {what}").format(what=told)
        asked = ask(self.window(), question, detail=detail, yes=_("Switch off"), dangerous=True)
        asked.answered.connect(self._switch)

    @Slot(bool)
    def _switch(self, yes: bool) -> None:
        person = self._shown
        if yes and person is not None:
            act = administration.deactivate_staff if person.active else administration.reactivate_staff
            self.send(self.context.runner.act(self, act, person.id, expect_version=person.version))


def _tick(person: Staff) -> Tick:
    return Tick(person.id, person.name, person.login if person.active else _("{login}, off").format(login=person.login))


def _role_words(person: Staff) -> str:
    return ", ".join(text for role, text in _ROLES if role in person.roles)


def _state_words(person: Staff) -> str:
    return _("active") if person.active else _("off")


def _name(person: Staff) -> str:
    return one_line(person.name)


def _login(person: Staff) -> str:
    return one_line(person.login)
