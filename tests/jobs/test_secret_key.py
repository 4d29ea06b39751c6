"""The key that hides customer keys: where it comes from and that it is never shown."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jobs.errors import UsageError
from jobs.lake import Lake
from jobs.secret_key import SecretKey, secret_key

NAME = "CUSTOMER360_HMAC_KEY"


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.delenv(NAME, raising=False)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    return tmp_path / "config" / "customer360" / "keys"


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake.at(str(tmp_path / "lake"))


def test_the_environment_wins_and_no_file_is_made(lake: Lake, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, "sixteen letters!")
    assert secret_key(lake).secret == b"sixteen letters!"
    assert not home.exists()


@pytest.mark.parametrize("given", ["", "fifteen letters"])
def test_a_short_key_is_refused_and_not_shown(lake: Lake, given: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(NAME, given)
    with pytest.raises(UsageError, match=f"{NAME} is shorter than 16 characters") as raised:
        secret_key(lake)
    assert raised.value.exit_code == 2
    assert not given or given not in raised.value.line()


@pytest.mark.parametrize("place", ["main.crm", "s3a://bucket/lake", "dbfs:/lake"])
def test_a_lake_that_is_no_local_folder_needs_a_given_key(
    place: str, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with pytest.raises(UsageError, match=f"{NAME} is not set"):
        secret_key(Lake.at(place))
    assert not home.exists()
    monkeypatch.setenv(NAME, "a-key-for-the-tests-only")
    assert secret_key(Lake.at(place)).secret == b"a-key-for-the-tests-only"


def test_a_local_lake_gets_a_key_of_its_own_once(lake: Lake, home: Path, tmp_path: Path) -> None:
    first = secret_key(lake)
    assert secret_key(lake) == first
    assert len(first.secret) == 64
    assert secret_key(Lake.at(str(tmp_path / "another"))).secret != first.secret
    assert len(list(home.iterdir())) == 2


def test_the_key_file_is_private_and_outside_the_lake(lake: Lake, home: Path) -> None:
    Path(lake.base).mkdir()
    secret_key(lake)
    (path,) = home.iterdir()
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(home.stat().st_mode) == 0o700
    assert list(Path(lake.base).iterdir()) == []


def test_the_key_file_is_found_under_the_home_folder_without_xdg(
    lake: Lake, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    secret_key(lake)
    assert len(list((tmp_path / "home" / ".config" / "customer360" / "keys").iterdir())) == 1


def test_a_key_that_another_process_made_first_wins(lake: Lake, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    real = os.link

    def comes_second(made: Path, path: Path) -> None:
        Path(path).write_text("the key of the other process", "utf-8")
        real(made, path)

    monkeypatch.setattr(os, "link", comes_second)
    assert secret_key(lake).secret == b"the key of the other process"
    assert len(list(home.iterdir())) == 1


def test_neither_the_key_nor_its_digest_shows_in_text_or_id() -> None:
    key = SecretKey(b"a-key-for-the-tests-only")
    assert "tests-only" not in f"{key!r} {key}"
    assert len(key.key_id) == 12
    assert key.key_id == SecretKey(b"a-key-for-the-tests-only").key_id
    assert key.key_id != SecretKey(b"another-key-for-the-tests").key_id
