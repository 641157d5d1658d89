"""`laike accounts`: which accounts are synced, where each was found, and whether it spends."""

from typing import Any

from cli.session import opened
from cli.terminal import output
from cli.terminal.words import coloured
from pipeline.core.accounts.account_options import disabled
from pipeline.core.accounts.roster import Roster, Why
from pipeline.core.errors import Trouble
from pipeline.core.runs.plan import told_apart
from pipeline.steps.accounts.roster import AccountState, current_accounts, states, unknown_in_groups

_WHY = {
    Why.INVALID: "no longer valid",
    Why.REFUSED: "listing its accounts is refused",
    Why.NOT_LOCAL: "its accounts are not 本地推 accounts",
    Why.OTHER: "it has no 本地推 account",
}


def accounts(*, refresh: bool, as_json: bool) -> int:
    """Print every account with its state; 1 if one is unavailable or the list is old, 4 if a person is needed."""
    with opened() as ctx:
        listed = current_accounts(ctx, anew=refresh)
        roster = None if ctx.settings.accounts else ctx.rosters.last()
        found = states(ctx, told_apart(listed.names), lambda done: _progress(done, len(listed.names)))
        off = sorted(disabled(ctx.settings.account_options))
        unknown = {"unknown_in_tables": unknown_in_groups(ctx)} if ctx.settings.tables else {}
    if as_json:
        output.print_json({**_document(found, roster, listed.trouble), "disabled": off, **unknown})
    else:
        _print(found, roster, listed.trouble)
        for account_id in off:
            output.say(f"disabled in laike.toml: {account_id}")
        for name, ids in unknown.get("unknown_in_tables", {}).items():
            output.say(
                (f"no such account: {', '.join(ids)}", "yellow"), f", named by {name} ([[tables]] in laike.toml)"
            )
    return _exit_code([listed.trouble, *(one.trouble for one in found)])


def _progress(done: int, of: int) -> None:
    output.note((f"{done}/{of} accounts asked", "dim"))


def _exit_code(troubles: list[Trouble | None]) -> int:
    real = [one for one in troubles if one]
    if any(one.needs_person for one in real):
        return output.PERSON_NEEDED
    return output.IN_PART if real else output.DONE


def _document(found: list[AccountState], roster: Roster | None, trouble: Trouble | None) -> dict[str, Any]:
    return {
        "discovered_at": roster.at.isoformat() if roster else None,
        "accounts": [
            {
                "id": one.id,
                "name": one.name,
                "from": list(one.ways),
                "state": one.activity,
                "cost": None if one.trouble else f"{one.cost:.2f}",
                "last_covered": one.last_covered.isoformat() if one.last_covered else None,
                **output.trouble_document(one.trouble),
            }
            for one in found
        ],
        "skipped": [{"id": one.id, "name": one.name, "why": one.why} for one in roster.skipped] if roster else [],
        **output.trouble_document(trouble),
    }


def _print(found: list[AccountState], roster: Roster | None, trouble: Trouble | None) -> None:
    rows = [
        (
            one.name,
            one.id,
            ", ".join(one.ways),
            coloured(one.activity),
            "" if one.trouble else f"{one.cost:.2f}",
            str(one.last_covered or ""),
        )
        for one in found
    ]
    account_id = output.Column("id", whole=True)
    output.say_table(("account", account_id, "from", "state", "cost 元, 30 days", "last covered"), rows)
    for one in found:
        if one.trouble:
            output.say_trouble(one.name, one.trouble)
    for skipped in roster.skipped if roster else ():
        output.say(("skipped", "yellow"), f" {skipped.name} ({skipped.id}): {_WHY[skipped.why]}")
    if roster:
        output.note(f"discovered {output.moment(roster.at)}; `laike accounts --refresh` discovers again")
    if trouble:
        output.say_trouble("the list is an older one", trouble)
