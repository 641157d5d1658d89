"""Find the account that a person means: by id, by the name in the table, or by another name."""

from collections.abc import Collection, Mapping, Sequence
from difflib import get_close_matches

from pipeline.core.errors import WrongInput
from pipeline.core.text import shortened

SHOWN = 20  # accounts that a message lists
NEAREST = 3
LIKENESS = 0.4  # from which on a name is suggested


def ids_of(wanted: Sequence[str], written: Mapping[str, str], called: Mapping[str, Collection[str]]) -> list[str]:
    """The ids of the wanted accounts: tries ids, then the unique names in the table, then other names.

    Args:
        wanted: Ids and whole names.
        written: The names in the table, by id.
        called: Other names by id: in the settings, or at the service. May hold more accounts.

    Raises:
        WrongInput: One is unknown, or the name of several accounts.
    """
    found = {one: _ids(one.strip(), written, called) for one in wanted}
    if unknown := [one for one, ids in found.items() if not ids]:
        raise WrongInput(_unknown(unknown, written))
    for one, ids in found.items():
        if len(ids) > 1:
            raise WrongInput(f"{one} is the name of {_listed(ids, written)}: give the id")
    return [ids[0] for ids in found.values()]


def _ids(one: str, written: Mapping[str, str], called: Mapping[str, Collection[str]]) -> list[str]:
    if one in written or one in called:
        return [one]
    by_name = [account_id for account_id, name in written.items() if name == one]
    return by_name or [account_id for account_id, names in called.items() if one in names]


def _unknown(unknown: Sequence[str], written: Mapping[str, str]) -> str:
    words = {*written, *written.values()}
    near = [word for one in unknown for word in get_close_matches(one, sorted(words), NEAREST, LIKENESS)]
    ids = [account_id for account_id, name in written.items() if account_id in near or name in near]
    told = f"nearest are {_listed(ids, written)}" if ids else f"known are {_listed(list(written), written)}"
    return f"unknown account {shortened(', '.join(unknown))}; {told}"


def _listed(ids: Sequence[str], written: Mapping[str, str]) -> str:
    more = f" and {len(ids) - SHOWN} more: `laike accounts`" if len(ids) > SHOWN else ""
    return ", ".join(f"{account_id} ({written.get(account_id, 'disabled')})" for account_id in ids[:SHOWN]) + more
