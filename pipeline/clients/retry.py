"""The retry policy as a value, on stamina: how often, how long between, and until when.

The error tells whether the call may be repeated; the service may tell how long to wait. After 40100 (throttled) the
endpoint is paused for all workers, for as long as the service asks or 1 s (`oceanengine/api.py`). A call that is still
refused after these attempts ends its fetch, which the worker sends again after 5, 10, 20, 30 s at most, or when the
service allows (`worker/tasks.py`), until the run's deadline.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

from pipeline.core.errors import Retryable

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How a call is repeated, in seconds; `scale` 0 removes the waits for tests."""

    attempts: int = 5  # 0.5 + 1 + 2 + 4 s of waiting: a hiccup, not an outage
    first_wait: float = 0.5
    max_wait: float = 8
    jitter: float = 1  # added to each wait, so that workers do not retry in step
    longest_asked: float = 60  # if the service asks for more, the call gives up and the worker's task waits
    blind: bool = True  # repeat a call that may have had its effect
    scale: float = 1

    def run(self, call: Callable[[], T], time_left: float) -> T:
        """Call until it succeeds, fails for good, or `time_left` is used up; raises what the last attempt raised."""
        started, tries = time.monotonic(), 0
        attempts = stamina.retry_context(
            on=lambda error: self._wait(error, started + time_left - time.monotonic()),
            attempts=self.attempts,
            timeout=None,  # stamina's would start a wait that ends after the time left
            wait_initial=self.first_wait * self.scale,
            wait_max=self.max_wait * self.scale,
            wait_jitter=self.jitter * self.scale,
        )
        try:
            for attempt in attempts:
                tries += 1
                with attempt:
                    return call()
        except Retryable as error:
            if tries > 1:
                error.add(f"tried {tries} times in {time.monotonic() - started:.1f} s")
            raise
        raise AssertionError  # pragma: no cover

    def _wait(self, error: Exception, time_left: float) -> bool | float:
        if not isinstance(error, Retryable) or (error.effect_possible and not self.blind):
            return False
        if error.retry_after is None:
            return self.first_wait * self.scale < time_left
        wait = error.retry_after * self.scale
        return wait if error.retry_after <= self.longest_asked and wait < time_left else False


READ = RetryPolicy()
# A write whose answer was lost may have been carried out: the caller looks it up before it sends again.
WRITE = RetryPolicy(blind=False)
# A refresh rotates the token: never repeat it blindly.
ONCE = RetryPolicy(attempts=1)
