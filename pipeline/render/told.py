"""What a run's card says in sentences: what went wrong and what to do, and what the source corrected.

Where a run is in several tables, each sentence names those that it is about, unless it is about all of them.
"""

from collections.abc import Sequence

from pipeline.core.errors import Trouble
from pipeline.core.model import grouped
from pipeline.core.outcome import DayState, Summary
from pipeline.core.tables.ends import about, ends, table_name
from pipeline.render.markdown import Markdown
from pipeline.render.reasons import cure, why
from pipeline.render.words import clipped, named

Words = tuple[str, str]  # why and what to do


def troubles(summary: Summary, letters: int) -> list[Markdown]:
    """Each reason and cure once, with tables and accounts; what stopped a whole run is not repeated for each account.

    Args:
        letters: How many of a cure are shown.
    """
    every = ends(summary)
    whole = grouped((_words(end.trouble), end.table) for end in every if end.trouble)
    of_tables = [_line(_tables(tables, len(every)), words, letters) for words, tables in whole.items()]
    befallen: dict[Words, dict[str, list[str]]] = {}
    for end in every:
        for one in end.accounts:
            told_weekly = one.state == DayState.PARKED  # by a warning of its own
            if one.trouble and one.trouble != end.trouble and not told_weekly:
                befallen.setdefault(_words(one.trouble), {}).setdefault(end.table, []).append(one.name)
    return [*of_tables, *(_line(_whose(names, len(every)), words, letters) for words, names in befallen.items())]


def restatements(runs: Sequence[Summary]) -> list[str]:
    """Days before the newest whose figures the source corrected, by account."""
    by_table = grouped((end.table, end) for run in runs for end in ends(run))
    told = grouped((_restated(those), table) for table, those in by_table.items())
    return [line if len(tables) == len(by_table) else about(tables, line) for line, tables in told.items() if line]


def _words(trouble: Trouble) -> Words:
    return why(trouble), cure(trouble)


def _line(whose: str, words: Words, letters: int) -> Markdown:
    reason, advice = words
    if not whose:
        return Markdown("**{}**：{}", reason, clipped(advice, letters))
    return Markdown("**{}**（{}）：{}", whose, reason, clipped(advice, letters))


def _tables(tables: Sequence[str], count: int) -> str:
    """Some of a run's tables; nothing if they are all."""
    return "" if len(tables) == count else "".join(f"“{clipped(table_name(one))}”" for one in tables)


def _whose(names: dict[str, list[str]], count: int) -> str:
    """Accounts, by table unless the same are meant in all tables."""
    first, *others = names.values()
    if len(names) == count and all(one == first for one in others):
        return named(first)
    return "；".join(f"{_tables([table], count)}{'的' * (count > 1)}{named(those)}" for table, those in names.items())


def _restated(ends_of_table: Sequence[Summary]) -> str:
    names = {account.id: clipped(account.name) for end in ends_of_table for account in end.accounts}
    days: dict[str, list[str]] = {}
    for at in sorted({at for end in ends_of_table for at in end.restatements}):
        days.setdefault(names[at.account_id], []).append(f"{at.day:%m-%d}")
    told = "；".join(f"{name} {'、'.join(of)}" for name, of in days.items())
    return f"数据源修正了历史数据，已更新：{told}" if told else ""
