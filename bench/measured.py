"""What was measured last, kept in `bench/measured.json`: the page is written from it, whichever half is new."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from bench.result import Goal, Part, Table
from bench.scenarios import Lap

FILE = Path(__file__).parent / "measured.json"


@dataclass(frozen=True, slots=True)
class Profiles:
    """P1 to P8: the day, the machine and its programs, all goals and tables."""

    day: str
    machine: str
    goals: Sequence[Goal]
    tables: Sequence[Table]


@dataclass(frozen=True, slots=True)
class Beside:
    """All contenders in all scenarios, some rounds; lines of each program, and packages that its environment needs."""

    day: str
    machine: str
    versions: Mapping[str, str]
    lines: Mapping[str, int]
    packages: Mapping[str, int]
    rounds: Sequence[Sequence[Lap]]


@dataclass(frozen=True, slots=True)
class Measured:
    """Both halves."""

    profiles: Profiles
    beside: Beside


def profiles_of(parts: Sequence[Part], day: str, machine: str) -> Profiles:
    """The half that the profiles are."""
    goals = [goal for part in parts for goal in part.goals]
    return Profiles(day, machine, goals, [table for part in parts for table in part.tables])


def load(file: Path = FILE) -> Measured:
    """What was measured last."""
    told = json.loads(file.read_text(encoding="utf-8"))
    return Measured(_profiles(told["profiles"]), _beside(told["beside"]))


def keep(measured: Measured, file: Path = FILE) -> None:
    """Keep what was measured; unchanged figures make the same bytes."""
    file.write_text(json.dumps(asdict(measured), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")


def _profiles(told: Mapping[str, Any]) -> Profiles:
    goals = [Goal(**one) for one in told["goals"]]
    return Profiles(told["day"], told["machine"], goals, [Table(**one) for one in told["tables"]])


def _beside(told: Mapping[str, Any]) -> Beside:
    rounds = [[Lap(**lap) for lap in laps] for laps in told["rounds"]]
    return Beside(**{**told, "rounds": rounds})
