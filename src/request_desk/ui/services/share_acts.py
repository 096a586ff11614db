"""What can be done with a service or a variant, and why the rest cannot; the services decide."""

from collections.abc import Callable, Sequence
from enum import IntEnum
from functools import partial

from PySide6.QtGui import QGuiApplication
from PySide6.QtWidgets import QWidget

from request_desk.domain.access import Permission, may
from request_desk.domain.words import _
from request_desk.services.practice import services
from request_desk.services.practice.services import Shared
from request_desk.ui.patients.forms import FormWindow
from request_desk.ui.running.context import DeskContext
from request_desk.ui.services.preview_sheet import PreviewSheet
from request_desk.ui.services.service_forms import ServiceForm, VariantForm
from request_desk.ui.services.service_words import shown_name
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.dialogs import ask

_FORM_HEIGHT = 450  # pixels at 100 % of the form of a service


class ShareAct(IntEnum):
    """The places of the acts."""

    COPY = 0
    PREVIEW = 1
    CHANGE = 2
    NEW_VARIANT = 3
    UP = 4
    DOWN = 5
    SWITCH = 6


def copy_link_act(copy: Callable[[], object], why_not: str) -> ActSpec:
    """Return *Copy share link → Copy Patient App URL*, as it stands in the menu of everything that has such a link (BK2, BK3)."""
    return ActSpec(_("Copy Patient App URL"), copy, why_not, "copy", group=_("Copy share link"))


def copy_address(context: DeskContext, address: str, name: str) -> None:
    """Put the address of a page for families into the clipboard, and say so."""
    QGuiApplication.clipboard().setText(address)
    context.messages.say(_("The link of {name} is copied: {address}").format(name=shown_name(name), address=address))


def not_managing(context: DeskContext) -> str:
    """Return why the user cannot change services, "" when they can."""
    return "" if may(context.actor(), Permission.MANAGE_SERVICES) else _("your role does not cover it")


def shared_acts(
    context: DeskContext, owner: QWidget, shared: Shared, made: Callable[[int], object]
) -> Sequence[ActSpec]:
    """Return every act with a service or a variant; `made` is told the id of a new variant."""
    why_not, thing = not_managing(context), shared.thing
    off = "" if thing.active else _("it is switched off")
    first, last = (_("it is the first") if shared.is_first else ""), (_("it is the last") if shared.is_last else "")
    switch = _("Switch off …") if thing.active else _("Switch on")
    return (
        copy_link_act(partial(copy_address, context, shared.link.address, thing.name), shared.link.why_not),
        ActSpec(_("Preview as patient …"), partial(_preview, owner, shared), icon="eye"),
        ActSpec(_("Change …"), partial(change, context, owner, shared), why_not, "pencil"),
        ActSpec(_("New variant …"), partial(add_variant, context, owner, shared, made), why_not, "plus"),
        ActSpec(_("Move up"), partial(_move, context, owner, shared, up=True), why_not or off or first, "chevron-up"),
        ActSpec(
            _("Move down"), partial(_move, context, owner, shared, up=False), why_not or off or last, "chevron-down"
        ),
        ActSpec(switch, partial(ask_switch, context, owner, shared), why_not, is_grave=thing.active),
    )


def change(context: DeskContext, owner: QWidget, shared: Shared) -> None:
    """Open the form of a service or a variant."""
    if shared.variant is None:
        FormWindow(ServiceForm(context, shared.service.id), owner.window(), height=_FORM_HEIGHT).open()
    else:
        FormWindow(VariantForm(context, shared.service.id, shared.variant.id), owner.window()).open()


def add_service(context: DeskContext, owner: QWidget, made: Callable[[int], object]) -> None:
    """Open the form of a new service; `made` is told its id."""
    form = ServiceForm(context, None)
    form.stored.connect(made)
    FormWindow(form, owner.window(), height=_FORM_HEIGHT).open()


def add_variant(context: DeskContext, owner: QWidget, shared: Shared, made: Callable[[int], object]) -> None:
    """Open the form of a new variant of a service; `made` is told its id."""
    form = VariantForm(context, shared.service.id, None)
    form.stored.connect(made)
    FormWindow(form, owner.window()).open()


def ask_switch(context: DeskContext, owner: QWidget, shared: Shared) -> None:
    """Switch a service or a variant on, or ask whether it is to be switched off."""
    if not shared.thing.active:
        _switch(context, owner, shared, True)
        return
    detail = _("Its link leads nowhere then, and neither do those of its variants. What is booked stays.")
    if shared.variant is not None:
        detail = _("Its link leads nowhere then. What is booked stays.")
    question = _("Switch off {name}?").format(name=shown_name(shared.thing.name))
    asked = ask(owner.window(), question, detail=detail, yes=_("Switch off"), dangerous=True)
    asked.answered.connect(partial(_switch, context, owner, shared))


def _switch(context: DeskContext, owner: QWidget, shared: Shared, is_meant: bool) -> None:
    if not is_meant:
        return
    act, active, version = context.runner.act, not shared.thing.active, shared.thing.version
    if shared.variant is None:
        act(owner, services.switch_service, shared.service.id, active=active, expect_version=version)
    else:
        act(owner, services.switch_variant, shared.variant.id, active=active, expect_version=version)


def _move(context: DeskContext, owner: QWidget, shared: Shared, *, up: bool) -> None:
    act, version = context.runner.act, shared.thing.version
    if shared.variant is None:
        act(owner, services.move_service, shared.service.id, up=up, expect_version=version)
    else:
        act(owner, services.move_variant, shared.variant.id, up=up, expect_version=version)


def _preview(owner: QWidget, shared: Shared) -> None:
    PreviewSheet(shared, owner.window()).open()
