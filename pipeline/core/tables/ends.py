"""How a run ended in each of its tables, and what people call these."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from pipeline.core.errors import Trouble
from pipeline.core.model import grouped
from pipeline.core.outcome import AccountResult, Run, Summary
from pipeline.core.reports import PROMOTION

FIRST_TABLE = f"{PROMOTION.item}日报"  # as in 数据表清单


def table_name(table: str) -> str:
    """What people call a table by its name in runs: that of `LAIKE_BITABLE_TABLE_ID` has none in the settings."""
    return table or FIRST_TABLE


def ends(summary: Summary) -> tuple[Summary, ...]:
    """How a run ended in each of its tables, the first one first, each with its own state."""
    return (replace(summary, state=summary.own_state or summary.state, further=()), *summary.further)


def is_named(one: Summary | Run) -> bool:
    """Whether a run must be told with its table: it is in several, or not in the usual one."""
    return bool(one.further or one.table)


def troubles_in(summary: Summary) -> Iterator[Trouble]:
    """The troubles of a run in all its tables."""
    for end in ends(summary):
        yield from (one for one in (end.trouble, *(account.trouble for account in end.accounts)) if one)


def results(summary: Summary) -> dict[str, list[AccountResult]]:
    """Each account's lines, one of each table that has its rows, by account id."""
    return grouped((account.id, account) for end in ends(summary) for account in end.accounts)


def good_accounts(summary: Summary) -> int:
    """How many accounts are good in every table of theirs."""
    return sum(all(one.state.good for one in those) for those in results(summary).values())


def account_names(run: Run) -> dict[str, str]:
    """The accounts of a run in all its tables, id → name."""
    return {account.id: account.name for one in (run, *run.further) for account in one.accounts}


def said(
    summaries: Sequence[Summary], words: Callable[[Summary], Iterable[str]], beside: Sequence[Summary] = ()
) -> list[str]:
    """Each sentence about runs once, with the tables that it is about where it is not about all of them.

    Args:
        words: What there is to say about a run in one table.
        beside: Other runs, told together with these.
    """
    every = {end.table for run in (*summaries, *beside) for end in ends(run)}
    if len(every) == 1:
        return [line for run in summaries for line in words(run)]
    told = grouped((line, end.table) for run in summaries for end in ends(run) for line in words(end))
    return [line if set(tables) == every else about(tables, line) for line, tables in told.items()]


def about(tables: Iterable[str], words: str) -> str:
    """A sentence with the tables that it is about."""
    named = "".join(f"“{table_name(one)}”" for one in dict.fromkeys(tables))
    return f"{named}：{words}"


def failure_words(summary: Summary) -> str:
    """How a run ended, with the reason of each account that is in trouble, and its table where there are several."""
    bad = [
        f"{table_name(end.table)}: {one.name}: {one.trouble.reason}"
        if is_named(summary)
        else f"{one.name}: {one.trouble.reason}"
        for end in ends(summary)
        for one in end.accounts
        if one.trouble
    ]
    return f"{summary.run_id} ended {summary.state}; {'; '.join(bad)}"
