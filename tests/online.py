"""What tests of the booking page arrange: a service with a share link, visitors who hold times, and what became of them."""

from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

import msgspec
from sqlalchemy import select, update

from request_desk.domain.access import SYSTEM, VISITOR, Actor
from request_desk.domain.ids import AppointmentId, ProviderId, TypeId, VariantId, hashed, new_uuid
from request_desk.domain.online_booking import BookingScope, HeldOnline, NewFamily
from request_desk.services.desk import Desk
from request_desk.services.portal import access as portal_access, booking
from request_desk.store import schema
from tests.builders import TODAY, Practice, wall

TOMORROW = TODAY + timedelta(days=1)
BROWSER = hashed("a browser")
FAMILY = NewFamily(
    relation="father",
    child_given_name="Noor",
    child_family_name="Haddad",
    birth_day="2023-04-05",
    given_name="Sami",
    family_name="Haddad",
    phone="(206) 555-0188",
)


class Share:
    """The service *Check-ups* with one variant, of the practice's first type with its first provider, booked online."""

    def __init__(self, practice: Practice, name: str = "Check-ups", **settings: Any) -> None:
        self.practice = practice
        self.desk: Desk = practice.desk
        self.service, self.service_reference = practice.new_id(), new_uuid()
        practice.insert(
            schema.service,
            id=self.service,
            reference=self.service_reference,
            name=name,
            description="For healthy children.",
            visible=True,
        )
        self.variant, self.reference = self.a_variant("Well visit in person", practice.well, [practice.lindqvist])
        self.settings(**{"self_booking": True, "new_families": True, **settings})

    def a_variant(
        self, name: str, type_id: TypeId, providers: list[ProviderId], **values: Any
    ) -> tuple[VariantId, UUID]:
        variant, reference = VariantId(self.practice.new_id()), new_uuid()
        row = {"id": variant, "service_id": self.service, "type_id": type_id, "reference": reference, "name": name}
        self.practice.insert(schema.service_variant, **{**row, "description": "Bring the vaccination card.", **values})
        for provider in providers:
            self.practice.insert(schema.service_variant_provider, variant_id=variant, provider_id=provider)
        return variant, reference

    def settings(self, **values: Any) -> None:
        self.practice.settings = replace(self.practice.settings, **values)
        with self.practice.database.write() as connection:
            connection.execute(
                update(schema.practice).values(
                    settings=msgspec.to_builtins(self.practice.settings), version=schema.practice.c.version + 1
                )
            )

    def change(self, table: Any, row_id: int, **values: Any) -> None:
        with self.practice.database.write() as connection:
            connection.execute(update(table).where(table.c.id == row_id).values(**values))

    @property
    def path(self) -> str:
        return f"/book/{self.service_reference}/{self.reference}"

    @property
    def scope(self) -> BookingScope:
        return BookingScope(self.practice.well, (self.practice.lindqvist,), (), self.variant)

    def hold(
        self,
        time: str,
        *,
        secret: str = "a",
        client: str = "somewhere",
        day: date = TOMORROW,
        replaces: str = "",
        scope: BookingScope | None = None,
        by: Actor = VISITOR,
        provider: ProviderId | None = None,
    ) -> AppointmentId:
        return self.desk.perform(
            by,
            booking.hold_online,
            scope or self.scope,
            wall(day, time),
            provider or self.practice.lindqvist,
            self.practice.northside,
            secret_hash=hashed(secret),
            client_hash=hashed(client),
            replaces=hashed(replaces) if replaces else "",
        ).value

    def held(self, secret: str = "a") -> HeldOnline:
        found = self.desk.query(VISITOR, booking.held_online, hashed(secret))
        assert found is not None
        return found

    def prove(self, email: str, browser: str = BROWSER) -> portal_access.Checked:
        """Ask for a code on the booking page and type it."""
        asked = self.desk.perform(SYSTEM, portal_access.ask_code, email, browser, with_new=True).value
        assert asked.reference is not None
        with self.practice.database.read() as connection:
            row = connection.execute(select(schema.challenge.c.id).order_by(schema.challenge.c.id.desc())).first()
        assert row is not None
        letter = portal_access.mint_code(self.desk, row[0])
        assert letter is not None
        return portal_access.check_code(self.desk, asked.reference, letter.code.text, browser, with_new=True)

    def confirm_new(self, family: NewFamily = FAMILY, *, secret: str = "a", browser: str = BROWSER) -> AppointmentId:
        return self.desk.perform(
            VISITOR,
            booking.confirm_new,
            hashed(secret),
            family,
            browser_hash=browser,
            session_hash=hashed("a session"),
        ).value

    def rows(self, table: Any) -> list[Any]:
        with self.practice.database.read() as connection:
            return list(connection.execute(select(table)).all())

    def appointment(self, appointment_id: AppointmentId) -> Any:
        return next(row for row in self.rows(schema.appointment) if row.id == appointment_id)

    def booked_at(self, start: datetime) -> int:
        rows = self.rows(schema.appointment)
        return sum(row.starts_at == start and row.status == "confirmed" for row in rows)
