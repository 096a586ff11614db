"""The libraries that partners use, and the examples of docs/partners.md as they stand there, against a portal that listens."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Event, Thread
from typing import Any
from urllib.request import urlopen

import pytest

from request_desk import config
from request_desk.domain.access import SYSTEM
from request_desk.domain.booking_tokens import BadToken
from request_desk.domain.clock import SystemClock
from request_desk.domain.ids import IdSource, new_uuid
from request_desk.services.desk import Desk
from request_desk.services.portal import booking_tokens
from request_desk.services.practice import settings
from request_desk.store.database import Database
from request_desk.web import server
from tests.builders import Practice
from tests.partners import SCHOOL, Partner, sealing_desk
from tests.web.conftest import UNHURRIED

ROOT = Path(__file__).resolve().parents[2]
EXAMPLES = ROOT / "docs" / "examples"

pytestmark = pytest.mark.node


@pytest.fixture
def sqlite_desk(sqlite_url: str, tmp_path: Path) -> Iterator[Desk]:
    """A desk whose clock is the machine's, as the one of a partner's program is."""
    clock = SystemClock()
    desk = sealing_desk(Database(sqlite_url), clock, tmp_path / "keys", IdSource(clock.now))
    yield desk
    desk.close()


@pytest.fixture
def partner(sqlite_practice: Practice) -> Partner:
    return Partner(sqlite_practice)


@pytest.fixture
def address(partner: Partner) -> Iterator[str]:
    """A portal that listens on this machine, and knows its own address."""
    ready, stop, ports = Event(), Event(), list[int]()

    def heard(port: int) -> None:
        ports.append(port)
        ready.set()

    found = config.Settings(portal=config.PortalConfig(port=0))
    app = server.build(partner.desk, found, partner.desk.clock, rates=UNHURRIED)
    thread = Thread(target=server.serve, args=(app, "127.0.0.1", 0, heard), kwargs={"stop": stop})
    thread.start()
    assert ready.wait(20)
    url = f"http://127.0.0.1:{ports[0]}"
    now = partner.desk.query(SYSTEM, settings.settings)
    partner.desk.perform(SYSTEM, settings.first_settings, replace(now, public_url=url))
    yield url
    stop.set()
    thread.join(20)


def mint(
    command: list[str], address: str, partner: Partner, folder: Path, **environ: str
) -> subprocess.CompletedProcess[str]:
    """Run an example as a web master does."""
    given = {
        "PATH": os.environ["PATH"],
        "BOOKING_PORTAL": address,
        "BOOKING_ISSUER": SCHOOL,
        "BOOKING_KEY_ID": partner.secret.key_id,
        "BOOKING_SECRET": partner.secret.value.text,
    }
    return subprocess.run(command, cwd=folder, env=given | environ, capture_output=True, text=True, check=False)


def opens(url: str) -> bool:
    with urlopen(url) as answer:
        return answer.status == 200 and b"Choose a time" in answer.read()


@pytest.mark.parametrize("language", ["node", "python"])
def test_the_example_prints_a_link_that_opens(
    language: str, address: str, partner: Partner, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    folder = request.getfixturevalue("libraries") if language == "node" else tmp_path
    command = ["node", "mint.mjs"] if language == "node" else [sys.executable, str(EXAMPLES / "mint.py")]
    patient = str(partner.practice.zuri)
    for words in ([patient], [patient, "Well visit"], [patient, "Well visit", "Northside"]):
        done = mint([*command, *words], address, partner, folder)
        assert done.returncode == 0, done.stderr
        assert opens(done.stdout.strip())
    for words, environ, told in (
        (["999"], {}, "422: sub"),
        ([patient, "Dance"], {}, "422: type"),
        ([patient], {"BOOKING_SECRET": "another"}, "401: token"),
        ([patient], {"BOOKING_KEY_ID": "0" * 16}, "401: token"),
    ):
        done = mint([*command, *words], address, partner, folder, **environ)
        assert (done.returncode, told in done.stderr) == (1, True), done.stderr


@pytest.fixture
def sign(libraries: Path, partner: Partner) -> Callable[..., str]:
    def signed(claims: dict[str, Any], **options: Any) -> str:
        given = {
            "secret": partner.secret.value.text,
            "header": {"typ": "rd-booking+jwt", "kid": partner.secret.key_id},
            "claims": claims,
            "options": {"algorithm": "HS256"} | options,
        }
        done = subprocess.run(
            ["node", "sign.cjs", json.dumps(given)], cwd=libraries, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    return signed


def test_tokens_of_jsonwebtoken_are_accepted(sign: Callable[..., str], partner: Partner) -> None:
    token = sign(
        {"type": "Well visit"},
        issuer=SCHOOL,
        audience="request-desk:booking",
        subject=str(partner.practice.zuri),
        jwtid=new_uuid().hex,
        expiresIn="5m",
        notBefore=0,
    )
    accepted = partner.desk.query(SYSTEM, booking_tokens.accept, token)
    assert (accepted.claims.patient_number, accepted.claims.type_name) == (str(partner.practice.zuri), "Well visit")


@pytest.mark.parametrize(
    "options",
    [
        {"algorithm": "HS512"},
        {"expiresIn": "1h"},
        {"expiresIn": 0},
        {"audience": ["a", "request-desk:booking"]},
        {"issuer": "x"},
    ],
)
def test_wrong_tokens_of_jsonwebtoken_are_not(
    sign: Callable[..., str], partner: Partner, options: dict[str, Any]
) -> None:
    right = {
        "issuer": SCHOOL,
        "audience": "request-desk:booking",
        "subject": str(partner.practice.zuri),
        "jwtid": new_uuid().hex,
        "expiresIn": "5m",
    }
    claims = {"iat": int(datetime.now(UTC).timestamp()) - 70} if options.get("expiresIn") == 0 else {}
    with pytest.raises(BadToken):
        partner.desk.query(SYSTEM, booking_tokens.accept, sign(claims, **(right | options)))
