"""How a process is configured: file, then environment; sentences for mistakes; no secret inside (AUTH-14, SEC-02)."""

import re
from pathlib import Path

import pytest

from request_desk import config
from request_desk.config import Settings, load, with_password
from request_desk.domain.errors import Invalid
from request_desk.store.database import Database

WHOLE = """
database = "postgresql+psycopg://desk@db.example.org/desk?sslmode=verify-full"
ticks = false

[portal]
host = "127.0.0.1"
port = 8080
public_url = "https://portal.example.org"
trusted_proxies = ["127.0.0.1"]

[mail]
host = "mail.example.org"
port = 465
security = "tls"
user = "desk"
from_address = "desk@example.org"
from_name = "Harbor Pediatrics"

[log]
format = "json"
level = "debug"
"""


def written(folder: Path, text: str) -> Path:
    path = folder / config.FILE_NAME
    path.write_text(text, "utf-8")
    return path


def test_without_a_file_everything_has_its_default(tmp_path: Path) -> None:
    settings = load(None, {})
    assert settings == Settings() == load(tmp_path / "none.toml", {})
    assert settings.ticks
    assert settings.database_url(tmp_path) == f"sqlite:///{tmp_path}/request-desk.db"


@pytest.mark.parametrize("name", ["a b", "a%20b", "100%", "a?b", "a#b", "a&b=c", "Müller", "C:\\Users\\a b"])
def test_a_folder_may_have_any_name(tmp_path: Path, name: str) -> None:
    folder = tmp_path / name
    folder.mkdir()
    file = folder / config.DATABASE_FILE
    settings = Settings()
    assert settings.database_file(folder) == file
    database = Database(settings.database_url(folder))
    with database.admin() as connection:
        connection.exec_driver_sql("CREATE TABLE letter (id INTEGER)")
    database.close()
    assert database.path == file
    assert file.exists()
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_the_file_that_is_looked_into_is_the_one_that_is_opened(tmp_path: Path) -> None:
    settings = Settings(database=f"sqlite:///{tmp_path}/a%20desk.db")
    assert settings.database_file(tmp_path) == tmp_path / "a desk.db"
    assert Database(settings.database_url(tmp_path)).path == tmp_path / "a desk.db"
    assert Settings(database="postgresql+psycopg://desk@/desk").database_file(tmp_path) is None


@pytest.mark.parametrize(
    "url",
    [
        "sqlite://",
        "sqlite:///",
        "sqlite:///:memory:",
        "sqlite:///desk.db?mode=ro",
        "sqlite:///file:desk.db?mode=ro&uri=true",
        "sqlite://desk.db",
    ],
)
def test_an_address_of_sqlite_is_a_file_and_nothing_else(url: str) -> None:
    with pytest.raises(Invalid) as refused:
        load(None, {"REQUEST_DESK_DATABASE": url})
    assert "sqlite:///" in refused.value.sentence


def test_a_file_says_all_of_it(tmp_path: Path) -> None:
    settings = load(written(tmp_path, WHOLE), {})
    assert settings.portal.port == 8080
    assert settings.portal.trusted_proxies == ("127.0.0.1",)
    assert settings.mail.security == "tls"
    assert settings.log.format == "json"
    assert not settings.ticks


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    settings = load(
        written(tmp_path, WHOLE),
        {
            "REQUEST_DESK_DATABASE": "sqlite:////srv/desk.db",
            "REQUEST_DESK_TICKS": "yes",
            "REQUEST_DESK_PORTAL_PORT": "0",
            "REQUEST_DESK_PORTAL_TRUSTED_PROXIES": "127.0.0.1, ::1",
            "REQUEST_DESK_MAIL_FROM_NAME": "Harbor",
            "REQUEST_DESK_DATA_FOLDER": "/srv/desk",
            "HOME": "/root",
        },
    )
    assert settings.database == "sqlite:////srv/desk.db"
    assert settings.ticks
    assert (settings.portal.port, settings.portal.trusted_proxies) == (0, ("127.0.0.1", "::1"))
    assert settings.mail.from_name == "Harbor"
    assert settings.data_folder == "/srv/desk"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("port = 1", "“port”"),
        ("[portal]\nprot = 1", "“portal.prot”"),
        ("[mail]\nport = 'often'", "“mail.port”"),
        ("[log]\nformat = 'xml'", "“log.format”"),
        ("[portal", "cannot be read"),
        ("[mail]\npassword = 'hunter'", "Secrets are kept in the key store"),
        ("[mail]\napi_key = 'x'", "Secrets are kept in the key store"),
        ("[mail]\nhost = 'mail.example.org'\nsecurity = 'none'\nfrom_address = 'a@example.org'", "without encryption"),
        ("[mail]\nhost = 'mail.example.org'", "mail.from_address is missing"),
        ("[mail]\nhost = 'mail.example.org'\nfrom_address = 'nobody'", "not an e-mail address"),
        ("[mail]\nhost = 'h'\nfrom_address = 'a@example.org'\nfrom_name = '=?utf-8?q?x?='", "plain text"),
        ("[mail]\nport = 0", "number from 1"),
        ("[portal]\nport = 70000", "number from 0"),
        ("[mail]\ntimeout_seconds = 600", "from 1 to 25"),
        ("database = 'mysql://x/y'", "SQLite file"),
        ("database = 'postgresql://desk:secret1@127.0.0.1/desk'", "holds its password"),
        ("database = 'postgresql://desk@db.example.org/desk'", "verify-full"),
        ("database = 'postgresql://desk@db.example.org/desk?sslmode=require'", "verify-full"),
        ("database = 7", "“database”"),
    ],
)
def test_a_mistake_is_told_in_a_sentence(tmp_path: Path, text: str, words: str) -> None:
    with pytest.raises(Invalid) as refused:
        load(written(tmp_path, text), {})
    assert words in refused.value.sentence
    assert refused.value.sentence.endswith(".")
    assert "hunter" not in refused.value.sentence
    assert "secret1" not in refused.value.sentence


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("REQUEST_DESK_PROTAL_PORT", "1"),
        ("REQUEST_DESK_PORTAL", "x"),
        ("REQUEST_DESK_MAIL_PASSWORD", "hunter"),
        ("REQUEST_DESK_TICKS", "perhaps"),
        ("REQUEST_DESK_PORTAL_PORT", "eight"),
        ("REQUEST_DESK_PORTAL_PORT", "８０"),
    ],
)
def test_a_wrong_variable_is_named(name: str, text: str) -> None:
    with pytest.raises(Invalid) as refused:
        load(None, {name: text})
    assert name in refused.value.sentence
    assert "hunter" not in refused.value.sentence


