"""`laike dedup`: show rows of one key, and clean them up."""

from datetime import UTC, datetime
from typing import Any

from cli.arguments import day_of
from cli.session import opened
from cli.terminal import output
from pipeline.core.model import DayRange, Key
from pipeline.core.reports import ACCOUNT_ID, Report
from pipeline.core.runs.plan import bounded
from pipeline.core.table.duplicates import Copy, LeftAlone, Plan
from pipeline.steps.on_demand.dedup import Cleaned, Doubled, all_cleaned, joined, look
from pipeline.steps.on_demand.dedup import clean as carry_out
from pipeline.steps.rollover.chosen import at_each, chain_chosen


def check(start: str | None, end: str | None, table: str | None = None, *, as_json: bool) -> int:
    """Show keys with more than one row, in the whole table or in some days: 0 none, 1 some to look at.

    Raises:
        WrongInput: The days are no range, or there is no such table.
    """
    days = _days(start, end)
    with opened() as opened_ctx:
        ctx = chain_chosen(opened_ctx, table)
        found = joined([look(here, days) for here in at_each(ctx, days)])
    if as_json:
        output.print_json(_document(found, ctx.report))
    else:
        _print(found)
    return output.DONE if found.none else output.IN_PART


def clean(day: str | None, table: str | None = None, *, yes: bool) -> int:
    """Keep one row of each key, if a person agrees: 0 done, 1 some are left, 2 not agreed.

    Raises:
        WrongInput: The day is no day, or there is no such table.
    """
    days = _days(day, day)
    with opened() as opened_ctx:
        ctx = chain_chosen(opened_ctx, table)
        there = [(here, look(here, days)) for here in at_each(ctx, days)]
        found = joined([one for _, one in there])
        _print(found)
        if not found.plans:
            return output.DONE
        if not (yes or output.agreed()):
            output.note("nothing was changed; --yes carries this out")
            return output.WRONG_USAGE
        cleaned = all_cleaned([carry_out(here, one) for here, one in there])
    _print_cleaned(cleaned)
    return output.IN_PART if cleaned.left else output.DONE


def _print_cleaned(cleaned: Cleaned) -> None:
    output.say(f"read back: {cleaned.removed} rows removed, {cleaned.merged} took cells over")
    for file in cleaned.files:
        output.say(f"what was removed is in {file}")
    if cleaned.left:
        named = ", ".join(map(_named, cleaned.left))
        output.note(("still more than one row:", "yellow"), f" {named}; clean again")


def _days(start: str | None, end: str | None) -> DayRange | None:
    if start is None:
        return None
    return bounded(day_of(start), day_of(end or start))


def _document(found: Doubled, report: Report) -> dict[str, Any]:
    return {
        "keys": [
            {
                **_key(plan.key, report),
                "rows": [_row(one, found.ours) for one in (plan.keep, *plan.remove)],
                "keep": plan.keep.row.record_id,
                "agrees": plan.agrees,
                "merge": sorted(plan.merge),
                "conflicts": [{"column": one.column, "kept": one.kept, "lost": one.lost} for one in plan.conflicts],
            }
            for plan in found.plans
        ],
        "left_alone": [
            {
                **_key(one.key, report),
                "why": one.why,
                "rows": [_row(row, found.ours) for row in one.rows],
            }
            for one in found.left
        ],
        "source_not_asked": list(found.unasked),
    }


def _key(key: Key, report: Report) -> dict[str, str]:
    own = {"day": key.day.isoformat(), report.id_field: key.item_id}
    return {**own, ACCOUNT_ID: key.owner} if report.within_account else own


def _named(key: Key) -> str:
    return f"{key.day} {key.item_id}{f' of account {key.owner}' if key.owner else ''}"


def _row(one: Copy, ours: str | None) -> dict[str, str]:
    return {
        "record_id": one.row.record_id,
        "account": one.row.account_name,
        "cost": f"{one.row.cost:.2f}",
        "whose": _whose(one, ours),
        "created": _moment(one.row.created_ms),
        "edited": _moment(one.modified_ms),
    }


def _whose(one: Copy, ours: str | None) -> str:
    if ours is None:
        return "unknown"
    return "ours" if one.row.creator == ours else "person"


def _print(found: Doubled) -> None:
    for left in found.left:
        _print_left(left, found.ours)
    if not found.plans:
        output.say("nothing to clean" if found.left else "each key is there once")
        return
    for plan in found.plans:
        _print_plan(plan, found.ours)
    for words in found.unasked:
        output.note(("the source could not be asked", "yellow"), f" {words}")
    more = sum(len(plan.remove) for plan in found.plans)
    output.say(f"{len(found.plans)} keys with more than one row, {more} rows too many")


def _print_left(left: LeftAlone, ours: str | None) -> None:
    """Print a key whose rows stay as they are, and why."""
    output.say((_named(left.key), "bold"), f": left alone, {left.why}")
    for one in left.rows:
        _print_row("stays", one, ours)


def _print_plan(plan: Plan, ours: str | None) -> None:
    """Print a key, its rows, and what happens to the cells that people filled."""
    why = "agrees with the source" if plan.agrees else "last edited"
    output.say((_named(plan.key), "bold"))
    _print_row(f"keeps ({why})", plan.keep, ours)
    for one in plan.remove:
        _print_row("removes", one, ours)
    if plan.merge:
        output.say(f"  takes over: {', '.join(plan.merge)}")
    for lost in plan.conflicts:
        output.say((f"  {lost.column}: {lost.kept} stays, {lost.lost} is in the backup only", "yellow"))


def _print_row(does: str, one: Copy, ours: str | None) -> None:
    row = one.row
    words = f"{row.record_id}, {_whose(one, ours)}, {row.account_name}, {row.cost:.2f} 元"
    output.say(f"  {does} {words}, edited {_moment(one.modified_ms)}")


def _moment(ms: int) -> str:
    return output.moment(datetime.fromtimestamp(ms / 1000, UTC))
