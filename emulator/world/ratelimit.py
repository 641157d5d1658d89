"""A token bucket per endpoint: one second's worth at once, then one call every 1/rate seconds."""

import time


class Buckets:
    """The buckets of one world, filled again by real time: the pace of calls is not business time."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, name: str, rate: float) -> float:
        """Zero when the call may pass, else the seconds until one would."""
        now = time.monotonic()
        depth = max(rate, 1.0)
        left, at = self._left.get(name, (depth, now))
        left = min(depth, left + (now - at) * rate)
        if left < 1:
            self._left[name] = (left, now)
            return (1 - left) / rate
        self._left[name] = (left - 1, now)
        return 0.0