@pytest.mark.parametrize(
    "url",
    [
        "postgresql:///desk",
        "postgresql://desk@127.0.0.1:5433/desk",
        "postgresql+psycopg://desk@localhost/desk",
        "postgresql://desk@%2Fvar%2Frun/desk",
    ],
)
def test_a_server_on_this_machine_needs_no_certificate(tmp_path: Path, url: str) -> None:
    assert load(None, {"REQUEST_DESK_DATABASE": url}).database == url


def test_a_password_is_put_into_the_address_for_the_driver_alone() -> None:
    url = "postgresql+psycopg://desk@db.example.org:5432/desk?sslmode=verify-full"
    assert (
        with_password(url, "a/b@c:d")
        == "postgresql+psycopg://desk:a%2Fb%40c%3Ad@db.example.org:5432/desk?sslmode=verify-full"
    )
    assert with_password(url, "") == url
    assert with_password("sqlite:////srv/desk.db", "x") == "sqlite:////srv/desk.db"


SMS = {
    "way": '"http"',
    "url": '"https://sms.example.org/send"',
    "body": """'{"to": "{to}", "text": "{text}"}'""",
}


@pytest.mark.parametrize(
    ("lines", "words"),
    [
        ({"url": '"http://sms.example.org/send"'}, "without encryption"),
        ({"url": '"https://me:pass@sms.example.org/"'}, "address of the service"),
        ({"url": '"https://[x/"'}, "address of the service"),
        ({"url": '"https://sms.example.org/ x"'}, "address of the service"),
        ({"headers": '["X-Api-Key: abc"]'}, "holds a secret"),
        ({"headers": '["Authorization: Bearer abc"]'}, "holds a secret"),
        ({"headers": '["Host: x"]'}, "set by the program"),
        ({"headers": '["no colon"]'}, "is written like"),
        ({"headers": '["X-A: b\\r\\nX-C: d"]'}, "is written like"),
        ({"body": '\'{"to": "{to}"\''}, "is not JSON"),
        ({"body": '\'{"to": "{to}"}\''}, "needs {to} or {digits}, and {text}"),
        ({"id_at": '"sid"'}, "JSON pointer"),
        ({"taken": '["0"]'}, "belong together"),
        ({"timeout_seconds": "60"}, "from 1 to 25 seconds"),
        ({"inbound": '"form"', "inbound_from": '"From"'}, "where the secret, number and text are"),
        ({"inbound": '"json"', "inbound_from": '"From"', "inbound_text": '"/t"'}, "JSON pointer"),
        ({"way": '"mail"'}, "e-mail address"),
        ({"api_key": '"abc"'}, "Secrets are kept in the key store"),
    ],
)
def test_text_messages_that_could_not_leave_safely_are_refused(
    tmp_path: Path, lines: dict[str, str], words: str
) -> None:
    text = "[sms]\n" + "\n".join(f"{name} = {value}" for name, value in {**SMS, **lines}.items())
    with pytest.raises(Invalid, match=re.escape(words)):
        load(written(tmp_path, text), {})


def test_text_messages_over_http_and_by_mail(tmp_path: Path) -> None:
    text = "[sms]\n" + "\n".join(f"{name} = {value}" for name, value in SMS.items())
    assert load(written(tmp_path, text), {"REQUEST_DESK_SMS_SENDER": "+12065550199"}).sms.sender == "+12065550199"
    assert (
        load(None, {"REQUEST_DESK_SMS_WAY": "mail", "REQUEST_DESK_SMS_MAIL_DOMAIN": "text.example.org"}).sms.way
        == "mail"
    )
