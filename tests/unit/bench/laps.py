"""Laps of all contenders, as a bench measured them."""

from dataclasses import replace

from bench.contenders import CELERY, CONTENDERS, DLT, OURS
from bench.measured import Beside, Measured, Profiles
from bench.result import Goal, Table
from bench.scenarios import NEW, SCENARIOS, Lap

MIB = 2**20


def lap(scenario: str = NEW, contender: str = OURS, **other: object) -> Lap:
    """A lap that went well."""
    well = Lap(
        scenario=scenario,
        contender=contender,
        rows_s=5.0,
        verified_s=6.0,
        ended_s=8.0,
        calls=24,
        lost=0,
        doubled=0,
        replaced=0,
        exit_code=0,
        said="success",
        memory=90 * MIB,
    )
    return replace(well, **other)  # type: ignore[arg-type]


def beside(*others: Lap) -> Beside:
    """Two rounds in which all went well, but for other laps of the second round."""
    well = [lap(scenario, contender) for scenario in SCENARIOS for contender in CONTENDERS]
    instead = {(one.scenario, one.contender): one for one in others}
    second = [instead.get((one.scenario, one.contender), one) for one in well]
    return Beside(
        day="2026-02-01",
        machine="2 cores",
        versions={CELERY: "5.7.0", DLT: "1.31.0"},
        lines={CELERY: 130, DLT: 110, OURS: 30_000},
        packages={CELERY: 22, DLT: 36},
        rounds=[well, second],
    )


def measured(*others: Lap) -> Measured:
    """Both halves."""
    goals = [Goal("P1", "in the table", 1.02, 1.05), Goal("P7", "a month", 700, 600, "calls")]
    tables = [Table("P1: seven accounts", ["", "s"], [["floor", "4.80"]], note="A note.")]
    return Measured(Profiles("2026-01-31", "4 cores", goals, tables), beside(*others))
