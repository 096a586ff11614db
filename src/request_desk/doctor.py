"""`request-desk doctor`: looks at everything this installation needs and says what to do; it changes nothing."""

import shutil
import socket
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlsplit

from request_desk import config, paths
from request_desk.domain.access import SYSTEM
from request_desk.domain.errors import Refused
from request_desk.domain.sms_inbound import LEAST_SECRET
from request_desk.gateways import secrets
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.sms_http import needs_secret
from request_desk.services.desk import Desk
from request_desk.services.practice import invariants, sealed_values
from request_desk.store import backup, migrate, place
from request_desk.store.database import Database

_OLDEST_PYTHON = (3, 11)
_HEADER_FIX = {(3, 11): (3, 11, 10), (3, 12): (3, 12, 5)}  # CVE-2024-6923: line breaks in mail headers
_LITTLE_DISK, _NO_DISK = 500 * 2**20, 100 * 2**20
_FONTS = frozenset({".ttc", ".otf", ".ttf"})
_FONT_FOLDERS = ("/usr/share/fonts", "/usr/local/share/fonts", str(Path.home() / ".local/share/fonts"))
# Script -> parts of the names of fonts that have it, and the Debian package that brings one.
_SCRIPTS = {
    "Arabic": (("NotoSansArabic", "NotoNaskh", "DejaVuSans", "Amiri", "KacstOne"), "fonts-noto-core"),
    "Hebrew": (("NotoSansHebrew", "DejaVuSans", "FreeSans", "FrankRuehl"), "fonts-noto-core"),
    "Devanagari": (("NotoSansDevanagari", "Lohit-Devanagari", "gargi", "FreeSans"), "fonts-noto-core"),
    "Bengali": (("NotoSansBengali", "Lohit-Bengali", "FreeSans"), "fonts-noto-core"),
    "Tamil": (("NotoSansTamil", "Lohit-Tamil", "FreeSans"), "fonts-noto-core"),
    "Thai": (("NotoSansThai", "Garuda", "Loma", "FreeSans"), "fonts-noto-core"),
    "Armenian": (("NotoSansArmenian", "DejaVuSans", "FreeSans"), "fonts-noto-core"),
    "Georgian": (("NotoSansGeorgian", "DejaVuSans", "FreeSans"), "fonts-noto-core"),
    "Ethiopic": (("NotoSansEthiopic", "Abyssinica"), "fonts-noto-core"),
    "Chinese, Japanese and Korean": (("NotoSansCJK", "NotoSerifCJK", "wqy", "SourceHan", "unifont"), "fonts-noto-cjk"),
    "emoji": (("NotoColorEmoji", "Symbola", "EmojiOne"), "fonts-noto-color-emoji"),
}


class Finding(StrEnum):
    """How a check went."""

    WELL = "ok"
    NOTE = "note"
    WRONG = "WRONG"


@dataclass(frozen=True, slots=True)
class Found:
    """What one check found, in a sentence that says what to do."""

    finding: Finding
    what: str
    sentence: str


def run(
    read_settings: Callable[[], config.Settings],
    open_database: Callable[[config.Settings], Database],
    data_folder: Callable[[config.Settings], Path],
    say: Callable[[str], object],
) -> int:
    """Make every check and print a line for each; returns 0 when nothing is wrong."""
    worst = 0
    for found in checks(read_settings, open_database, data_folder):
        say(f"{found.finding:5}  {found.what}: {found.sentence}")
        worst = max(worst, int(found.finding is Finding.WRONG))
    return worst


def checks(
    read_settings: Callable[[], config.Settings],
    open_database: Callable[[config.Settings], Database],
    data_folder: Callable[[config.Settings], Path],
) -> Iterator[Found]:
    """Yield what each check finds; one that cannot go on says why and the others still run."""
    yield _python()
    yield _qt()
    yield from _files()
    yield _fonts()
    try:
        settings = read_settings()
        folder = data_folder(settings)
    except (Refused, paths.NoFolder) as refused:
        yield Found(Finding.WRONG, "settings", refused.sentence)
        return
    yield Found(Finding.WELL, "settings", "The settings can be read.")
    yield _disk(folder)
    yield _secrets(folder)
    yield _mail(settings)
    yield from _texts(settings, folder)
    yield from _database(settings, open_database, folder)


