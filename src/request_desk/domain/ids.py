"""Typed ids, the time-ordered number behind them, and unguessable tokens; nothing here reads a clock."""

import hashlib
import secrets
from collections.abc import Callable
from datetime import datetime
from threading import Lock
from typing import NewType
from uuid import UUID

LocationId = NewType("LocationId", int)
DepartmentId = NewType("DepartmentId", int)
StaffId = NewType("StaffId", int)
ProviderId = NewType("ProviderId", int)
TypeId = NewType("TypeId", int)
WindowId = NewType("WindowId", int)
SuggestionId = NewType("SuggestionId", int)
AbsenceId = NewType("AbsenceId", int)
PatientId = NewType("PatientId", int)
ContactId = NewType("ContactId", int)
AppointmentId = NewType("AppointmentId", int)
RequestId = NewType("RequestId", int)
MessageId = NewType("MessageId", int)
PlanId = NewType("PlanId", int)  # of a provider who is out
PhraseId = NewType("PhraseId", int)
TemplateId = NewType("TemplateId", int)  # of a notice
TemplateVersionId = NewType("TemplateVersionId", int)
AnnouncementId = NewType("AnnouncementId", int)
OutboxId = NewType("OutboxId", int)
WaitlistEntryId = NewType("WaitlistEntryId", int)
SlotOfferId = NewType("SlotOfferId", int)
ServiceId = NewType("ServiceId", int)
VariantId = NewType("VariantId", int)
ManageLinkId = NewType("ManageLinkId", int)
CounterOfferId = NewType("CounterOfferId", int)
QuestionnaireId = NewType("QuestionnaireId", int)
QuestionId = NewType("QuestionId", int)
ResponseId = NewType("ResponseId", int)
AttachmentId = NewType("AttachmentId", int)
ReminderRuleId = NewType("ReminderRuleId", int)
SecretId = NewType("SecretId", int)
SubscriptionId = NewType("SubscriptionId", int)
WebhookDeliveryId = NewType("WebhookDeliveryId", int)
LaunchId = NewType("LaunchId", int)
TargetId = NewType("TargetId", int)  # a DepartmentId or a StaffId: both come from `new_id`, so they never collide

_COUNTER_BITS = 22  # 41 bits of milliseconds since 1970 last until 2039, and sort below 2**63
_RANDOM_BITS = 12

NewId = Callable[[], int]


class IdSource:
    """Makes 63-bit ids: milliseconds, then a counter with a random start; strictly rising within a process.

    Two processes collide only with the same millisecond and the same of about 4,000,000 counter values; the primary key
    refuses that, and `Desk.perform` runs the use case again.
    """

    def __init__(self, now: Callable[[], datetime]) -> None:
        self._now = now
        self._last = 0
        self._lock = Lock()

    def __call__(self) -> int:
        milliseconds = int(self._now().timestamp() * 1000)
        fresh = (milliseconds << _COUNTER_BITS) | (secrets.randbits(_COUNTER_BITS - 1))
        with self._lock:
            step = 1 + secrets.randbits(_RANDOM_BITS)
            self._last = fresh if fresh > self._last else self._last + step
            return self._last


class CountingIds:
    """Ids 1, 2, 3 … for tests that name them."""

    def __init__(self, start: int = 1) -> None:
        self._next = start

    def __call__(self) -> int:
        self._next += 1
        return self._next - 1


def new_uuid() -> UUID:
    """Return a random public reference (command ids, form ids, Message-IDs)."""
    return UUID(bytes=secrets.token_bytes(16), version=4)


def new_bytes(count: int) -> bytes:
    """Return random bytes, for secrets that are written in another way than a token."""
    return secrets.token_bytes(count)


def new_token() -> str:
    """Return 256 random bits, base64url, 43 characters (LINK-01, AUTH-11)."""
    return secrets.token_urlsafe(32)


def new_code(digits: int = 6) -> str:
    """Return a uniform decimal code with its leading zeros (OTP-01)."""
    return f"{secrets.randbelow(10**digits):0{digits}d}"


def hashed(token: str) -> str:
    """Return the SHA-256 of a token, hex; what the database keeps of it (LINK-02)."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()


def same(left: str, right: str) -> bool:
    """Compare two secrets in constant time."""
    return secrets.compare_digest(left.encode("utf-8", "surrogatepass"), right.encode("utf-8", "surrogatepass"))
