"""The version gate and the way up: an older database is copied and migrated, a newer one is refused in words."""

from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import inspect, text

from request_desk.domain.errors import Refused
from request_desk.domain.words import _
from request_desk.store import backup
from request_desk.store.database import APPLICATION_ID, Database
from request_desk.store.version import HEAD, REVISIONS

__all__ = ["EMPTY", "HEAD", "REVISIONS", "check", "migrate", "version"]

if TYPE_CHECKING:
    from alembic.config import Config
    from sqlalchemy import Connection

EMPTY = "This database is empty. Run `request-desk init` first."
_LOCK = 7_310_952


def version(database: Database) -> str | None:
    """Return the revision of a database, None when it is empty; raises Refused for a file that is not ours."""
    with database.read() as connection:
        if database.is_sqlite:
            mark = connection.execute(text("PRAGMA application_id")).scalar_one()
            tables = inspect(connection).get_table_names()
            if tables and mark != APPLICATION_ID:
                raise Refused(
                    _("The file {name} is not a Request Desk database. Choose another file.").format(
                        name=database.path.name
                    )
                )
        if not inspect(connection).has_table("alembic_version"):
            return None
        return connection.execute(text("SELECT version_num FROM alembic_version")).scalar_one_or_none()


def check(database: Database) -> None:
    """Refuse to work with a database of another version, naming the way on."""
    found = version(database)
    if found is None:
        raise Refused(EMPTY)
    if found not in REVISIONS:
        raise Refused(_("This database was made by a newer Request Desk. Update this program; nothing was changed."))
    if found != HEAD:
        raise Refused(_("This database is of an older version. Run `request-desk migrate`; it makes a copy first."))


def migrate(database: Database, target: str = "head") -> Path | None:
    """Bring a database to `target`; returns the copy made before (SQLite with data only).

    One transaction on both engines, so that a kill leaves the old schema or the new one.
    """
    from alembic import command

    found = version(database)
    if found is not None and found not in REVISIONS:
        raise Refused(_("This database was made by a newer Request Desk. Update this program; nothing was changed."))
    if found == (HEAD if target == "head" else target):
        return None
    copy = None
    if database.is_sqlite and found is not None:
        copy = database.path.with_name(f"{database.path.stem}-before-{HEAD}{database.path.suffix}")
        backup.copy(database.path, copy)
    with database.admin() as connection:
        if database.is_sqlite:
            connection.exec_driver_sql(f"PRAGMA application_id={APPLICATION_ID}")
        else:
            connection.execute(text("SET LOCAL lock_timeout = '10s'"))
            connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": _LOCK})
        if target == "head" or found is None or REVISIONS.index(found) < REVISIONS.index(target):
            command.upgrade(_config(connection), target)
        else:
            command.downgrade(_config(connection), target)
    return copy


def downgrade_to_nothing(database: Database) -> None:
    """Take every migration back; for tests of the way down."""
    from alembic import command

    with database.admin() as connection:
        command.downgrade(_config(connection), "base")


def _config(connection: "Connection") -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    config.attributes["connection"] = connection
    return config
