"""What the program refuses, each with a code for programs and the sentence its user reads; bugs are not in here."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

if TYPE_CHECKING:
    # The window is painted before any of these is needed.
    from request_desk.domain.ids import RequestId
    from request_desk.domain.spans import Slot

T = TypeVar("T")


class Refused(Exception):
    """An expected refusal: `sentence` says what happened and what to do; `code` and `params` say it to a program."""

    code: ClassVar = "refused"

    def __init__(self, sentence: str) -> None:
        super().__init__(sentence)
        self.sentence = sentence

    @property
    def params(self) -> Mapping[str, Any]:
        """What the refusal is about: its own fields."""
        return {name: value for name, value in vars(self).items() if name != "sentence"}


class LimitCode(StrEnum):
    """Which rule a time that staff picked breaks."""

    TOO_SOON = "too-soon"
    MOVED_TOO_LATE = "moved-too-late"
    OTHER_PROVIDER = "other-provider"
    TWO_PLACES = "two-places"
    TOO_YOUNG = "too-young"
    TOO_OLD = "too-old"
    TOO_SOON_AGAIN = "too-soon-again"
    SESSION_FULL = "session-full"
    WORK_IN = "work-in"


@dataclass(frozen=True, slots=True)
class Limit:
    """A limit that stands against a time; the sentence is made of `told` and `params`."""

    code: LimitCode
    told: str
    params: Mapping[str, str]

    @property
    def sentence(self) -> str:
        return self.told.format(**self.params)


class Limited(Refused):
    """Limits are in the way, and no reason was given; with `forbids` none lets the move be, only cancelling and booking anew."""

    code: ClassVar = "limited"

    def __init__(self, sentence: str, limits: Sequence[Limit], *, forbids: bool = False) -> None:
        super().__init__(sentence)
        self.limits = tuple(limits)
        self.forbids = forbids


class Conflict(Refused):
    """The thing changed since it was opened.

    `who` and `what` tell the change, from the journal: a name for people, and the action as the journal has it.
    """

    code: ClassVar = "changed"

    def __init__(self, sentence: str, *, who: str = "", what: str = "") -> None:
        super().__init__(sentence)
        self.who = who
        self.what = what


class SlotTaken(Refused):
    """The time is not free any more; `next_free` are the next fitting slots, best first, perhaps none."""

    code: ClassVar = "taken"

    def __init__(self, sentence: str, *, next_free: "Sequence[Slot]" = ()) -> None:
        super().__init__(sentence)
        self.next_free = tuple(next_free)


class AlreadyAsked(Refused):
    """The same contact has an open request of the same child and kind: `request_id`."""

    code: ClassVar = "already-asked"

    def __init__(self, sentence: str, request_id: "RequestId") -> None:
        super().__init__(sentence)
        self.request_id = request_id


class NotAllowed(Refused):
    """The actor's role or right does not cover this."""

    code: ClassVar = "not-allowed"


class NotVerified(NotAllowed):
    """Whoever came by a link has to say first who they are."""

    code: ClassVar = "not-verified"


class SignedOut(NotAllowed):
    """The actor's session ended, or the account was switched off."""

    code: ClassVar = "signed-out"


class NotFound(Refused):
    """No such thing, or none that this actor may know of."""

    code: ClassVar = "not-found"


class Settling(Refused):
    """What was asked for is just being made or changed, and is there in a minute."""

    code: ClassVar = "settling"


class Invalid(Refused):
    """A value was not acceptable; `field` names it in the words of the form. `others` are further values of the same form."""

    code: ClassVar = "invalid"

    def __init__(self, sentence: str, *, field: str = "", others: "Sequence[Invalid]" = ()) -> None:
        super().__init__(sentence)
        self.field = field
        self.others = tuple(others)


class Problems:
    """What is wrong with a form, all of it at once."""

    def __init__(self) -> None:
        self._found: list[Invalid] = []

    def of(self, check: Callable[[], T], otherwise: T) -> T:
        """Return what a check returns; where it finds a problem, keep that and return `otherwise`."""
        try:
            return check()
        except Invalid as problem:
            self._found += [problem, *problem.others]
            return otherwise

    def tell(self) -> None:
        """Raise Invalid when anything was found: the first problem, with the others."""
        if self._found:
            first, *others = self._found
            raise Invalid(first.sentence, field=first.field, others=others)


class Throttled(Refused):
    """Too many tries; `seconds` is how long to wait."""

    code: ClassVar = "throttled"

    def __init__(self, sentence: str, *, seconds: int) -> None:
        super().__init__(sentence)
        self.seconds = seconds


class Unavailable(Refused):
    """The database or a service outside cannot be reached just now; not our bug, nothing was written."""

    code: ClassVar = "unavailable"


class UndoRefused(Refused):
    """The act cannot be taken back any more."""

    code: ClassVar = "undo-refused"
