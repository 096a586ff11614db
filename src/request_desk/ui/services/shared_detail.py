"""A service or a variant beside the list: whether its link can be given away and what that needs, what it is, its variants."""

from collections.abc import Sequence

from PySide6.QtCore import Signal, Slot

from request_desk.domain.changes import Topic
from request_desk.domain.share_links import Check, CheckPlace
from request_desk.domain.words import _
from request_desk.services.practice import services
from request_desk.services.practice.services import Shared
from request_desk.ui.lists.detail_page import DetailPage
from request_desk.ui.patients.lines import LinkLines
from request_desk.ui.running.context import DeskContext
from request_desk.ui.running.runner import Pending
from request_desk.ui.services import share_acts
from request_desk.ui.services.check_lines import CheckLines
from request_desk.ui.services.service_words import fact_lines, head_words, shown_name
from request_desk.ui.services.share_acts import ShareAct, not_managing, shared_acts
from request_desk.ui.settings.group_list import GroupId
from request_desk.ui.widgets.acts import ActSpec
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.states import Banner, BannerKind
from request_desk.ui.widgets.text import PlainLabel, show_if
from request_desk.ui.widgets.theme import Tone

_SHARING = (ShareAct.COPY, ShareAct.PREVIEW)
_ALL = (*_SHARING, ShareAct.CHANGE, ShareAct.NEW_VARIANT, ShareAct.SWITCH)
_LABELS = 90  # pixels at 100 %
TOPICS = (Topic.DIRECTORY, Topic.AVAILABILITY, Topic.SETTINGS)
_GROUPS = {
    CheckPlace.PRACTICE: GroupId.PRACTICE,
    CheckPlace.PATIENTS_PAGES: GroupId.PATIENTS_PAGES,
    CheckPlace.LOCATIONS: GroupId.LOCATIONS,
    CheckPlace.TYPES: GroupId.TYPES,
    CheckPlace.MEETINGS: GroupId.MEETINGS,
}


class SharedDetail(DetailPage[Shared]):
    """One service or variant; each line of its checklist leads to where it is done."""

    thing_wanted = Signal(object)  # the id of another row

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            name=_("Service"),
            choose=_("Choose a service or a variant to see its link."),
            reading=_("Reading the service …"),
            topics=TOPICS,
        )
        self.seen: Shared | None = None
        self.head = PlainLabel("", tone=Tone.MUTED, wrap=True)
        self.link = Banner()
        self.checks = CheckLines()
        self.facts = FactLines(_LABELS)
        self.variants = LinkLines(_("It has no variant yet."))
        self.add_top(self.head, self.link)
        self.who_changes = PlainLabel(
            _("An administrator changes services and what they need."), tone=Tone.MUTED, wrap=True
        )
        self.add_section(_("Ready to be shared?"), self.checks, self.who_changes)
        self._facts = self.add_section(_("What it is"), self.facts)
        self._variants = self.add_section(_("Variants"), self.variants)
        self.checks.wanted.connect(self._go)
        self.variants.picked.connect(self.thing_wanted)

    def read(self, key: int) -> Pending[Shared]:
        return self.context.runner.read(self, services.one_shared, key)

    def fill(self, view: Shared) -> None:
        if self.seen is None or self.seen.id != view.id:
            self.place.verticalScrollBar().setValue(0)
        self.seen = view
        self.title.setText(shown_name(view.thing.name, 200))
        self.head.setText(head_words(view))
        if view.link.address:
            self.link.say(BannerKind.INFO, view.link.address)
        else:
            self.link.say(BannerKind.WARNING, _("No link yet: {why_not}.").format(why_not=view.link.why_not))
        may_manage = not not_managing(self.context)
        self.checks.show_checks(view.checks, leads=may_manage)
        show_if(self.who_changes, not may_manage)
        lines = fact_lines(view)
        self.facts.show_lines(lines)
        show_if(self._facts, any(value for _label, value in lines))
        variants = view.service.variants if view.variant is None else ()
        self.variants.show_lines([
            (each.id, shown_name(each.name), "" if each.is_open else _("hidden") if each.active else _("switched off"))
            for each in variants
        ])  # fmt: skip
        show_if(self._variants, view.variant is None)

    def acts_of(self, view: Shared) -> Sequence[ActSpec]:
        """What the user can do beside the list; rows are moved there, by their menu or by keys."""
        acts = self._every_act(view)
        return [acts[each] for each in (_SHARING if not_managing(self.context) else _ALL)]

    def _every_act(self, view: Shared) -> Sequence[ActSpec]:
        return shared_acts(self.context, self, view, self.thing_wanted.emit)

    def do_act(self, place: ShareAct) -> None:
        """Do one of the acts with what is shown, or say why it cannot be done."""
        if self.seen is None or self.key != self.seen.id or not self.acts.isEnabled():
            return
        act = self._every_act(self.seen)[place]
        if act.why_not:
            told = _("{act}: {why_not}").format(act=act.text.removesuffix(" …"), why_not=act.why_not)
            self.context.messages.say(told)
        else:
            act.run()

    @Slot(object)
    def _go(self, check: Check) -> None:
        """Go where a line of the checklist is done."""
        seen, go = self.seen, self.context.open_thing
        if seen is None:
            return
        own = {
            CheckPlace.SERVICE: share_acts.change,
            CheckPlace.VARIANT: share_acts.change,
            CheckPlace.SWITCH: share_acts.ask_switch,
        }
        if check.place in _GROUPS:
            go("settings", _GROUPS[check.place])
        elif check.place is CheckPlace.AVAILABILITY:
            go("availability", check.about)
        elif check.place is CheckPlace.NEW_VARIANT:
            share_acts.add_variant(self.context, self, seen, self.thing_wanted.emit)
        elif check.about == seen.id:
            own[check.place](self.context, self, seen)
        else:
            self.thing_wanted.emit(check.about)
