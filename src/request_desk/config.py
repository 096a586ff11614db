"""How this process runs: database, portal, mail, log; from request-desk.toml, then REQUEST_DESK_*. Practice rules are data, not here.

It holds no secret: passwords come from the key store or a file (`gateways.secrets`), and one that is written here is refused.
"""

import re
import tomllib
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, Literal
from urllib.parse import quote, unquote, urlsplit, urlunsplit

import msgspec

from request_desk.domain.errors import Invalid
from request_desk.domain.text import parse_email
from request_desk.domain.words import _

FILE_NAME: Final = "request-desk.toml"
PREFIX: Final = "REQUEST_DESK_"
DATABASE_FILE: Final = "request-desk.db"
_SECRET_WORDS: Final = ("password", "secret", "token", "key")
_LOCAL: Final = frozenset({"", "localhost", "127.0.0.1", "::1"})
_NO_FILES: Final = frozenset({"", "/", "/:memory:"})
_TRUE: Final = frozenset({"1", "true", "yes", "on"})
_FALSE: Final = frozenset({"0", "false", "no", "off"})


class PortalConfig(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the portal listens; `public_url` is where parents reach it, `trusted_proxies` whose forwarded addresses count."""

    host: str = "127.0.0.1"
    port: int = 8000  # 0: chosen by the system
    public_url: str = ""
    trusted_proxies: tuple[str, ...] = ()


class Mail(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The mail server; an empty `host` keeps notices waiting. `security` is starttls, tls, or none on this machine alone."""

    host: str = ""
    port: int = 587
    security: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    from_address: str = ""
    from_name: str = ""
    timeout_seconds: int = 20
    ca_file: str = ""  # a certificate authority of the house


class Scanner(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The virus scanner of this machine: a command that is given a file, ends with 0 for a clean one and 1 for an infected one.

    Without a `command` documents are not checked, and say so.
    """

    command: str = ""  # such as: clamdscan --fdpass --no-summary
    timeout_seconds: int = 60


class Log(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Plain lines for people or JSON lines for machines."""

    format: Literal["plain", "json"] = "plain"
    level: Literal["debug", "info", "warning", "error"] = "info"


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Everything a process is started with. An empty `database` is a SQLite file in the data folder.

    `ticks` is off at desktops where a `worker` does the jobs.
    """

    database: str = ""
    data_folder: str = ""
    ticks: bool = True
    portal: PortalConfig = PortalConfig()
    mail: Mail = Mail()
    scanner: Scanner = Scanner()
    log: Log = Log()

    def database_url(self, folder: Path) -> str:
        """Return the address of the database; `folder` is the data folder in use."""
        return self.database or sqlite_url(folder / DATABASE_FILE)

    def database_file(self, folder: Path) -> Path | None:
        """Return the file of a SQLite database; None when the database is on a server."""
        scheme, _colon, path = self.database_url(folder).partition(":///")
        return Path(unquote(path)) if scheme == "sqlite" else None


_SECTIONS: Final[Mapping[str, type[msgspec.Struct]]] = {
    "portal": PortalConfig,
    "mail": Mail,
    "scanner": Scanner,
    "log": Log,
}


def load(path: Path | None, environ: Mapping[str, str]) -> Settings:
    """Read the settings; raises Invalid with the sentence that names file or variable and what is wrong.

    A file that is not there is no error, unless somebody asked for it: then `path` is checked by the caller.
    """
    values: dict[str, Any] = {}
    source = FILE_NAME
    if path is not None and path.exists():
        source = path.name
        try:
            values = tomllib.loads(path.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise Invalid(
                _("{file} cannot be read: {error}. Correct it or remove it.").format(file=source, error=error),
                field=source,
            ) from error
    _no_secrets(values, source)
    for name, text in sorted(environ.items()):
        if name.startswith(PREFIX):
            _put(values, name, text)
    try:
        settings = msgspec.convert(values, Settings)
    except msgspec.ValidationError as error:
        raise Invalid(_mistake(str(error), source), field=source) from error
    _check(settings)
    return settings


def sqlite_url(file: Path) -> str:
    """Return the address of a SQLite file, whatever signs its folders have: “%” and “?” mean something in an address."""
    return f"sqlite:///{str(file).replace('%', '%25').replace('?', '%3F')}"


def with_password(url: str, password: str) -> str:
    """Return the address of a database server with the password in it, for the driver only."""
    parts = urlsplit(url)
    if not password or not parts.hostname:
        return url
    user, at, host = parts.netloc.rpartition("@")
    return urlunsplit(parts._replace(netloc=f"{user}:{quote(password, safe='')}{at}{host}")) if at else url


def _put(values: dict[str, Any], name: str, text: str) -> None:
    """Lay one variable over what the file says: REQUEST_DESK_MAIL_HOST is host in [mail]."""
    key = name.removeprefix(PREFIX).lower()
    section, _underscore, rest = key.partition("_")
    struct: type[msgspec.Struct] = Settings
    if section in _SECTIONS and rest:
        struct, key = _SECTIONS[section], rest
        target = values.setdefault(section, {})
    else:
        target = values
    field = next((each for each in msgspec.structs.fields(struct) if each.name == key), None)
    if field is None or key in _SECTIONS or not isinstance(target, dict):
        raise Invalid(_("{name} is not a setting. Remove it from the environment.").format(name=name), field=name)
    target[key] = _typed(name, field.type, text)


def _typed(name: str, kind: Any, text: str) -> Any:
    if kind is bool:
        if text.lower() not in _TRUE | _FALSE:
            raise Invalid(_("{name} must be yes or no, not “{text}”.").format(name=name, text=text[:40]), field=name)
        return text.lower() in _TRUE
    if kind is int:
        if not re.fullmatch(r"[0-9]{1,9}", text):
            raise Invalid(
                _("{name} must be a whole number, not “{text}”.").format(name=name, text=text[:40]), field=name
            )
        return int(text)
    if kind is str or "tuple" not in str(kind):
        return text
    return [part.strip() for part in text.split(",") if part.strip()]


def _no_secrets(values: Mapping[str, Any], source: str) -> None:
    for name, value in values.items():
        if isinstance(value, Mapping):
            _no_secrets(value, source)
        elif any(word in name.lower() for word in _SECRET_WORDS):
            sentence = _(
                "{file} holds “{name}”. Secrets are kept in the key store: remove the line, then type “keyring set request-desk mail”."
            )
            raise Invalid(sentence.format(file=source, name=name), field=name)


def _mistake(words: str, source: str) -> str:
    """Turn the decoder's words into a sentence."""
    what, _at, where = words.partition(" - at `$")
    place = where.strip("`").lstrip(".")
    if found := re.search(r"unknown field `([^`]*)`", words):
        name = f"{place}.{found[1]}" if place else found[1]
        return _("{file} has a setting “{name}” that is not known. Check its spelling.").format(file=source, name=name)
    return _("{file}: “{name}” cannot be used. {what}.").format(file=source, name=place or "?", what=what)


def _check(settings: Settings) -> None:
    _check_database(settings.database)
    mail, portal = settings.mail, settings.portal
    if not 0 <= portal.port <= 65535:
        raise Invalid(_("The portal's port is a number from 0 to 65535."), field="portal.port")
    if not 1 <= mail.port <= 65535:
        raise Invalid(_("The mail server's port is a number from 1 to 65535."), field="mail.port")
    if not 1 <= mail.timeout_seconds <= 25:  # four letters with it are shorter than the lease of a notice
        raise Invalid(_("The mail server may be waited for from 1 to 25 seconds."), field="mail.timeout_seconds")
    if not 1 <= settings.scanner.timeout_seconds <= 600:
        raise Invalid(_("The virus scanner may take from 1 to 600 seconds."), field="scanner.timeout_seconds")
    if not mail.host:
        return
    if mail.security == "none" and mail.host not in _LOCAL:
        raise Invalid(
            _("Mail would leave this machine without encryption. Set mail.security to “starttls” or “tls”."),
            field="mail.security",
        )
    if not mail.from_address:
        raise Invalid(_("mail.from_address is missing: the address that notices come from."), field="mail.from_address")
    parse_email(mail.from_address, field="mail.from_address")
    if "=?" in mail.from_name or not mail.from_name.isprintable():
        raise Invalid(_("mail.from_name must be plain text in one line."), field="mail.from_name")


def _check_database(url: str) -> None:
    """Refuse what would put a password into a file or patients' data on the wire in clear (AUTH-14)."""
    if not url:
        return
    parts = urlsplit(url)
    if parts.scheme == "sqlite":
        if not url.startswith("sqlite:///") or "?" in url or unquote(parts.path) in _NO_FILES:
            raise Invalid(
                _("The address of a SQLite file is sqlite:/// and its path, with nothing behind it."), field="database"
            )
        return
    if not parts.scheme.startswith("postgresql"):
        raise Invalid(
            _("The database is a SQLite file (sqlite:///…) or PostgreSQL (postgresql://…)."), field="database"
        )
    if parts.password:
        sentence = _(
            "The address of the database holds its password. Take it out, then type “keyring set request-desk database”."
        )
        raise Invalid(sentence, field="database")
    host = unquote(parts.hostname or "")
    is_local = host in _LOCAL or host.startswith("/")  # a socket's folder
    if not is_local and "sslmode=verify-full" not in parts.query:
        raise Invalid(
            _("The database is on another machine: add “?sslmode=verify-full” so that nobody else can pose as it."),
            field="database",
        )
