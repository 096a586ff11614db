"""Changes of departments and their members, of accounts and their roles; reading them is in `directory`."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final

from sqlalchemy import Row, bindparam, delete, insert, select

from request_desk.domain.access import WORKING, Permission, Role
from request_desk.domain.changes import Topic
from request_desk.domain.directory import ADMINISTRATOR_LOGIN, Department
from request_desk.domain.errors import Invalid, NotFound, Problems, Refused, UndoRefused
from request_desk.domain.ids import DepartmentId, ProviderId, StaffId
from request_desk.domain.requests import RequestKind
from request_desk.domain.routing import RoutingFacts, told_without_members
from request_desk.domain.text import clean_name, one_line, parse_email, parse_phone
from request_desk.domain.words import _, initials
from request_desk.services.desk import Unit
from request_desk.services.inbox import routing as inbox_routing
from request_desk.services.inbox.scope import IS_ACTIVE
from request_desk.services.people import access
from request_desk.services.practice import directory
from request_desk.store import schema

_LOGIN_SIGNS: Final = frozenset("abcdefghijklmnopqrstuvwxyz0123456789.-_")
_LOGIN_LIMIT: Final = 40

staff, department, member = schema.staff.c, schema.department.c, schema.department_member.c
_DEPARTMENT = select(*department).where(department.id == bindparam("which"))
_DEPARTMENT_NAMED = select(department.id).where(department.name == bindparam("called"))
_MEMBERS = select(member.staff_id).where(member.department_id == bindparam("which"))
_KNOWN_STAFF = select(staff.id)
_LOGIN = select(staff.id).where(staff.login == bindparam("called"))
_BY_PROVIDER = select(staff.id, staff.name).where(staff.provider_id == bindparam("which"))
_PROVIDER = select(schema.provider.c.id).where(schema.provider.c.id == bindparam("which"))
_ACTIVE_STAFF = (
    select(staff.id, staff.roles, staff.password_hash).where(staff.active).order_by(staff.id).with_for_update()
)
_CAN_ACT = select(staff.id).where(IS_ACTIVE)
_STAFF = select(*staff).where(staff.id == bindparam("which"))


@dataclass(frozen=True, slots=True)
class NewStaff:
    """An account to be made; empty initials are taken from the name.

    `department_id` is where a new account becomes a member; later a department says who is in it.
    """

    login: str
    name: str
    roles: frozenset[Role]
    initials: str = ""
    provider_id: ProviderId | None = None
    department_id: DepartmentId | None = None
    email: str = ""
    mobile_phone: str = ""


def intake_department(unit: Unit, name: str) -> DepartmentId:
    """Make the department that receives the requests of a new practice; it has nobody yet: `init`."""
    unit.require(Permission.RUN_JOBS)
    return _add_department(unit, _department_name(unit, name, None), frozenset())


def add_department(unit: Unit, name: str, member_ids: Sequence[StaffId]) -> DepartmentId:
    """Make a department with its members (RT5). Raises Invalid where nobody is in it: nobody would see what comes there."""
    unit.require(Permission.MANAGE_STAFF)
    problems = Problems()
    problems.of(lambda: _check_some(member_ids), None)
    cleaned = problems.of(lambda: _department_name(unit, name, None), "")
    problems.tell()
    return _add_department(unit, cleaned, frozenset(member_ids))


def members_warning(unit: Unit, department_id: DepartmentId, staff_ids: Iterable[StaffId]) -> str:
    """Return what happens when only these are left in a department; "" while somebody of them can act, or nobody could before."""
    unit.require(Permission.MANAGE_STAFF)
    found = directory.directory(unit)
    department = found.departments.get(department_id)
    active = {row.id for row in unit.rows(_CAN_ACT)}
    if department is None or not department.active_member_ids or not active.isdisjoint(staff_ids):
        return ""
    return _left_empty(unit, found, department, frozenset())


def leaving_warning(unit: Unit, staff_id: StaffId) -> str:
    """Return what happens to the departments in which this person is the last who can act; "" where there are none."""
    unit.require(Permission.MANAGE_STAFF)
    found = directory.directory(unit)
    last = [each for each in found.departments.values() if each.active and each.active_member_ids == (staff_id,)]
    return " ".join(_left_empty(unit, found, each, frozenset({staff_id})) for each in last)


def _left_empty(unit: Unit, found: directory.Directory, department: Department, leaving: frozenset[StaffId]) -> str:
    """What becomes of the requests of a department in which nobody can act any more, told by the rule that sends them."""
    names = {each.id: each.name for each in found.staff.values()}
    administrator = next(each for each in found.staff.values() if each.login == ADMINISTRATOR_LOGIN)
    names[administrator.id] = _("{name} ({login})").format(name=administrator.name, login=administrator.login)
    sentence = _("Nobody who can act is then left in {department}.").format(department=one_line(department.name))
    if department.id != unit.settings.intake_department_id:
        told = _("What was forwarded there goes to {name}, and nothing can be forwarded there until somebody is added.")
        return f"{sentence} {told.format(name=one_line(names[administrator.id]))}"
    facts = RoutingFacts(
        kind=RequestKind.SCHEDULE,
        asked_provider_id=None,
        appointment_provider_id=None,
        intake_department=department,
        providers={
            each.id: replace(each, staff_active=each.staff_active and each.staff_id not in leaving)
            for each in found.providers.values()
        },
        administrator_id=administrator.id,
    )
    return f"{sentence} {told_without_members(facts, names, unit.words)}"


def save_department(
    unit: Unit, department_id: DepartmentId, name: str, staff_ids: Iterable[StaffId], *, expect_version: int
) -> int:
    """Say what a department is called and who is in it, in one act; open requests follow at once (RT5, RT6).

    Returns its new version; can be undone as a whole. Raises Refused for a closed one.
    """
    unit.require(Permission.MANAGE_STAFF)
    before = _members_of(unit, department_id)
    row = unit.first(_DEPARTMENT, {"which": department_id})
    version = _save_department(unit, department_id, name, frozenset(staff_ids), expect_version)
    if row is not None:  # else it was refused above
        unit.offer_undo(
            _("Department saved"),
            restore_department,
            department_id,
            row.name,
            tuple(sorted(before)),
            expect_version=version,
            until=unit.now + unit.grace,
        )
    return version


def restore_department(
    unit: Unit,
    department_id: DepartmentId,
    name: str,
    staff_ids: tuple[StaffId, ...],
    *,
    expect_version: int,
    until: datetime,
) -> int:
    """Take a change of a department back, name and members."""
    unit.require(Permission.MANAGE_STAFF)
    if unit.now > until:
        raise UndoRefused(_("It is too late to undo this. Change the department again."))
    return _save_department(unit, department_id, name, frozenset(staff_ids), expect_version)


def deactivate_department(unit: Unit, department_id: DepartmentId, *, expect_version: int) -> None:
    """Close a department: nothing is forwarded to it any more, and its open requests go on to somebody."""
    unit.require(Permission.MANAGE_STAFF)
    unit.change(schema.department, department_id, expect_version, active=False)
    unit.renew_settings()  # behind the change: it may be chosen at this moment
    if unit.settings.intake_department_id == department_id:
        raise Refused(_("This department receives the appointment requests. Choose another one in Settings first."))
    unit.record("closed_department", Topic.DIRECTORY, department_id)
    inbox_routing.reroute(unit)


def reopen_department(unit: Unit, department_id: DepartmentId, *, expect_version: int) -> int:
    """Open a closed department again, with the name and the members it had; open requests follow at once (RT5, RT6).

    Returns its new version.
    """
    unit.require(Permission.MANAGE_STAFF)
    row = unit.first(_DEPARTMENT, {"which": department_id})
    if row is not None and row.active and row.version == expect_version:
        raise Refused(_("This department is open already."))
    changed = unit.change(schema.department, department_id, expect_version, active=True)
    unit.record("reopened_department", Topic.DIRECTORY, department_id)
    inbox_routing.reroute(unit)
    return int(changed.version)


def add_staff(unit: Unit, new: NewStaff) -> access.OneTimeCode:
    """Make an account and return the one-time code to hand over. A login is never used twice (AUTH-01)."""
    unit.require(Permission.MANAGE_STAFF)
    problems = Problems()
    login = problems.of(lambda: _new_login(unit, new.login), "")
    nothing: Mapping[str, Any] = {}
    account = problems.of(lambda: _account(unit, new, None), nothing)
    problems.of(lambda: _check_open(unit, new.department_id), None)
    problems.tell()
    staff_id = StaffId(unit.new_id())
    unit.insert(schema.staff, id=staff_id, login=login, must_change=True, **account)
    if new.department_id is not None:
        unit.change(schema.department, new.department_id, None)
        unit.insert(schema.department_member, department_id=new.department_id, staff_id=staff_id)
        unit.record("joined_department", Topic.DIRECTORY, new.department_id, member=staff_id)
    unit.record("added_staff", Topic.STAFF, staff_id)
    code = access.code_for_new(unit, staff_id)
    inbox_routing.reroute(unit)
    return code


def change_staff(unit: Unit, staff_id: StaffId, new: NewStaff, *, expect_version: int) -> int:
    """Change name, initials, roles, provider and how an account is reached (not its login); returns its new version (AUTH-07, AUTH-10)."""
    unit.require(Permission.MANAGE_STAFF)
    seen = _seen(unit, staff_id)
    if seen.login == ADMINISTRATOR_LOGIN and Role.ADMINISTRATOR not in new.roles:
        raise Refused(_("$AD is always an administrator. Take the role from somebody else."))
    if Role.ADMINISTRATOR in seen.roles and Role.ADMINISTRATOR not in new.roles:
        _keep_an_administrator(unit, staff_id)
    row = unit.change(schema.staff, staff_id, expect_version, **_account(unit, new, staff_id))
    unit.record("changed_staff", Topic.STAFF, staff_id, roles=sorted(row.roles))
    inbox_routing.reroute(unit)
    return int(row.version)


def deactivate_staff(unit: Unit, staff_id: StaffId, *, expect_version: int) -> None:
    """Switch an account off: its sessions end, its departments lose it, its requests go on to somebody (AD2, AUTH-07)."""
    unit.require(Permission.MANAGE_STAFF)
    seen = _seen(unit, staff_id)
    if seen.login == ADMINISTRATOR_LOGIN:
        raise Refused(_("$AD cannot be switched off: requests that nobody else can see go there."))
    if staff_id == unit.actor.id:
        raise Refused(_("You cannot switch off your own account. Ask another administrator."))
    if Role.ADMINISTRATOR in seen.roles:
        _keep_an_administrator(unit, staff_id)
    unit.change(schema.staff, staff_id, expect_version, active=False, code_hash="", code_expires_at=None)
    access.end_sessions(unit, staff_id)
    unit.record("switched_off_staff", Topic.STAFF, staff_id)
    inbox_routing.reroute(unit)


def reactivate_staff(unit: Unit, staff_id: StaffId, *, expect_version: int) -> None:
    """Switch an account on again; departments and password are as they were."""
    unit.require(Permission.MANAGE_STAFF)
    unit.change(schema.staff, staff_id, expect_version, active=True)
    unit.record("switched_on_staff", Topic.STAFF, staff_id)
    inbox_routing.reroute(unit)


def first_administrator(unit: Unit) -> access.OneTimeCode:
    """Make the reserved administrator if it is missing, and give it a one-time code: `init` (AUTH-01)."""
    unit.require(Permission.RUN_JOBS)
    if unit.first(_LOGIN, {"called": ADMINISTRATOR_LOGIN}) is None:
        staff_id = unit.new_id()
        unit.insert(
            schema.staff,
            id=staff_id,
            login=ADMINISTRATOR_LOGIN,
            name=_("Administrator"),
            initials="AD",
            roles=[str(Role.ADMINISTRATOR), str(Role.TYPES)],
            must_change=True,
        )
        unit.record("added_staff", Topic.STAFF, staff_id)
    return access.first_code(unit)


def _check_some(member_ids: Sequence[StaffId]) -> None:
    if not member_ids:
        raise Invalid(_("Tick at least one person: nobody would see what comes here."), field="Members")


def _add_department(unit: Unit, name: str, member_ids: frozenset[StaffId]) -> DepartmentId:
    department_id = DepartmentId(unit.new_id())
    unit.insert(schema.department, id=department_id, name=name)
    _write_members(unit, department_id, member_ids)
    unit.record("added_department", Topic.DIRECTORY, department_id)
    return department_id


def _members_of(unit: Unit, department_id: DepartmentId) -> frozenset[StaffId]:
    return frozenset(StaffId(row.staff_id) for row in unit.rows(_MEMBERS, {"which": department_id}))


def _save_department(
    unit: Unit, department_id: DepartmentId, name: str, staff_ids: frozenset[StaffId], expect_version: int
) -> int:
    cleaned = _department_name(unit, name, department_id)
    row = unit.first(_DEPARTMENT, {"which": department_id})
    changed = unit.change(schema.department, department_id, expect_version, name=cleaned)
    if not changed.active:
        raise Refused(_("This department is closed. Reopen it first, then change it."))
    is_renamed = row is not None and row.name != cleaned
    if is_renamed:
        unit.record("renamed_department", Topic.DIRECTORY, department_id)
    if not is_renamed or staff_ids != _members_of(unit, department_id):
        _write_members(unit, department_id, staff_ids)
        unit.record("changed_members", Topic.DIRECTORY, department_id, members=sorted(staff_ids))
    inbox_routing.reroute(unit)  # for a new name too: each request says why it is here (RT4)
    return int(changed.version)


def _write_members(unit: Unit, department_id: DepartmentId, staff_ids: frozenset[StaffId]) -> None:
    known = {row.id for row in unit.rows(_KNOWN_STAFF)}
    if not staff_ids <= known:
        raise NotFound(_("Somebody of this list is not there any more. Reload to see the present state."))
    unit.run(delete(schema.department_member).where(member.department_id == department_id))
    if staff_ids:
        unit.run(
            insert(schema.department_member),
            [{"department_id": department_id, "staff_id": staff_id} for staff_id in sorted(staff_ids)],
        )


def _department_name(unit: Unit, name: str, own: DepartmentId | None) -> str:
    cleaned = clean_name(name, field="Name")
    taken = unit.first(_DEPARTMENT_NAMED, {"called": cleaned})
    if taken is not None and taken.id != own:
        raise Invalid(_("There is or was a department of this name. Choose another name."), field="Name")
    return cleaned


def _new_login(unit: Unit, text: str) -> str:
    login = access.login_key(text)
    if not login or len(login) > _LOGIN_LIMIT or not _LOGIN_SIGNS.issuperset(login):
        raise Invalid(
            _("A user name has small letters, digits, dots and hyphens only, at most {most}.").format(
                most=_LOGIN_LIMIT
            ),
            field="User name",
        )
    if unit.first(_LOGIN, {"called": login}) is not None:
        raise Invalid(
            _("This user name is or was in use. Choose another one; names are never given twice."), field="User name"
        )
    return login


def _account(unit: Unit, new: NewStaff, own: StaffId | None) -> Mapping[str, Any]:
    problems = Problems()
    name = problems.of(lambda: clean_name(new.name, field="Name"), "")
    short = problems.of(lambda: clean_name(new.initials, field="Initials", required=False), "")
    problems.of(lambda: _check_roles(new.roles), None)
    problems.of(lambda: _check_provider(unit, new.provider_id, own), None)
    email = problems.of(lambda: parse_email(new.email) if new.email.strip() else "", "")
    phone = problems.of(lambda: _mobile(unit, new.mobile_phone), "")
    problems.tell()
    letters = short[:3].upper() or initials(name) or name[:2].upper()
    reached = {"email": email, "mobile_phone": phone}
    return {"name": name, "initials": letters, "roles": sorted(new.roles), "provider_id": new.provider_id, **reached}


def _mobile(unit: Unit, text: str) -> str:
    return parse_phone(text, unit.words.region, field="Mobile phone") if text.strip() else ""


def _check_roles(roles: frozenset[Role]) -> None:
    if WORKING.isdisjoint(roles):
        raise Invalid(_("Choose scheduler, provider or administrator, at least one of them."), field="Roles")


def _check_open(unit: Unit, department_id: DepartmentId | None) -> None:
    row = unit.first(_DEPARTMENT, {"which": department_id}) if department_id is not None else None
    if department_id is not None and (row is None or not row.active):
        raise Invalid(_("This department is closed. Choose one that is open."), field="Department")


def _check_provider(unit: Unit, provider_id: ProviderId | None, own: StaffId | None) -> None:
    if provider_id is None:
        return
    if unit.first(_PROVIDER, {"which": provider_id}) is None:
        raise NotFound(_("This provider is not there any more. Reload to see the present state."))
    taken = unit.first(_BY_PROVIDER, {"which": provider_id})
    if taken is not None and taken.id != own:
        sentence = _("{name} is already the login of this provider. Take it from there first.")
        raise Invalid(sentence.format(name=taken.name), field="Provider")


def _seen(unit: Unit, staff_id: StaffId) -> Row[Any]:
    row = unit.first(_STAFF, {"which": staff_id})
    if row is None:
        raise NotFound(_("This account is not there any more. Reload to see the present state."))
    return row


def _keep_an_administrator(unit: Unit, leaving: StaffId) -> None:
    """Refuse to leave the practice without an administrator who can sign in. The rows are locked: two may try at once (AUTH-10)."""
    others = [row for row in unit.rows(_ACTIVE_STAFF) if row.id != leaving and Role.ADMINISTRATOR in row.roles]
    if not any(row.password_hash for row in others):
        raise Refused(
            _("Nobody else could sign in as an administrator then. Let another administrator choose a password first.")
        )
