"""Files from outside: whatever lies there, it is read within bounds or named."""

import gzip
import os
import socket
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import islice
from pathlib import Path

import pytest

from pipeline.core.errors import WrongInput
from pipeline.file_input import (
    LINE,
    SMALL,
    Damaged,
    NoFile,
    path_of,
    read_bytes,
    read_filled,
    read_private,
    read_text,
    unpacked_lines,
)

NOBODY = 65534


def fifo(path: Path) -> None:
    os.mkfifo(path)


def listening(path: Path) -> None:
    with socket.socket(socket.AF_UNIX) as made:
        made.bind(str(path))


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


def loop(path: Path) -> None:
    path.symlink_to(path)


def too_large(path: Path) -> None:
    path.write_bytes(b"x" * (SMALL + 1))


# what may lie where a file should, and what is said of it
NO_FILES: dict[str, tuple[Callable[[Path], object], str]] = {
    "nothing": (lambda _: None, "No such file"),
    "a folder": (Path.mkdir, "it is a folder"),
    "a FIFO": (fifo, "it is a FIFO"),
    "a socket": (listening, "it is a socket"),
    "a device": (endless, "it is a device"),
    "a link to itself": (loop, "symbolic links"),
    "a file below a file": (lambda path: path.write_text("x"), "Not a directory"),
    "more than a bound": (too_large, "it is larger than 64 KiB"),
}
NO_TEXTS: dict[str, tuple[bytes, str]] = {
    "GBK": ("LAIKE_ACCOUNTS=城东店".encode("gbk"), "it is no UTF-8 text (byte 16; GBK?); save it as UTF-8"),
    "UTF-16": ("LAIKE".encode("utf-16"), "it is UTF-16"),
    "UTF-16 without a mark": ("LAIKE".encode("utf-16-le"), "it is UTF-16"),
}
each_thing = pytest.mark.parametrize("thing", NO_FILES)


@contextmanager
def as_nobody() -> Iterator[None]:
    """Another user, for whom modes count."""
    if os.geteuid():
        pytest.skip("only root can become somebody else")
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)


@each_thing
@pytest.mark.parametrize("read", [read_bytes, read_text, read_filled, read_private])
def test_what_is_no_file_of_its_size_is_named_with_its_path(
    thing: str, read: Callable[[Path], object], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a socket's path may not be long
    lay, told = NO_FILES[thing]
    lay(Path("given"))
    path = Path("given/below" if thing == "a file below a file" else "given")
    with pytest.raises(WrongInput) as caught:
        read(path)
    assert caught.value.message.startswith(f"{path} cannot be read: ")
    assert told in caught.value.message
    assert isinstance(caught.value, NoFile) == (thing == "nothing")


@pytest.mark.parametrize("name", NO_TEXTS)
def test_text_that_is_not_utf8_is_named_with_the_way_out(name: str, tmp_path: Path) -> None:
    data, told = NO_TEXTS[name]
    (tmp_path / "given").write_bytes(data)
    with pytest.raises(WrongInput) as caught:
        read_text(tmp_path / "given")
    assert told in caught.value.message
    assert "城" not in caught.value.message


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "given").write_text("城东店", encoding="utf-8-sig")
    assert read_text(tmp_path / "given") == "城东店"


def test_what_must_hold_something_may_not_be_empty(tmp_path: Path) -> None:
    (tmp_path / "given").write_text(" \n")
    assert read_text(tmp_path / "given") == " \n"
    with pytest.raises(WrongInput, match="it is empty"):
        read_filled(tmp_path / "given")


def test_a_file_of_another_user_is_named_with_both_users(tmp_path: Path) -> None:
    for folder in (tmp_path, *tmp_path.parents[:3]):
        folder.chmod(folder.stat().st_mode | 0o011)
    (tmp_path / "given").write_text("x")
    (tmp_path / "given").chmod(0o600)
    with as_nobody(), pytest.raises(WrongInput) as caught:
        read_text(tmp_path / "given")
    told = f"it belongs to user 0, mode 0600, and this process is user {NOBODY}"
    assert told in caught.value.message


def test_a_file_for_its_owner_that_others_could_read_is_closed_to_them_and_told(tmp_path: Path) -> None:
    (tmp_path / "given").write_text("x")
    (tmp_path / "given").chmod(0o666)
    assert read_private(tmp_path / "given") == (b"x", "mode 0666 let others at it; it is 0600 now")
    assert stat.S_IMODE((tmp_path / "given").stat().st_mode) == 0o600
    assert read_private(tmp_path / "given") == (b"x", "")


@pytest.mark.parametrize("name", ["", " ", "\t\n"])
def test_an_empty_name_is_told_to_be_one(name: str) -> None:
    with pytest.raises(WrongInput, match="a file name is needed"):
        path_of(name)


def test_a_home_is_found_and_that_of_nobody_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    assert path_of("~/given") == tmp_path / "given"
    with pytest.raises(WrongInput, match="whose home"):
        path_of("~nobody-of-that-name/given")


def packed(path: Path, *parts: bytes) -> Path:
    with gzip.open(path, "wb", compresslevel=1) as file:
        for part in parts:
            file.write(part)
    return path


def test_lines_come_unpacked(tmp_path: Path) -> None:
    assert list(unpacked_lines(packed(tmp_path / "a", "甲\u2028乙\n丙\n".encode()))) == ["甲\u2028乙\n", "丙\n"]


def test_a_bomb_is_refused_at_its_first_line(tmp_path: Path) -> None:
    bomb = packed(tmp_path / "bomb", *[bytes(1 << 20)] * ((LINE >> 20) + 1))
    with pytest.raises(WrongInput, match="larger unpacked, or one of its lines, than 16 MiB"):
        list(unpacked_lines(bomb))


def test_a_bomb_of_lines_is_refused_by_what_they_are_together(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("pipeline.file_input.UNPACKED", 1 << 20)
    bomb = packed(tmp_path / "bomb", b"{}\n" * (1 << 19))
    lines = unpacked_lines(bomb)
    assert len(list(islice(lines, (1 << 20) // 3))) == (1 << 20) // 3
    with pytest.raises(WrongInput, match="than 1 MiB"):
        next(lines)


@pytest.mark.parametrize(
    "content",
    [b"", b"no gzip", gzip.compress(b"x" * 999)[:-5], gzip.compress(b"{}\n")[:-8] + b"x" * 8, gzip.compress(b"\xff")],
    ids=["empty", "no gzip", "cut off", "another checksum", "no text"],
)
def test_what_does_not_unpack_is_damaged(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(content)
    with pytest.raises(Damaged):
        list(unpacked_lines(tmp_path / "a"))


@each_thing
def test_what_is_no_file_has_no_lines(thing: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    NO_FILES[thing][0](Path("given"))
    with pytest.raises(WrongInput):
        list(unpacked_lines(Path("given")))
