"""The composition root: settings, database, desk, then one of the processes; each is imported by the function that starts it."""

import gc
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from threading import Event, Thread
from types import FrameType
from typing import TYPE_CHECKING, assert_never

from request_desk import paths
from request_desk.domain.errors import (
    Invalid,
    Refused as Refused,  # noqa: PLC0414  # the command line tells it
)
from request_desk.domain.words import _
from request_desk.paths import NoFolder as NoFolder  # noqa: PLC0414  # and this

if TYPE_CHECKING:
    from datetime import timedelta

    from request_desk import config
    from request_desk.demo.home import Home
    from request_desk.domain.clock import Clock
    from request_desk.gateways.sealing import KeptSealer
    from request_desk.gateways.secrets import SecretStore
    from request_desk.gateways.webhooks import WebhookSender
    from request_desk.jobs.scheduler import Jobs
    from request_desk.jobs.tasks import Senders
    from request_desk.services.desk import Desk
    from request_desk.store.database import Database
    from request_desk.ui.window.desktop import Desktop, Launch
    from request_desk.ui.window.launch import Demo, Opened

Face = Callable[[], int]
Say = Callable[[str], object]

# Names under which the key store keeps what this program needs.
_DATABASE_PASSWORD = "database"
_MAIL_PASSWORD = "mail"
_TEXTS_SECRET = "sms"
_INBOUND_SECRET = "sms-inbound"
_DRAFT_KEY = "drafts"
_PORTAL_KEY = "portal"


def settings(path: Path | None = None) -> "config.Settings":
    """Read the settings of this machine: the file, then the environment. Raises Invalid with a sentence."""
    from request_desk import config

    if path is not None and not path.exists():
        raise Invalid(_("There is no settings file {path}. Check the path.").format(path=path), field="config")
    return config.load(path or paths.config_folder() / config.FILE_NAME, os.environ)


def data_folder(found: "config.Settings") -> Path:
    """Return the folder of the database and the drafts."""
    return paths.private_folder(Path(found.data_folder)) if found.data_folder else paths.data_folder()


def open_database(found: "config.Settings") -> "Database":
    """Connect, without looking at the version."""
    from request_desk import config
    from request_desk.gateways import secrets
    from request_desk.store.database import Database

    folder = data_folder(found)
    url = found.database_url(folder)
    password = "" if url.startswith("sqlite") else secrets.best_store(folder).get(_DATABASE_PASSWORD) or ""
    return Database(config.with_password(url, password))


def open_desk(
    found: "config.Settings",
    clock: "Clock | None" = None,
    store: "SecretStore | None" = None,
    check_receiver: Callable[[str], str] | None = None,
) -> "Desk":
    """Open the practice's database; raises Refused when it is empty, newer, older or out of reach.

    `store` has the keys of what is sealed in it; a process without one opens none of that. `check_receiver` looks at addresses that webhooks are to go to.
    """
    import logging

    from request_desk import logs
    from request_desk.domain.access import SYSTEM
    from request_desk.gateways import catalogues
    from request_desk.gateways.sealing import KeptSealer
    from request_desk.services.desk import Desk
    from request_desk.services.practice import settings as settings_service
    from request_desk.store import migrate

    catalogues.install()
    database = open_database(found)
    try:
        migrate.check(database)
        desk = Desk(
            database,
            clock,
            sealer=KeptSealer(store) if store is not None else None,
            check_receiver=check_receiver,
        )
        if not desk.query(SYSTEM, settings_service.is_founded):
            raise Refused(migrate.EMPTY)
    except BaseException:
        database.close()
        raise
    for warning in _warnings(database):  # a window shows it as well; portal and worker have the log alone
        logging.getLogger(__name__).warning("%s", logs.Word(warning))
    return desk


# The desktop


def run_desktop(
    path: Path | None, demo: Path | None = None, started: "Callable[[Desktop], object] | None" = None
) -> int:
    """Open the window; returns its exit code. Settings and logs are read after its first paint, where they can be.

    `started` is given the desktop before its event loop begins.
    """
    gc.disable()  # loading makes no garbage, and looking for some costs 4 ms of the first paint; the window collects later
    from request_desk.ui.window import desktop

    opening = _Opening(lambda: _settings_and_log(path), demo)
    launch = _launch(opening, demo or _folder_of(path))
    return desktop.run(launch, started or (_end_with_parent if demo is not None else None))


def _settings_and_log(path: Path | None) -> "config.Settings":
    from request_desk import logs

    found = settings(path)
    logs.set_up(found.log, paths.log_folder(), process="desk")
    return found


