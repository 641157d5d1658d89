"""What the campaign found, at the end of the test run: endpoints against faults, and one line of totals."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from tests.chaos.campaign.cases import all_cases
from tests.chaos.campaign.verdict import Sin, Violation

PROPERTY = "campaign"  # a property of each case's report: it reaches us from the processes of xdist, too
TOTALS = (Sin.LOST, Sin.DOUBLED, Sin.FALSE_SUCCESS, Sin.NEEDLESS)
Cell = tuple[str, str]


def told(endpoint: str, fault: str, found: list[Violation]) -> list[str]:
    """What a case leaves in its report: where it belongs, and what it is guilty of."""
    return [endpoint, fault, *sorted({str(one.sin) for one in found})]


def lines(reports: list[Any]) -> Iterator[str]:
    """The matrix and the totals of the cases among these reports; nothing without one.

    A cell is the number of cases, with an `x` for each that found something.
    """
    ran: Counter[Cell] = Counter()
    guilty: Counter[Cell] = Counter()
    sins: Counter[str] = Counter()
    for report in reports:
        for name, value in getattr(report, "user_properties", []):
            if name == PROPERTY and report.when == "call":
                endpoint, fault, *found = value
                ran[endpoint, fault] += 1
                guilty[endpoint, fault] += report.failed
                sins.update(found)
    if ran:
        yield from _matrix(ran, guilty)
        yield f"{ran.total()} cases, " + ", ".join(f"{sins[sin]} {sin}" for sin in TOTALS)
        if others := {sin: count for sin, count in sins.items() if sin not in TOTALS}:
            yield ", ".join(f"{count} {sin}" for sin, count in sorted(others.items()))


def _matrix(ran: Counter[Cell], guilty: Counter[Cell]) -> Iterator[str]:
    endpoints = list(dict.fromkeys(case.endpoint for case in all_cases()))
    width = max(map(len, endpoints))
    faults = list(dict.fromkeys(case.fault.name for case in all_cases()))
    for number, fault in enumerate(faults, start=1):
        yield f"{'':{width}}  {number:2} {fault}"
    yield f"{'':{width}} " + "".join(f"{number:>4}" for number in range(1, len(faults) + 1))
    for endpoint in endpoints:
        cells = (_cell(ran[endpoint, fault], guilty[endpoint, fault]) for fault in faults)
        yield f"{endpoint:{width}} " + "".join(f"{cell:>4}" for cell in cells)


def _cell(ran: int, guilty: int) -> str:
    return f"{ran}{'x' * guilty}" if ran else "."
