"""Writes values that the set-up makes: into `.env`, whose other lines stay, or into a file of their own."""

import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from pipeline.core.errors import LaikeError
from pipeline.file_input import NoFile, read_text
from pipeline.state.files import replacing

OTHERS = 0o077  # permission bits of group and others


def write(path: Path, values: Mapping[str, str]) -> None:
    """Set variables in the file, atomically; afterwards only its owner can read it.

    Raises:
        WrongInput: It exists and cannot be read.
        LaikeError: It cannot be written.
    """
    old = ""
    with suppress(NoFile):
        old = read_text(path)
    write_text(path, with_values(old, values), ", ".join(values) or "its mode")


def write_text(path: Path, text: str, what: str) -> None:
    """Write a file, atomically; afterwards only its owner can read it.

    Args:
        what: Is set by it, for the words of an error.

    Raises:
        LaikeError: It cannot be written.
    """
    try:
        with replacing(path) as file:
            file.write(text.encode())
    except OSError as error:
        msg = f"{path} cannot be written ({error.strerror}): {what} not set"
        raise LaikeError(msg, what_to_do=f"请检查 {path} 所在目录的写权限。") from None


def with_values(text: str, values: Mapping[str, str]) -> str:
    """The text with these variables set: in place if the name is there, else at the end.

    Args:
        values: Must not need quotes: no spaces, quotes, `$` and `#`.
    """
    for name, value in values.items():
        found = list(re.finditer(rf"^([ \t]*(?:export[ \t]+)?{name}[ \t]*=)[^\r\n]*", text, flags=re.MULTILINE))
        if found:
            last = found[-1]  # the last one counts
            text = f"{text[: last.start()]}{last[1]}{value}{text[last.end() :]}"
        else:
            text = text if text.endswith("\n") or not text else text + "\n"
            text += f"{name}={value}\n"
    return text


def open_to_others(path: Path) -> bool:
    """Whether others than its owner may read the file."""
    return path.exists() and bool(path.stat().st_mode & OTHERS)