def _folder_of(path: Path | None) -> Path:
    """Return the data folder; settings are read for it only if there are some that could name another one."""
    is_named = "REQUEST_DESK_DATA_FOLDER" in os.environ or any(paths.config_folder().glob("*.toml"))
    return data_folder(settings(path)) if path is not None or is_named else paths.data_folder()


def desktop_launch(found: "config.Settings", demo: Path | None = None) -> "Launch":
    """Say how a desktop window is started; nothing is opened yet."""
    return _launch(_Opening(lambda: found, demo), demo or data_folder(found))


def _launch(opening: "_Opening", folder: Path) -> "Launch":
    from request_desk.ui.window import desktop
    from request_desk.ui.window.memory import FileMemory

    memory = FileMemory(folder / "window.json")
    return desktop.Launch(
        opener=opening.opened,
        memory=memory,
        practice=memory.get("practice") or "",
        desk_name=_process_name(),
    )


class _Opening:
    """How a window gets at its practice, in a worker thread."""

    def __init__(self, found: Callable[[], "config.Settings"], demo: Path | None) -> None:
        self._found = found
        self._demo = demo

    def opened(self) -> "Opened":
        """Open the database, the jobs of a desk that ticks, the drafts."""
        try:
            return self._opened()
        except NoFolder as error:
            raise Refused(error.sentence) from error

    def _opened(self) -> "Opened":
        from request_desk import logs
        from request_desk.gateways import secrets, virus_scanner
        from request_desk.ui.window.launch import SESSION, Opened

        found = self._found()
        home = _home(self._demo)
        place = self._demo or data_folder(found)
        store = secrets.FileStore(place) if self._demo is not None else secrets.best_store(place)
        used = home.settings(found) if home is not None else found
        # What may be refused comes first: a desk that is open and ticks would be left behind at each try.
        drafts, key = paths.private_folder(place / "drafts"), _kept_key(store, _DRAFT_KEY)
        looking = partial(check_receiver, is_demo=home is not None)
        desk = open_desk(used, home.clock if home is not None else None, store, looking)
        jobs: list[Jobs] = []

        def begin() -> None:
            if home is None and used.ticks and not jobs:  # another user builds the pages anew
                jobs.append(_jobs(used, desk, "desk"))
                jobs[0].start()

        def close() -> None:
            for each in jobs:
                each.stop()

        return Opened(
            desk=desk,
            secrets=store,
            drafts_folder=drafts,
            draft_key=key,
            remembered=store.get(SESSION) or "",
            write_crash=lambda error: logs.crash_file(paths.log_folder(), error).stem,
            begin=begin,
            close=close,
            demo=_for_window(home) if home is not None else None,
            warnings=_warnings(desk.database),
            sends_mail=bool(used.mail.host) or home is not None,  # a demo's worker catches its mails
            scan=partial(virus_scanner.scan, used.scanner) if used.scanner.command else None,
        )


def _process_name() -> str:
    """The machine and the process, as sessions and leases name who has them."""
    if sys.platform == "win32":
        import platform  # not loaded where it is not needed: 3 ms of the first paint

        return f"{platform.node()}:{os.getpid()}"
    return f"{os.uname().nodename}:{os.getpid()}"


def _end_with_parent(desktop: "Desktop") -> None:
    """The demo's window closes when the process that started it has ended; looked after once the window is painted."""

    def follow() -> None:
        from request_desk.demo import processes

        processes.end_with_parent(desktop.end.emit)

    def painted() -> None:  # a function: a connection does not keep the object of a bound method
        Thread(target=follow, name="parent", daemon=True).start()

    desktop.frame.painted.connect(painted)


def _warnings(database: "Database") -> tuple[str, ...]:
    """What whoever opens the database should know, though it can be used."""
    from request_desk.store import place

    exposed = place.exposure(database.path) if database.is_sqlite else ""
    return (exposed,) if exposed else ()


def _for_window(home: "Home") -> "Demo":
    from request_desk.ui.window.launch import Demo, DemoStaff

    staff = tuple(DemoStaff(each.login, each.name, each.role, each.password) for each in home.staff)
    return Demo(portal_url=home.portal_url, mails=home.mails, staff=staff)


def _kept_key(store: "SecretStore", name: str) -> bytes:
    from request_desk.gateways import secrets

    return store.get_or_put(name, secrets.new_key).encode("ascii")


# The portal and the worker


