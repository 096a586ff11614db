"""Merging two records of one patient: the other is found, both stand side by side, and what becomes of each is said in words."""

from PySide6.QtCore import Slot
from PySide6.QtWidgets import QGridLayout, QWidget

from request_desk.domain.errors import Refused
from request_desk.domain.ids import PatientId
from request_desk.domain.words import Words, _
from request_desk.services.people import merging
from request_desk.services.people.merging import Comparison
from request_desk.services.people.patient_page import PatientView
from request_desk.services.people.patients import PatientHit
from request_desk.ui.patients.patient_words import STATES
from request_desk.ui.running.context import DeskContext
from request_desk.ui.schedule.appointment_words import named
from request_desk.ui.schedule.patient_finder import PatientFinder
from request_desk.ui.widgets.buttons import danger, secondary
from request_desk.ui.widgets.facts import FactLines
from request_desk.ui.widgets.layout import Card
from request_desk.ui.widgets.sheet import Sheet
from request_desk.ui.widgets.states import Banner, BannerKind
from request_desk.ui.widgets.text import PlainLabel
from request_desk.ui.widgets.theme import SPACE, TextRole, Tone, app_theme

_SIZE = (720, 420)  # pixels at 100 %


class _Record(Card):
    """One of the two, with what it has."""

    def __init__(self, parent: QWidget) -> None:
        super().__init__(parent)
        self.role = PlainLabel("", role=TextRole.SMALL_BOLD, tone=Tone.MUTED, parent=self)
        self.name = PlainLabel("", role=TextRole.BOLD, wrap=True, parent=self)
        self.facts = FactLines(parent=self)
        for part in (self.role, self.name, self.facts):
            self.body.addWidget(part)
        self.body.addStretch(1)

    def show_record(self, view: PatientView, role: str, words: Words) -> None:
        self.setAccessibleName(f"{role}: {view.patient.name}")
        self.role.setText(role)
        self.name.setText(named(view.patient.name, 200))
        who = ", ".join(_("{name} ({relation})").format(name=named(each.contact.name), relation=named(each.relation.relation)) for each in view.contacts)  # fmt: skip
        self.facts.show_lines(
            (
                (_("Born"), words.birth(view.patient.birth_day)),
                (_("State"), STATES[view.state]),
                (_("Custody note"), named(view.custody_note, 200)),
                (_("Contacts"), who),
                (_("Visits"), _("{ahead} to come, {past} earlier").format(ahead=len(view.ahead), past=len(view.past))),
                (_("Requests"), words.count(len(view.requests))),
            )
        )


class MergeSheet(Sheet):
    """Find the other record, look at both, choose which is kept, merge."""

    def __init__(self, context: DeskContext, patient_id: PatientId, parent: QWidget) -> None:
        super().__init__(
            _("Merge duplicates"),
            danger(_("Merge the two")),
            parent,
            detail=_("For two records of one and the same patient. Find the other record."),
            size=_SIZE,
        )
        self._context = context
        self._patient_id = patient_id
        self._found: Comparison | None = None
        self.finder = PatientFinder(context)
        self.kept, self.other = _Record(self), _Record(self)
        self.told = PlainLabel("", wrap=True)
        self.apart = Banner()
        self.swap = secondary(_("Keep the other one"), icon="refresh-cw")
        both = QGridLayout()
        both.setSpacing(app_theme().px(3 * SPACE))
        for place, record in enumerate((self.kept, self.other)):
            both.addWidget(record, 0, place)
            both.setColumnStretch(place, 1)
            record.hide()
        self.body.addWidget(self.finder)
        self.body.addLayout(both)
        self.body.addWidget(self.told)
        self.body.addWidget(self.apart)
        self.body.addStretch(1)
        self.finish(self.swap)
        self.swap.hide()
        self.button.setEnabled(False)
        self.finder.chosen.connect(self._chosen)
        self.swap.clicked.connect(self._swap)
        self.button.clicked.connect(self._merge)
        self.finder.setFocus()

    @Slot(object)
    def _chosen(self, hit: PatientHit) -> None:
        self._compare(self._patient_id, hit.id)

    @Slot()
    def _swap(self) -> None:
        if self._found is not None:
            self._compare(self._found.other.patient.id, self._found.kept.patient.id)

    def _compare(self, kept: PatientId, other: PatientId) -> None:
        pending = self._context.runner.read(self, merging.compare, kept, other)
        pending.done(self._compared).refused(self._not_compared)

    def _not_compared(self, refused: Refused) -> None:
        self.button.setEnabled(False)
        self.refuse(refused)

    def _compared(self, found: Comparison) -> None:
        self._found = found
        words = self._context.words()
        self.say("")
        self.kept.show_record(found.kept, _("Is kept"), words)
        self.other.show_record(found.other, _("Goes into it"), words)
        for part in (self.kept, self.other, self.swap):
            part.show()
        self.told.setText(_told(found, words))
        self.apart.setVisible(bool(found.at_once))
        if found.at_once:
            one, two = found.at_once[0]
            told = _("Both have a visit at {time}, with {one} and with {two}: cancel one of them first.")
            time = words.at(one.zone).moment(one.starts_at)
            names = {"one": named(one.provider_name), "two": named(two.provider_name)}
            self.apart.say(BannerKind.DANGER, told.format(time=time, **names))
        self.button.setEnabled(not found.at_once)

    @Slot()
    def _merge(self) -> None:
        found = self._found
        if found is None:
            return
        self.button.setEnabled(False)
        pending = self._context.runner.act(
            self,
            merging.merge,
            found.kept.patient.id,
            found.other.patient.id,
            expect_version=found.kept.patient.version,
            other_version=found.other.patient.version,
        )
        pending.done(self._merged).refused(self._not_merged)

    def _merged(self, _kept: object) -> None:
        self.accept()

    def _not_merged(self, refused: Refused) -> None:
        """What stands against it is said, and both are read again as they are now."""
        if self._found is not None:
            self._compare(self._found.kept.patient.id, self._found.other.patient.id)
        self.refuse(refused)


def _told(found: Comparison, words: Words) -> str:
    """Return what becomes of each, with the day of birth where that differs."""
    kept, other = found.kept, found.other
    names = {
        "kept": f"{named(kept.patient.name)}, {words.birth(kept.patient.birth_day)}",
        "other": f"{named(other.patient.name)}, {words.birth(other.patient.birth_day)}",
    }
    told = [
        _(
            "{kept} stays and takes over all visits, requests, messages, notes and contacts of {other}. Name and date of "
            "birth stay as they are; custody notes are joined."
        ).format(**names),
        _("{other} is no longer found for booking; whoever opens it sees {kept}. Nothing is deleted.").format(**names),
    ]
    theirs = {each.contact.id for each in kept.contacts}
    shared = [named(each.contact.name) for each in other.contacts if each.contact.id in theirs]
    if shared:
        told.append(_("For {names} the rights at the kept one count.").format(names=words.list_of(shared)))
    told.append(_("It can be undone for a few seconds; after that the two stay one."))
    return "\n".join(told)
