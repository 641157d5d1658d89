"""Count what a step spends: calls by endpoint, retries, waits for the rate limiter, time."""

import re
import threading
import time
from collections import Counter

_IDS = re.compile(r"/(apps|tables|views)/[^/]+")


class Tally:
    """Counts from when it is made; threads may count at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._calls: Counter[str] = Counter()
        self._asked = 0
        self._waited_s = 0.0

    def ask(self) -> None:
        """Count one request, however many calls it takes."""
        with self._lock:
            self._asked += 1

    def call(self, path: str, waited_s: float = 0) -> None:
        """Count one call and how long it waited for the rate limiter."""
        with self._lock:
            self._calls[endpoint(path)] += 1
            self._waited_s += waited_s

    def facts(self) -> dict[str, str | int]:
        """The counts so far without zeros; times in ms."""
        with self._lock:
            calls = ", ".join(f"{name} {count}" for name, count in sorted(self._calls.items()))
            found: dict[str, str | int] = {
                "calls": calls,
                "retries": max(0, self._calls.total() - self._asked),
                "waited_ms": round(self._waited_s * 1000),
            }
        spent = {name: value for name, value in found.items() if value}
        return {"ms": round((time.monotonic() - self._began) * 1000), **spent}


def endpoint(path: str) -> str:
    """An endpoint's short name: the last two words of its path, without ids."""
    words = _IDS.sub(r"/\1", path).removesuffix("/").removesuffix("/get").split("/")
    return "/".join(words[-2:])
