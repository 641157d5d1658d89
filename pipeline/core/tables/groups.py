"""Whose rows go into a table: the groups of accounts of several tables of one report."""

from collections.abc import Mapping, Sequence

from pipeline.core.reports import PROMOTION
from pipeline.core.tables.further import FurtherTable


def accounts_of(
    table: FurtherTable | None, tables: Sequence[FurtherTable], accounts: Mapping[str, str]
) -> dict[str, str]:
    """The accounts, id → name, whose rows go into a table.

    Args:
        table: `None`: the table of `LAIKE_BITABLE_TABLE_ID`, which holds the promotions of all accounts but those that
            further tables of promotions name.
        tables: All further tables.
        accounts: All accounts.
    """
    if table is None:
        elsewhere = {one for other in tables if other.report.name == PROMOTION.name for one in other.accounts}
        return {one: name for one, name in accounts.items() if one not in elsewhere}
    return {one: name for one, name in accounts.items() if not table.accounts or one in table.accounts}