def _python() -> Found:
    version = sys.version_info
    text = ".".join(str(part) for part in version[:3])
    if version < _OLDEST_PYTHON:
        return Found(Finding.WRONG, "python", f"Python {text} is too old. Install Python 3.11 or newer.")
    fixed = _HEADER_FIX.get((version.major, version.minor))
    if fixed is not None and version[:3] < fixed:
        wanted = ".".join(str(part) for part in fixed)
        sentence = f"Python {text} works; {wanted} mends a fault in mail headers, against which mails are checked here as well."
        return Found(Finding.NOTE, "python", sentence)
    return Found(Finding.WELL, "python", f"Python {text}.")


def _qt() -> Found:
    from importlib.metadata import PackageNotFoundError, version

    try:
        found = version("PySide6-Essentials")
    except PackageNotFoundError:
        return Found(Finding.WRONG, "qt", "PySide6-Essentials is missing. Run ./desk once, or install it with pip.")
    if not found.startswith("6.11."):
        return Found(Finding.WRONG, "qt", f"PySide6-Essentials {found} is installed; this program needs 6.11.")
    return Found(Finding.WELL, "qt", f"PySide6-Essentials {found}.")


def _files() -> Iterator[Found]:
    phrases, notices = len(paths.phrase_files()), len(paths.notice_files())
    yield Found(
        Finding.WELL if phrases else Finding.WRONG,
        "phrases",
        f"{phrases} shipped phrases." if phrases else "The shipped phrases are missing. Install the program again.",
    )
    yield Found(
        Finding.WELL if notices else Finding.WRONG,
        "notices",
        f"{notices} shipped texts of notices."
        if notices
        else "The shipped texts of notices are missing. Install the program again.",
    )
    icons = len(list((paths.resources() / "icons").glob("*.svg")))
    yield Found(
        Finding.WELL if icons else Finding.WRONG,
        "resources",
        f"{icons} icons." if icons else "The icons are missing. Install the program again.",
    )
    if find_spec("tzdata") is None and not Path("/usr/share/zoneinfo").is_dir():
        yield Found(Finding.WRONG, "zones", "There is no time zone data. Install the package tzdata with pip.")


def _fonts() -> Found:
    """The font of the program has Latin, Greek and Cyrillic; what else names are written in comes from the machine."""
    if sys.platform != "linux":
        return Found(Finding.WELL, "fonts", "This system brings fonts for other scripts.")
    names = {path.name.lower() for folder in _FONT_FOLDERS for path in Path(folder).rglob("*") if path.suffix in _FONTS}
    lacking = [
        (script, package)
        for script, (parts, package) in _SCRIPTS.items()
        if not any(part.lower() in name for name in names for part in parts)
    ]
    if not lacking:
        return Found(
            Finding.WELL,
            "fonts",
            "Fonts for all the scripts that names are often written in, and for emoji, are there.",
        )
    scripts = ", ".join(script for script, _package in lacking)
    packages = " ".join(dict.fromkeys(package for _script, package in lacking))
    sentence = f"No font was found for: {scripts}. Such names show as boxes. On Debian: apt-get install {packages}"
    return Found(Finding.NOTE, "fonts", sentence)


def _disk(folder: Path) -> Found:
    free = shutil.disk_usage(folder).free
    text = f"{free // 2**20:,} MiB free in the data folder."
    if free < _NO_DISK:
        return Found(Finding.WRONG, "disk", f"{text} Make room: the database cannot be written when the disk is full.")
    return Found(Finding.NOTE if free < _LITTLE_DISK else Finding.WELL, "disk", text)


def _secrets(folder: Path) -> Found:
    store = secrets.best_store(folder)
    if store.sentence:
        return Found(Finding.NOTE, "secrets", store.sentence)
    return Found(Finding.WELL, "secrets", "The system keyring keeps the secrets of this desk.")


def _mail(settings: config.Settings) -> Found:
    mail = settings.mail
    if not mail.host:
        return Found(
            Finding.NOTE, "mail", "No mail server is set: notices wait until mail.host is in the settings file."
        )
    try:
        with socket.create_connection((mail.host, mail.port), timeout=5):
            return Found(Finding.WELL, "mail", "The mail server answers.")
    except OSError:
        return Found(
            Finding.WRONG, "mail", "The mail server does not answer. Check mail.host, mail.port and the network."
        )


