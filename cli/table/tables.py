"""`laike tables`: list a table and its successors, announce one, mend what disagrees."""

from collections.abc import Sequence
from datetime import date
from typing import Any

from cli.arguments import day_of
from cli.session import looked, opened
from cli.terminal import output
from cli.terminal.words import Part
from pipeline.core.rollover.repair import Faults
from pipeline.core.rollover.tables import BASE_TABLES_MAX, Coming, FurtherTables, Listed, Tables
from pipeline.steps.on_demand.tables import SplitPlan, listed, listed_further, look, plan_split
from pipeline.steps.on_demand.tables import repair as mend
from pipeline.steps.on_demand.tables import split as carry_out
from pipeline.steps.rollover.chosen import chain_chosen

NOTHING_DONE = "nothing was changed; --yes carries this out"
SAY_NO = "not wanted? set {setting}, and the next run takes the announcement back"
SETTING, OF_FURTHER = "LAIKE_TABLE_SPLIT=none", 'split = "none"'  # the latter in its [[tables]]
BY_HAND = (
    "formulas, lookups and links of other tables that name the old table",
    "automations, dashboards, forms and roles (高级权限) of the old table",
)


def list_(*, as_json: bool) -> int:
    """List the tables of the chain and the announced successor, then the further ones: 1 if one cannot be listed."""
    with looked() as ctx:
        found, further = listed(ctx), listed_further(ctx)
    if as_json:
        output.print_json({**_document(found), **_further_document(further)})
    else:
        _print(found)
        for one in further:
            _print_further(one)
    return output.IN_PART if any(one.trouble for one in further) else output.DONE


def split(start: str | None, table: str | None = None, *, yes: bool) -> int:
    """Announce a successor, if a person agrees: 0 done, 2 not agreed.

    Raises:
        WrongInput: No successor may begin on that day, or there is no such table.
    """
    first = day_of(start) if start else None
    with opened() as opened_ctx:
        ctx = chain_chosen(opened_ctx, table)
        plan = plan_split(ctx, first)
        _print_plan(plan)
        if not (yes or output.agreed()):
            output.note(NOTHING_DONE)
            return output.WRONG_USAGE
        carry_out(ctx, plan)
    output.say(("✓", "green"), f" announced: the first run of {plan.coming.first} makes {plan.coming.name}")
    return output.DONE


def repair(table: str | None = None, *, yes: bool) -> int:
    """Mend what disagrees, if a person agrees: 0 nothing is wrong any more, 2 not agreed, 4 a person must act first."""
    with opened() as opened_ctx:
        ctx = chain_chosen(opened_ctx, table)
        found = look(ctx)
        _print_faults(found)
        if found.none:
            return output.DONE
        if found.unclear:
            output.note(("nothing is mended before that is done by hand; loading stays stopped", "yellow"))
            return output.PERSON_NEEDED
        if not (yes or output.agreed()):
            output.note(NOTHING_DONE)
            return output.WRONG_USAGE
        left = mend(ctx, found)
    if left.faults:
        _print_faults(left)
        return output.PERSON_NEEDED
    output.say(("✓", "green"), " 数据表清单, Redis and the base agree; loading goes on")
    return output.DONE


def _document(found: Tables, setting: str = SETTING) -> dict[str, Any]:
    return {
        "tables": [_table(one) for one in found.tables],
        "announced": _announced(found.announced, setting) if found.announced else None,
        "in_base": found.in_base,
        "in_base_max": BASE_TABLES_MAX,
    }


def _further_document(further: Sequence[FurtherTables]) -> dict[str, Any]:
    """The further tables; nothing where the settings have none."""
    if not further:
        return {}
    return {
        "further": [
            {
                "name": one.name,
                "report": one.report,
                "accounts": [{"id": account_id, "name": name} for account_id, name in one.accounts.items()],
                **(_document(one.found, OF_FURTHER) if one.found else {"tables": []}),
                **output.trouble_document(one.trouble),
            }
            for one in further
        ]
    }


def _table(one: Listed) -> dict[str, Any]:
    return {
        "id": one.table_id,
        "name": one.name,
        "first": _iso(one.first),
        "last": _iso(one.last),
        "last_is_forecast": one.foretold,
        "rows": one.rows,
        "room": one.room,
        "max_rows": one.cap,
        "state": one.state,
        "link": one.link,
    }


def _announced(coming: Coming, setting: str) -> dict[str, Any]:
    return {
        "first": coming.first.isoformat(),
        "name": coming.name,
        "columns_left": list(coming.columns),
        "columns_linked": list(coming.linked),
        "by_hand": list(BY_HAND),
        "say_no": setting,
    }


def _iso(day: date | None) -> str | None:
    return day.isoformat() if day else None


def _print(found: Tables, setting: str = SETTING) -> None:
    columns = (
        "table",
        output.Column("id", whole=True),
        "days",
        "rows",
        "room",
        "state",
        output.Column("link", whole=True, spare=True),
    )
    output.say_table(columns, [_row(one) for one in found.tables])
    if found.announced:
        output.say((f"announced: {found.announced.name}, from {found.announced.first} on", "bold"))
        _print_left(found.announced)
        output.say(f"  {SAY_NO.format(setting=setting)}")
    output.say(f"the base holds {found.in_base} of at most {BASE_TABLES_MAX} tables")


def _print_further(one: FurtherTables) -> None:
    names = "、".join(one.accounts.values()) or "all accounts"
    output.say()
    output.say((one.name, "bold"), f": report {one.report} ({one.item}), {names}")
    if one.found:
        _print(one.found, OF_FURTHER)
    if one.trouble:
        output.say_trouble(one.name, one.trouble)


def _row(one: Listed) -> tuple[Part, ...]:
    last = f"{one.last or '…'}{' (forecast)' if one.foretold else ''}"
    room = "" if one.room is None else f"{one.room} of {one.cap}"
    rows = "" if one.rows is None else str(one.rows)
    return one.name, one.table_id, f"{one.first or '…'} .. {last}", rows, room, str(one.state), one.link or ""


def _print_plan(plan: SplitPlan) -> None:
    coming = plan.coming
    before = f" (announced until now for {coming.moves})" if coming.moves else ""
    output.say((f"{coming.name}: days from {coming.first} on{before}", "bold"))
    output.say(f"  {plan.old} keeps the days before, also their later corrections")
    output.say("  our columns with formats and options, and one view per account come along")
    _print_left(coming)
    output.say(f"  the base holds {plan.in_base} of at most {BASE_TABLES_MAX} tables")


def _print_left(coming: Coming) -> None:
    """Print what does not come along, and who must see to it."""
    output.say("  does not come along; somebody who edits the base sees to it:")
    if coming.columns:
        linked = f"; computed or linked: {', '.join(coming.linked)}" if coming.linked else ""
        output.say(f"    columns of people: {', '.join(coming.columns)}{linked}")
    for words in BY_HAND:
        output.say(f"    {words}")


def _print_faults(found: Faults) -> None:
    for fault in found.faults:
        table = fault.table
        output.say((f"{table.name or table.table_id}", "bold"), f" {table.table_id}: {fault.says}")
        output.say(f"  → {fault.mends}")
    if found.absent:
        output.note("what a deleted table held is lost unless it is restored in Feishu first, or from a backup after")
    for other in found.others:
        output.note(f"{other} holds rows of ours and belongs to no chain: it is left alone")
    if found.stopped:
        output.say((f"loading is stopped: {found.stopped}", "yellow"))
        if not found.faults:
            output.say("  → 数据表清单, Redis and the base agree: loading goes on")
    if found.none:
        output.say("数据表清单, Redis and the base agree")
