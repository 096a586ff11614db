"""The command line: `request-desk desk | portal | worker | init | migrate | sealing-key | demo | doctor`; what they do is in `app`.

The window is what people wait for: it starts without the command line's library, which everything else is told by.
"""

import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from request_desk import __version__, app

if TYPE_CHECKING:
    import click

_KINDS = ("schedule", "cancel", "reschedule")


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a command and exit with its code; without `arguments` those of the process."""
    match list(sys.argv[1:] if arguments is None else arguments):
        case ["desk"]:
            _end(lambda: app.run_desktop(None))
        case ["desk", "--demo", folder]:
            _end(lambda: app.run_desktop(None, Path(folder)))
        case words:
            commands()(words)


def commands() -> "click.Group":
    """Return the whole command line."""
    import click

    config_file = click.Option(
        ["--config", "config_file"],
        type=click.Path(path_type=Path, dir_okay=False),
        help="The settings file; request-desk.toml in the user's settings folder without it.",
    )
    group = click.Group(
        "request-desk",
        params=[config_file],
        callback=click.pass_context(_use_config),
        help="Request Desk: a practice's inbox for appointment requests, beside its schedule.",
        context_settings={"help_option_names": ["-h", "--help"]},
    )
    click.version_option(__version__, message="%(version)s")(group)
    for command in (*_faces(), _init(), _sealing_key(), _demo(), _tour()):
        group.add_command(command)
    for name, run in (("migrate", _migrate), ("doctor", _doctor)):
        group.add_command(click.Command(name, callback=click.pass_obj(run), help=run.__doc__))
    group.add_command(click.Command("policy", callback=_policy, help=_policy.__doc__, hidden=True))
    schema = click.Option(["--schema", "as_schema"], is_flag=True, help="The schemas of the messages instead, as JSON.")
    group.add_command(click.Command("events", params=[schema], callback=_events, help=_events.__doc__, hidden=True))
    return group


def _use_config(context: "click.Context", config_file: Path | None) -> None:
    context.obj = config_file


def _faces() -> "list[click.Command]":
    """The faces that run until they are ended; a demo starts them with a folder of its own."""
    import click

    def desk(config_file: Path | None, demo: Path | None) -> None:
        """Open the desktop window."""
        _end(lambda: app.run_desktop(config_file, demo))

    def portal(config_file: Path | None, demo: Path | None) -> None:
        """Serve the parents' pages."""
        _end(lambda: app.run_portal(app.settings(config_file), demo))

    def worker(config_file: Path | None, demo: Path | None) -> None:
        """Deliver notices, expire holds, wake waiting requests."""
        _end(lambda: app.run_worker(app.settings(config_file), demo))

    def made(run: Callable[[Path | None, Path | None], None]) -> click.Command:
        folder = click.Option(["--demo"], type=click.Path(path_type=Path), hidden=True, help="A demo's folder.")
        return click.Command(run.__name__, params=[folder], callback=click.pass_obj(run), help=run.__doc__)

    return [made(desk), made(portal), made(worker)]


def _init() -> "click.Command":
    import click

    @click.command()
    @click.option("--name", prompt="Name of the practice", help="The name that parents read.")
    @click.option("--phone", prompt="Phone number that parents may call", help="Shown on every page of the portal.")
    @click.option(
        "--zone", default="America/Los_Angeles", prompt="Time zone", help="An IANA name, e.g. America/New_York."
    )
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

    return init


def _sealing_key() -> "click.Command":
    import click

    group = click.Group(
        "sealing-key", help="Bring the key that seals booking secrets to another computer, or make a new one."
    )
    file = click.Argument(["file"], type=click.Path(path_type=Path, dir_okay=False))

    def export(config_file: Path | None, file: Path) -> None:
        """Write the key into FILE, for another computer of the practice."""
        _end(lambda: _told(app.export_sealing_key(app.settings(config_file), file)))

    def import_(config_file: Path | None, file: Path) -> None:
        """Keep the key that FILE brings from another computer."""
        _end(lambda: _told(app.import_sealing_key(app.settings(config_file), file)))

    def renew(config_file: Path | None) -> None:
        """Seal all booking secrets with a new key; can be repeated when it broke off."""
        _end(lambda: _told(app.renew_sealing_key(app.settings(config_file))))

    group.add_command(click.Command("export", params=[file], callback=click.pass_obj(export), help=export.__doc__))
    group.add_command(click.Command("import", params=[file], callback=click.pass_obj(import_), help=import_.__doc__))
    group.add_command(click.Command("renew", callback=click.pass_obj(renew), help=renew.__doc__))
    return group


def _migrate(config_file: Path | None) -> None:
    """Bring the database to this version; a SQLite database is copied first."""
    _end(lambda: _told(app.migrate(app.settings(config_file))))


def _doctor(config_file: Path | None) -> None:
    """Check this installation and say what to do about what is wrong."""
    _end(lambda: app.run_doctor(config_file, _say))


def _policy() -> None:
    """Print who may do what with an appointment, as the page of the documentation has it."""
    _say(app.policy_page().rstrip())


def _events(as_schema: bool) -> None:
    """Print what other programs hear of, as the page of the documentation has it."""
    _say(app.events_page(as_schema=as_schema).rstrip())


def _demo() -> "click.Command":
    import click

    def asked(question: str) -> bool:
        # Without a terminal the safe answer is no.
        return sys.stdin.isatty() and click.confirm(question)

    @click.command()
    @click.option("--fresh", is_flag=True, help="Build the demo practice anew.")
    @click.option("--yes", is_flag=True, help="Answer every question with yes.")
    def demo(fresh: bool, yes: bool) -> None:
        """Open a living demo practice: desktop, portal and mail on this machine only."""
        _end(lambda: app.run_demo(fresh=fresh, ask=(lambda _question: True) if yes else asked, say=_say))

    return demo


def _tour() -> "click.Command":
    import click

    @click.command(hidden=True)
    @click.option("--out", type=click.Path(path_type=Path, file_okay=False), required=True)
    @click.option("--pictures/--no-pictures", default=True)
    def tour(out: Path, pictures: bool) -> None:
        """Walk through the main job on a demo practice, off screen, by key events alone; writes pictures and tour.json."""
        _end(lambda: app.run_tour(out, pictures=pictures, say=_say))

    return tour


def _say(sentence: str) -> None:
    import click

    click.echo(sentence)  # whatever the terminal can write


def _told(sentence: str) -> int:
    _say(sentence)
    return 0


def _end(run: app.Face) -> None:
    """Run a face; an expected refusal is one sentence on standard error, not a traceback."""
    try:
        sys.exit(run())
    except (app.Refused, app.NoFolder) as refused:
        print(refused.sentence, file=sys.stderr)
        sys.exit(2)
    except KeyboardInterrupt:
        sys.exit(130)


if __name__ == "__main__":
    main()
