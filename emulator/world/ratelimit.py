"""A token bucket per endpoint: a second's calls at once, then one every 1/rate seconds."""

import time


class Buckets:
    """The buckets of one world. Real time refills them, not the business clock."""

    def __init__(self) -> None:
        self._left: dict[str, tuple[float, float]] = {}

    def take(self, name: str, rate: float) -> float:
        """Take a call; 0 if it may pass, else the seconds to wait."""
        now = time.monotonic()
        depth = max(rate, 1.0)
        left, at = self._left.get(name, (depth, now))
        left = min(depth, left + (now - at) * rate)
        if left < 1:
            self._left[name] = (left, now)
            return (1 - left) / rate
        self._left[name] = (left - 1, now)
        return 0.0
