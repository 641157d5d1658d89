"""What an earlier release kept in the worker's volume goes on in that of beat and that of Flower."""

import dbm
from pathlib import Path

import pytest

from cli.volumes import OWN, hand_on


@pytest.fixture
def volumes(tmp_path: Path) -> Path:
    for name in ("data", *OWN):
        (tmp_path / name).mkdir()
    return tmp_path


def keep(folder: Path, name: str, what: str) -> None:
    with dbm.open(str(folder / name), "c") as kept:
        kept["what"] = what


def kept(folder: Path, name: str) -> str:
    with dbm.open(str(folder / name), "r") as found:
        return found["what"].decode()


@pytest.mark.parametrize(("name", "file"), OWN.items())
def test_a_service_goes_on_with_what_lay_in_the_common_volume(name: str, file: str, volumes: Path) -> None:
    keep(volumes / "data", file, "earlier")
    (volumes / "data" / "token").write_text("not theirs", encoding="utf-8")
    assert list(hand_on(volumes / "data", volumes)) == [f"{name} keeps its earlier file"]
    assert kept(volumes / name, file) == "earlier"
    assert all(found.name.startswith(file) for found in (volumes / name).iterdir())


@pytest.mark.parametrize(("name", "file"), OWN.items())
def test_the_earlier_release_finds_its_files_when_one_goes_back(name: str, file: str, volumes: Path) -> None:
    keep(volumes / "data", file, "earlier")
    assert len(list(hand_on(volumes / "data", volumes))) == 1
    keep(volumes / name, file, "newer")
    assert kept(volumes / "data", file) == "earlier"


@pytest.mark.parametrize(("name", "file"), OWN.items())
def test_what_a_service_has_of_its_own_stays(name: str, file: str, volumes: Path) -> None:
    keep(volumes / "data", file, "earlier")
    keep(volumes / name, file, "newer")
    assert list(hand_on(volumes / "data", volumes)) == []
    assert kept(volumes / name, file) == "newer"


@pytest.mark.parametrize(("name", "file"), OWN.items())
def test_what_cannot_be_read_is_left_and_told(name: str, file: str, volumes: Path) -> None:
    (volumes / "data" / file).write_bytes(b"torn")
    (told,) = hand_on(volumes / "data", volumes)
    assert told.startswith(f"{name} starts empty")
    assert list((volumes / name).iterdir()) == []


def test_at_a_first_start_there_is_nothing_to_hand_on(volumes: Path) -> None:
    assert list(hand_on(volumes / "data", volumes)) == []
    assert list(hand_on(volumes / "nowhere", volumes / "nowhere")) == []
