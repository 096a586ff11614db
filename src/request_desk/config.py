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
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_OWN_HEADERS: Final = frozenset(
    {
        "host",
        "content-length",
        "content-type",
        "transfer-encoding",
        "connection",
        "accept-encoding",
        "expect",
        "te",
        "upgrade",
    }
)
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


class Sms(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How text messages leave: over HTTP to a service, or as e-mails to one; without a `way` they wait. docs/sms.md has whole files.

    In `headers` ("Name: value") and in the values of `body` stand the places {to}, {digits}, {text}, {sender}, {reference}, {kind}
    and {secret}. `body` is the body of a request as JSON or as a form; what is filled in is always data in it. Where something is in
    an answer is told by JSON pointers.
    """

    way: Literal["", "http", "mail"] = ""
    sender: str = ""  # the number or name that messages come from
    url: str = ""
    user: str = ""  # for HTTP basic authentication, together with the secret
    headers: tuple[str, ...] = ()
    format: Literal["json", "form"] = "json"
    body: str = ""
    gsm_kind: str = ""  # what {kind} says of a text in the GSM alphabet
    unicode_kind: str = ""  # and of any other
    id_at: str = ""  # of the service, for its support
    state_at: str = ""  # where an answer says how it went; empty: its status does
    taken: tuple[str, ...] = ()  # what it says there when it took the message
    error_at: str = ""  # where it says what is wrong
    permanent: tuple[str, ...] = ()  # the errors that trying again does not mend
    timeout_seconds: int = 20  # for all of it
    ca_file: str = ""  # a certificate authority of the house
    mail_domain: str = ""  # of the way "mail"
    inbound: Literal["", "json", "form"] = ""  # how answers arrive; empty: none do
    inbound_header: str = "authorization"  # the header with the secret
    inbound_from: str = ""  # the field or JSON pointer of the number
    inbound_text: str = ""  # and of the text


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
    sms: Sms = Sms()
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
    "sms": Sms,
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
    _check_sms(settings.sms)
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


def _check_sms(sms: Sms) -> None:
    """Refuse what could never leave, or would leave readable on its way; a mistake is told at the start, not with the first message."""
    if not 1 <= sms.timeout_seconds <= 25:  # as for mail
        raise Invalid(_("The text message service may take from 1 to 25 seconds."), field="sms.timeout_seconds")
    if sms.way == "mail":
        parse_email(f"number@{sms.mail_domain}", field="sms.mail_domain")
    elif sms.way == "http":
        _check_sms_url(sms.url)
        _check_sms_headers(sms.headers)
        _check_sms_body(sms)
    pointers = {"id_at": sms.id_at, "state_at": sms.state_at, "error_at": sms.error_at}
    if sms.inbound == "json":
        pointers |= {"inbound_from": sms.inbound_from, "inbound_text": sms.inbound_text}
    for name, pointer in pointers.items():
        if pointer and not pointer.startswith("/"):
            raise Invalid(
                _("sms.{name} is a JSON pointer, such as /messages/0/id.").format(name=name), field=f"sms.{name}"
            )
    if bool(sms.state_at) != bool(sms.taken):
        raise Invalid(
            _("sms.state_at and sms.taken belong together: where an answer says it, and what."), field="sms.taken"
        )
    if sms.inbound and not (sms.inbound_from and sms.inbound_text and sms.inbound_header):
        raise Invalid(
            _(
                "Answers need sms.inbound_header, sms.inbound_from and sms.inbound_text: where the secret, number and text are."
            ),
            field="sms.inbound",
        )


def _check_sms_url(url: str) -> None:
    address = _("sms.url is the address of the service, such as https://sms.example.org/send.")
    try:
        parts = urlsplit(url)
        is_right = bool(parts.hostname) and not parts.username and not parts.fragment and (parts.port or 1) > 0
    except ValueError as error:
        raise Invalid(address, field="sms.url") from error
    if not is_right or parts.scheme not in ("https", "http") or not re.fullmatch(r"[!-~]+", url):
        raise Invalid(address, field="sms.url")
    if parts.scheme == "http" and parts.hostname not in _LOCAL:
        raise Invalid(
            _("Text messages would leave this machine without encryption: sms.url must begin with https://."),
            field="sms.url",
        )


def _check_sms_headers(headers: tuple[str, ...]) -> None:
    for line in headers:
        name, colon, value = line.partition(":")
        if not colon or not _HEADER_NAME.fullmatch(name) or not re.fullmatch(r"[ -~]*", value):
            raise Invalid(_("A line of sms.headers is written like “X-Name: value”."), field="sms.headers")
        if name.lower() in _OWN_HEADERS:
            raise Invalid(_("The header {name} is set by the program.").format(name=name), field="sms.headers")
        is_secret = name.lower() == "authorization" or any(word in name.lower() for word in _SECRET_WORDS)
        if is_secret and "{secret}" not in value:
            sentence = _(
                "The header {name} in sms.headers holds a secret. Write {secret} in its place, then type “keyring set request-desk sms”."
            )
            raise Invalid(sentence.replace("{name}", name), field="sms.headers")


def _check_sms_body(sms: Sms) -> None:
    if sms.format == "json":
        try:
            msgspec.json.decode(sms.body)
        except msgspec.DecodeError as error:
            raise Invalid(_("sms.body is not JSON."), field="sms.body") from error
    if "{text}" not in sms.body or not ("{to}" in sms.body or "{digits}" in sms.body):
        raise Invalid(_("sms.body needs {to} or {digits}, and {text}."), field="sms.body")


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
