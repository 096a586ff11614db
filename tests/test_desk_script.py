"""The script ./desk, the locks it installs from, and the wheel that is built from the same tree."""

import ast
import importlib.machinery
import importlib.util
import os
import re
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path
from types import ModuleType

import pytest

ROOT = Path(__file__).resolve().parents[1]
DESK = ROOT / "desk"
GROUPS = ("app", "test", "dev")
PIN = re.compile(r"^([A-Za-z0-9._-]+)(?:\[[^]]*\])?==(\S+)", re.MULTILINE)

FIVE_THOUSAND_EMITS = """
from PySide6.QtCore import QCoreApplication, QObject, Signal, Slot

class Receiver(QObject):
    told = Signal(object)
    count = 0

    @Slot(object)
    def heard(self, value):
        self.count += value

application = QCoreApplication([])
receiver = Receiver()
receiver.told.connect(receiver.heard)
for _ in range(5000):
    receiver.told.emit(True)
print(receiver.count)
"""


def lock(group: str) -> str:
    return (ROOT / "requirements" / f"{group}.txt").read_text("utf-8")


def pins(group: str) -> dict[str, set[str]]:
    """Versions by name; a name may be pinned once for each Python."""
    found: dict[str, set[str]] = {}
    for name, version in PIN.findall(lock(group)):
        found.setdefault(name.lower(), set()).add(version)
    return found


def run(*arguments: str, **environ: str) -> subprocess.CompletedProcess[str]:
    # Without the variables of this run: what the script needs, it must find by itself.
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "SYSTEMROOT") if name in os.environ}
    return subprocess.run(
        [sys.executable, str(DESK), *arguments],
        capture_output=True,
        text=True,
        env=kept | environ,
        stdin=subprocess.DEVNULL,
        timeout=60,
        check=False,
    )


@pytest.fixture(scope="module")
def desk_module() -> ModuleType:
    loader = importlib.machinery.SourceFileLoader("desk_script", str(DESK))
    spec = importlib.util.spec_from_loader("desk_script", loader)
    assert spec is not None
    module = importlib.util.module_from_spec(spec)
    writes, sys.dont_write_bytecode = sys.dont_write_bytecode, True
    try:
        loader.exec_module(module)
    finally:
        sys.dont_write_bytecode = writes
    return module


def test_help_names_every_face_and_needs_nothing_installed() -> None:
    done = run("--help", DESK_NO_APT="1")
    assert (done.returncode, done.stderr) == (0, "")
    for face in ("--fresh", "test", "tour --out DIR", "bench", "--json FILE", "--quick", "doctor", "lint", "lock"):
        assert face in done.stdout


def test_an_unknown_command_is_answered_with_the_help() -> None:
    done = run("tets")
    assert done.returncode == 2
    assert "no command 'tets'" in done.stderr
    assert "./desk test" in done.stderr


def test_lint_with_a_word_that_it_does_not_know_runs_nothing(desk_module: ModuleType) -> None:
    with pytest.raises(desk_module.Stop, match="--no-tests"):
        desk_module.main(["lint", "--no-test"])


