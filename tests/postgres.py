"""A PostgreSQL server of the tests' own: a fresh cluster in a temporary folder, reached by a unix socket only."""

import os
import shutil
import subprocess
import tempfile
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import create_engine, text


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
    engine = create_engine(server.url("postgres"))
    with engine.connect() as connection:
        ours = connection.execute(text("SHOW data_directory")).scalar_one()
    engine.dispose()
    if Path(ours) != folder / "data":
        raise RuntimeError(f"another server answered: {ours}")
    return server