def run_portal(found: "config.Settings", demo: Path | None = None) -> int:
    """Serve the parents' pages until told to end."""
    from request_desk import logs
    from request_desk.gateways import secrets
    from request_desk.web import server

    home = _home(demo)
    used = home.settings(found) if home is not None else found
    logs.set_up(used.log, paths.log_folder(), process="portal")
    store = secrets.FileStore(demo) if demo is not None else secrets.best_store(data_folder(used))
    desk = open_desk(used, home.clock if home is not None else None, store)
    stop = _until_told(demo)

    def ready(port: int) -> None:
        if home is not None:
            home.portal_is_at(desk, port)
        _say_ready("portal", port)

    try:
        secret = _kept_key(store, _PORTAL_KEY).decode("ascii")
        inbound = store.get(_INBOUND_SECRET) or "" if used.sms.inbound else ""
        application = server.build(desk, used, desk.clock, secret=secret, inbound_secret=inbound)
        server.settle_down()
        server.serve(application, used.portal.host, used.portal.port, ready, stop=stop)
    finally:
        desk.close()
    return 0


def run_worker(found: "config.Settings", demo: Path | None = None) -> int:
    """Tick: deliver, expire, wake, sweep, until told to end. In a demo the mail catcher and the colleague live here too."""
    from request_desk import logs
    from request_desk.gateways import secrets

    home = _home(demo)
    logs.set_up(found.log, paths.log_folder(), process="worker")
    stop = _until_told(demo)
    if home is None:
        return _work(found, open_desk(found, store=secrets.best_store(data_folder(found))), stop)
    with home.catching() as port:
        used = home.settings(found, mail_port=port)
        desk = open_desk(used, home.clock, secrets.FileStore(demo) if demo is not None else None)
        with home.colleague(desk):
            return _work(used, desk, stop, is_demo=True)


def _work(found: "config.Settings", desk: "Desk", stop: Event, *, is_demo: bool = False) -> int:
    jobs = _jobs(found, desk, "worker", is_demo=is_demo)
    jobs.start()
    try:
        _say_ready("worker", 0)
        stop.wait()
    finally:
        jobs.stop()
        desk.close()
    return 0


def _webhooks(*, is_demo: bool) -> "WebhookSender":
    """Who sends webhooks: in a demo also to receivers on this machine. What is signed is the machine's time, not the demo's."""
    from request_desk.domain.clock import SystemClock
    from request_desk.gateways.webhooks import WebhookSender

    return WebhookSender(SystemClock(), allow_loopback=is_demo)


def check_receiver(url: str, *, is_demo: bool) -> str:
    """Look at an address for webhooks; what does that is loaded when it is needed, since a window that opens has no time for it."""
    return _webhooks(is_demo=is_demo).check(url)


def _jobs(found: "config.Settings", desk: "Desk", process: str, *, is_demo: bool = False) -> "Jobs":
    from request_desk.jobs.scheduler import Jobs

    webhooks = _webhooks(is_demo=is_demo)
    return Jobs(desk, senders(found, desk.clock), f"{process}:{_process_name()}", webhooks.send)


def senders(found: "config.Settings", clock: "Clock") -> "Senders":
    """Return what sends over each channel that the settings of this machine know a way for; what goes over others waits."""
    from request_desk.domain.directory import Channel
    from request_desk.gateways import secrets
    from request_desk.gateways.email import Mailer
    from request_desk.gateways.sms_http import TextSender
    from request_desk.gateways.sms_mail import TextByMail

    store = secrets.best_store(data_folder(found))
    password = store.get(_MAIL_PASSWORD) if found.mail.user else None
    mailer = Mailer(found.mail, password or "", now=clock.now)
    ways: Senders = {Channel.EMAIL: mailer.send}
    match found.sms.way:
        case "http":
            return {**ways, Channel.SMS: TextSender(found.sms, store.get(_TEXTS_SECRET) or "").send}
        case "mail":
            return {**ways, Channel.SMS: TextByMail(found.sms.mail_domain, mailer.send).send}
        case "":
            return ways
        case _:
            assert_never(found.sms.way)


def _until_told(demo: Path | None) -> Event:
    """Return an event that is set by a signal, or in a demo when the process that started this one has ended."""
    import signal

    stop = Event()

    def told(_number: int, _frame: FrameType | None) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, told)
    if demo is not None:
        from request_desk.demo import processes

        processes.end_with_parent(stop.set)
    return stop


def _say_ready(process: str, port: int) -> None:
    print(f"{process} ready {port}", flush=True)  # noqa: T201  # what starts this process waits for the line


# A new practice, and a new version


