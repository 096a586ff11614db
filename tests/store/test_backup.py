"""The copy of a SQLite database in use, and the check of one (DUR-04, DUR-07)."""

import sqlite3
import stat
from contextlib import closing
from pathlib import Path

import pytest

from request_desk.domain.errors import Refused
from request_desk.store import backup
from request_desk.store.database import Database
from tests.builders import Practice


def test_a_copy_holds_what_was_committed_and_nothing_else(sqlite_practice: Practice, tmp_path: Path) -> None:
    database: Database = sqlite_practice.database
    target = tmp_path / "copies" / "desk.db"
    target.parent.mkdir()
    with database.write() as connection:
        connection.exec_driver_sql("UPDATE staff SET name = 'Not yet' WHERE login = 'maria'")
        backup.copy(database.path, target)
    with closing(sqlite3.connect(target)) as copied:
        names = {row[0] for row in copied.execute("SELECT name FROM staff")}
    assert names == {"Maria Santos", "Kofi Prah", "Administrator"}
    assert backup.check(target) == ()
    assert stat.S_IMODE(target.stat().st_mode) == 0o600
    assert [path.name for path in target.parent.iterdir()] == ["desk.db"]


def test_a_copy_opens_as_a_database_of_its_own(sqlite_practice: Practice, tmp_path: Path) -> None:
    target = backup.copy(sqlite_practice.database.path, tmp_path / "copy.db")
    copied = Database(f"sqlite:///{target}")
    with copied.read() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM patient").scalar_one() == 1
    copied.close()


def test_a_broken_page_is_found(sqlite_practice: Practice, tmp_path: Path) -> None:  # DUR-07
    target = backup.copy(sqlite_practice.database.path, tmp_path / "copy.db")
    content = bytearray(target.read_bytes())
    for page in range(3, len(content) // 8192, 2):
        content[page * 8192 : page * 8192 + 400] = b"\xff" * 400
    target.write_bytes(content)
    assert backup.check(target)
    with pytest.raises(Refused):
        backup.copy(target, tmp_path / "second.db")
    assert not (tmp_path / "second.db").exists()
    assert not (tmp_path / "second.db.part").exists()


def test_a_reference_to_nothing_is_found(sqlite_practice: Practice, tmp_path: Path) -> None:  # DUR-07
    target = backup.copy(sqlite_practice.database.path, tmp_path / "copy.db")
    with closing(sqlite3.connect(target)) as copied, copied:
        copied.execute(
            "UPDATE department_member SET staff_id = 987 WHERE staff_id = (SELECT min(staff_id) FROM department_member)"
        )
    assert any("staff" in line for line in backup.check(target))


def test_what_is_no_database_is_told_so(tmp_path: Path) -> None:
    text = tmp_path / "text.db"
    text.write_text("no database at all" * 100, "utf-8")
    assert backup.check(text)
    assert backup.check(tmp_path / "none.db")
