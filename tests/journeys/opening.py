"""How a desktop opens a practice in the journeys: as the program does it, on a database and a clock of the test's."""

from collections.abc import Callable
from functools import partial
from pathlib import Path
from traceback import format_exception

from request_desk.app import check_receiver
from request_desk.domain.clock import SystemClock
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.secrets import FileStore, new_key
from request_desk.services.desk import Desk
from request_desk.store.database import Database
from request_desk.ui.window.launch import Opened


def opener(url: str, folder: Path, clock: SystemClock, crashes: list[str], *, token: str = "") -> Callable[[], Opened]:
    """How the program opens a practice for a window, on this database and this clock."""

    def opened() -> Opened:
        folder.mkdir(parents=True, exist_ok=True)
        secrets = FileStore(folder)
        if secrets.get("drafts") is None:
            secrets.put("drafts", new_key())
        return Opened(
            desk=Desk(
                Database(url), clock, sealer=KeptSealer(secrets), check_receiver=partial(check_receiver, is_demo=True)
            ),
            secrets=secrets,
            drafts_folder=folder / "drafts",
            draft_key=(secrets.get("drafts") or "").encode("ascii"),
            remembered=token,
            write_crash=lambda error: _noted(crashes, error),
            begin=lambda: None,
            close=lambda: None,
        )

    return opened


def _noted(crashes: list[str], error: BaseException) -> str:
    crashes.append("".join(format_exception(error)))
    return "J1"
