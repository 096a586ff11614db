"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, reached by a unix socket only; and its databases."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

# Whatever changes the schema leaves a row; what is rolled back leaves none.
_NOTING = """
CREATE SCHEMA noted;
CREATE TABLE noted.change (tag text);
CREATE FUNCTION noted.note() RETURNS event_trigger LANGUAGE plpgsql
    AS 'BEGIN INSERT INTO noted.change VALUES (tg_tag); END';
CREATE EVENT TRIGGER noting ON ddl_command_end EXECUTE FUNCTION noted.note();
"""
_TABLES = "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
_OTHERS_OUT = (
    "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity"
    " WHERE datname = current_database() AND pid <> pg_backend_pid()"
)
_COUNT_ANEW = (
    "SELECT setval(oid::regclass, 1, false) FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace"
)


def binaries() -> Path | None:
    """Return the folder with initdb and pg_ctl, newest version first, or None."""
    found = shutil.which("initdb")
    places = [Path(found).resolve().parent] if found else []
    places += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    return next((place for place in places if (place / "initdb").exists() and (place / "pg_ctl").exists()), None)


@dataclass(frozen=True)
class Server:
    """A running server; `url` names a database of it. `syncs`: a commit waits for the disk, as in a practice."""

    place: Path
    folder: Path
    syncs: bool = False

    def url(self, database: str) -> str:
        return f"postgresql+psycopg://desk@/{database}?host={self.folder}"

    def administer(self, statement: str) -> None:
        """Run a statement about whole databases."""
        with self.connect("postgres") as connection:
            connection.execute(statement.encode())

    def connect(self, database: str) -> psycopg.Connection[Any]:
        return psycopg.connect(host=str(self.folder), user="desk", dbname=database, autocommit=True)

    def run(self, program: str, *arguments: str) -> None:
        """Run a program of PostgreSQL on the cluster; as root it runs as `nobody`, since PostgreSQL refuses root."""
        drop = ["setpriv", "--reuid=nobody", "--regid=nogroup", "--clear-groups"] if os.geteuid() == 0 else []
        subprocess.run(
            [*drop, str(self.place / program), "-D", str(self.folder / "data"), *arguments],
            check=True,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env={"PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(self.folder)},
            cwd=self.folder,
        )

    def start(self) -> None:
        options = {
            "listen_addresses": "''",
            "unix_socket_directories": str(self.folder),
            "fsync": "on" if self.syncs else "off",
            "autovacuum": "on" if self.syncs else "off",  # rows of a test lie in the order they came in, at any hour
            "max_connections": "200",
        }
        words = " ".join(f"-c {key}={value}" for key, value in options.items())
        self.run("pg_ctl", "start", "-w", "-t", "60", "-l", str(self.folder / "log"), "-o", words)

    def crash(self) -> None:
        """Stop it the hard way, as a power cut does."""
        self.run("pg_ctl", "stop", "-w", "-m", "immediate")

    def stop(self) -> None:
        self.crash()
        shutil.rmtree(self.folder, ignore_errors=True)


def start(place: Path, *, syncs: bool = False) -> Server:
    """Make a cluster and start it, and make sure that it is ours that answers."""
    folder = Path(tempfile.mkdtemp(prefix="rdpg"))
    if os.geteuid() == 0:
        shutil.chown(folder, "nobody", "nogroup")
    server = Server(place, folder, syncs)
    server.run("initdb", "-U", "desk", "-A", "trust", "-E", "UTF8", "--no-sync")
    server.start()
    with server.connect("postgres") as connection:
        row = connection.execute("SHOW data_directory").fetchone()
    if row is None or Path(row[0]) != folder / "data":
        raise RuntimeError(f"another server answered: {row}")
    return server


class Emptied:
    """One database, as good as new for each test: emptied in 20 ms, made anew (300 ms) only after a test that changed its schema."""

    def __init__(self, server: Server, create_schema: Callable[[str], None]) -> None:
        self._server = server
        self._connection: psycopg.Connection[Any] | None = None
        server.administer("CREATE DATABASE template_desk")
        create_schema(server.url("template_desk"))
        with server.connect("template_desk") as connection:
            connection.execute(_NOTING)
            tables = [f'public."{name}"' for (name,) in connection.execute(_TABLES)]
        self._delete = ";".join(f"DELETE FROM {table}" for table in tables).encode()
        self._vacuum = f"VACUUM {', '.join(tables)}".encode()

    def url(self) -> str:
        """Return the address of the database, with the schema and not a row; nobody else is connected."""
        if self._connection is None or self._is_changed(self._connection):
            self._make()
        else:
            self._connection.execute(_OTHERS_OUT)
            with self._connection.transaction():
                self._connection.execute(
                    "SET LOCAL session_replication_role = replica"
                )  # neither triggers nor references
                self._connection.execute(self._delete)
                self._connection.execute(_COUNT_ANEW)
            self._connection.execute(self._vacuum)  # else every look goes past the rows of all tests before
        return self._server.url("desk")

    def close(self) -> None:
        if self._connection is not None:
            self._connection.close()

    def _is_changed(self, connection: psycopg.Connection[Any]) -> bool:
        return connection.execute("SELECT FROM noted.change").fetchone() is not None

    def _make(self) -> None:
        self.close()
        self._server.administer("DROP DATABASE IF EXISTS desk WITH (FORCE)")
        self._server.administer("CREATE DATABASE desk TEMPLATE template_desk")
        self._connection = self._server.connect("desk")
