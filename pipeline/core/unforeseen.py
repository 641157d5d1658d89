"""Unforeseen errors: only their kind and place are told, none of the values that they met."""

from enum import StrEnum
from pathlib import Path
from traceback import walk_tb

from pipeline.core.errors import LaikeError, Trouble

PRODUCT = Path(__file__).parents[2]
PACKAGES = ("pipeline", "worker", "cli", "console")
TRIES = 3  # unforeseen errors after which a step ends; kills and lost leases do not count
FILES = 3  # files that are named: the innermost alone may be a wrapper of all calls


class Unforeseen(LaikeError):
    """A step met an error of no known class and must be tried again."""

    reason = "bug"


class Defect(StrEnum):
    """Why a run cannot be read from Redis."""

    GONE = "gone"
    UNREADABLE = "unreadable"
    WRONG_TYPE = "wrong_type"


def trouble_of(error: Exception) -> Trouble:
    """The trouble of any error: ours says what it says, any other its kind and place."""
    return (error if isinstance(error, LaikeError) else unforeseen(error)).trouble()


def unforeseen(error: Exception) -> Unforeseen:
    """Replace an error whose message may hold a secret or a person's data."""
    return Unforeseen(f"{type(error).__name__} in {', from '.join(places(error))}; the log has the trace")


def places(error: Exception) -> list[str]:
    """The innermost lines of our files in an error's trace, such as `pipeline/steps/runs/load.py:200`."""
    files = ((Path(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__))
    ours = ((file.relative_to(PRODUCT), line) for file, line in files if file.is_relative_to(PRODUCT))
    lines: dict[str, int] = {}
    for file, line in ours:
        if file.parts[0] in PACKAGES:
            lines.pop(file.as_posix(), None)
            lines[file.as_posix()] = line
    return [f"{name}:{line}" for name, line in list(lines.items())[: -FILES - 1 : -1]] or ["foreign code"]
