"""Seals secrets that rest in the database, with keys that never do: AES-256-GCM, each text bound to its place (SEC-01, SEC-02)."""

import base64
import json
import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from request_desk.domain.errors import Invalid
from request_desk.domain.sealing import ENVELOPE, SealedPlace, broken, key_of, missing, unreadable
from request_desk.domain.words import _
from request_desk.files import write_whole
from request_desk.gateways.secrets import SecretStore, new_key

_CURRENT: Final = "sealing"  # holds the id of the key that is sealed with
_NONCE: Final = 12  # bytes
_KEY: Final = 32


class KeptSealer:
    """The keys of one key store. A key that was read once is kept in memory; which one is current is looked up each time."""

    def __init__(self, store: SecretStore) -> None:
        self._store = store
        self._keys: dict[str, bytes] = {}

    def seal(self, text: str, place: SealedPlace) -> str:
        """Seal with the current key, which is made here where there is none yet."""
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # no list waits for it

        key_id = self._store.get_or_put(_CURRENT, _new_id)
        if self._key(key_id) is None:
            self._store.get_or_put(_name(key_id), new_key)
        nonce = secrets.token_bytes(_NONCE)
        sealed = AESGCM(self._needed(key_id)).encrypt(nonce, text.encode(), place.words)
        return ".".join((ENVELOPE, key_id, _written(nonce), _written(sealed)))

    def unseal(self, sealed: str, place: SealedPlace) -> str:
        """Open a text at its place; raises KeyMissing without its key, SealBroken when a bit or the place is another."""
        from cryptography.exceptions import InvalidTag
        from cryptography.hazmat.primitives.ciphers.aead import AESGCM

        key = self._needed(key_of(sealed))
        _version, _key_id, nonce, content = sealed.split(".")
        try:
            return AESGCM(key).decrypt(_read(nonce), _read(content), place.words).decode()
        except (InvalidTag, ValueError) as error:
            raise broken() from error

    def has_key(self, key_id: str) -> bool:
        """Tell whether what was sealed with this key opens here."""
        return self._key(key_id) is not None

    def current(self) -> str | None:
        """Return the id of the key that is sealed with; None before the first secret."""
        return self._store.get(_CURRENT)

    def renew(self) -> str:
        """Make a new key and seal with it from now on; the old ones go on opening what they sealed (SEC-04)."""
        key_id = _new_id()
        self._store.put(_name(key_id), new_key())
        self._store.put(_CURRENT, key_id)
        return key_id

    def forget(self, key_id: str) -> None:
        """Drop a key that nothing is sealed with any more."""
        self._store.forget(_name(key_id))
        self._keys.pop(key_id, None)

    def handed_over(self, key_ids: Iterable[str]) -> str:
        """Return these keys and the current one as the text that `take_over` reads on another computer of the practice."""
        current = self.current()
        if current is None:
            raise missing()
        keys = {each: _written(self._needed(each)) for each in {*key_ids, current}}
        return json.dumps({"current": current, "keys": keys})

    def take_over(self, text: str) -> str:
        """Keep the keys of another computer and seal with its current one; returns that one's id."""
        try:
            given = json.loads(text)
            current, keys = str(given["current"]), {str(key_id): str(key) for key_id, key in given["keys"].items()}
            fits = current in keys and all(each.isalnum() and len(_read(key)) == _KEY for each, key in keys.items())
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            raise unreadable() from error
        if not fits:
            raise unreadable()
        for key_id, key in keys.items():
            self._store.put(_name(key_id), base64.urlsafe_b64encode(_read(key)).decode("ascii"))
        self._store.put(_CURRENT, current)
        self._keys.clear()
        return current

    def _needed(self, key_id: str) -> bytes:
        key = self._key(key_id)
        if key is None:
            raise missing()
        return key

    def _key(self, key_id: str) -> bytes | None:
        if key_id not in self._keys:
            kept = self._store.get(_name(key_id))
            try:
                key = b"" if kept is None else _read(kept)
            except ValueError:
                key = b""
            if len(key) != _KEY:
                return None
            self._keys[key_id] = key
        return self._keys[key_id]


def export_keys(sealer: KeptSealer, key_ids: Iterable[str], path: Path) -> None:
    """Write keys into a new file that only this user can read."""
    if path.exists():
        raise Invalid(_("There is a file {path} already. Choose another name.").format(path=path))
    try:
        write_whole(path, sealer.handed_over(key_ids).encode())
    except OSError as error:
        raise Invalid(
            _("The file {path} cannot be written ({reason}).").format(path=path, reason=error.strerror)
        ) from error


def import_keys(sealer: KeptSealer, path: Path) -> str:
    """Keep the keys of a file; returns the id of the current one."""
    try:
        text = path.read_text("utf-8")
    except (OSError, ValueError) as error:
        raise unreadable() from error
    return sealer.take_over(text)


def _new_id() -> str:
    return secrets.token_hex(4)


def _name(key_id: str) -> str:
    return f"{_CURRENT}.{key_id}"


def _written(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode("ascii").rstrip("=")


def _read(text: str) -> bytes:
    bare = text.rstrip("=")
    return base64.b64decode(bare + "=" * (-len(bare) % 4), altchars=b"-_", validate=True)
