"""A colleague visibly at work in the demo: claims one or two requests, stays for some minutes, moves on, and completes nothing."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from random import Random
from threading import Event, Thread
from typing import Final

from request_desk.domain.access import Actor, ActorKind
from request_desk.domain.changes import Topic
from request_desk.domain.errors import Refused
from request_desk.domain.ids import RequestId
from request_desk.domain.requests import InboxRow, Tab
from request_desk.services.desk import Desk
from request_desk.services.inbox import marks as inbox_marks, queries as inbox_queries

STEP_SECONDS: Final = 50.0  # a claim lasts three minutes: two steps may fail before it is lost
_AT_MOST: Final = 2
_STAYS: Final = (4 * 60, 8 * 60)  # seconds on one request
_BETWEEN: Final = (3 * 60, 5 * 60)  # seconds until the next one is begun
_HANDLED: Final = frozenset({Topic.CLAIM, Topic.MARK, Topic.REQUEST, Topic.DRAFT, Topic.NOTE})


class Colleague:
    """What the colleague does at each step; nothing that anybody else has opened or claimed is ever touched."""

    def __init__(self, desk: Desk, me: Actor, others: tuple[Actor, ...], random: Random) -> None:
        self._desk = desk
        self._me = me
        self._random = random
        self._on: dict[RequestId, datetime] = {}  # until when
        self._left_alone: set[RequestId] = set()
        self._seq = desk.last_seq()
        self._next_at = self._later(_BETWEEN)
        ids = self._open_ids()
        for other in others:
            opened = (row.id for row in desk.query(other, inbox_queries.rows, ids) if not row.unread)
            self._left_alone.update(opened)
        for row in desk.query(me, inbox_queries.rows, ids):
            if row.claim_staff_id == me.id:
                self._on[row.id] = self._later(_STAYS)

    @property
    def working_on(self) -> tuple[RequestId, ...]:
        """The requests that are claimed now, the oldest claim first."""
        return tuple(self._on)

    def step(self) -> None:
        """Look what the others do, renew or let go what is claimed, and begin something new when it is time."""
        self._look()
        now = self._desk.clock.now()
        for request_id, until in list(self._on.items()):
            if until <= now:
                self._desk.perform(self._me, inbox_marks.release_claim, request_id)
            elif self._desk.perform(self._me, inbox_marks.renew_claim, request_id).value is not None:
                continue
            del self._on[request_id]
            self._left_alone.add(request_id)
        if len(self._on) < _AT_MOST and (now >= self._next_at or not self._on):
            self._begin()

    def run(self, wait: Callable[[float], bool]) -> None:
        """Step until `wait` says that it is over."""
        while not wait(STEP_SECONDS):
            try:
                self.step()
            except Refused:
                continue  # the database was busy, or somebody was faster; the next step looks anew

    def _begin(self) -> None:
        free = [row for row in self._desk.query(self._me, inbox_queries.rows, self._open_ids()) if self._is_free(row)]
        self._next_at = self._later(_BETWEEN)
        if not free:
            return
        request_id = self._random.choice(free).id
        self._left_alone.add(request_id)
        self._desk.perform(self._me, inbox_marks.claim, request_id)
        self._on[request_id] = self._later(_STAYS)

    def _is_free(self, row: InboxRow) -> bool:
        """Nobody is or was on it, and it is not about today: those the user takes first."""
        about_today = row.needed_at is not None and row.needed_at < self._desk.clock.now() + timedelta(hours=16)
        return row.claim_staff_id is None and row.id not in self._left_alone and not row.urgent and not about_today

    def _open_ids(self) -> tuple[RequestId, ...]:
        return tuple(key.id for key in self._desk.query(self._me, inbox_queries.open_keys, Tab.UNREAD))

    def _look(self) -> None:
        changes, self._seq = self._desk.tail(self._seq)
        if changes.everything:
            self._left_alone.update(self._open_ids())
        for entry in changes.entries:
            if entry.topic in _HANDLED and entry.actor_kind == ActorKind.STAFF and entry.actor_id != self._me.id:
                self._left_alone.add(RequestId(entry.entity_id))

    def _later(self, span: tuple[int, int]) -> datetime:
        return self._desk.clock.now() + timedelta(seconds=self._random.uniform(*span))


@contextmanager
def at_work(colleague: Colleague) -> Iterator[None]:
    """Let a colleague work in a thread for as long as the block runs."""
    over = Event()
    thread = Thread(target=colleague.run, args=(over.wait,), name="colleague", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()
