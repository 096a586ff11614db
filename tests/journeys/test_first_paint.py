"""What has been loaded when the window is first painted and when its first list is there; nothing but the one window shows by itself."""

import json
import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from request_desk.domain.clock import SystemClock
from request_desk.domain.ids import hashed
from request_desk.store import migrate, schema
from request_desk.store.database import Database
from tests.journeys.conftest import OpenDesk
from tests.journeys.running_desk import Allowed, furnished

ROOT = Path(__file__).resolve().parents[2]
# Each costs more than the whole painting of a window, or pulls in something that does.
HEAVY = {
    "alembic",
    "apscheduler",
    "argon2",
    "asyncio",
    "babel",
    "cryptography",
    "jinja2",
    "keyring",
    "logging.handlers",
    "msgspec",
    "multiprocessing",
    "phonenumbers",
    "psycopg",
    "request_desk.config",
    "request_desk.demo",
    "request_desk.domain.ids",
    "request_desk.domain.practice_time",
    "request_desk.domain.requests",
    "request_desk.domain.spans",
    "request_desk.gateways",
    "request_desk.jobs",
    "request_desk.logs",
    "request_desk.services",
    "request_desk.store",
    "request_desk.ui.window.shell",
    "request_desk.web",
    "smtplib",
    "sqlalchemy",
    "sqlite3",
    "starlette",
    "tomllib",
    "uvicorn",
    "zoneinfo",
}
# What the first list waits for needlessly: what stands around it, other pages, what is opened by hand, what another engine or process
# needs.
LATER = {
    "alembic",
    "apscheduler",
    "cryptography",
    "filelock",
    "highspy",
    "holidays",
    "icalendar",
    "imagesize",
    "jinja2",
    "phonenumbers",
    "psycopg",
    "request_desk.demo",
    "request_desk.domain.availability",
    "request_desk.domain.freed_slots",
    "request_desk.domain.phrases",
    "request_desk.domain.questionnaires",
    "request_desk.domain.schedule",
    "request_desk.domain.setup",
    "request_desk.gateways.email",
    "request_desk.jobs",
    "request_desk.services.inbox.handling",
    "request_desk.services.inbox.letters_seen",
    "request_desk.services.notices.outbox",
    "request_desk.services.notices.subscriptions",
    "request_desk.services.portal.access",
    "request_desk.services.practice.directory",
    "request_desk.services.practice.founding",
    "request_desk.services.practice.housekeeping",
    "request_desk.services.schedule.attendance",
    "request_desk.services.schedule.offered_times",
    "request_desk.services.schedule.slots",
    "request_desk.ui.appointments",
    "request_desk.ui.availability",
    "request_desk.ui.freed",
    "request_desk.ui.inbox.deliveries",
    "request_desk.ui.inbox.request_acts",
    "request_desk.ui.inbox.response_controller",
    "request_desk.ui.inbox.unseen_sheet",
    "request_desk.ui.meeting",
    "request_desk.ui.patients",
    "request_desk.ui.running.kept_days",
    "request_desk.ui.schedule",
    "request_desk.ui.services",
    "request_desk.ui.settings.settings_page",
    "request_desk.ui.window.demo_bar",
    "request_desk.ui.window.key_sheet",
    "request_desk.ui.window.palette",
    "request_desk.ui.window.sign_in",
    "request_desk.web",
    "smtplib",
    "sqlalchemy.dialects.postgresql",
    "sqlalchemy.orm",
}
PROGRAM = """
import sys
from pathlib import Path
from PySide6.QtCore import QTimer, Slot
from PySide6.QtWidgets import QApplication
from request_desk import app
from request_desk.ui.window import desktop

class Watched(desktop.Desktop):
    '''Says what is loaded at the moment of its first paint, before anything else is begun.'''

    @Slot()
    def _load(self):
        print(*sorted(sys.modules), flush=True)
        QTimer.singleShot(0, self, self.frame.close)

desktop.Desktop = Watched
sys.exit(app.run_desktop(None, Path(sys.argv[1]) if len(sys.argv) > 1 else None))
"""
LIST_PROGRAM = """
import sys
from PySide6.QtCore import QObject, QTimer
from request_desk import app

class Watch(QObject):
    '''Says what is loaded at the moment in which the first rows are there.'''

    def __init__(self, window):
        super().__init__(window)
        self.window = window
        self.look = QTimer(self)
        self.look.timeout.connect(self.for_page)
        self.look.start(5)

    def for_page(self):
        center = self.window.frame.page("messages")
        if center is None:
            return
        self.look.stop()
        self.model = center.feed.model
        self.model.dataChanged.connect(self.tell)
        self.tell()

    def tell(self):
        if self.model.rowCount() and self.model.cached(self.model.key_at(0)) is not None:
            self.model.dataChanged.disconnect(self.tell)
            print(*sorted(sys.modules), flush=True)
            QTimer.singleShot(0, self.window.frame, self.window.frame.close)

kept = []
sys.exit(app.run_desktop(None, started=lambda window: kept.append(Watch(window))))
"""


