"""The key store: refuses what keeps nothing or keeps it in the open, falls back to a private file (SEC-02, SEC-03)."""

import base64
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import keyring
import pytest
from keyring.backend import KeyringBackend
from keyring.backends import fail, null
from keyring.errors import KeyringLocked, PasswordDeleteError

from request_desk.domain.errors import Unavailable
from request_desk.gateways import secrets
from request_desk.gateways.secrets import FileStore, best_store, system_store
from tests.conftest import missing


class Memory(KeyringBackend):
    """Keeps secrets while the test runs; `locked` answers as a store nobody unlocked."""

    priority = 1

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.kept: dict[tuple[str, str], str] = {}
        self.locked = False

    def _open(self) -> None:
        if self.locked:
            raise KeyringLocked("the prompt was dismissed")

    def get_password(self, service: str, username: str) -> str | None:
        self._open()
        return self.kept.get((service, username))

    def set_password(self, service: str, username: str, password: str) -> None:
        self._open()
        self.kept[service, username] = password

    def delete_password(self, service: str, username: str) -> None:
        self._open()
        if self.kept.pop((service, username), None) is None:
            raise PasswordDeleteError("not there")


@pytest.fixture
def memory() -> Iterator[Memory]:
    before = keyring.get_keyring()
    backend = Memory()
    keyring.set_keyring(backend)
    yield backend
    keyring.set_keyring(before)


@pytest.fixture
def put_back() -> Iterator[None]:
    before = keyring.get_keyring()
    yield
    keyring.set_keyring(before)


def test_the_key_store_keeps_and_forgets(memory: Memory) -> None:
    store = system_store()
    assert store.sentence == ""
    assert store.get("session") is None
    store.put("session", "one")
    store.put("session", "two")
    assert store.get("session") == "two"
    assert memory.kept == {(secrets.SERVICE, "session"): "two"}
    store.forget("session")
    store.forget("session")
    assert store.get("session") is None


def test_a_locked_store_says_so_in_a_sentence(memory: Memory) -> None:
    store = system_store()
    memory.locked = True
    for call in (lambda: store.get("x"), lambda: store.put("x", "y"), lambda: store.forget("x")):
        with pytest.raises(Unavailable) as refused:
            call()  # type: ignore[no-untyped-call]
        assert "locked" in refused.value.sentence


@pytest.mark.parametrize("kind", ["fail", "null", "plaintext"])
def test_a_backend_that_keeps_nothing_or_keeps_it_open_is_refused(
    put_back: None, kind: str, tmp_path: Path
) -> None:  # SEC-03
    if kind == "fail":
        keyring.set_keyring(fail.Keyring())  # type: ignore[no-untyped-call]
    elif kind == "null":
        keyring.set_keyring(null.Keyring())  # type: ignore[no-untyped-call]
    else:
        plain = type("PlaintextKeyring", (Memory,), {"__module__": "keyrings.alt.file"})
        keyring.set_keyring(plain())
    with pytest.raises(Unavailable) as refused:
        system_store()
    assert refused.value.sentence.endswith(".")
    fallback = best_store(tmp_path)
    assert isinstance(fallback, FileStore)
    assert "only your user can read" in fallback.sentence


def test_of_several_backends_the_first_safe_one_is_taken(put_back: None) -> None:  # SEC-03
    from keyring.backends import chainer

    good = Memory()
    chained = type(
        "Chain",
        (chainer.ChainerBackend,),
        {"backends": [type("Plain", (Memory,), {"__module__": "keyrings.alt.file"})(), good]},
    )
    keyring.set_keyring(chained())
    system_store().put("session", "one")
    assert good.kept == {(secrets.SERVICE, "session"): "one"}


def test_a_store_that_does_not_answer_makes_way_for_the_file(memory: Memory, tmp_path: Path) -> None:
    memory.locked = True
    store = best_store(tmp_path)
    store.put("drafts", "key")
    assert best_store(tmp_path).get("drafts") == "key"