def init(found: "config.Settings", *, name: str, phone: str, zone: str, kinds: Sequence[str]) -> str:
    """Make a new practice and return the sentence with the administrator's one-time code. Refuses one that is there."""
    from request_desk.domain.access import SYSTEM
    from request_desk.services.desk import Desk
    from request_desk.services.practice import founding, settings as settings_service
    from request_desk.store import migrate as migrations

    database = open_database(found)
    try:
        if migrations.version(database) is None:
            migrations.migrate(database)
        migrations.check(database)
        desk = Desk(database)
        if desk.query(SYSTEM, settings_service.is_founded):  # tables alone are left by a first try that was refused
            raise Refused(_("There is a practice in this database already. Nothing was changed."))
        new = founding.NewPractice(name, phone, zone, frozenset(kinds), found.portal.public_url, *_shipped_texts())
        code = desk.perform(SYSTEM, founding.found, new).value
    finally:
        database.close()
    return (
        f"The practice {name} is ready. Sign in as {code.login} with the one-time code {code.code.text},"
        " then choose a password. The code works once, within a day."
    )


def _shipped_texts() -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The shipped phrases and the texts of notices, as they are written."""
    library, notices = paths.phrase_files(), paths.notice_files()
    return tuple(path.read_text("utf-8") for path in library), tuple(path.read_text("utf-8") for path in notices)


def migrate(found: "config.Settings") -> str:
    """Bring the database and its shipped texts to this version and say what was done."""
    from request_desk.domain.access import SYSTEM
    from request_desk.services.desk import Desk
    from request_desk.services.practice import founding, settings as settings_service
    from request_desk.store import migrate as migrations

    database = open_database(found)
    try:
        before = migrations.version(database)
        if before is None:
            raise Refused(_("This database is empty. Run `request-desk init` first."))
        copy = migrations.migrate(database)
        desk = Desk(database)
        renewed = 0
        if desk.query(SYSTEM, settings_service.is_founded):
            renewed = desk.perform(SYSTEM, founding.renew_texts, *_shipped_texts()).value
    finally:
        database.close()
    told = f" Shipped texts renewed: {renewed}." if renewed else ""
    if before == migrations.HEAD:
        return f"The database is of this version already.{told}"
    kept = f" A copy of the old one is {copy.name}." if copy else ""
    return f"The database is of version {migrations.HEAD} now.{kept}{told}"


# The key that seals booking secrets


def export_sealing_key(found: "config.Settings", path: Path) -> str:
    """Write the keys that another computer of the practice needs into a file of this user alone."""
    from request_desk.domain.access import SYSTEM
    from request_desk.gateways import sealing
    from request_desk.services.practice import sealed_values

    with _sealing(found) as (desk, sealer):
        sealing.export_keys(sealer, desk.query(SYSTEM, sealed_values.sealing_keys), path)
    return f"The sealing key is in {path}. Import it on the other computer, then delete the file: whoever has it reads booking secrets."


def import_sealing_key(found: "config.Settings", path: Path) -> str:
    """Keep the keys of another computer of the practice here."""
    from request_desk.domain.access import SYSTEM
    from request_desk.gateways import sealing
    from request_desk.services.practice import sealed_values

    with _sealing(found) as (desk, sealer):
        key_id = sealing.import_keys(sealer, path)
        lacking = sorted(each for each in desk.query(SYSTEM, sealed_values.sealing_keys) if not sealer.has_key(each))
    if lacking:
        return f"The sealing key {key_id} is kept here, but booking secrets are sealed with {', '.join(lacking)}. Export those too."
    return f"The sealing key {key_id} is kept here. Every booking secret opens on this computer. Delete the file now."


def renew_sealing_key(found: "config.Settings") -> str:
    """Seal all booking secrets with a new key, batch by batch, and forget the old ones; one that broke off goes on where it was."""
    from request_desk.domain.access import SYSTEM
    from request_desk.services.practice import sealed_values

    with _sealing(found) as (desk, sealer):
        used = desk.query(SYSTEM, sealed_values.sealing_keys)
        old = {*used, *filter(None, [sealer.current()])}
        if missing := sorted(each for each in used if not sealer.has_key(each)):
            raise Refused(_("The sealing key {name} is not on this computer. Import it first.").format(name=missing[0]))
        key_id = sealer.renew()
        while desk.perform(SYSTEM, sealed_values.seal_anew, key_id).value:
            pass
        for each in old - desk.query(SYSTEM, sealed_values.sealing_keys) - {key_id}:
            sealer.forget(each)
    return (
        f"All booking secrets are sealed with the new key {key_id}. Export it to the other computers of the practice."
    )


@contextmanager
def _sealing(found: "config.Settings") -> "Iterator[tuple[Desk, KeptSealer]]":
    from request_desk.gateways import secrets
    from request_desk.gateways.sealing import KeptSealer

    store = secrets.best_store(data_folder(found))
    desk = open_desk(found, store=store)
    try:
        yield desk, KeptSealer(store)
    finally:
        desk.close()


# The demo, the doctor, the tour


def _home(folder: Path | None) -> "Home | None":
    if folder is None:
        return None
    from request_desk.demo import home

    return home.at(folder)


def run_demo(*, fresh: bool, ask: Callable[[str], bool], say: Say) -> int:
    """Build or keep the demo practice and run it; without a display it walks the tour and says where the pictures are."""
    from request_desk.demo import processes

    folder = paths.demo_folder()
    prepare_demo(folder, fresh=fresh, ask=ask, say=say)
    if not _has_display():
        say("There is no display: the tour is walked off screen instead.")
        return run_tour(folder / "pictures", pictures=True, say=say)
    return processes.run(folder, say)


def prepare_demo(folder: Path, *, fresh: bool, ask: Callable[[str], bool], say: Say) -> "Home":
    """Make sure that there is a demo practice of today in `folder`."""
    from request_desk import config
    from request_desk.demo import making
    from request_desk.gateways.sealing import KeptSealer
    from request_desk.gateways.secrets import FileStore
    from request_desk.services.desk import Desk
    from request_desk.store import migrate as migrations
    from request_desk.store.database import Database

    def opened(path: Path, clock: "Clock") -> Desk:
        database = Database(config.sqlite_url(path))
        migrations.migrate(database)
        return Desk(database, clock, sealer=KeptSealer(FileStore(path.parent)))

    home = making.ready(folder, opened, fresh=fresh, ask=ask, say=say)
    desk = opened(home.database, home.clock)
    try:
        _sign_in_ahead(desk, home, FileStore(folder))
    finally:
        desk.close()
    return home


def _sign_in_ahead(desk: "Desk", home: "Home", store: "SecretStore") -> None:
    """Have the demo's window begin as one does that was asked to remember who signed in."""
    from request_desk.domain.access import SYSTEM
    from request_desk.domain.errors import SignedOut
    from request_desk.services.people import access
    from request_desk.ui.window.launch import SESSION

    try:
        desk.query(SYSTEM, access.resume, store.get(SESSION) or "", _process_name())
    except SignedOut:
        person = next(each for each in home.staff if each.login == home.sign_in_as)
        attempt = access.sign_in(desk, person.login, person.password, _process_name())
        if attempt.signed_in is not None:
            store.put(SESSION, attempt.signed_in.token.text)


