"""Where secrets of this machine are kept: the key store of the system, else a file that only this user can read.

Any program of the same user can read either; `doctor` says so. Nothing here decides what is worth keeping.
"""

import base64
import json
import os
import secrets
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from pathlib import Path
from typing import Final, Protocol

import keyring
from keyring.backend import KeyringBackend
from keyring.errors import KeyringError, PasswordDeleteError

from request_desk.domain.errors import Unavailable
from request_desk.domain.words import _
from request_desk.files import PRIVATE, write_whole

SERVICE: Final = "request-desk"
FILE_NAME: Final = "secrets.json"
# Backends that keep nothing, or keep it readable for everybody (SEC-03).
_REFUSED: Final = ("keyring.backends.fail", "keyring.backends.null", "keyrings.alt")


class SecretStore(Protocol):
    """Keeps short texts by name. `sentence` says what the user should know of the place; "" is nothing."""

    @property
    def sentence(self) -> str: ...

    def get(self, name: str) -> str | None: ...

    def put(self, name: str, secret: str) -> None: ...

    def get_or_put(self, name: str, make: Callable[[], str]) -> str:
        """Return what is kept, or keep what `make` returns; two processes that ask at once get the same."""
        ...

    def forget(self, name: str) -> None: ...


class KeyringStore:
    """The key store of the system. A call may wait for the user to unlock it: not for the UI thread.

    It cannot keep a secret only where there is none yet, so processes take turns by a lock in `folder`. There may be a file as
    well, of days when this store did not answer: its keys go on being used, and what is to be forgotten is forgotten there too.
    """

    sentence = ""

    def __init__(self, backend: KeyringBackend, folder: Path | None = None) -> None:
        self._backend = backend
        self._folder = folder

    def get(self, name: str) -> str | None:
        try:
            return self._backend.get_password(SERVICE, name)
        except KeyringError as error:
            raise Unavailable(_locked()) from error

    def put(self, name: str, secret: str) -> None:
        try:
            self._backend.set_password(SERVICE, name, secret)
        except KeyringError as error:
            raise Unavailable(_locked()) from error

    def get_or_put(self, name: str, make: Callable[[], str]) -> str:
        if (there := self.get(name)) is not None:
            return there
        turn: AbstractContextManager[None] = nullcontext() if self._folder is None else _alone(self._folder)
        with turn:
            kept = self.get(name)
            if kept is None:
                made = self._from_file(name) or make()
                self.put(name, made)
                kept = self.get(name) or made  # what is there counts, whoever put it there
            return kept

    def forget(self, name: str) -> None:
        if self._folder is not None and self._from_file(name) is not None:
            FileStore(self._folder).forget(name)
        try:
            self._backend.delete_password(SERVICE, name)
        except PasswordDeleteError:
            return  # it was not there
        except KeyringError as error:
            raise Unavailable(_locked()) from error

    def _from_file(self, name: str) -> str | None:
        if self._folder is None:
            return None
        try:
            return FileStore(self._folder).get(name)
        except Unavailable:
            return None  # a file that others could read, or that nobody can, is of no use


class FileStore:
    """A file with the rights 0600 in a folder of the user or of the service's account (SEC-02)."""

    def __init__(self, folder: Path, sentence: str = "") -> None:
        self._path = folder / FILE_NAME
        self.sentence = sentence

    def get(self, name: str) -> str | None:
        return self._read().get(name)

    def put(self, name: str, secret: str) -> None:
        with _alone(self._path.parent):
            self._write({**self._read(), name: secret})

    def get_or_put(self, name: str, make: Callable[[], str]) -> str:
        if (there := self.get(name)) is not None:
            return there
        with _alone(self._path.parent):
            kept = self._read()
            if name not in kept:
                kept[name] = make()
                self._write(kept)
            return kept[name]

    def forget(self, name: str) -> None:
        if self.get(name) is None:
            return
        with _alone(self._path.parent):
            kept = self._read()
            if kept.pop(name, None) is not None:
                self._write(kept)

    def _read(self) -> dict[str, str]:
        if not self._path.exists():
            return {}
        if os.name == "posix" and self._path.stat().st_mode & 0o077:
            raise Unavailable(
                _(
                    "The file {name} can be read by others on this machine. Close it (chmod 600), and change the secrets in it."
                ).format(name=FILE_NAME)
            )
        try:
            kept = json.loads(self._path.read_text("utf-8"))
        except (ValueError, OSError) as error:
            raise Unavailable(
                _("The file {name} cannot be read. Remove it and enter the secrets again.").format(name=FILE_NAME)
            ) from error
        return {str(name): str(secret) for name, secret in kept.items()} if isinstance(kept, dict) else {}

    def _write(self, kept: dict[str, str]) -> None:
        write_whole(self._path, json.dumps(kept).encode())


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let other processes wait: desktop, portal and worker share the secrets of a folder. A kill leaves no lock behind.

    Raises Unavailable where nothing can be written.
    """
    from filelock import FileLock  # a start reads secrets and writes none: 10 ms before its first list

    try:
        folder.stat()  # the lock would make a missing folder, open to others
        with FileLock((folder / FILE_NAME).with_suffix(".lock"), mode=PRIVATE):
            yield
    except OSError as error:
        raise Unavailable(
            _("The file {name} cannot be written ({reason}). Let this user write in its folder, and make room.").format(
                name=FILE_NAME, reason=error.strerror
            )
        ) from error


def system_store(folder: Path | None = None) -> KeyringStore:
    """Return the key store of this machine; raises Unavailable with the sentence when there is none that keeps secrets."""
    try:
        backend = keyring.get_keyring()
    except (KeyringError, RuntimeError, ImportError) as error:
        raise Unavailable(_none()) from error
    for candidate in getattr(backend, "backends", (backend,)):
        module = type(candidate).__module__
        if module.startswith(_REFUSED):
            continue
        return KeyringStore(candidate, folder)
    raise Unavailable(_none())


def best_store(folder: Path) -> SecretStore:
    """Return the key store if it answers, else the file in `folder`, whose `sentence` tells the user so."""
    try:
        store = system_store(folder)
        store.get("probe")
    except Unavailable:
        return FileStore(
            folder,
            _("This machine has no key store that answers. Keys are kept in a file that only your user can read."),
        )
    return store


def new_key() -> str:
    """Return 256 random bits, base64url with its padding: a key to encrypt with."""
    return base64.urlsafe_b64encode(secrets.token_bytes(32)).decode("ascii")


def _none() -> str:
    return _("This machine has no key store that is safe to use. You can go on, and sign in again next time.")


def _locked() -> str:
    return _("The key store of this machine does not answer or is locked. Unlock it, or go on without.")
