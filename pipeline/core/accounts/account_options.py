"""Options of single accounts in the settings."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

EXPECTED = "expected"


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountOptions:
    """Options of one account.

    Attributes:
        enabled: Sync it.
        expected: It may spend more than its promotions without a check by the project report.
    """

    enabled: bool = True
    expected: bool = False


def options_of(told: object) -> dict[str, AccountOptions]:
    """Options by account id, from `[accounts.<id>]` of `laike.toml`; `ValueError` has a line for each problem."""
    if not isinstance(told, Mapping):
        raise ValueError('accounts: write [accounts.<id>] with enabled = false or difference = "expected" below it')
    problems = [line for account_id, options in told.items() for line in _problems(str(account_id), options)]
    if problems:
        raise ValueError("\n".join(problems))
    return {account_id: _made(options) for account_id, options in told.items()}


def disabled(options: Mapping[str, AccountOptions]) -> set[str]:
    """Ids of the accounts that are not synced."""
    return {account_id for account_id, one in options.items() if not one.enabled}


def unknown(options: Mapping[str, AccountOptions], known: Collection[str]) -> list[str]:
    """Ids with options that are not among the `known` accounts."""
    return sorted(options.keys() - set(known))


def judged(options: Mapping[str, AccountOptions], accounts: Collection[str]) -> None:
    """Refuse options of accounts that are not among those of `LAIKE_ACCOUNTS`, or that leave none of them."""
    if others := unknown(options, accounts):
        msg = f"([accounts.<id>] in laike.toml) is about {', '.join(others)}, which LAIKE_ACCOUNTS does not name"
        raise ValueError(msg)
    if set(accounts) <= disabled(options):
        raise ValueError("([accounts.<id>] in laike.toml) disables every account of LAIKE_ACCOUNTS")


def _problems(account_id: str, options: object) -> list[str]:
    place = f"accounts.{account_id}"
    if not (account_id.isascii() and account_id.isdigit()):
        return [f"{place}: {account_id!r} is not the id of an account"]
    if not isinstance(options, Mapping):
        return [f"{place} is not a table of options; there are enabled, difference"]
    return [f"{place}: {line}" for key, value in options.items() if (line := _problem(str(key), value))]


def _problem(key: str, value: object) -> str | None:
    if key == "enabled":
        return None if isinstance(value, bool) else f"enabled = {value!r} is neither true nor false"
    if key == "difference":
        return None if value == EXPECTED else f'difference = {value!r} is not "{EXPECTED}", the only value'
    return f"{key!r} is not known; there are enabled, difference"


def _made(options: Mapping[str, Any]) -> AccountOptions:
    return AccountOptions(enabled=options.get("enabled", True), expected=options.get("difference") == EXPECTED)
