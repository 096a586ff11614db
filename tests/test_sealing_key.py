"""The key that seals booking secrets, on the command line: brought elsewhere, renewed, lost, and killed on the way (SEC-04, SEC-07)."""

import random
import signal
import stat
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import Result

from request_desk import config
from request_desk.domain.access import SYSTEM, Actor, ActorKind
from request_desk.domain.ids import StaffId
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.secrets import FileStore
from request_desk.services.desk import Desk
from request_desk.services.practice import booking_secrets, directory, sealed_values
from request_desk.services.practice.booking_secrets import NewSecret
from request_desk.store.database import Database
from tests.test_cli import NEW, is_refused, run

_KILLS = 10


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The data folder of a practice."""
    folder = tmp_path / "data"
    assert run(folder, *NEW).exit_code == 0
    return folder


def opened(folder: Path) -> Desk:
    return Desk(Database(f"sqlite:///{folder / config.DATABASE_FILE}"), sealer=KeptSealer(FileStore(folder)))


def administrator(desk: Desk) -> Actor:
    (who,) = desk.query(SYSTEM, directory.staff_list)
    return Actor(ActorKind.STAFF, StaffId(who.id), who.name, who.roles)


def made(folder: Path, count: int) -> list[NewSecret]:
    desk = opened(folder)
    actor = administrator(desk)
    secrets = [desk.perform(actor, booking_secrets.add_secret, f"School {number}").value for number in range(count)]
    desk.close()
    return secrets


def values(folder: Path) -> dict[int, str]:
    """What each secret says when it is opened with the keys of this folder."""
    desk = opened(folder)
    try:
        with desk.database.read() as connection:
            rows = connection.exec_driver_sql("select id, sealed from booking_secret order by id").all()
        return {row.id: desk.sealer.unseal(row.sealed, booking_secrets.place_of(row.id)) for row in rows}
    finally:
        desk.close()


def key_ids(folder: Path) -> frozenset[str]:
    desk = opened(folder)
    try:
        return desk.query(SYSTEM, sealed_values.sealing_keys)
    finally:
        desk.close()


def looked(folder: Path) -> Result:
    return run(folder, "doctor")


def test_a_key_is_renewed_and_every_secret_opens(folder: Path) -> None:  # SEC-04
    secrets = made(folder, 3)
    (old,) = key_ids(folder)
    renewed = run(folder, "sealing-key", "renew")
    assert renewed.exit_code == 0, renewed.output
    (new,) = key_ids(folder)
    assert new != old
    assert new in renewed.stdout
    assert not KeptSealer(FileStore(folder)).has_key(old)
    assert values(folder) == {secret.id: secret.value.text for secret in secrets}


def test_another_computer_needs_the_key_and_doctor_says_so(folder: Path, tmp_path: Path) -> None:  # SEC-02, SEC-07
    assert "sealing key" not in looked(folder).stdout
    secrets = made(folder, 2)
    assert "The key that seals booking secrets is on this computer." in looked(folder).stdout
    file = tmp_path / "key.json"
    assert run(folder, "sealing-key", "export", str(file)).exit_code == 0
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert not any(secret.value.text in file.read_text("utf-8") for secret in secrets)
    (folder / "secrets.json").unlink()  # as on a computer that was set up anew
    result = looked(folder)
    assert result.exit_code == 1
    assert "request-desk sealing-key import" in result.stdout
    assert "is not on this computer" in is_refused(run(folder, "sealing-key", "renew"))
    assert "not on this computer" in is_refused(run(folder, "sealing-key", "export", str(tmp_path / "other.json")))
    imported = run(folder, "sealing-key", "import", str(file))
    assert imported.exit_code == 0, imported.output
    assert "Every booking secret opens" in imported.stdout
    assert values(folder) == {secret.id: secret.value.text for secret in secrets}
    assert looked(folder).exit_code == 0


def test_an_older_key_alone_is_told(folder: Path, tmp_path: Path) -> None:
    made(folder, 1)
    file = tmp_path / "key.json"
    run(folder, "sealing-key", "export", str(file))
    run(folder, "sealing-key", "renew")
    (folder / "secrets.json").unlink()
    imported = run(folder, "sealing-key", "import", str(file))
    assert "Export those too" in imported.stdout


def test_a_file_that_is_there_is_not_written_over_and_one_that_is_none_is_refused(folder: Path, tmp_path: Path) -> None:
    made(folder, 1)
    file = tmp_path / "notes.txt"
    file.write_text("of somebody", "utf-8")
    assert "already" in is_refused(run(folder, "sealing-key", "export", str(file)))
    assert file.read_text("utf-8") == "of somebody"
    assert "no sealing key" in is_refused(run(folder, "sealing-key", "import", str(file)))
    assert "no sealing key" in is_refused(run(folder, "sealing-key", "import", str(tmp_path / "none")))
    assert "cannot be written" in is_refused(run(folder, "sealing-key", "export", str(tmp_path / "no" / "folder")))


_RENEWING = """
import sys
from pathlib import Path
from request_desk import app, config
from request_desk.services.practice import booking_secrets, sealed_values
sealed_values.BATCH = 3
found = config.Settings(data_folder=sys.argv[1])
app.renew_sealing_key(found)
print("ready", flush=True)
while True:
    app.renew_sealing_key(found)
"""


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_killed_at_any_moment_every_secret_opens(folder: Path) -> None:  # SEC-04
    expected = {secret.id: secret.value.text for secret in made(folder, 20)}
    chance = random.Random(20261124)
    in_use = []
    for _kill in range(_KILLS):
        process = subprocess.Popen(
            [sys.executable, "-c", _RENEWING, str(folder)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        )
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        try:
            process.wait(chance.uniform(0.02, 0.5))
            raise AssertionError(process.stderr.read() if process.stderr is not None else "")
        except subprocess.TimeoutExpired:
            process.send_signal(signal.SIGKILL)
        process.communicate()
        assert values(folder) == expected
        in_use.append(key_ids(folder))
    assert max(map(len, in_use)) > 1  # it was in the middle of things
    assert len(frozenset().union(*in_use)) > 1
    assert run(folder, "sealing-key", "renew").exit_code == 0
    assert values(folder) == expected
    assert len(key_ids(folder)) == 1
