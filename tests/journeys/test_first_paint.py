"""What has been loaded when the window is first painted, and that nothing but the one window ever shows by itself."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from PySide6.QtCore import QEvent, QObject
from PySide6.QtWidgets import QApplication, QWidget

from tests.journeys.conftest import OpenDesk

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
    "request_desk.domain.practice_time",
    "request_desk.domain.requests",
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
