"""The command line: `request-desk desk | portal | worker | init | migrate | demo | doctor`; what they do is in `app`."""

import sys
from pathlib import Path

import click

from request_desk import __version__, app

_KINDS = ("schedule", "cancel", "reschedule")
_FOLDER = click.option("--demo", "demo", type=click.Path(path_type=Path), hidden=True, help="A demo practice's folder.")


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, message="%(version)s")
@click.option(
    "--config",
    "config_file",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The settings file; request-desk.toml in the user's settings folder without it.",
)
@click.pass_context
def main(context: click.Context, config_file: Path | None) -> None:
    """Request Desk: a practice's inbox for appointment requests, beside its schedule."""
    context.obj = config_file


@main.command()
@_FOLDER
@click.pass_obj
def desk(config_file: Path | None, demo: Path | None) -> None:
    """Open the desktop window."""
    _end(lambda: app.run_desktop(config_file, demo))


@main.command()
@_FOLDER
@click.pass_obj
def portal(config_file: Path | None, demo: Path | None) -> None:
    """Serve the parents' pages."""
    _end(lambda: app.run_portal(app.settings(config_file), demo))


@main.command()
@_FOLDER
@click.pass_obj
def worker(config_file: Path | None, demo: Path | None) -> None:
    """Deliver notices, expire holds, wake waiting requests."""
    _end(lambda: app.run_worker(app.settings(config_file), demo))


@main.command()
@click.option("--name", prompt="Name of the practice", help="The name that parents read.")
@click.option("--phone", prompt="Phone number that parents may call", help="Shown on every page of the portal.")
@click.option("--zone", default="America/Los_Angeles", prompt="Time zone", help="An IANA name, e.g. America/New_York.")
@click.option(
    "--kind",
    "kinds",
    type=click.Choice(_KINDS),
    multiple=True,
    help="A kind of request that parents may send; may be given several times. All are off in a new practice.",
)
@click.pass_obj
def init(config_file: Path | None, name: str, phone: str, zone: str, kinds: tuple[str, ...]) -> None:
    """Make a new practice: the database, the administrator $AD and a one-time code for it."""
    if not kinds and sys.stdin.isatty():
        kinds = tuple(kind for kind in _KINDS if click.confirm(f"May parents ask to {kind} a visit?"))
    _end(lambda: _told(app.init(app.settings(config_file), name=name, phone=phone, zone=zone, kinds=kinds)))


@main.command()
@click.pass_obj
def migrate(config_file: Path | None) -> None:
    """Bring the database to this version; a SQLite database is copied first."""
    _end(lambda: _told(app.migrate(app.settings(config_file))))


@main.command()
@click.option("--fresh", is_flag=True, help="Build the demo practice anew.")
@click.option("--yes", is_flag=True, help="Answer every question with yes.")
def demo(fresh: bool, yes: bool) -> None:
    """Open a living demo practice: desktop, portal and mail on this machine only."""
    _end(lambda: app.run_demo(fresh=fresh, ask=(lambda _question: True) if yes else _asked, say=click.echo))


@main.command()
@click.pass_obj
def doctor(config_file: Path | None) -> None:
    """Check this installation and say what to do about what is wrong."""
    _end(lambda: app.run_doctor(config_file, click.echo))


@main.command(hidden=True)
@click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
@click.option("--pictures/--no-pictures", default=True)
def tour(out: Path, pictures: bool) -> None:
    """Walk through the main job on a demo practice, off screen, by key events alone; writes pictures and tour.json."""
    _end(lambda: app.run_tour(out, pictures=pictures, say=click.echo))


def _asked(question: str) -> bool:
    """Ask on a terminal; without one the safe answer is no."""
    return sys.stdin.isatty() and click.confirm(question)


def _told(sentence: str) -> int:
    click.echo(sentence)
    return 0


def _end(run: app.Face) -> None:
    """Run a face; an expected refusal is one sentence on standard error, not a traceback."""
    try:
        sys.exit(run())
    except app.Refused as refused:
        click.echo(refused.sentence, err=True)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
