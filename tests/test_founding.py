"""`init` and `doctor` from outside: a first try that failed can be mended, and a damaged file is named, not a traceback."""

from pathlib import Path

import pytest
from sqlalchemy import select, update

from request_desk import app, config, doctor
from request_desk.domain.access import SYSTEM
from request_desk.domain.errors import Invalid, Refused
from request_desk.services.practice import directory
from request_desk.store import schema


def practice(folder: Path) -> config.Settings:
    return config.Settings(data_folder=str(folder))


def made(found: config.Settings, zone: str = "America/Los_Angeles") -> str:
    return app.init(found, name="Harbor Pediatrics", phone="(206) 555-0100", zone=zone, kinds=("schedule",))


def test_init_can_be_repeated_after_a_mistyped_zone(tmp_path: Path) -> None:
    found = practice(tmp_path)
    with pytest.raises(Invalid, match="not a time zone"):
        made(found, "America/Los_Angels")
    assert "$AD" in made(found)
    desk = app.open_desk(found)
    assert [each.login for each in desk.query(SYSTEM, directory.staff_list)] == ["$AD"]
    desk.close()


def test_a_practice_is_founded_once(tmp_path: Path) -> None:
    found = practice(tmp_path)
    made(found)
    with pytest.raises(Refused, match="already"):
        made(found)


def test_a_database_that_was_never_founded_sends_to_init(tmp_path: Path) -> None:
    found = practice(tmp_path)
    with pytest.raises(Invalid):
        made(found, "nowhere")
    with pytest.raises(Refused, match="init"):
        app.open_desk(found)


def test_a_new_version_brings_its_phrases_and_leaves_those_that_the_practice_changed(tmp_path: Path) -> None:  # RE3
    found = practice(tmp_path)
    made(found)
    desk = app.open_desk(found)
    kept = schema.phrase.c
    with desk.database.write() as connection:
        old, own = connection.execute(select(kept.id).order_by(kept.id).limit(2)).scalars()
        connection.execute(update(schema.phrase).where(kept.id == old).values(title="as it was shipped before"))
        connection.execute(update(schema.phrase).where(kept.id == own).values(title="our words", shipped=False))
    desk.close()
    assert "renewed: 1" in app.migrate(found)
    assert app.migrate(found) == "The database is of this version already."
    desk = app.open_desk(found)
    with desk.database.read() as connection:
        rows = connection.execute(select(kept.id, kept.title).where(kept.id.in_([old, own]))).all()
        titles = {row.id: row.title for row in rows}
    desk.close()
    assert titles[own] == "our words"
    assert titles[old] != "as it was shipped before"


def test_the_doctor_names_a_file_that_is_no_database(tmp_path: Path) -> None:
    found = practice(tmp_path)
    file = tmp_path / config.DATABASE_FILE
    file.write_bytes(b"not a database at all, " * 500)
    file.chmod(0o600)
    lines: list[str] = []
    assert doctor.run(lambda: found, app.open_database, app.data_folder, lines.append) == 1
    assert any("WRONG" in line and "database" in line for line in lines)


def test_the_doctor_finds_a_new_practice_well(tmp_path: Path) -> None:
    found = practice(tmp_path)
    made(found)
    lines: list[str] = []
    doctor.run(lambda: found, app.open_database, app.data_folder, lines.append)
    assert any("somebody sees every open request" in line for line in lines)
