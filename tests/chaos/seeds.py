"""What a seed decides: which fault, in which phase of the run, to whom, for how long."""

import random
from dataclasses import dataclass
from enum import StrEnum
from typing import Self

WORKERS = 2
LONGEST_LEASE_S = 20.0  # the writer's: who is away for longer finds that another one wrote


class Kind(StrEnum):
    """What fails."""

    KILL_WORKER = "kill worker"
    KILL_REDIS = "kill Redis"
    STOP_WORKER = "stop worker"
    SILENT_REDIS = "worker to Redis silent"
    RESET_API = "worker to APIs reset"
    STOP_REDIS = "stop Redis"
    RESET_REDIS = "worker to Redis reset"
    SILENT_API = "worker to APIs silent"
    KILL_BEAT = "kill beat"
    STOP_BEAT = "stop beat"


class Further(StrEnum):
    """Which table there is beside the first one."""

    NONE = "none"
    SAME_BASE = "projects in its base"
    ANOTHER_BASE = "materials in another base"


class Phase(StrEnum):
    """How far a run is, by the events that it emitted; in this order."""

    SENT = "sent"
    PLANNED = "planned"
    FETCHING = "fetching"
    TABLE_READ = "table read"
    LOADING = "loading"
    LOADED = "loaded"
    VERIFYING = "verifying"
    FINISHING = "finishing"
    VIEWS = "views"
    OVER = "over"

    @property
    def rank(self) -> int:
        """Its place in the order."""
        return list(Phase).index(self)


KINDS = tuple(Kind)
PHASES = tuple(phase for phase in Phase if phase != Phase.OVER)  # prime to the kinds: 90 seeds meet every pair
APIS = (Kind.SILENT_API, Kind.RESET_API)
BEAT = (Kind.KILL_BEAT, Kind.STOP_BEAT)
KILLS = (Kind.KILL_WORKER, Kind.KILL_REDIS, Kind.KILL_BEAT)
# how long a phase lasts undisturbed (s): so much later than its begin the fault may come
LASTS_S = {
    Phase.SENT: 0.03,
    Phase.PLANNED: 0.02,
    Phase.FETCHING: 0.3,
    Phase.TABLE_READ: 0.4,
    Phase.LOADING: 0.5,
    Phase.LOADED: 0.003,
    Phase.VERIFYING: 0.3,
    Phase.FINISHING: 0.3,
    Phase.VIEWS: 0.6,
}


@dataclass(frozen=True, slots=True)
class Draw:
    """One fault. Times in seconds; `victims` are the places of the workers that it hits."""

    kind: Kind
    phase: Phase
    delay_s: float
    lasts_s: float
    victims: tuple[int, ...]
    by_beat: bool
    further: Further = Further.NONE

    @classmethod
    def of(cls, seed: int, lease_s: float) -> Self:
        """The fault of a seed, which lasts longer than a step's lease; a killed process comes back sooner."""
        luck = random.Random(seed)  # noqa: S311 reproducible, not secret
        kind, phase = KINDS[seed % len(KINDS)], PHASES[seed % len(PHASES)]
        lasts_s = luck.uniform(0.5, 3.0) if kind in KILLS else luck.uniform(1.1, 2.5) * lease_s
        if kind in (Kind.STOP_WORKER, Kind.SILENT_REDIS, Kind.RESET_REDIS) and luck.random() < 1 / 5:
            lasts_s = LONGEST_LEASE_S + luck.uniform(1.0, 4.0)
        return cls(
            kind=kind,
            phase=phase,
            delay_s=luck.uniform(0, LASTS_S[phase]),
            lasts_s=lasts_s,
            victims=luck.choice(((0,), (1,), (0, 1))),
            by_beat=kind in BEAT or luck.random() < 1 / 4,
            further=list(Further)[seed // 2 % len(Further)],
        )


def phase_of(events: set[str]) -> Phase:
    """How far a run is that has emitted these events."""
    if "views_checked" in events:
        return Phase.OVER
    begun = {"verified": Phase.FINISHING, "finished": Phase.VIEWS} | {
        phase.replace(" ", "_"): phase for phase in PHASES
    }
    return max((begun[event] for event in events if event in begun), key=lambda phase: phase.rank, default=Phase.SENT)
