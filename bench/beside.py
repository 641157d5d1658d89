"""The product beside other tools: measures all contenders in all scenarios, and makes tables and sentences of it."""

from collections.abc import Iterator, Sequence
from pathlib import Path

from bench.contenders import CELERY, CONTENDERS, DLT, DLT_CHECKED, FLOOR, LOCAL, OURS, SERIAL, SUCCESS
from bench.environments import packages_of, program_of
from bench.measured import Beside
from bench.result import Goal, Part, Table, mib
from bench.scenarios import DEAD, NEW, SCENARIOS, Lap, cases, laps_of
from cli.terminal.output import note

PEERS = {CELERY: "celery", DLT: "dlt"}
PRODUCT = ("pipeline", "worker")
SAME = 1.15  # the slower of two rounds, of the faster
NEVER = "–"
UNREADABLE = "Nobody can read the dead account's own rows: they are lost for all, and what counts is who says so."
FALSE_SUCCESS = "In bold: a wrong table that was called a success."
NOTES = {
    NEW: "Made anew: rows of earlier days that were deleted and created again; what people wrote into them is gone.",
    DEAD: UNREADABLE,
}
Rounds = Sequence[Sequence[Lap]]


def measure(day: str, machine: str, *, rounds: int, latency: float = 1.0) -> Beside:
    """Measure all contenders in all scenarios, each in a world of its own; `latency` of the real services'."""
    product = [file for folder in PRODUCT for file in Path(folder).rglob("*.py")]
    return Beside(
        day=day,
        machine=machine,
        versions={name: packages_of(key)[key] for name, key in PEERS.items()},
        lines={**{name: lines_of([program_of(key)]) for name, key in PEERS.items()}, OURS: lines_of(product)},
        packages={name: len(packages_of(key)) for name, key in PEERS.items()},
        rounds=[list(_round(number, latency)) for number in range(1, rounds + 1)],
    )


def lines_of(files: Sequence[Path]) -> int:
    """Lines that are not empty."""
    return sum(bool(line.strip()) for file in files for line in file.read_text(encoding="utf-8").splitlines())


def _round(number: int, latency: float) -> Iterator[Lap]:
    for case in cases(latency):
        for contender in CONTENDERS:
            for lap in laps_of(contender, case):
                note(f"  round {number}, {lap.scenario}: {contender} {lap.ended_s:.1f} s, {outcome(lap)}")
                yield lap


def part(beside: Beside) -> Part:
    """One table a scenario, and the goal that rounds agree."""
    return Part(goals=[agree(beside.rounds)], tables=[whole(beside.rounds, scenario) for scenario in SCENARIOS])


def agree(rounds: Rounds) -> Goal:
    """The goal: no contender's seconds differ more from round to round."""
    ratios = {
        f"{name}, {scenario}": max(taken) / min(taken)
        for scenario in SCENARIOS
        for name in CONTENDERS
        if (taken := [lap.ended_s for lap in of(rounds, scenario, name)])
    }
    worst = max(ratios, key=lambda which: ratios[which])
    return Goal("beside", f"seconds of the slower round, of the faster; most: {worst}", ratios[worst], SAME)


def of(rounds: Rounds, scenario: str, contender: str) -> list[Lap]:
    """A contender's laps in a scenario, one a round."""
    return [lap for laps in rounds for lap in laps if (lap.scenario, lap.contender) == (scenario, contender)]


def outcome(lap: Lap) -> str:
    """What a contender left and whether it says so, in a few words."""
    counted = ((lap.lost, "lost"), (lap.doubled, "doubled"))
    wrong = ", ".join(f"{count} {word}" for count, word in counted if count)
    if not wrong:
        return "right" if lap.said == SUCCESS else "right, says error"
    return f"**{wrong}, says success**" if lap.false_success else f"{wrong}, says so"


def short(rounds: Rounds) -> Table:
    """One line a contender: seconds of a new day, and what each scenario left."""
    rows = [
        (
            name,
            *(_seconds([getattr(lap, which) for lap in new]) for which in ("rows_s", "verified_s", "ended_s")),
            *(_each([outcome(lap) for lap in of(rounds, scenario, name)]) for scenario in SCENARIOS),
        )
        for name in CONTENDERS
        if (new := of(rounds, NEW, name))
    ]
    heads = ("", "in the table, s", "verified, s", "ended, s", *SCENARIOS)
    notes = " ".join([UNREADABLE, FALSE_SUCCESS, *_made_anew(rounds)])
    return Table("A new day of seven accounts, and what each scenario left", heads, rows, notes)


