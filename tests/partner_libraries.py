"""The libraries that partners use, as npm has them, in a folder of their own."""

import os
import shutil
import subprocess
from getpass import getuser
from pathlib import Path
from typing import Final

_ROOT: Final = Path(__file__).resolve().parents[1]


def put_into(folder: Path) -> str:
    """Install the libraries of the lock file of npm, with the examples of docs beside them; returns why it cannot be, "" when it is done."""
    npm = shutil.which("npm")
    if npm is None or shutil.which("node") is None:
        return "Node is missing: apt-get install nodejs npm"
    for path in (*(_ROOT / "tests" / "npm").iterdir(), *(_ROOT / "docs" / "examples").glob("*.mjs")):
        shutil.copy(path, folder)
    # The user's settings of npm say where packages come from; the tests' home has none.
    home = str(Path(f"~{getuser()}").expanduser())
    done = subprocess.run(
        [npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"],
        cwd=folder,
        env={**os.environ, "HOME": home, "npm_config_cache": str(folder / "cache")},
        capture_output=True,
        text=True,
        check=False,
    )
    return f"npm could not install the partners' libraries: {done.stderr[-300:]}" if done.returncode else ""
