"""Count what a step spends: calls by endpoint, retries, waits for the rate limiter, time."""

import re
import threading
import time
from collections import Counter
from dataclasses import dataclass

NO_TIME_S = 0.05  # in which a free lock is taken
_IDS = re.compile(r"/(apps|tables|views)/[^/]+")


@dataclass(frozen=True, slots=True)
class Spent:
    """Calls and retries by endpoint."""

    calls: Counter[str]
    retries: Counter[str]


class Tally:
    """Counts from when it is made; threads may count at the same time.

    Args:
        whole: A tally that counts the same, and what others count.
    """

    def __init__(self, whole: "Tally | None" = None) -> None:
        self._whole = whole
        self._lock = threading.Lock()
        self._began = time.monotonic()
        self._calls: Counter[str] = Counter()
        self._asked: Counter[str] = Counter()
        self._taken = Spent(Counter(), Counter())
        self._waited_s = self._locked_s = 0.0

    def ask(self, path: str) -> None:
        """Count one request, however many calls it takes."""
        with self._lock:
            self._asked[endpoint(path)] += 1
        if self._whole:
            self._whole.ask(path)

    def call(self, path: str, waited_s: float = 0) -> None:
        """Count one call and how long it waited for the rate limiter."""
        with self._lock:
            self._calls[endpoint(path)] += 1
            self._waited_s += waited_s
        if self._whole:
            self._whole.call(path, waited_s)

    def take(self) -> Spent:
        """What was spent since the last time; each call and retry is handed out once."""
        with self._lock:
            calls, retries = self._calls - self._taken.calls, self._calls - self._asked - self._taken.retries
            self._taken.calls.update(calls)
            self._taken.retries.update(retries)
        return Spent(calls, retries)

    def give_back(self, spent: Spent) -> None:
        """Hand out again what could not be kept."""
        with self._lock:
            self._taken.calls.subtract(spent.calls)
            self._taken.retries.subtract(spent.retries)

    def lock(self, seconds: float) -> None:
        """Count how long the step waited for the writer lock of a base; as good as no time is left out."""
        with self._lock:
            self._locked_s += seconds if seconds >= NO_TIME_S else 0

    def facts(self) -> dict[str, str | int]:
        """The counts so far without zeros; times in ms."""
        with self._lock:
            calls = ", ".join(f"{name} {count}" for name, count in sorted(self._calls.items()))
            found: dict[str, str | int] = {
                "calls": calls,
                "retries": max(0, self._calls.total() - self._asked.total()),
                "waited_ms": round(self._waited_s * 1000),
                "locked_ms": round(self._locked_s * 1000),
            }
        spent = {name: value for name, value in found.items() if value}
        return {"ms": round((time.monotonic() - self._began) * 1000), **spent}


def endpoint(path: str) -> str:
    """An endpoint's short name: the last two words of its path, without ids."""
    words = _IDS.sub(r"/\1", path).removesuffix("/").removesuffix("/get").split("/")
    return "/".join(words[-2:])
