"""What a check finds: a state, one line, and how to mend it.

What depends on something broken is skipped, so that one defect is one line.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from pipeline.core.errors import LaikeError


class State(StrEnum):
    """How a check ended."""

    OK = "ok"
    WARNING = "warning"  # works, but somebody should know
    BROKEN = "broken"
    SKIPPED = "skipped"  # not checked: something that it needs is broken


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
    """Make the finding of a passed check."""
    return Finding(check, State.OK, says)


def warning(check: str, says: str, cure: str) -> Finding:
    """Make the finding of something that works but needs attention."""
    return Finding(check, State.WARNING, says, cure)


def broken(check: str, says: str, cure: str) -> Finding:
    """Make the finding of something that a person must mend."""
    return Finding(check, State.BROKEN, says, cure)


def unauthorized(check: str, error: LaikeError) -> Finding:
    """Make the finding of something that needs authorization."""
    return Finding(check, State.BROKEN, error.message, error.for_maintainer, needs_person=True, link=error.link)


def of_error(check: str, error: LaikeError, cure: str | None = None) -> Finding:
    """Make a finding of an error, with its own advice unless a better one is given."""
    return broken(check, error.message, cure or error.for_maintainer)


def skipped(checks: Iterable[str], why: str) -> list[Finding]:
    """Make findings of checks that could not be made."""
    return [Finding(check, State.SKIPPED, f"not checked: {why}") for check in checks]


def worst(findings: Sequence[Finding]) -> State:
    """Return the worst state among findings; skipped ones do not count."""
    states = {finding.state for finding in findings}
    return next((state for state in (State.BROKEN, State.WARNING) if state in states), State.OK)
