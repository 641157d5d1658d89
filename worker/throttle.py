"""Slows attempts at a login: after each failure whoever tries again waits longer."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

FIRST_S, LONGEST_S = 0.5, 10.0  # the pause after one failure, and after many
PATIENCE_S = 30.0  # an attempt that would wait longer is refused at once
FORGOTTEN_S = 600.0  # without an attempt, until failures are forgotten
REMEMBERED = 1_000  # of whom failures are remembered


@dataclass(slots=True)
class _Failures:
    count: int = 0
    free_at: float = 0.0


@dataclass(slots=True)
class Throttle:
    """Lets attempts by an address, or at a name, pass one by one, the slower the more of them failed."""

    now: Callable[[], float] = time.monotonic
    _failures: dict[str, _Failures] = field(default_factory=dict)

    def wait_s(self, who: str) -> float | None:
        """Seconds until an attempt may be checked; `None` if too many wait before it."""
        failures = self._failures.get(who)
        if failures is None or self.now() > failures.free_at + FORGOTTEN_S:
            self._failures.pop(who, None)
            return 0.0
        turn = max(self.now(), failures.free_at)
        if turn - self.now() > PATIENCE_S:
            return None
        failures.free_at = turn + _pause(failures.count)
        return turn - self.now()

    def failed(self, who: str, in_s: float = 0.0) -> int:
        """Count a failed attempt; return how many have failed.

        Args:
            who: An address or a name.
            in_s: Seconds until it is checked, where it counts as failed before that.
        """
        failures = self._failures.setdefault(who, _Failures())
        failures.count += 1
        failures.free_at = max(failures.free_at, self.now() + in_s + _pause(failures.count))
        if len(self._failures) > REMEMBERED:
            self._failures.pop(min(self._failures, key=lambda one: self._failures[one].free_at))
        return failures.count

    def passed(self, who: str) -> None:
        """Forget the failures of an address or a name."""
        self._failures.pop(who, None)


def _pause(failures: int) -> float:
    return min(LONGEST_S, FIRST_S * 2.0 ** min(failures - 1, 10))
