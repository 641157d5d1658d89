import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from pipeline.core.errors import WrongInput
from pipeline.core.model import CHINA
from pipeline.state.tokens.old_cache import read_old_cache
from tests.unit.pipeline.clients.stub import told

CACHE: dict[str, Any] = {
    "access_token": "canary-access",
    "refresh_token": "canary-refresh",
    "expires_at": "2026-02-12T07:30:00.123456",
    "refresh_expires_at": "2026-03-13T07:30:00",
}


def write(home: Path, data: object) -> Path:
    file = home / ".token_cache.json"
    text = data if isinstance(data, str) else json.dumps(data)
    file.write_text(text, encoding="utf-8")
    return file


def refused(file: Path) -> str:
    with pytest.raises(WrongInput) as caught:
        read_old_cache(file)
    assert "canary" not in told(caught.value)
    return caught.value.message


def test_naive_times_are_those_of_shanghai(tmp_path: Path) -> None:
    pair = read_old_cache(write(tmp_path, CACHE))
    assert (pair.access_token, pair.refresh_token) == ("canary-access", "canary-refresh")
    assert pair.expires_at == datetime(2026, 2, 11, 23, 30, 0, 123456, tzinfo=UTC)
    assert pair.refresh_expires_at == datetime(2026, 3, 12, 23, 30, tzinfo=UTC)
    assert pair.expires_at.tzinfo == CHINA


@pytest.mark.parametrize("text", ["2026-02-12T07:30:00+08:00", "2026-02-11T23:30:00+00:00", "2026-02-11T23:30:00Z"])
def test_times_with_an_offset_are_taken_at_their_word(tmp_path: Path, text: str) -> None:
    assert read_old_cache(write(tmp_path, {**CACHE, "expires_at": text})).expires_at == datetime(
        2026, 2, 11, 23, 30, tzinfo=UTC
    )


def test_the_pair_is_as_old_as_an_access_token_s_life_says(tmp_path: Path) -> None:
    pair = read_old_cache(write(tmp_path, CACHE))
    assert pair.generation == int((pair.expires_at - timedelta(days=1)).timestamp() * 1000)


def test_what_else_the_file_holds_does_not_matter(tmp_path: Path) -> None:
    assert read_old_cache(write(tmp_path, {**CACHE, "advertiser_ids": [1]})).access_token == "canary-access"


def test_a_file_that_is_not_there_is_named(tmp_path: Path) -> None:
    assert refused(tmp_path / "nowhere.json").startswith(f"{tmp_path / 'nowhere.json'} cannot be read: No such file")


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    assert f"{tmp_path} cannot be read" in refused(tmp_path)


@pytest.mark.parametrize("text", ["{", "canary", "[]", '"canary"', "null", "7", '["access_token"]'])
def test_a_file_that_is_no_json_object_is_named_with_what_is_wanted(tmp_path: Path, text: str) -> None:
    file = write(tmp_path, text)
    message = refused(file)
    assert str(file) in message
    assert "access_token, refresh_token, expires_at, refresh_expires_at" in message


def test_a_file_that_is_not_utf8_is_named(tmp_path: Path) -> None:
    file = tmp_path / "cache"
    file.write_bytes(b"\xff\xfe{}")
    assert str(file) in refused(file)


@pytest.mark.parametrize("name", CACHE)
def test_a_file_without_one_of_the_four_is_named(tmp_path: Path, name: str) -> None:
    file = write(tmp_path, {key: value for key, value in CACHE.items() if key != name})
    assert str(file) in refused(file)
    assert name in refused(file)


@pytest.mark.parametrize("name", ["expires_at", "refresh_expires_at"])
@pytest.mark.parametrize("wrong", ["", "tomorrow", "12/02/2026", 1770800000, None, []])
def test_a_time_that_is_none_is_refused(tmp_path: Path, name: str, wrong: object) -> None:
    assert name in refused(write(tmp_path, {**CACHE, name: wrong}))


@pytest.mark.parametrize("name", ["access_token", "refresh_token"])
@pytest.mark.parametrize("wrong", ["", None, 7, [], {}, "a\nb", "canary ", "令牌", "x" * 4097])
def test_a_token_that_is_no_text_is_refused(tmp_path: Path, name: str, wrong: object) -> None:
    assert name in refused(write(tmp_path, {**CACHE, name: wrong}))


def test_an_empty_file_is_named_so(tmp_path: Path) -> None:
    file = write(tmp_path, " \n")
    assert refused(file) == f"{file} cannot be read: it is empty"


@pytest.mark.parametrize("name", ["expires_at", "refresh_expires_at"])
@pytest.mark.parametrize("day", ["0001-01-01", "1970-01-01", "2100-01-01", "9999-12-31"])
@pytest.mark.parametrize("time", ["00:00:00", "23:59:59+08:00", "00:00:00Z"])
def test_a_time_at_which_no_token_ends_is_named(name: str, day: str, time: str, tmp_path: Path) -> None:
    file = write(tmp_path, {**CACHE, name: f"{day}T{time}"})
    assert refused(file) == f"{file} is not a token cache: no token ends at its {name}, in the year {int(day[:4])}"


def test_a_file_with_a_byte_order_mark_is_taken(tmp_path: Path) -> None:
    file = tmp_path / "cache"
    file.write_text(json.dumps(CACHE), encoding="utf-8-sig")
    assert read_old_cache(file).access_token == "canary-access"
