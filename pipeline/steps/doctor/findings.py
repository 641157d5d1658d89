"""What a check finds, as data: how it is, one line that says so, and how to mend it.

Whatever depends on something that is broken is skipped and said so, so that one defect is one line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.errors import LaikeError


class State(StrEnum):
    """How a thing was found."""

    OK = "ok"
    WARNING = "warning"  # works, but somebody should know
    BROKEN = "broken"
    SKIPPED = "skipped"  # not looked at, since something that it needs is broken


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the doctor."""

    check: str  # a stable name, such as `redis.eviction`
    state: State
    says: str  # English, one line
    cure: str = ""  # Chinese, in the words of the consoles
    needs_person: bool = False  # somebody has to authorize
    link: str | None = None  # where that somebody begins


def ok(check: str, says: str) -> Finding:
    """All is well."""
    return Finding(check, State.OK, says)


def warning(check: str, says: str, cure: str) -> Finding:
    """It works, but."""
    return Finding(check, State.WARNING, says, cure)


def broken(check: str, says: str, cure: str) -> Finding:
    """It does not work before somebody mends it."""
    return Finding(check, State.BROKEN, says, cure)


def unauthorized(check: str, error: LaikeError) -> Finding:
    """It does not work before somebody authorizes."""
    return Finding(check, State.BROKEN, error.message, error.for_maintainer, needs_person=True, link=error.link)


def of_error(check: str, error: LaikeError, cure: str | None = None) -> Finding:
    """What an error says; its own advice where there is no better one."""
    return broken(check, error.message, cure or error.for_maintainer)


def skipped(checks: Iterable[str], why: str) -> list[Finding]:
    """Checks that could not be made."""
    return [Finding(check, State.SKIPPED, f"not checked: {why}") for check in checks]


def worst(findings: Sequence[Finding]) -> State:
    """The worst state among findings; what was skipped counts for nothing by itself."""
    states = {finding.state for finding in findings}
    return next((state for state in (State.BROKEN, State.WARNING) if state in states), State.OK)