@pytest.mark.parametrize("is_demo", [False, True], ids=["practice", "demo"])
def test_the_first_paint_waits_for_nothing_but_the_window(tmp_path: Path, is_demo: bool) -> None:
    homes = {name: str(tmp_path / name) for name in ("XDG_DATA_HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME")}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, *([str(tmp_path)] if is_demo else [])],
        env={**os.environ, **homes},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "request_desk.ui.window.frame" in loaded
    assert {name for name in loaded for heavy in HEAVY if name == heavy or name.startswith(f"{heavy}.")} == set()


def test_the_first_list_waits_for_its_own_page_alone(tmp_path: Path, database_setup: Allowed) -> None:
    url, clock = f"sqlite:///{tmp_path / 'desk.db'}", SystemClock()
    with database_setup():
        migrate.migrate(Database(url))
        house = furnished(url, tmp_path, clock, database_setup)
        house.practice.a_request()
        house.practice.insert(
            schema.staff_session,
            token_hash=hashed("kept"),
            staff_id=house.practice.maria.id,
            created_at=clock.now(),
            last_seen_at=clock.now(),
            expires_at=clock.now() + timedelta(hours=12),
        )
        house.practice.desk.close()
    kept = tmp_path / "data" / "request-desk"
    kept.mkdir(parents=True, mode=0o700)
    secrets = kept / "secrets.json"
    secrets.write_text(json.dumps({"session": "kept", "drafts": "A" * 43 + "="}), "utf-8")
    secrets.chmod(0o600)
    homes = {f"XDG_{name}_HOME": str(tmp_path / name.lower()) for name in ("DATA", "CONFIG", "STATE")}
    done = subprocess.run(
        [sys.executable, "-c", LIST_PROGRAM],
        env={
            **os.environ,
            **homes,
            "REQUEST_DESK_DATABASE": url,
            "PYTHON_KEYRING_BACKEND": "keyring.backends.fail.Keyring",
        },
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    loaded = set(done.stdout.split())
    assert "request_desk.ui.inbox.message_center" in loaded
    assert {name for name in loaded for late in LATER if name == late or name.startswith(f"{late}.")} == set()


class Shows(QObject):
    """Notes every widget that shows as a window of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.seen: list[str] = []

    def eventFilter(self, watched: QObject, event: QEvent) -> bool:
        if event.type() is QEvent.Type.Show and isinstance(watched, QWidget) and watched.isWindow():
            self.seen.append(f"{type(watched).__name__} {watched.accessibleName()}")
        return False


def test_no_part_of_a_page_flashes_up_as_a_window_of_its_own(qapp: QApplication, open_desk: OpenDesk) -> None:
    shows = Shows()
    qapp.installEventFilter(shows)
    try:
        desk = open_desk()
        for page in ("schedule", "patients", "settings", "messages"):
            desk.frame.show_page(page)
            desk.settle()
    finally:
        qapp.removeEventFilter(shows)
    assert shows.seen == ["MainFrame Request Desk"]
