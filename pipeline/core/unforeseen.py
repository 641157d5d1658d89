"""An error that nobody foresaw: what is told of it is its kind and its place, and none of the values that it met."""

from enum import StrEnum
from pathlib import Path
from traceback import walk_tb

from pipeline.core.errors import LaikeError, Trouble

PRODUCT = Path(__file__).parents[2]
PACKAGES = ("pipeline", "worker", "cli")
TRIES = 3  # unforeseen errors after which a step ends in them; kills and lost leases do not count
FILES = 3  # the innermost alone may be a wrapper through which all calls go


class Unforeseen(LaikeError):
    """A step met an error that is none of ours, and is to be tried again."""

    reason = "bug"


class Defect(StrEnum):
    """Why nobody can read what is remembered of a run."""

    GONE = "gone"
    UNREADABLE = "unreadable"
    WRONG_TYPE = "wrong_type"


def trouble_of(error: Exception) -> Trouble:
    """What may be told of any error: of one of ours all that it says, of another one its kind and its place."""
    return (error if isinstance(error, LaikeError) else unforeseen(error)).trouble()


def unforeseen(error: Exception) -> Unforeseen:
    """An error of ours in the place of another one, whose words may hold a secret or a person's data."""
    return Unforeseen(f"{type(error).__name__} in {', from '.join(places(error))}; the log has the trace")


def places(error: Exception) -> list[str]:
    """The innermost line of each of our last files that an error passed, such as `pipeline/steps/runs/load.py:200`."""
    files = ((Path(frame.f_code.co_filename), line) for frame, line in walk_tb(error.__traceback__))
    ours = ((file.relative_to(PRODUCT), line) for file, line in files if file.is_relative_to(PRODUCT))
    lines: dict[str, int] = {}
    for file, line in ours:
        if file.parts[0] in PACKAGES:
            lines.pop(file.as_posix(), None)
            lines[file.as_posix()] = line
    return [f"{name}:{line}" for name, line in list(lines.items())[: -FILES - 1 : -1]] or ["foreign code"]
