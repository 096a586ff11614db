"""What a webhook may be sent to, with which headers and secret, how often it is tried, and what became of a try (WH1, WH2); sending is a gateway's."""

import base64
import codecs
import ipaddress
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from enum import StrEnum
from typing import Final
from urllib.parse import SplitResult, urlsplit
from uuid import UUID

from request_desk.domain.errors import Invalid
from request_desk.domain.ids import new_bytes
from request_desk.domain.words import _

ADDRESS_LIMIT: Final = 2_000
MOST_BYTES: Final = 20_000  # of what is sent (HOOK-06)
MOST_HEADERS: Final = 20
HEADER_LIMIT: Final = 1_000  # signs of one value
SECRET_BYTES: Final = 32
FIRST_BYTES: Final = 500  # of an answer that are kept; none becomes more than four signs, and the log takes 2,000
LONGEST_WAIT: Final = timedelta(hours=24)
# From one try to the next (HOOK-03): the ones that Standard Webhooks recommends.
WAITS: Final = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
_JITTER: Final = 0.1
_PREFIX: Final = "whsec_"
_SECRET: Final = range(24, 65)  # bytes (HOOK-02)
_PORTS: Final = frozenset({443, 8443})
_LABEL: Final = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?", re.ASCII)
# Browsers and the C library read such a last label, and all of the name with it, as a number: 127.1, 0x7f.1, 2130706433.
_NUMBER: Final = re.compile(r"[0-9]+|0x[0-9a-f]*", re.ASCII)
_HOST_LIMIT: Final = 253
_REST: Final = re.compile(r"(?:[A-Za-z0-9._~!$&'()*+,;=:@/?-]|%[0-9A-Fa-f]{2})*", re.ASCII)
_HEADER_NAME: Final = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]{1,100}", re.ASCII)
_HEADER_VALUE: Final = re.compile(r"[\x20-\x7e]*", re.ASCII)
# What says how the message is carried, or what we say of ourselves.
_OURS: Final = frozenset(
    {
        "accept",
        "accept-encoding",
        "connection",
        "date",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
    }
)
_OUR_KINDS: Final = ("content-", "proxy-", "webhook-", "svix-")
_SECONDS: Final = re.compile(r"[0-9]{1,20}", re.ASCII)
# The registries of special addresses (RFC 6890 and what follows it), as far as they do not stand for a machine of the internet.
_PRIVATE: Final = tuple(
    ipaddress.ip_network(each)
    for each in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",  # shared by the customers of one carrier
        "127.0.0.0/8",
        "169.254.0.0/16",  # where clouds keep their metadata, too
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.31.196.0/24",
        "192.52.193.0/24",
        "192.88.99.0/24",  # relays of 6to4
        "192.168.0.0/16",
        "192.175.48.0/24",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
        "2001::/23",  # Teredo, benchmarks, ORCHID and other protocols of the IETF
        "2001:db8::/32",
        "2002::/16",  # 6to4: an IPv4 address inside
        "2620:4f:8000::/48",
        "3fff::/20",
    )
)
# All that is given out of IPv6; outside are loopback, mapped and compatible addresses, NAT64, ULA, link-local and multicast.
_GIVEN_OUT: Final = ipaddress.ip_network("2000::/3")


class WebhookEnd(StrEnum):
    """What became of one try: taken, not now, never (the address, a header or a secret is refused), or not wanted any more (410)."""

    DELIVERED = "delivered"
    TRY_AGAIN = "try_again"
    REFUSED = "refused"
    GONE = "gone"


@dataclass(frozen=True, slots=True)
class WebhookAttempt:
    """One try: how it ended, the status of the answer (None: there was none), and why it failed, without any address.

    `wait` is how long the receiver asked to be left alone, `first` the first bytes of its answer, made visible.
    """

    end: WebhookEnd
    status: int | None
    reason: str
    wait: timedelta | None
    elapsed_ms: int
    first: str


# Where to


