"""The field that finds a patient by name, birth day or phone; what is done with one is decided elsewhere."""

from request_desk.domain.words import _, sorted_name
from request_desk.services.people import patients
from request_desk.services.people.patients import PatientHit
from request_desk.ui.lists.columns import Column
from request_desk.ui.lists.people_finder import PeopleFinder
from request_desk.ui.running.context import DeskContext
from request_desk.ui.widgets.plain_text import one_line


class PatientFinder(PeopleFinder[PatientHit]):
    """Finds a patient who is seen here."""

    def __init__(self, context: DeskContext) -> None:
        super().__init__(
            context,
            patients.find,
            (
                Column(_("Patient"), _name, 0),
                Column(_("Born"), self._birth, 100),
                Column(_("Contact"), _contact, 138),
                Column(_("Phone"), _phone, 112),
            ),
            _key,
            search=_("Find a patient by name, birth day or phone"),
            found=_("Patients found"),
            nothing=_("No patient found. Try part of the name, the birth day or the phone number."),
        )

    def _birth(self, hit: PatientHit) -> str:
        return self._context.words().birth(hit.birth_day)


def _name(hit: PatientHit) -> str:
    return one_line(sorted_name(hit.family_name, hit.given_name))


def _contact(hit: PatientHit) -> str:
    return one_line(hit.contact_name)


def _phone(hit: PatientHit) -> str:
    return hit.phone


def _key(hit: PatientHit) -> int:
    return hit.id
