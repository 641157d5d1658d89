"""The line of `.env` that says which accounts are synced: a file, since what a page stored would be a second place."""

import json
from collections.abc import Collection, Mapping

from pipeline.core.accounts.account_options import EXPECTED, AccountOptions

VARIABLE = "LAIKE_ACCOUNT_OPTIONS"


def line_for(options: Mapping[str, AccountOptions], known: Collection[str], wanted: Collection[str]) -> str:
    """The line by which the `wanted` of the `known` accounts are synced; empty if they are already.

    Accounts that come later are synced, too; what else is set for single accounts stays.
    """
    off = {one for one in known if one not in wanted} | {
        one for one in options.keys() - set(known) if _off(options, one)
    }
    if off == {one for one in options if _off(options, one)}:
        return ""
    told = {one: _told(options, one, off) for one in sorted(options.keys() | off)}
    return f"{VARIABLE}='{json.dumps({one: words for one, words in told.items() if words})}'"


def _off(options: Mapping[str, AccountOptions], account_id: str) -> bool:
    return not options[account_id].enabled


def _told(options: Mapping[str, AccountOptions], account_id: str, off: Collection[str]) -> dict[str, object]:
    told: dict[str, object] = {"enabled": False} if account_id in off else {}
    return told | ({"difference": EXPECTED} if account_id in options and options[account_id].expected else {})