def check_address(url: str, *, allow_loopback: bool = False, field: str = "Address") -> str:
    """Return the address of a receiver in its one spelling: https, a name or a public address, port 443 or 8443 (HOOK-05).

    With `allow_loopback` receivers on this machine are let through as well, at any port and with http. What a name stands for is
    looked at by `check_found`. Raises Invalid.
    """
    if len(url) > ADDRESS_LIMIT:
        sentence = _("The address is too long: at most {most} characters fit.")
        raise Invalid(sentence.format(most=ADDRESS_LIMIT), field=field)
    parts, port = _split(url, field)
    host = _host(parts.hostname or "", field, allow_loopback=allow_loopback)
    is_here = allow_loopback and (host == "localhost" or _is_loopback(host))
    scheme = parts.scheme.lower()
    if scheme != "https" and not (scheme == "http" and is_here):
        raise Invalid(
            _("Webhooks are sent by https alone. Please write an address that begins with https://."), field=field
        )
    usual = 443 if scheme == "https" else 80
    if port is None:
        port = usual
    if port not in _PORTS and not allow_loopback:
        raise Invalid(
            _("Webhooks are sent to port 443 or 8443 alone. Please write another port, or none."), field=field
        )
    at = "" if port == usual else f":{port}"
    query = f"?{parts.query}" if parts.query else ""
    found = f"{scheme}://{f'[{host}]' if ':' in host else host}{at}{parts.path or '/'}{query}"
    if len(found) > ADDRESS_LIMIT:
        sentence = _("The address is too long: at most {most} characters fit.")
        raise Invalid(sentence.format(most=ADDRESS_LIMIT), field=field)
    return found


def check_found(addresses: Iterable[str], *, allow_loopback: bool = False, field: str = "Address") -> tuple[str, ...]:
    """Return what a name stands for when every one of its addresses may be sent to; raises Invalid otherwise (HOOK-05)."""
    found = tuple(dict.fromkeys(addresses))
    if not found or not all(is_public(each) or (allow_loopback and _is_loopback(each)) for each in found):
        raise _not_public(field)
    return found


def is_public(address: str) -> bool:
    """Whether an IP address is one of the internet: no private, local, shared, special, documentation, or wrapped one."""
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address) and (found.scope_id is not None or found not in _GIVEN_OUT):
        return False
    return not any(found in network for network in _PRIVATE)


def _split(url: str, field: str) -> tuple[SplitResult, int | None]:
    """The parts of an address that has nothing beside host, port, path and query."""
    refusal = Invalid(_("This is not a web address. Please write it like https://example.org/webhooks."), field=field)
    if not url.isprintable() or re.search(r"[\s\\]", url):  # urlsplit takes line breaks out silently
        raise refusal
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError as error:
        raise refusal from error
    if "[" in parts.netloc and ":" not in (parts.hostname or ""):  # an address of a kind to come
        raise refusal
    if not parts.hostname or not _REST.fullmatch(parts.path) or not _REST.fullmatch(parts.query):
        raise refusal
    if "@" in parts.netloc:
        sentence = _("The address holds a user or a password. Please leave them out, and put a key into a header.")
        raise Invalid(sentence, field=field)
    if "#" in url:
        raise Invalid(_("The address holds a part after #, which is never sent. Please leave it out."), field=field)
    return parts, port


def _host(told: str, field: str, *, allow_loopback: bool) -> str:
    """The host in ASCII and lower case: a name of at least two labels, or a literal address in its usual spelling."""
    import idna

    if ":" in told or _is_ipv4(told):
        return _literal(told, field, allow_loopback=allow_loopback)
    try:
        host = told.lower() if told.isascii() else idna.encode(told, uts46=True).decode("ascii").lower()
    except UnicodeError as error:  # idna.IDNAError is one
        raise Invalid(_("There can be no host of this name. Please look at the address again."), field=field) from error
    if _is_ipv4(host):  # typed in the digits of another script
        return _literal(host, field, allow_loopback=allow_loopback)
    if allow_loopback and host == "localhost":
        return host
    labels = host.split(".")
    is_name = len(labels) > 1 and len(host) <= _HOST_LIMIT and all(_LABEL.fullmatch(each) for each in labels)
    if not is_name or _NUMBER.fullmatch(labels[-1]):
        raise Invalid(_("There can be no host of this name. Please look at the address again."), field=field)
    return host


def _literal(told: str, field: str, *, allow_loopback: bool) -> str:
    try:
        host = str(ipaddress.ip_address(told))
    except ValueError as error:
        raise Invalid(_("There can be no host of this name. Please look at the address again."), field=field) from error
    check_found((host,), allow_loopback=allow_loopback, field=field)
    return host


def _is_ipv4(text: str) -> bool:
    try:
        ipaddress.IPv4Address(text)
    except ValueError:
        return False
    return True


def _is_loopback(address: str) -> bool:
    if _is_ipv4(address):
        return ipaddress.IPv4Address(address).is_loopback
    return address == "::1"  # a mapped 127.0.0.1 is none


def _not_public(field: str) -> Invalid:
    return Invalid(
        _("This address leads into a private network, where nothing is sent. Please write one of the internet."),
        field=field,
    )


# With what