def test_a_store_that_answers_later_goes_on_with_the_keys_of_the_file(memory: Memory, tmp_path: Path) -> None:
    memory.locked = True
    drafts = best_store(tmp_path).get_or_put("drafts", secrets.new_key)
    memory.locked = False
    store = best_store(tmp_path)
    assert store.get_or_put("drafts", secrets.new_key) == drafts  # else half-written replies could not be read any more
    memory.locked = True
    assert best_store(tmp_path).get_or_put("drafts", secrets.new_key) == drafts


def test_what_is_forgotten_is_not_in_the_file_either(memory: Memory, tmp_path: Path) -> None:  # LOCK-01
    memory.locked = True
    best_store(tmp_path).put("session", "of yesterday")
    memory.locked = False
    store = best_store(tmp_path)
    store.put("session", "of today")
    store.forget("session")
    assert FileStore(tmp_path).get("session") is None
    assert store.get("session") is None


def test_a_file_that_cannot_be_read_is_not_in_the_way_of_the_key_store(memory: Memory, tmp_path: Path) -> None:
    (tmp_path / secrets.FILE_NAME).write_text("{", "utf-8")
    store = best_store(tmp_path)
    kept = store.get_or_put("drafts", secrets.new_key)
    assert store.get("drafts") == kept
    store.forget("drafts")
    assert store.get("drafts") is None


def test_the_file_is_ours_alone_and_one_that_is_not_is_refused(tmp_path: Path) -> None:  # SEC-02
    store = FileStore(tmp_path)
    assert store.get("drafts") is None
    store.forget("drafts")
    store.put("drafts", "key")
    store.put("mail", "pass word")
    path = tmp_path / secrets.FILE_NAME
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert FileStore(tmp_path).get("mail") == "pass word"
    store.forget("mail")
    assert FileStore(tmp_path).get("mail") is None
    path.chmod(0o644)
    with pytest.raises(Unavailable) as refused:
        store.get("drafts")
    assert "key" not in refused.value.sentence
    path.chmod(0o600)
    path.write_text("{", "utf-8")
    with pytest.raises(Unavailable):
        store.get("drafts")


def test_a_folder_that_cannot_be_written_is_told_and_what_is_kept_is_read(memory: Memory, tmp_path: Path) -> None:
    memory.locked = True
    gone = tmp_path / "gone"
    for act in (
        lambda: best_store(gone).put("session", "one"),
        lambda: best_store(gone).get_or_put("drafts", secrets.new_key),
    ):
        with pytest.raises(Unavailable) as refused:
            act()
        assert "cannot be written" in refused.value.sentence
    best_store(gone).forget("session")  # nothing is there, so nothing is written
    FileStore(tmp_path).put("drafts", "key")
    (tmp_path / "secrets.lock").unlink()
    (tmp_path / "secrets.lock").mkdir()
    assert FileStore(tmp_path).get_or_put("drafts", secrets.new_key) == "key"
    memory.locked = False
    memory.kept[secrets.SERVICE, "drafts"] = "key"
    assert best_store(gone).get_or_put("drafts", secrets.new_key) == "key"


def test_keys_are_long_and_never_the_same() -> None:
    keys = {secrets.new_key() for _key in range(100)}
    assert len(keys) == 100
    assert all(len(base64.b64decode(key, "-_", validate=True)) == 32 for key in keys)


_REAL = """
import keyring
from request_desk.gateways.secrets import system_store
store = system_store()
store.put("session", "one")
assert system_store().get("session") == "one"
store.forget("session")
store.forget("session")
assert store.get("session") is None
print(type(keyring.get_keyring()).__module__, store.sentence == "")
"""


