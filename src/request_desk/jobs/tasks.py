"""The jobs, each callable by itself: claim, do, settle. When they run is in `scheduler`; what they change is the services'."""

import logging
from collections.abc import Callable, Mapping
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, assert_never
from urllib.parse import urlsplit

from request_desk.domain.access import SYSTEM
from request_desk.domain.directory import Channel
from request_desk.domain.errors import Refused, Unavailable
from request_desk.domain.webhooks import WebhookAttempt, WebhookEnd
from request_desk.domain.words import _, known_language
from request_desk.gateways.letters import Letter, Permanent, Result, Sent, Temporary
from request_desk.gateways.webhooks import WebhookPost
from request_desk.logs import Word
from request_desk.services.desk import Desk
from request_desk.services.inbox import counter_offers, needs, routing as inbox_routing
from request_desk.services.notices import outbox, reminders, webhook_queue
from request_desk.services.notices.outbox import Delivered, DueNotice
from request_desk.services.notices.reminders import Looked
from request_desk.services.notices.webhook_queue import DueWebhook
from request_desk.services.portal import access as portal_access, manage_links
from request_desk.services.practice import housekeeping
from request_desk.services.schedule import scheduling, slot_offers, waitlist

Senders = Mapping[Channel, Callable[[Letter], Result]]
SendWebhook = Callable[[WebhookPost], WebhookAttempt]

# Four sends with all their time-outs still fit into the lease of a notice.
CLAIMED: Final = 4
PLANNER: Final = "planner"
PLANNER_LEASE: Final = timedelta(minutes=2)
WEBHOOKS_AT_ONCE: Final = 32  # two of each receiver: sixteen have to hang before another one waits
_LOOK_AGAIN: Final = 0.25  # seconds, while some are on their way
_ROUNDS: Final = 50  # in one tick, so that stopping never waits long
_log = logging.getLogger(__name__)


def deliver(desk: Desk, senders: Senders, owner: str, stopped: Callable[[], bool] = lambda: False) -> int:
    """Send what is due and has a sender; returns how many left. The look is a read: nothing is written while nothing is due."""
    sent = 0
    for _round in range(_ROUNDS):
        due_at = desk.query(SYSTEM, outbox.next_due, tuple(senders))
        if stopped() or due_at is None or due_at > desk.clock.now():
            break
        claimed = desk.perform(SYSTEM, outbox.claim_due, owner, tuple(senders), CLAIMED).value
        if not claimed:
            break  # leased by another process, or nobody may get it any more
        sent += sum(_deliver_one(desk, senders, owner, notice) for notice in claimed)
    return sent


def _deliver_one(desk: Desk, senders: Senders, owner: str, notice: DueNotice) -> bool:
    """Send one notice and settle it. Whatever goes wrong with it is its own matter, the next ones go on (JOB-05)."""
    try:
        letter = _letter(desk, notice)
        result = (
            Permanent(_("The code was not wanted any more.")) if letter is None else senders[notice.channel](letter)
        )
    except Exception as error:  # noqa: BLE001  # a poison row must not stop the mail of everybody
        _log.error("notice %s could not be sent: %s", notice.id, error, exc_info=error)
        result = Temporary(_("The notice could not be written. The administrator finds the reason in the log."))
    match result:
        case Sent():
            delivered, error_words = Delivered.SENT, ""
        case Temporary(error=error_words):
            delivered = Delivered.TRY_AGAIN
        case Permanent(error=error_words):
            delivered = Delivered.REFUSED
        case _:
            assert_never(result)
    desk.perform(SYSTEM, outbox.settle, notice.id, owner, delivered, error_words)
    _log.info("notice %s %s after %d tries", notice.id, delivered, notice.attempts)
    return delivered is Delivered.SENT


def _letter(desk: Desk, notice: DueNotice) -> Letter | None:
    """The letter of a notice; a code and a manage link are made in this moment and nowhere else. None when a code is over."""
    if notice.challenge_id is None:
        link = desk.perform(SYSTEM, manage_links.mint_for_notice, notice.id).value if notice.spec.has_link else ""
        text = notice.composed(manage_url=link)
    elif minted := portal_access.mint_code(desk, notice.challenge_id):
        text = notice.composed(minted.code.text, minted.expires_at)
    else:
        return None
    return Letter(
        notice.address,
        text.subject,
        text.body,
        notice.reference,
        language=known_language(notice.language),
        practice_name=notice.facts.practice_name,
        origin=_origin(notice.facts.portal_url),
        calendar=notice.calendar,
    )


