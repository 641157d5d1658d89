"""How `laike` begins: with arguments that are text, and a terminal whose size can be."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from cli.entry import check_words, drop_sizes
from pipeline.core.errors import WrongInput


def laike(*words: str, **environment: str) -> "subprocess.CompletedProcess[bytes]":
    """The command in a process of its own, without a setting."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
    return subprocess.run(
        [sys.executable, "-m", "cli.main", *words],
        env={**clean, "PYTHONPATH": str(Path(__file__).parents[3]), **environment},
        capture_output=True,
        check=False,
        timeout=60,
    )


def test_an_argument_that_is_not_utf_8_is_named_whatever_the_command() -> None:
    ended = laike("show", "--follow", "\udcff\udc80")
    assert (ended.returncode, ended.stderr.decode()) == (2, "error: argument 3 is not UTF-8 (GBK?): ��\n")


def test_arguments_that_are_text_pass() -> None:
    check_words(["show", "城东店 🔥", "--account", ""])
    with pytest.raises(WrongInput, match="argument 1 is not UTF-8"):
        check_words(["\ud800" * 100_000])


@pytest.mark.parametrize("size", ["9" * 30, "9" * 5000, "0", "-1", "²", "x", ""])
def test_a_size_that_no_terminal_has_is_taken_for_none(size: str) -> None:
    environment = {"COLUMNS": size, "LINES": "40", "TERM": "xterm"}
    drop_sizes(environment)
    assert environment == {"LINES": "40", "TERM": "xterm"}


def test_a_size_that_one_has_stays() -> None:
    environment = {"COLUMNS": "120"}
    drop_sizes(environment)
    assert environment == {"COLUMNS": "120"}


def test_help_and_errors_come_out_at_such_a_terminal_and_in_an_encoding_that_is_not_for_lines() -> None:
    told = laike("runs", "--help", COLUMNS="9" * 30, PYTHONIOENCODING="idna")
    assert (told.returncode, b"List the newest runs" in told.stdout) == (0, True), told.stderr
    wrong = laike("show", "last", COLUMNS="9" * 5000, PYTHONIOENCODING="idna")
    assert (wrong.returncode, b"settings are missing" in wrong.stderr) == (2, True), wrong.stderr
