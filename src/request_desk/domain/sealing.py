"""What is sealed at rest and where a sealed text belongs; who seals is a gateway, given to the desk by `app`."""

from dataclasses import dataclass
from typing import Protocol

from request_desk.domain.errors import Invalid, Refused, Unavailable
from request_desk.domain.words import _

ENVELOPE = "v1"


class KeyMissing(Unavailable):
    """The key that something was sealed with is not on this computer; everything else goes on (SEC-07)."""

    code = "key-missing"


class SealBroken(Refused):
    """A sealed text was changed, or it stands where it was not put (SEC-01)."""

    code = "seal-broken"


@dataclass(frozen=True, slots=True)
class SealedPlace:
    """The one value that a sealed text is for: moved to another row, column or version, it does not open."""

    table: str
    row_id: int
    column: str
    version: int = 1

    @property
    def words(self) -> bytes:
        """The place as it is bound to the text."""
        return "\x1f".join((self.table, str(self.row_id), self.column, str(self.version))).encode()


class Sealer(Protocol):
    """Seals short texts with a key of this computer's key store."""

    def seal(self, text: str, place: SealedPlace) -> str: ...

    def unseal(self, sealed: str, place: SealedPlace) -> str:
        """Open it; raises KeyMissing or SealBroken."""
        ...

    def has_key(self, key_id: str) -> bool: ...

    def current(self) -> str | None:
        """Return the id of the key that is sealed with from now on; None where there is none yet."""
        ...


def key_of(sealed: str) -> str:
    """Return the id of the key that a text was sealed with; raises SealBroken for what is no sealed text."""
    parts = sealed.split(".")
    if len(parts) != 4 or parts[0] != ENVELOPE:
        raise broken()
    return parts[1]


def broken() -> SealBroken:
    """Make the refusal of a text that does not open."""
    return SealBroken(
        _(
            "This secret cannot be opened: what is stored was changed. Revoke it, make a new one, and look at the journal."
        )
    )


def missing() -> KeyMissing:
    """Make the refusal for want of the key."""
    return KeyMissing(
        _(
            "The key that seals the practice's secrets is not on this computer. Bring it here with `request-desk sealing-key`, "
            "or remove the secrets and make new ones."
        )
    )


def unreadable() -> Invalid:
    """Make the refusal of a file that holds no keys."""
    return Invalid(_("This file holds no sealing key. Write it anew with `request-desk sealing-key export`."))
