"""How the cost of work grows: no step may cost more per unit than the smaller one before it."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from bench.result import Goal, Table, mib
from bench.weigh import Weight

SLACK = 1.1  # × the smaller step's cost per unit, which fixed costs only raise


@dataclass(frozen=True, slots=True)
class Step:
    """Work of some units and its cost."""

    name: str
    units: int
    seconds: float
    calls: int
    weight: Weight

    @property
    def a_unit(self) -> dict[str, float]:
        """Cost by unit."""
        told = {
            "seconds": self.seconds,
            "calls": self.calls,
            "Redis commands": self.weight.commands,
            "Redis traffic": self.weight.traffic,
            "Redis keys": self.weight.keys,
        }
        return {name: figure / self.units for name, figure in told.items()}


def merged(steps: Sequence[Step]) -> list[Step]:
    """Steps of one size as one, with the least of their seconds: other load on the machine only adds to them.

    Measured in turn, they tell growth also on a machine that gets slower or faster meanwhile.
    """
    by_units: dict[int, list[Step]] = {}
    for step in steps:
        by_units.setdefault(step.units, []).append(step)
    return [replace(same[0], seconds=min(one.seconds for one in same)) for _, same in sorted(by_units.items())]


def grown(unit: str, steps: Sequence[Step]) -> list[Goal]:
    """Goals: for each cost the step that grew most per unit against the one before."""
    goals = []
    for name in steps[0].a_unit if steps else ():
        ratios = [
            larger.a_unit[name] / smaller.a_unit[name] for smaller, larger in pairwise(steps) if smaller.a_unit[name]
        ]
        if ratios:
            goals.append(Goal("growth", f"{unit}: {name} by unit, of the smaller step's", max(ratios), SLACK))
    return goals


def table(title: str, unit: str, steps: Sequence[Step]) -> Table:
    """The steps for people."""
    redis = ("Redis commands", "to and from Redis, MiB", "new Redis keys", "Redis, MiB")
    heads = (unit, "s", "calls", *redis, "largest process, MiB")
    rows = [
        (
            step.name,
            f"{step.seconds:.1f}",
            str(step.calls),
            str(step.weight.commands),
            mib(step.weight.traffic),
            str(step.weight.keys),
            mib(step.weight.redis),
            mib(step.weight.most),
        )
        for step in steps
    ]
    return Table(title, heads, rows)