def _texts(settings: config.Settings, folder: Path) -> Iterator[Found]:
    """Whether text messages can leave, and answers arrive."""
    sms, store = settings.sms, secrets.best_store(folder)
    if not sms.way:
        yield Found(
            Finding.NOTE, "texts", "No way for text messages is set: they wait until there is one, see docs/sms.md."
        )
    elif sms.way == "mail":
        yield Found(Finding.WELL, "texts", f"Text messages leave as e-mails to {sms.mail_domain}.")
    elif needs_secret(sms) and not store.get("sms"):
        yield Found(
            Finding.WRONG,
            "texts",
            "The secret of the text message service is missing. Type: keyring set request-desk sms",
        )
    else:
        yield _reached(sms.url)
    if sms.inbound and len((store.get("sms-inbound") or "").strip()) < LEAST_SECRET:
        yield Found(
            Finding.NOTE,
            "texts",
            f"STOP is not heard here: no secret of at least {LEAST_SECRET} signs is kept. Where the portal runs, type: keyring set "
            "request-desk sms-inbound",
        )


def _reached(url: str) -> Found:
    parts = urlsplit(url)
    try:
        with socket.create_connection(
            (parts.hostname, parts.port or (443 if parts.scheme == "https" else 80)), timeout=5
        ):
            return Found(Finding.WELL, "texts", "The text message service answers.")
    except OSError:
        return Found(Finding.WRONG, "texts", "The text message service does not answer. Check sms.url and the network.")


def _database(
    settings: config.Settings, open_database: Callable[[config.Settings], Database], folder: Path
) -> Iterator[Found]:
    path = settings.database_file(folder)
    if path is not None:
        if not path.exists():
            yield Found(
                Finding.NOTE,
                "database",
                "There is no practice on this machine yet. Run `request-desk init`, or `./desk` for the demo.",
            )
            return
        yield _mode(path)
    try:
        database = open_database(settings)
    except Refused as refused:
        yield Found(Finding.WRONG, "database", refused.sentence)
        return
    try:
        migrate.check(database)
        yield Found(Finding.WELL, "database", f"The database is of version {migrate.HEAD}.")
        if database.is_sqlite:
            yield from _sqlite(database)
        yield from _invariants(database)
        yield from _sealing(database, folder)
    except Refused as refused:
        yield Found(Finding.WRONG, "database", refused.sentence)
    finally:
        database.close()


def _mode(path: Path) -> Found:
    exposed = place.exposure(path)
    return (
        Found(Finding.WRONG, "database", exposed)
        if exposed
        else Found(Finding.WELL, "database", f"Only you can read {path.name}.")
    )


def _sqlite(database: Database) -> Iterator[Found]:
    yield Found(Finding.WELL, "sqlite", f"{database.describe()}.")
    problems = backup.check(database.path)
    if problems:
        yield Found(
            Finding.WRONG, "sqlite", f"The file is damaged ({problems[0]}). Stop working with it and restore a backup."
        )
    else:
        yield Found(Finding.WELL, "sqlite", "The file is sound.")


def _invariants(database: Database) -> Iterator[Found]:
    """What must be true of every practice, whoever wrote it."""
    wrong = Desk(database).query(SYSTEM, invariants.inconsistencies)
    for sentence in wrong:
        yield Found(Finding.WRONG, "practice", sentence)
    if not wrong:
        yield Found(Finding.WELL, "practice", "No appointment overlaps another, and somebody sees every open request.")


def _sealing(database: Database, folder: Path) -> Iterator[Found]:
    """Whether what is sealed in the database opens on this computer (SEC-07)."""
    used = Desk(database).query(SYSTEM, sealed_values.sealing_keys)
    if not used:
        return
    sealer = KeptSealer(secrets.best_store(folder))
    lacking = sorted(each for each in used if not sealer.has_key(each))
    if lacking:
        sentence = (
            f"The key {lacking[0]} that seals booking secrets is not on this computer: its portal refuses booking tokens. On the "
            "computer where they are made run `request-desk sealing-key export FILE`, bring FILE here, run `request-desk sealing-key "
            "import FILE`, and delete it. If the key is lost, revoke the secrets in Settings and make new ones."
        )
        yield Found(Finding.WRONG, "sealing key", sentence)
        return
    yield Found(Finding.WELL, "sealing key", "The key that seals booking secrets is on this computer.")