def test_the_check_of_a_fresh_clone_leaves_out_of_lint_only_what_it_tests_anyway(
    desk_module: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran: list[list[str]] = []

    def call(command: list[str], **_how: object) -> int:
        ran.append(command)
        return 0

    monkeypatch.setattr(desk_module.subprocess, "call", call)
    for name in ("insist_on_libraries", "set_up"):
        monkeypatch.setattr(desk_module, name, lambda *_group: None)
    monkeypatch.chdir(ROOT)
    assert desk_module.main(["lint"]) == desk_module.main(["lint", "--no-tests"]) == 0
    whole, part = ran[: len(ran) // 2 + 1], ran[len(ran) // 2 + 1 :]
    assert whole[:-1] == part
    assert whole[-1][2] == "pytest"
    assert all((ROOT / file).is_file() for file in whole[-1][4:])  # below tests: ./desk test runs them
    assert "./desk lint --no-tests\n" in (ROOT / ".ci" / "run").read_text("utf-8")


def test_the_script_can_be_read_by_a_python_that_is_too_old_to_run_the_rest() -> None:
    ast.parse(DESK.read_text("utf-8"), feature_version=(3, 7))


def test_an_old_python_is_told_what_to_install(desk_module: ModuleType, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(desk_module, "OLDEST", (3, 98))
    monkeypatch.setattr(desk_module, "TOO_NEW", (3, 99))
    with pytest.raises(desk_module.Stop, match=r"needs Python 3\.98 .* Install one"):
        desk_module.insist_on_python()


def test_without_leave_to_install_the_exact_line_is_printed(
    desk_module: ModuleType,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    tmp_path: Path,
) -> None:
    apt = tmp_path / "apt-get"
    apt.write_text("#!/bin/sh\nexit 1\n", "utf-8")
    apt.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setenv("DESK_NO_APT", "1")
    assert not desk_module.apt_install(["libgl1", "libegl1"], "Qt needs system libraries")
    assert "sudo apt-get install --yes --no-install-recommends libgl1 libegl1" in capsys.readouterr().err


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="Debian names are for Linux")
def test_a_library_that_cannot_be_loaded_names_its_package(desk_module: ModuleType) -> None:
    assert desk_module.missing_libraries({"libc.so.6": "libc6", "libdoes-not-exist.so.1": "libnone1"}) == ["libnone1"]


def test_the_environment_is_made_anew_when_a_lock_the_project_or_the_python_changes(
    desk_module: ModuleType, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "requirements").mkdir()
    for group in GROUPS:
        (tmp_path / "requirements" / f"{group}.txt").write_text(group, "utf-8")
    project = tmp_path / "pyproject.toml"
    project.write_text("[project]\n", "utf-8")
    monkeypatch.setattr(desk_module, "ROOT", str(tmp_path))
    keys = [desk_module.key("test")]
    assert desk_module.key("test") == keys[0]
    project.write_text("[project]\nname = 'x'\n", "utf-8")
    keys.append(desk_module.key("test"))
    (tmp_path / "requirements" / "test.txt").write_text("other", "utf-8")
    keys.append(desk_module.key("test"))
    monkeypatch.setattr(desk_module, "interpreter", lambda: "another Python")
    keys.append(desk_module.key("test"))
    assert len({*keys, desk_module.key("dev")}) == 5


@pytest.mark.parametrize("group", GROUPS)
def test_a_lock_names_no_host_and_gives_every_pin_a_hash(group: str) -> None:
    text = lock(group)
    assert "://" not in text
    assert "--index" not in text
    assert "--find-links" not in text
    blocks = re.split(r"\n(?=[A-Za-z0-9])", text)
    assert [block.splitlines()[0] for block in blocks if "==" in block and "--hash=sha256:" not in block] == []


def test_a_larger_lock_holds_the_smaller_one_at_the_same_versions() -> None:
    for small, large in (("app", "test"), ("test", "dev")):
        assert {name: pins(large).get(name) for name in pins(small)} == pins(small)


def test_the_project_asks_for_what_is_locked() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    lines = (ROOT / "requirements" / "app.in").read_text("utf-8").splitlines()
    listed = {line for line in lines if line and not line.startswith("#")} - {"hatchling", "editables"}
    assert set(asked) == listed


def test_pyside_is_a_version_whose_signals_keep_their_references() -> None:
    assert all(version.startswith("6.11.") for version in pins("app")["pyside6-essentials"])


def test_five_thousand_signals_do_not_abort() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FIVE_THOUSAND_EMITS], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout.strip()) == (0, "5000"), done.stderr


def test_a_wheel_carries_the_resources_and_the_phrases_and_finds_them(tmp_path: Path) -> None:
    subprocess.run(
        [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", str(tmp_path)],
        cwd=ROOT,
        check=True,
        capture_output=True,
        timeout=60,
    )
    (wheel,) = tmp_path.glob("*.whl")
    site = tmp_path / "site"
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(site)
    for folder in ("resources", "phrases"):
        shipped = {
            p.relative_to(ROOT) for p in (ROOT / folder).rglob("*") if p.is_file() and "__pycache__" not in p.parts
        }
        missing = {str(p) for p in shipped if not (site / "request_desk" / p).is_file()}
        assert missing == set()
    code = "from request_desk import paths; print(paths.resources(), paths.phrases(), sep='\\n')"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env=dict(os.environ, PYTHONPATH=str(site)),
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert done.stdout.splitlines() == [str(site / "request_desk" / name) for name in ("resources", "phrases")]


def test_no_file_under_version_control_names_a_package_registry_or_this_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-co", "--exclude-standard", "-z"], cwd=ROOT, capture_output=True, check=False
    )
    names = listed.stdout.decode().split("\0")
    if listed.returncode != 0:  # not a git checkout, or git is missing: everything that would be in one
        names = [
            str(path.relative_to(ROOT))
            for path in ROOT.rglob("*")
            if not path.relative_to(ROOT).parts[0].startswith(".")
        ]
    assert len(names) > 100
    # Put together, so that this file does not name them either.
    hosts = [".".join(parts).encode() for parts in (("pypi", "org"), ("pythonhosted", "org"), ("registry", "npmjs"))]
    banned = [*hosts, str(ROOT).encode() + b"/"]
    found = []
    for name in filter(None, names):
        path = ROOT / name
        if path.is_file() and any(word in path.read_bytes() for word in banned):
            found.append(name)
    assert found == []