def check_headers(pairs: Iterable[tuple[str, str]], *, field: str = "Headers") -> tuple[tuple[str, str], ...]:
    """Return a subscription's own headers, no space around their values; raises Invalid for what could become another one (HOOK-07)."""
    found = tuple((name, value.strip(" \t")) for name, value in pairs)
    if len(found) > MOST_HEADERS:
        raise Invalid(_("At most {most} headers fit.").format(most=MOST_HEADERS), field=field)
    seen = set[str]()
    for name, value in found:
        lower = name.lower()
        if not _HEADER_NAME.fullmatch(name):
            sentence = _("A header's name has letters, digits and hyphens only. Please write it like X-Api-Key.")
            raise Invalid(sentence, field=field)
        if lower in _OURS or lower.startswith(_OUR_KINDS):
            raise Invalid(
                _("The header {name} is set by the program. Please remove it.").format(name=name), field=field
            )
        if lower in seen:
            raise Invalid(_("The header {name} is there twice. Please remove one.").format(name=name), field=field)
        if len(value) > HEADER_LIMIT or not _HEADER_VALUE.fullmatch(value):
            sentence = _(
                "The value of {name} is too long, or not plain letters, digits and signs. Please type it again."
            )
            raise Invalid(sentence.format(name=name), field=field)
        seen.add(lower)
    return found


def new_secret() -> str:
    """Return a new secret of a subscription: `whsec_` and 256 random bits in base64 (HOOK-02)."""
    return _PREFIX + base64.b64encode(new_bytes(SECRET_BYTES)).decode("ascii")


def check_secret(text: str, *, field: str = "Secret") -> str:
    """Return a secret that is `whsec_` and 24 to 64 bytes in base64; raises Invalid (HOOK-02)."""
    try:
        if text.startswith(_PREFIX) and len(base64.b64decode(text.removeprefix(_PREFIX), validate=True)) in _SECRET:
            return text
    except ValueError as error:
        raise _no_secret(field) from error
    raise _no_secret(field)


def _no_secret(field: str) -> Invalid:
    return Invalid(_("This is no secret for webhooks. It is whsec_ and 24 to 64 bytes in base64."), field=field)


def webhook_id(reference: UUID) -> str:
    """Return the id that a webhook has on every try; no full stop is in it, which would end it in the signature (HOOK-01)."""
    return f"msg_{reference.hex}"


# When, and what came back


def wait_after(failed: int, draw: float, asked: timedelta | None) -> timedelta | None:
    """Return how long to wait after the `failed`th failed try; None when it was the last (HOOK-03).

    `draw` between 0 and 1 moves it by up to a tenth, so that what failed together does not come back together. What the receiver
    asked for is never undercut, and counts up to 24 hours (HOOK-04).
    """
    if failed > len(WAITS):
        return None
    usual = WAITS[max(failed, 1) - 1] * (1 - _JITTER + 2 * _JITTER * draw)
    if asked is None:
        return usual
    return max(usual, min(asked, LONGEST_WAIT) * (1 + _JITTER * draw))


def asked_wait(told: str, now: datetime) -> timedelta | None:
    """Return the wait that a `Retry-After` asks for, seconds or a date, at most 24 hours; None for what is neither or over."""
    if _SECONDS.fullmatch(told.strip()):
        return min(timedelta(seconds=min(int(told), 10**6)), LONGEST_WAIT)
    try:
        until = parsedate_to_datetime(told)
        wait = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    except (ValueError, TypeError, OverflowError, IndexError):
        return None
    return min(wait, LONGEST_WAIT) if wait > timedelta(0) else None


def end_of(status: int) -> WebhookEnd:
    """Return what the status of an answer means: every 2xx took it, 410 wants no more, all else is tried again (HOOK-04)."""
    if 200 <= status < 300:
        return WebhookEnd.DELIVERED
    return WebhookEnd.GONE if status == 410 else WebhookEnd.TRY_AGAIN


def visible(content: bytes) -> str:
    r"""Return the first bytes of an answer as one line that hides nothing: what cannot be seen is written like `\x1b`."""
    decoder = codecs.getincrementaldecoder("utf-8")("backslashreplace")
    text = decoder.decode(content[:FIRST_BYTES], final=len(content) <= FIRST_BYTES)
    return "".join(sign if _is_seen(sign) else _escaped(sign) for sign in text).strip()


def _is_seen(sign: str) -> bool:
    return sign == " " or unicodedata.category(sign)[0] not in "CZ"


def _escaped(sign: str) -> str:
    return " " if sign in "\t\n\r" else sign.encode("unicode_escape").decode("ascii")
