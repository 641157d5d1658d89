"""Streams that take whatever is written: an encoding without a sign, a reader who went, a full disk."""

import codecs
import errno
import fcntl
import io
import os
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from cli.terminal.streams import ERRORS, Sink, plain, writes_lines
from tests.unit.cli.hostile import texts


def written(text: str, encoding: str) -> str:
    """A text as it is read where it was written."""
    codecs.register_error(ERRORS, plain)
    return text.encode(encoding, ERRORS).decode(encoding)


@given(texts, st.sampled_from(["ascii", "gbk", "latin-1", "utf-8"]))
def test_every_text_can_be_written_in_every_encoding(text: str, encoding: str) -> None:
    assert written(text, encoding) is not None


@given(st.text(st.characters(categories=("L", "N")), max_size=20))
def test_what_stands_for_a_sign_is_as_wide_so_that_tables_stay_straight(text: str) -> None:
    assert cell_len(written(text, "ascii")) == cell_len(text)


def test_our_own_signs_have_plain_ones() -> None:
    assert written("✓ ✗ → • … ├── │ └──", "ascii") == "ok x -> * ... +-- | +--"
    assert written("✓ 元 → 🏪", "gbk") == "ok 元 → ??"


@pytest.mark.parametrize("encoding", ["ascii", "gbk", "latin-1", "utf-8", "utf-8-sig", "utf-16", "cp037", "utf-7"])
def test_lines_are_written_in_every_encoding_that_is_made_for_text(encoding: str) -> None:
    codecs.register_error(ERRORS, plain)
    assert writes_lines(encoding)


@pytest.mark.parametrize("encoding", ["idna", "punycode", "undefined", "no-such"])
def test_in_others_no_line_is_written(encoding: str) -> None:
    codecs.register_error(ERRORS, plain)
    assert not writes_lines(encoding)


def test_only_what_is_written_is_replaced() -> None:
    with pytest.raises(UnicodeDecodeError):
        plain(UnicodeDecodeError("ascii", b"\xff", 0, 1, "not ASCII"))


def test_a_reader_who_went_away_is_no_error() -> None:
    read, write = os.pipe()
    os.close(read)
    sink = Sink(write)
    assert sink.write(b"some words") == 10
    assert sink.lost is not None
    assert sink.lost.errno == errno.EPIPE
    assert sink.write(b"more") == 4
    os.close(write)


def test_a_full_disk_is_no_error() -> None:
    with Path("/dev/full").open("wb") as full:
        sink = Sink(full.fileno())
        assert sink.write(b"some words") == 10
        assert sink.lost is not None
        assert sink.lost.errno == errno.ENOSPC


def test_a_stream_that_nobody_opened_takes_everything_and_is_no_file() -> None:
    sink = Sink(None)
    assert sink.write(b"some words") == 10
    assert not sink.isatty()
    with pytest.raises(OSError, match="Bad file descriptor"):
        sink.fileno()


def test_a_pipe_that_does_not_block_gets_every_byte() -> None:
    read, write = os.pipe()
    fcntl.fcntl(write, fcntl.F_SETFL, os.O_NONBLOCK)
    much, got = os.urandom(300_000), io.BytesIO()

    def take() -> None:
        while data := os.read(read, 1 << 16):
            got.write(data)

    reader = threading.Thread(target=take)
    reader.start()
    assert Sink(write).write(much) == len(much)
    os.close(write)
    reader.join()
    os.close(read)
    assert got.getvalue() == much