def _has_display() -> bool:
    if os.environ.get("QT_QPA_PLATFORM") == "offscreen":
        return False
    return sys.platform != "linux" or bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def run_doctor(path: Path | None, say: Say) -> int:
    """Check this installation; 0 when all is well, 1 when something needs attention."""
    from request_desk import doctor

    return doctor.run(lambda: settings(path), open_database, data_folder, say)


def policy_page() -> str:
    """Return the page of the documentation that says who may do what with an appointment."""
    from request_desk.domain import policy_page

    return policy_page.page()


def events_page(*, as_schema: bool) -> str:
    """Return the page of the documentation that lists the events for other programs, or the schemas of their messages."""
    from request_desk.domain import events_page

    return events_page.schemas() if as_schema else events_page.page()


def run_tour(out: Path, *, pictures: bool, say: Say) -> int:
    """Walk the tour off screen on a fresh demo practice of its own; writes pictures and tour.json into `out`."""
    import tempfile

    os.environ["QT_QPA_PLATFORM"] = "offscreen"
    from request_desk import config
    from request_desk.demo import processes
    from request_desk.ui import tour

    out.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="request-desk-tour") as place:
        folder = paths.private_folder(Path(place))
        home = prepare_demo(folder, fresh=True, ask=lambda _question: True, say=say)
        shorten_grace(home, tour.GRACE)
        with processes.background(folder) as running:
            return tour.run(
                desktop_launch(config.Settings(), folder), running.mails_to, out, pictures=pictures, say=say
            )


def shorten_grace(home: "Home", grace: "timedelta") -> None:
    """Set the undo time by the setting, as an administrator would."""
    from dataclasses import replace

    from request_desk import config
    from request_desk.domain.access import SYSTEM
    from request_desk.services.practice import settings as settings_service

    desk = open_desk(home.settings(config.Settings()), home.clock)
    try:
        now = desk.query(SYSTEM, settings_service.settings)
        desk.perform(SYSTEM, settings_service.first_settings, replace(now, grace=grace))
    finally:
        desk.close()