@pytest.mark.keyring
def test_a_real_secret_service_keeps_a_session(tmp_path: Path) -> None:
    """A Secret Service of its own: private bus, private home, unlocked with a password nobody keeps."""
    wanting = [
        package
        for program, package in (("dbus-run-session", "dbus-daemon"), ("gnome-keyring-daemon", "gnome-keyring"))
        if shutil.which(program) is None
    ]
    if wanting:
        missing(f"No Secret Service to talk to: apt-get install {' '.join(wanting)}")
    for folder in ("home", "run", "data"):
        (tmp_path / folder).mkdir(mode=0o700)
    environment = {
        name: value
        for name, value in os.environ.items()
        if name not in ("PYTHON_KEYRING_BACKEND", "DBUS_SESSION_BUS_ADDRESS")
    }
    environment |= {
        "HOME": str(tmp_path / "home"),
        "XDG_RUNTIME_DIR": str(tmp_path / "run"),
        "XDG_DATA_HOME": str(tmp_path / "data"),
    }
    script = tmp_path / "real.py"
    script.write_text(_REAL, "utf-8")
    command = 'printf %s "$1" | gnome-keyring-daemon --unlock --components=secrets >/dev/null && exec "$2" "$3"'
    done = subprocess.run(
        ["dbus-run-session", "--", "sh", "-c", command, "sh", "unlock me", sys.executable, str(script)],
        env=environment, capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == ["keyring.backends.SecretService", "True"]


def test_two_processes_that_keep_a_secret_at_once_lose_neither(tmp_path: Path) -> None:
    """Portal and desktop of a demo start together on one folder; a lost draft key would lose the drafts (MC10)."""
    code = (
        "import sys; from pathlib import Path; from request_desk.gateways.secrets import FileStore\n"
        "store = FileStore(Path(sys.argv[1]))\n"
        "for number in range(40): store.put(f'{sys.argv[2]}{number}', 'x')\n"
    )
    running = [subprocess.Popen([sys.executable, "-c", code, str(tmp_path), name]) for name in ("a", "b", "c")]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    store = FileStore(tmp_path)
    assert [f"{name}{number}" for name in "abc" for number in range(40) if store.get(f"{name}{number}") != "x"] == []


def test_a_key_is_made_once_and_then_kept(memory: Memory, tmp_path: Path) -> None:
    for store in (system_store(tmp_path), system_store(), FileStore(tmp_path)):
        made: list[str] = []

        def make(made: list[str] = made) -> str:
            made.append(secrets.new_key())
            return made[-1]

        memory.kept.clear()
        assert [store.get_or_put("drafts", make) for _ask in range(3)] == made * 3
        assert len(made) == 1
        assert store.get("drafts") == made[0]


def test_what_the_key_store_holds_counts_even_if_somebody_else_put_it_there(memory: Memory) -> None:
    """A process of another folder has no lock in common with this one."""
    store = system_store()

    class Slow(Memory):
        def set_password(self, service: str, username: str, password: str) -> None:
            super().set_password(service, username, password)
            super().set_password(service, username, "theirs")

    keyring.set_keyring(Slow())
    assert system_store().get_or_put("drafts", secrets.new_key) == "theirs"
    memory.locked = True
    with pytest.raises(Unavailable):
        store.get_or_put("drafts", secrets.new_key)


_FIRST = """
import json, sys, time
from pathlib import Path
import keyring
from keyring.backend import KeyringBackend
from request_desk.gateways import secrets

folder, which = Path(sys.argv[1]), sys.argv[2]

class Shared(KeyringBackend):
    priority = 1
    def get_password(self, service, username):
        path = folder / f"{username}.kept"
        return path.read_text() if path.exists() else None
    def set_password(self, service, username, password):
        fresh = folder / f"{username}.{password[:8].replace('/', '_')}"
        fresh.write_text(password)
        fresh.replace(folder / f"{username}.kept")

if which == "keyring":
    keyring.set_keyring(Shared())
store = secrets.best_store(folder) if which == "keyring" else secrets.FileStore(folder)
print("ready", flush=True)
sys.stdin.readline()
print(json.dumps([store.get_or_put(f"key{number}", secrets.new_key) for number in range(30)]))
"""


@pytest.mark.parametrize("which", ["keyring", "file"])
def test_processes_that_start_for_the_first_time_at_once_share_their_keys(tmp_path: Path, which: str) -> None:
    """Two desktops, or desktop and portal: a draft key that one of them made for itself would lose its drafts (MC10)."""
    command = [sys.executable, "-c", _FIRST, str(tmp_path), which]
    running = [
        subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _number in range(4)
    ]
    for process in running:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in running:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    answers = {process.communicate(timeout=60)[0] for process in running}
    assert [process.returncode for process in running] == [0] * 4
    assert len(answers) == 1
