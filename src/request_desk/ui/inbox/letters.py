"""What goes between the open request and the response: texts for its merge fields, and the letter that is sent; plain values."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from request_desk.domain.phrases import PhraseOutcome
from request_desk.domain.requests import Reply


@dataclass(frozen=True, slots=True)
class Values:
    """The texts of the merge fields for the act that is chosen now."""

    fields: Mapping[str, str]
    outcome: PhraseOutcome
    own: Mapping[str, str] = field(
        default_factory=dict
    )  # as the desk reads them, where the parent reads another language


@dataclass(frozen=True, slots=True)
class Outgoing:
    """What is sent: the act may be left out on purpose (*Reply, change nothing on the schedule*)."""

    reply: Reply | None
    with_act: bool = True
    no_reply_reason: str = ""
    text_meant: bool = False  # though it says otherwise than the act
