"""Faults by endpoint and number of the call, and the keys of each kind."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.shared.settings import is_duration

ALWAYS = "always"
# by kind: required keys, optional keys
KINDS: dict[str, tuple[set[str], set[str]]] = {
    "status": ({"status"}, {"body", "headers"}),
    "code": ({"code"}, {"status", "message", "headers"}),
    "throttled": (set(), {"seconds"}),
    "delay": ({"seconds"}, set()),
    "drop_before": (set(), set()),
    "drop_after": (set(), set()),
    "late": ({"seconds"}, set()),
    "hold": ({"seconds"}, set()),
    "garbage": (set(), {"body"}),
    "truncate": (set(), set()),
    "drip": ({"part", "seconds"}, set()),
    "swell": ({"mib"}, {"encoding"}),
    "patch": (set(), {"patch", "path", "set", "remove", "changes", "query"}),
}
COMMON = {"endpoint", "kind", "call", "times", "match"}


@dataclass
class Fault:
    """One fault: the calls that it hits, and what it does to them."""

    endpoint: str
    kind: str
    first: int
    times: int | None  # None: always
    match: dict[str, str]
    details: dict[str, Any]
    seen: int = 0
    hits: int = 0

    def sees(self, endpoint: str, arguments: Mapping[str, str]) -> bool:
        """Count a matching call; whether it is hit."""
        if endpoint != self.endpoint or any(arguments.get(name) != value for name, value in self.match.items()):
            return False
        self.seen += 1
        return self.seen >= self.first and (self.times is None or self.seen < self.first + self.times)


@dataclass
class FaultBoard:
    """All faults, oldest first."""

    faults: list[Fault] = field(default_factory=list)

    def take(self, endpoint: str, arguments: Mapping[str, str]) -> Fault | None:
        """The first fault that hits this call; all of them count it."""
        hits = [fault for fault in self.faults if fault.sees(endpoint, arguments)]
        if not hits:
            return None
        hits[0].hits += 1
        return hits[0]


def parse(given: object, endpoints: set[str]) -> Fault:
    """Parse a fault. Raises ValueError that says what is wrong."""
    if not isinstance(given, dict):
        raise _wrong("a fault is an object")
    endpoint, kind = given.get("endpoint"), given.get("kind")
    if endpoint not in endpoints:
        raise _wrong(f"unknown endpoint {endpoint!r}; there are {', '.join(sorted(endpoints))}")
    if kind not in KINDS:
        raise _wrong(f"unknown kind {kind!r}; there are {', '.join(KINDS)}")
    needed, possible = KINDS[kind]
    details = {name: value for name, value in given.items() if name not in COMMON}
    if not needed <= details.keys() <= needed | possible:
        raise _wrong(f"{kind} needs {sorted(needed)} and may have {sorted(possible)}, not {sorted(details)}")
    _check_details(details)
    return Fault(endpoint, kind, _count(given, "call"), _times(given), _match(given), details)


def _wrong(why: str) -> ValueError:
    return ValueError(why)


def _count(given: dict[str, Any], name: str) -> int:
    value = given.get(name, 1)
    if type(value) is not int or value < 1:
        raise _wrong(f"{name} is a whole number of at least 1")
    return value


def _times(given: dict[str, Any]) -> int | None:
    return None if given.get("times") == ALWAYS else _count(given, "times")


def _match(given: dict[str, Any]) -> dict[str, str]:
    match = given.get("match", {})
    if not isinstance(match, dict):
        raise _wrong("match is an object of query, path or body fields")
    return {str(name): str(value) for name, value in match.items()}


def _check_details(details: dict[str, Any]) -> None:
    for name, acceptable in DETAILS.items():
        if name in details and not acceptable(details[name]):
            raise _wrong(f"{name} does not take {details[name]!r}")
    if not all(map(_is_change, changes_of(details))):
        raise _wrong("a change has a path and either set or remove")


def _is_change(change: object) -> bool:
    if not isinstance(change, dict) or not isinstance(change.get("path"), list) or not change["path"]:
        return False
    return change.keys() - {"path"} in ({"set"}, {"remove"})


def changes_of(details: dict[str, Any]) -> list[dict[str, Any]]:
    """The changes of a patch fault, including the short form with one `path`."""
    changes: list[dict[str, Any]] = list(details.get("changes", []))
    if "path" in details:
        changes.append({name: details[name] for name in ("path", "set", "remove") if name in details})
    return changes


PARTS = ("head", "body")  # of a dripping answer
ENCODINGS = ("identity", "gzip")  # of a swollen one
MIB_MAX = 1024
DETAILS: dict[str, Callable[[Any], bool]] = {
    "status": lambda value: type(value) is int and 200 <= value < 600,  # noqa: PLR2004 - HTTP statuses
    "code": lambda value: type(value) is int and value != 0,
    "seconds": is_duration,
    "part": lambda value: value in PARTS,
    "encoding": lambda value: value in ENCODINGS,
    "mib": lambda value: type(value) is int and 1 <= value <= MIB_MAX,
    "headers": lambda value: isinstance(value, dict),
    "message": lambda value: isinstance(value, str),
    "patch": lambda value: isinstance(value, dict),
    "query": lambda value: isinstance(value, dict),
    "changes": lambda value: isinstance(value, list),
}
