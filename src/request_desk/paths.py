"""Where the shipped resources and phrases are, and where this user's data, settings, drafts and logs live.

What is in these folders is the business of whoever asks for them; nothing is read or written here but the folders themselves.
"""

import errno
import os
from pathlib import Path

APPLICATION = "request-desk"
PRIVATE = 0o700  # patient data: nobody else on this machine


class NoFolder(OSError):
    """A folder that cannot be made, or not be closed to others; it says so in one sentence."""

    def __init__(self, folder: Path, error: OSError) -> None:
        super().__init__(error.errno, error.strerror)
        self.sentence = (
            f"The folder {folder} cannot be used ({error.strerror}). Let this user write there, or name another one."
        )


_NOTICES = "notices"
_PACKAGE = Path(__file__).resolve().parent
_REPOSITORY = _PACKAGE.parents[1]


def resources() -> Path:
    """Return the folder of icons, style sheet, translations and the portal's static files."""
    return _shipped("resources")


def phrases() -> Path:
    """Return the folder of the shipped texts: the phrase library, one TOML file a phrase, and the texts of notices."""
    return _shipped("phrases")


def phrase_files() -> list[Path]:
    """Return the files of the shipped phrase library, in the order of their names."""
    notices = phrases() / _NOTICES
    return sorted(path for path in phrases().rglob("*.toml") if path.parent != notices)


def notice_files() -> list[Path]:
    """Return the files of the shipped notices, one for each kind, channel and language, in the order of their names."""
    return sorted((phrases() / _NOTICES).glob("*.toml"))


def data_folder() -> Path:
    """Return this user's data folder, made on first use; nobody else may look into it."""
    import platformdirs  # loaded when a folder of the user is asked for

    return private_folder(platformdirs.user_data_path(APPLICATION, appauthor=False))


def config_folder() -> Path:
    """Return this user's settings folder, made on first use; nobody else may look into it."""
    import platformdirs  # loaded when a folder of the user is asked for

    return private_folder(platformdirs.user_config_path(APPLICATION, appauthor=False))


def log_folder() -> Path:
    """Return the folder of logs and crash files, made on first use; nobody else may look into it."""
    import platformdirs  # loaded when a folder of the user is asked for

    return private_folder(platformdirs.user_log_path(APPLICATION, appauthor=False))


def demo_folder() -> Path:
    """Return the folder of the demo practice: database, mails, `run.json` and pictures."""
    return private_folder(data_folder() / "demo")


def private_folder(folder: Path) -> Path:
    """Make `folder` if it is missing, closed to everybody else, and return it.

    A folder that exists and is open to others is closed; parents that had to be made are closed as well. Raises NoFolder.
    """
    try:
        missing = [folder, *folder.parents]
        for step in reversed([step for step in missing if not step.exists()]):
            # mkdir's own mode is subject to the umask; a race with another process of ours is no error.
            step.mkdir(mode=PRIVATE, exist_ok=True)
        if not folder.is_dir():
            raise NotADirectoryError(errno.ENOTDIR, os.strerror(errno.ENOTDIR))
        if os.name == "posix" and folder.stat().st_mode & 0o077:
            folder.chmod(PRIVATE)
    except OSError as error:
        raise NoFolder(folder, error) from error
    return folder


def _shipped(name: str) -> Path:
    """A wheel carries the folder inside the package; a checkout has it at its root."""
    inside = _PACKAGE / name
    return inside if inside.is_dir() else _REPOSITORY / name
