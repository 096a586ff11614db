"""What the doctor says of text messages: whether they can leave, and whether STOP would be heard (NOTE-05)."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from request_desk import config, doctor
from request_desk.domain.errors import Refused
from request_desk.gateways.secrets import FileStore
from request_desk.store.database import Database

BODY = '{"to": "{to}", "text": "{text}"}'


@pytest.fixture
def url() -> Iterator[str]:
    """Somebody listens there."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/send"


def told(folder: Path, sms: config.Sms) -> list[tuple[str, str]]:
    found = doctor.checks(
        lambda: config.Settings(sms=sms, data_folder=str(folder)), _no_database, lambda _found: folder
    )
    return [(str(each.finding), each.sentence) for each in found if each.what == "texts"]


def _no_database(_settings: config.Settings) -> Database:
    raise Refused("There is none.")


def test_without_a_way_they_wait(tmp_path: Path) -> None:
    [(finding, sentence)] = told(tmp_path, config.Sms())
    assert (finding, "they wait" in sentence) == ("note", True)


def test_a_service_that_answers_and_one_that_does_not(tmp_path: Path, url: str) -> None:
    assert told(tmp_path, config.Sms(way="http", url=url, body=BODY)) == [("ok", "The text message service answers.")]
    with socket.create_server(("127.0.0.1", 0)) as closed:
        port = closed.getsockname()[1]
    [(finding, sentence)] = told(tmp_path, config.Sms(way="http", url=f"http://127.0.0.1:{port}/", body=BODY))
    assert (finding, "does not answer" in sentence) == ("WRONG", True)


def test_a_secret_that_is_missing_is_named_with_how_to_keep_it(tmp_path: Path, url: str) -> None:
    sms = config.Sms(
        way="http", url=url, body=BODY, user="AC1", inbound="form", inbound_from="From", inbound_text="Body"
    )
    missing = dict(told(tmp_path, sms))
    assert "keyring set request-desk sms" in missing["WRONG"]
    assert "sms-inbound" in missing["note"]
    store = FileStore(tmp_path)
    store.put("sms", "s3cret")
    store.put("sms-inbound", "correct-horse-battery-staple")
    assert told(tmp_path, sms) == [("ok", "The text message service answers.")]
