"""Secrets at rest: sealed to their place, by keys that can be renewed, handed over and lost (SEC-01, SEC-02, SEC-04, SEC-07)."""

import json
import stat
from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from request_desk.domain.errors import Invalid
from request_desk.domain.sealing import KeyMissing, SealBroken, SealedPlace, key_of
from request_desk.gateways.sealing import KeptSealer
from request_desk.gateways.secrets import FileStore

PLACE = SealedPlace("booking_secret", 7, "sealed")
SECRET = "the value of a partner"


class Memory(FileStore):
    """A store that is no file, for the property."""

    def __init__(self) -> None:
        super().__init__(Path("/nowhere"))
        self.kept: dict[str, str] = {}

    def get(self, name: str) -> str | None:
        return self.kept.get(name)

    def put(self, name: str, secret: str) -> None:
        self.kept[name] = secret

    def get_or_put(self, name: str, make: object) -> str:
        return self.kept.setdefault(name, make())  # type: ignore[operator]


@pytest.fixture
def sealer(tmp_path: Path) -> KeptSealer:
    return KeptSealer(FileStore(tmp_path))


def test_a_text_opens_at_its_place_and_is_sealed_anew_each_time(sealer: KeptSealer, tmp_path: Path) -> None:
    first, second = sealer.seal(SECRET, PLACE), sealer.seal(SECRET, PLACE)
    assert first != second
    assert sealer.unseal(first, PLACE) == sealer.unseal(second, PLACE) == SECRET
    assert first.startswith(f"v1.{sealer.current()}.")
    assert SECRET not in first
    assert KeptSealer(FileStore(tmp_path)).unseal(first, PLACE) == SECRET  # another process
    assert stat.S_IMODE((tmp_path / "secrets.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    "place",
    [
        SealedPlace("booking_secret", 8, "sealed"),
        SealedPlace("webhook", 7, "sealed"),
        SealedPlace("booking_secret", 7, "value"),
        SealedPlace("booking_secret", 7, "sealed", 2),
    ],
)
def test_at_another_place_it_does_not_open(sealer: KeptSealer, place: SealedPlace) -> None:  # SEC-01
    with pytest.raises(SealBroken, match="cannot be opened"):
        sealer.unseal(sealer.seal(SECRET, PLACE), place)


@given(st.text(max_size=80), st.data())
def test_with_any_bit_flipped_it_does_not_open(text: str, data: st.DataObject) -> None:  # SEC-01
    sealer = KeptSealer(Memory())
    sealed = sealer.seal(text, PLACE)
    assert sealer.unseal(sealed, PLACE) == text
    spot = data.draw(st.integers(0, len(sealed) - 1))
    other = data.draw(st.sampled_from("ABCxyz019._-").filter(lambda sign: sign != sealed[spot]))
    changed = f"{sealed[:spot]}{other}{sealed[spot + 1 :]}"
    try:
        opened = sealer.unseal(changed, PLACE)
    except (SealBroken, KeyMissing):
        return
    # The last letter of base64 has bits that say nothing: the bytes are the same ones.
    assert opened == text
    assert spot in {len(sealed) - 1, sealed.rindex(".") - 1}


@pytest.mark.parametrize("text", ["", "v1", "v2.a.b.c", "v1.a.b", "v1.a.b.c.d", "plain"])
def test_what_is_no_sealed_text_is_told(sealer: KeptSealer, text: str) -> None:
    with pytest.raises(SealBroken):
        sealer.unseal(text, PLACE)


def test_without_its_key_the_refusal_says_so(sealer: KeptSealer, tmp_path: Path) -> None:  # SEC-07
    sealed = sealer.seal(SECRET, PLACE)
    (tmp_path / "secrets.json").write_text("{}", "utf-8")
    with pytest.raises(KeyMissing, match="not on this computer"):
        KeptSealer(FileStore(tmp_path)).unseal(sealed, PLACE)


def test_a_new_key_seals_and_the_old_one_goes_on_opening(sealer: KeptSealer) -> None:  # SEC-04
    old = sealer.seal(SECRET, PLACE)
    renewed = sealer.renew()
    new = sealer.seal(SECRET, PLACE)
    assert key_of(new) == renewed != key_of(old)
    assert sealer.unseal(old, PLACE) == sealer.unseal(new, PLACE) == SECRET
    sealer.forget(key_of(old))
    assert not sealer.has_key(key_of(old))
    with pytest.raises(KeyMissing):
        sealer.unseal(old, PLACE)


def test_another_computer_takes_the_keys_over(sealer: KeptSealer, tmp_path: Path) -> None:
    old = sealer.seal(SECRET, PLACE)
    sealer.renew()
    text = sealer.handed_over([key_of(old)])
    other = tmp_path / "portal"
    other.mkdir(mode=0o700)
    portal = KeptSealer(FileStore(other))
    assert portal.current() is None
    assert portal.take_over(text) == sealer.current() == portal.current()
    assert portal.unseal(old, PLACE) == portal.unseal(sealer.seal(SECRET, PLACE), PLACE) == SECRET


@pytest.mark.parametrize(
    "text",
    [
        "",
        "[]",
        '{"current": "a", "keys": {}}',
        '{"current": "a", "keys": {"a": "c2hvcnQ"}}',
        json.dumps({"current": "a.b", "keys": {"a.b": "A" * 43}}),
        json.dumps({"current": "a", "keys": ["a"]}),
    ],
)
def test_a_file_without_keys_is_refused(sealer: KeptSealer, text: str) -> None:
    with pytest.raises(Invalid, match="no sealing key"):
        sealer.take_over(text)
    assert sealer.current() is None


def test_nothing_is_handed_over_before_there_is_a_key(sealer: KeptSealer) -> None:
    with pytest.raises(KeyMissing):
        sealer.handed_over([])