def _origin(url: str) -> str:
    """Where the addresses in a letter lead to; "" without a portal."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}" if parts.netloc else ""


def send_webhooks(desk: Desk, send: SendWebhook, owner: str, stopped: Callable[[], bool] = lambda: False) -> int:
    """Send the webhooks that are due, each receiver's in turn and all receivers side by side; returns how many were taken (HOOK-09).

    While a receiver hangs, the others' are looked for again and again; so one run goes on as long as anything is due.
    """
    taken = 0
    running: set[Future[bool]] = set()
    with ThreadPoolExecutor(WEBHOOKS_AT_ONCE, thread_name_prefix="webhook") as pool:
        while True:
            for due in () if stopped() else _claim_webhooks(desk, owner, WEBHOOKS_AT_ONCE - len(running)):
                running.add(pool.submit(_send_webhook, desk, send, owner, due))
            if not running:
                return taken
            done, running = wait(running, _LOOK_AGAIN, FIRST_COMPLETED)
            taken += sum(each.result() for each in done)


def _claim_webhooks(desk: Desk, owner: str, room: int) -> tuple[DueWebhook, ...]:
    """The look is a read: nothing is written while nothing is due."""
    due_at = desk.query(SYSTEM, webhook_queue.next_due) if room else None
    if due_at is None or due_at > desk.clock.now():
        return ()
    return desk.perform(SYSTEM, webhook_queue.claim, owner, room).value


def _send_webhook(desk: Desk, send: SendWebhook, owner: str, due: DueWebhook) -> bool:
    """Send one webhook and settle it; whatever goes wrong with it is its own matter (JOB-05)."""
    try:
        attempt = send(WebhookPost(due.url, due.webhook_id, due.body, due.secrets, due.headers))
    except Exception as error:  # noqa: BLE001  # one that breaks the sending must not stop those of everybody
        _log.error("webhook %s could not be sent: %s", due.id, error, exc_info=error)
        sentence = _("The webhook could not be sent. The administrator finds the reason in the log.")
        attempt = WebhookAttempt(WebhookEnd.TRY_AGAIN, None, sentence, None, 0, "")
    desk.perform(SYSTEM, webhook_queue.settle, due.id, owner, attempt)
    _log.info("webhook %s %s after %d tries", due.id, Word(attempt.end), due.attempts)
    return attempt.end is WebhookEnd.DELIVERED


def plan(desk: Desk, owner: str) -> int:
    """Let holds expire, wake requests whose waiting is over, go on with freed times; one process at a time, by lease.

    Returns how many changed.
    """
    if not desk.perform(SYSTEM, housekeeping.take_lease, PLANNER, owner, PLANNER_LEASE).value:
        return 0
    expired = desk.perform(SYSTEM, counter_offers.expire).value
    expired += desk.perform(SYSTEM, scheduling.expire_holds).value
    woken = desk.perform(SYSTEM, inbox_routing.wake_waiting).value
    if expired or woken:
        _log.info("%d holds and offers expired, %d requests woken", expired, woken)
    return expired + woken + _go_on(desk)


def _go_on(desk: Desk) -> int:
    """Close what is over, and offer freed times to who comes next; a time that somebody took meanwhile is left alone (ACT8)."""
    closed = desk.perform(SYSTEM, waitlist.close_over).value
    ended = desk.perform(SYSTEM, slot_offers.settle).value
    offered = 0
    for freed_id in desk.query(SYSTEM, slot_offers.to_go_on):
        try:
            offered += desk.perform(SYSTEM, slot_offers.go_on, freed_id).value is not None
        except Unavailable:
            raise
        except Refused as refused:
            _log.info("freed time %s is not offered: %s", freed_id, Word(refused.code))
    if closed or ended or offered:
        _log.info("%d wait no more, %d offers ended, %d made", closed, ended, offered)
    return closed + ended + offered


def renew(desk: Desk) -> int:
    """Have requests whose day has passed needed at their next time; returns how many. Nothing is written while there is none."""
    renewed = 0
    for _round in range(_ROUNDS):
        if not desk.query(SYSTEM, needs.has_passed):
            break
        renewed += desk.perform(SYSTEM, needs.renew).value
    if renewed:
        _log.info("%d requests are needed at another time", renewed)
    return renewed


@dataclass(frozen=True, slots=True)
class Reminded:
    """About how many appointments a turn decided, and with what the next one begins; None where it did not come to its end."""

    decided: int
    looked: Looked | None


def remind(desk: Desk, last: Looked | None = None, stopped: Callable[[], bool] = lambda: False) -> Reminded:
    """Decide about what is due to be reminded of, a batch at a time. Nothing is written while nothing is due."""
    is_due, looked = desk.query(SYSTEM, reminders.look, last)
    decided, is_done = 0, not is_due
    for _round in range(_ROUNDS):
        if is_done or stopped():
            break
        batch = desk.perform(SYSTEM, reminders.sweep, already=decided).value
        decided += batch
        is_done = not batch
    if decided:
        _log.info("%d reminders were due", decided)
    return Reminded(decided, looked if is_done else None)


def sweep(desk: Desk) -> int:
    """Note which reminders nobody could send in time, and delete what is over, a batch at a time, until nothing is left."""
    swept = 0
    for _round in range(_ROUNDS):
        if not desk.perform(SYSTEM, reminders.write_off).value:
            break
    for _round in range(_ROUNDS):
        batch = desk.perform(SYSTEM, housekeeping.sweep).value
        swept += batch
        if not batch:
            break
    if swept:
        _log.info("%d rows %s", swept, Word("swept"))
    return swept