def _made_anew(rounds: Rounds) -> Iterator[str]:
    """Who deletes rows on a new day, too."""
    laps = {name: of(rounds, NEW, name) for name in CONTENDERS}
    if names := [name for name, each in laps.items() if any(lap.replaced for lap in each)]:
        older = "the older rows of the window are deleted and made anew: what people wrote into them is gone"
        yield f"With {' and '.join(names)} {older}."


def whole(rounds: Rounds, scenario: str) -> Table:
    """All figures of a scenario."""
    rows = [
        (
            name,
            _seconds([lap.ended_s for lap in laps]),
            *(_each([str(getattr(lap, which)) for lap in laps]) for which in ("calls", "lost", "doubled", "replaced")),
            _each([mib(lap.memory) if lap.memory else NEVER for lap in laps]),
            *(_each([str(getattr(lap, which)) for lap in laps]) for which in ("exit_code", "said")),
        )
        for name in CONTENDERS
        if (laps := of(rounds, scenario, name))
    ]
    heads = ("", "ended, s", "calls", "rows lost", "doubled", "made anew", "memory, MiB", "exit code", "says")
    return Table(f"Beside other tools: {scenario}", heads, rows, NOTES.get(scenario, ""))


def bars(rounds: Rounds) -> dict[str, float]:
    """Seconds until the rows of a new day are in the table, by contender, of the faster round."""
    return _least(rounds, "rows_s")


def _least(rounds: Rounds, which: str) -> dict[str, float]:
    taken = {name: [getattr(lap, which) for lap in of(rounds, NEW, name)] for name in CONTENDERS}
    return {name: min(seconds) for name, each in taken.items() if (seconds := [one for one in each if one])}


def better(beside: Beside) -> list[str]:
    """Where others are better than the product, by what was measured."""
    new = {name: laps[-1] for name in CONTENDERS if name != DLT_CHECKED and (laps := of(beside.rounds, NEW, name))}
    said = [_calls(new), _memory(new), _lines(beside), _redis(), *_faster(beside.rounds)]
    return [sentence for sentence in said if sentence]


def _calls(new: dict[str, Lap]) -> str:
    fewer = [f"{name} {lap.calls}" for name, lap in new.items() if name != LOCAL and lap.calls < new[OURS].calls]
    ours = f"laike {new[OURS].calls}: it asks for the totals of each account, reads back, and keeps a status table"
    return f"**Fewer calls** for a new day: {', '.join(fewer)}; {ours}." if fewer else ""


def _memory(new: dict[str, Lap]) -> str:
    least = min(new[name].memory for name in (OURS, LOCAL))
    less = [f"{name} {mib(lap.memory)} MiB" for name, lap in new.items() if 0 < lap.memory < least]
    return f"**Less memory**: {', '.join(less)}; laike {mib(least)} MiB." if less else ""


def _lines(beside: Beside) -> str:
    theirs = " and ".join(f"{beside.lines[name]} lines with {name}" for name in PEERS)
    return f"**Shorter code** of one's own: {theirs}; the product has {beside.lines[OURS]}."


def _redis() -> str:
    without = f"{DLT}, the {SERIAL} and the {FLOOR} need none"
    return f"**No Redis**: {without}; `laike sync --local --no-redis` works while it is down, too."


def _faster(rounds: Rounds) -> Iterator[str]:
    """Who is sooner than the product's like on a new day: a worker that waits, or a program from its start."""
    for what, which in (("in the table", "rows_s"), ("at the end", "ended_s")):
        taken = _least(rounds, which)
        for theirs, ours in ((CELERY, OURS), (DLT, LOCAL)):
            if taken[theirs] < taken[ours]:
                yield f"**Sooner {what}**: {theirs} after {taken[theirs]:.1f} s, {ours} after {taken[ours]:.1f} s."


def _seconds(taken: Sequence[float | None]) -> str:
    return _each([NEVER if one is None else f"{one:.1f}" for one in taken])


def _each(said: Sequence[str]) -> str:
    """What all rounds say, once if it is the same."""
    return ", ".join(dict.fromkeys(said))
