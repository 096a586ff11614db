"""Sending one text message as an e-mail to a service or a telephone system that makes one of it; how mail leaves is `email`'s business."""

import re
from collections.abc import Callable
from dataclasses import replace
from typing import Final

from request_desk.domain.sms import as_sent
from request_desk.domain.words import _
from request_desk.gateways.letters import Letter, Permanent, Result

_NUMBER: Final = re.compile(r"\+[0-9]{8,15}")


class TextByMail:
    """Writes to the number's mailbox at the service: +12065550147 is 12065550147@text.example.org. The text is the whole body."""

    def __init__(self, mail_domain: str, send: Callable[[Letter], Result]) -> None:
        self._domain = mail_domain
        self._send = send

    def send(self, letter: Letter) -> Result:
        """Send one message by mail, as `send` of the mailer does."""
        if not _NUMBER.fullmatch(letter.to):
            return Permanent(_("This is not a number that text messages go to."))
        address = f"{letter.to.removeprefix('+')}@{self._domain}"
        text = as_sent(letter.body)
        return self._send(
            replace(letter, to=address, subject="", body=text, practice_name="", calendar=None, is_bare=True)
        )
