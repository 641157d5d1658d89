"""What a contender left in the table, judged by the emulator's own rows and figures."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass

Key = tuple[int, str]  # day, 单元ID


@dataclass(frozen=True, slots=True)
class Verdict:
    """Keys of the source that the table lacks, rows too many, and earlier rows that are no longer there."""

    lost: int
    doubled: int
    replaced: int


def verdict(wanted: Collection[Key], before: Mapping[str, Key], after: Mapping[str, Key]) -> Verdict:
    """Judge a table, by record id before and after, against the keys that the source has."""
    there = Counter(after.values())
    return Verdict(
        lost=sum(not there[key] for key in set(wanted)),
        doubled=sum(max(0, there[key] - 1) for key in set(wanted)),
        replaced=len(before.keys() - after.keys()),
    )
