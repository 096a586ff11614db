"""Makes the services of the demo practice by the use cases, as an administrator would; what they are is in practice.toml."""

from request_desk.demo import data
from request_desk.demo.rows import Keys
from request_desk.domain.access import SYSTEM
from request_desk.services.desk import Desk
from request_desk.services.practice import services
from request_desk.services.practice.services import ServiceDetails, VariantDetails


def make_services(desk: Desk, known: Keys) -> None:
    """Make every service with its variants, in the order of the file."""
    for each in data.practice().service:
        new = ServiceDetails(each.name, each.description, each.visible)
        service_id = desk.perform(SYSTEM, services.add_service, new).value
        for one in each.variant:
            variant = VariantDetails(
                one.name,
                one.description,
                known.types[one.type],
                tuple(known.providers[key] for key in one.providers),
                tuple(known.locations[key] for key in one.locations),
                one.visible,
            )
            desk.perform(SYSTEM, services.add_variant, service_id, variant)
