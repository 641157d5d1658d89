"""Whose rows go into which table: each account's rows of each report into one at most, a promotion's into just one."""

from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.reports import PROMOTION, REPORTS
from pipeline.core.tables.further import FurtherTable, further_tables_of
from pipeline.core.tables.groups import accounts_of

IDS = [f"183420715632{number:04d}" for number in range(8)]
NAMES = {one: f"门店{one[-1]}" for one in IDS}


@st.composite
def settings(draw: st.DrawFn) -> tuple[FurtherTable, ...]:
    """Tables as they may be set: of each report the accounts in groups, or all in one."""
    told: list[dict[str, object]] = []
    for report in REPORTS:
        groups = draw(st.lists(st.sampled_from("ABC-"), min_size=len(IDS), max_size=len(IDS)))
        if report != PROMOTION.name and draw(st.booleans()):
            told.append({"name": report, "report": report})
            continue
        for group in set(groups) - {"-"}:
            ids = [one for one, its in zip(IDS, groups, strict=True) if its == group]
            told.append({"name": f"{report} {group}", "report": report, "accounts": ids})
    return further_tables_of(draw(st.permutations(told)))


@given(settings(), st.sets(st.sampled_from(IDS)))
def test_each_account_has_one_table_of_promotions_and_at_most_one_of_another_report(
    tables: tuple[FurtherTable, ...], known: set[str]
) -> None:
    accounts = {one: NAMES[one] for one in known}
    for report in REPORTS:
        of_it: list[FurtherTable | None] = [table for table in tables if table.report.name == report]
        homes = of_it + ([None] if report == PROMOTION.name else [])
        found = [one for home in homes for one in accounts_of(home, tables, accounts).items()]
        assert len(found) == len(dict(found))
        everybody = report == PROMOTION.name or any(table and not table.accounts for table in of_it)
        named = {one for table in of_it if table for one in table.accounts}
        assert dict(found) == {one: name for one, name in accounts.items() if everybody or one in named}


def test_the_first_table_holds_the_promotions_that_no_further_one_names() -> None:
    tables = further_tables_of(
        [
            {"name": "城东", "report": "promotion", "accounts": [IDS[0]]},
            {"name": "项目", "report": "project", "accounts": [IDS[1]]},
        ]
    )
    accounts = {one: NAMES[one] for one in IDS[:3]}
    assert [*accounts_of(None, tables, accounts)] == [IDS[1], IDS[2]]
    assert [*accounts_of(tables[0], tables, accounts)] == [IDS[0]]
    assert accounts_of(tables[1], tables, accounts) == {IDS[1]: NAMES[IDS[1]]}


def test_without_further_tables_the_first_holds_all() -> None:
    assert accounts_of(None, (), NAMES) == NAMES
