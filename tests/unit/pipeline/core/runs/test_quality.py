from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.core.model import Account, AccountDay, Cell, DayRange, FoundRow, Key, ReportRow, Totals, WantedRow
from pipeline.core.outcome import DayOutcome, DayState
from pipeline.core.read_back import DayAgreement
from pipeline.core.reports import MATERIAL, PROJECT
from pipeline.core.runs.quality import (
    agree,
    all_agree,
    checksum,
    creator_of,
    judge_days,
    moved,
    refusals,
    settle_shared_keys,
    spent_before,
)

DAY = date(2026, 2, 1)
NEXT = date(2026, 2, 2)
ONE_DAY = DayRange(DAY, DAY)


def row(cost: str, *, promotion: str = "p1", day: date = DAY, account: str = "18", name: str = "团购") -> ReportRow:
    return ReportRow(account, day, promotion, name, {"stat_cost": Decimal(cost), "convert_cnt": Decimal(1)})


def total_of(cost: str, conversions: int = 1) -> Totals:
    return Totals(Decimal(cost), Decimal(conversions))


def judge(costs: Sequence[str], total: str | None) -> DayOutcome:
    rows = [row(cost, promotion=f"p{n}") for n, cost in enumerate(costs)]
    (outcome,) = judge_days(rows, {} if total is None else {DAY: total_of(total)}, ONE_DAY)
    return outcome


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        (["118.36"], "118.36"),
        (["10.00", "20.05"], "30.00"),  # 30.05 - 30.00 = 0.05
        (["10.00", "19.95"], "30.00"),  # 30.00 - 29.95 = 0.05
        (["1001.00"], "1000.00"),  # 1 = 1000 * 0.1 %
        (["999.00"], "1000.00"),  # 1 = 1000 * 0.1 %
        (["50.05"], "50.00"),  # 0.05, which is all that 50 * 0.1 % is
        (["0"], "0"),
        (["0"], None),
    ],
)
def test_a_day_whose_rows_sum_up_to_its_total_is_loaded(costs: list[str], total: str | None) -> None:
    outcome = judge(costs, total)
    assert outcome.state == DayState.LOADED
    assert outcome.rows == len(costs)
    assert outcome.cost == sum(map(Decimal, costs))
    assert outcome.trouble is None


@pytest.mark.parametrize("costs", [["10"], ["60", "60"], ["100"]])
def test_materials_need_not_sum_up_to_what_the_account_spent(costs: list[str]) -> None:
    rows = [row(cost, promotion=f"m{n}") for n, cost in enumerate(costs)]
    (outcome,) = judge_days(rows, {DAY: total_of("100")}, ONE_DAY, MATERIAL)
    assert (outcome.state, outcome.rows, outcome.cost) == (DayState.LOADED, len(rows), sum(map(Decimal, costs)))
    assert outcome.totals == total_of("100")
    assert judge_days(rows, {DAY: total_of("90")}, ONE_DAY, PROJECT)[0].state == DayState.INCOMPLETE


def test_a_day_without_materials_is_empty_whatever_the_account_spent() -> None:
    (outcome,) = judge_days([], {DAY: total_of("100")}, ONE_DAY, MATERIAL)
    assert (outcome.state, outcome.trouble) == (DayState.EMPTY, None)


def test_a_sum_that_differs_is_told_with_what_was_summed() -> None:
    (outcome,) = judge_days([row("90")], {DAY: total_of("100")}, ONE_DAY, PROJECT)
    assert outcome.trouble
    assert "the stat_cost of each project sums to 90" in outcome.trouble.message
    assert "项目消耗合计 90.00 元，账户合计 100.00 元" in outcome.trouble.what_to_do


@pytest.mark.parametrize(
    ("costs", "total"),
    [
        (["10.00", "20.06"], "30.00"),  # 30.06 - 30.00 = 0.06
        (["10.00", "19.94"], "30.00"),  # 30.00 - 29.94 = 0.06
        (["1001.01"], "1000.00"),  # 1.01 > 1000 * 0.1 %
        (["998.99"], "1000.00"),  # 1.01 > 1000 * 0.1 %
        ([], "118.36"),  # an answer without rows is not a day without cost
        (["118.36"], None),  # 118.36 - 0
        (["118.36"], "0"),
        ([], "0.06"),
    ],
)
def test_a_day_whose_rows_do_not_sum_up_to_its_total_is_incomplete(costs: list[str], total: str | None) -> None:
    outcome = judge(costs, total)
    assert outcome.state == DayState.INCOMPLETE
    assert (outcome.rows, outcome.cost) == (len(costs), sum(map(Decimal, costs)))


def test_an_incomplete_day_tells_both_sums_and_the_difference() -> None:
    trouble = judge(["10.00", "20.06"], "30.00").trouble
    assert trouble is not None
    assert trouble.reason == "incomplete"
    assert trouble.message == (
        "2026-02-01: the stat_cost of each promotion sums to 30.06 but the account report says 30.00"
    )
    assert "合计 30.06 元" in trouble.what_to_do
    assert "合计 30.00 元" in trouble.what_to_do
    assert "相差 0.06 元" in trouble.what_to_do  # 30.06 - 30.00
    assert not trouble.needs_person


def test_a_difference_is_told_without_a_sign_when_rows_are_missing() -> None:
    trouble = judge(["10.00"], "30.00").trouble
    assert trouble is not None
    assert "相差 20.00 元" in trouble.what_to_do  # |10 - 30|


@pytest.mark.parametrize("total", ["0", "0.00", None])
def test_a_day_without_rows_is_empty_when_its_total_is_zero(total: str | None) -> None:
    totals = None if total is None else total_of(total)
    assert judge([], total) == DayOutcome(day=DAY, state=DayState.EMPTY, totals=totals)


@pytest.mark.parametrize("total", ["0.01", "0.05"])
def test_a_day_without_rows_is_not_empty_when_its_total_is_not_zero(total: str) -> None:
    assert judge([], total).state == DayState.INCOMPLETE


def test_a_day_whose_rows_cost_nothing_is_loaded_and_not_empty() -> None:
    assert judge(["0.00"], None).state == DayState.LOADED


def test_each_day_is_judged_by_its_own_rows_and_total() -> None:
    rows = [row("5"), row("7", promotion="p2"), row("3", day=DAY + timedelta(days=2))]
    totals = {DAY: total_of("12"), NEXT: total_of("4"), DAY + timedelta(days=2): total_of("3")}
    outcomes = judge_days(rows, totals, DayRange(DAY, DAY + timedelta(days=3)))
    assert [(o.day.day, o.state, o.rows, o.cost) for o in outcomes] == [
        (1, DayState.LOADED, 2, Decimal(12)),  # 5 + 7
        (2, DayState.INCOMPLETE, 0, Decimal(0)),  # 4 are missing
        (3, DayState.LOADED, 1, Decimal(3)),
        (4, DayState.EMPTY, 0, Decimal(0)),
    ]


@given(st.lists(st.integers(0, 10**7), max_size=20), st.integers(-(10**6), 10**6))
def test_a_day_is_whole_exactly_within_the_tolerance(fen: list[int], off: int) -> None:
    total = sum(fen) + off
    state = judge([str(Decimal(one) / 100) for one in fen], str(Decimal(total) / 100)).state
    within = abs(off) <= max(Decimal(5), Decimal(abs(total)) / 1000)  # 5 fen, or 0.1 %
    if fen:
        assert state == (DayState.LOADED if within else DayState.INCOMPLETE)
    elif not within:
        assert state == DayState.INCOMPLETE


BASE = [row("5"), row("7", promotion="p2"), row("5", day=NEXT)]


@given(st.permutations(BASE))
def test_the_checksum_does_not_depend_on_the_order_of_the_rows(rows: list[ReportRow]) -> None:
    assert checksum(rows) == checksum(BASE)


def test_the_checksum_does_not_depend_on_the_order_of_the_metrics_or_on_trailing_zeros() -> None:
    other = replace(BASE[0], metrics={"convert_cnt": Decimal("1.0"), "stat_cost": Decimal("5.00")})
    assert checksum([other, *BASE[1:]]) == checksum(BASE)


@pytest.mark.parametrize(
    "changed",
    [
        replace(BASE[0], day=date(2026, 2, 3)),
        replace(BASE[0], item_id="p3"),
        replace(BASE[0], item_name="团购2"),
        row("5.01"),
        row("50"),
        replace(BASE[0], metrics={"stat_cost": Decimal(5), "convert_cnt": Decimal(2)}),
        replace(BASE[0], metrics={"stat_cost": Decimal(1), "convert_cnt": Decimal(5)}),
    ],
)
def test_the_checksum_changes_with_anything_that_the_source_says(changed: ReportRow) -> None:
    assert checksum([changed, *BASE[1:]]) != checksum(BASE)


@pytest.mark.parametrize("rows", [BASE[1:], [*BASE, BASE[0]], []])
def test_the_checksum_changes_when_a_row_is_missing_or_twice(rows: list[ReportRow]) -> None:
    assert checksum(rows) != checksum(BASE)


def test_the_checksum_is_the_same_in_every_process() -> None:
    assert checksum([row("100")]) == "caaf5f86979d983e"


def settled(*rows: ReportRow) -> tuple[list[ReportRow], list[tuple[str, date]]]:
    kept, conflicts = settle_shared_keys(rows)
    return kept, [(one.account_id, one.day) for one in conflicts]


def test_rows_of_different_keys_are_all_kept_in_their_order() -> None:
    rows = [row("5", promotion="p2"), row("5"), row("5", day=NEXT)]
    assert settled(*rows) == (rows, [])


def test_equal_figures_of_two_accounts_are_one_row_under_the_first() -> None:
    main, copy = row("5", account="18"), row("5.00", account="17")
    assert settled(main, copy) == ([main], [])


def test_different_figures_of_two_accounts_are_left_out_and_both_are_named() -> None:
    kept, conflicts = settled(row("5", account="18"), row("6", account="17"), row("3", promotion="p2"))
    assert kept == [row("3", promotion="p2")]
    assert conflicts == [("17", DAY), ("18", DAY)]


def test_a_contradiction_on_one_day_leaves_the_other_days_alone() -> None:
    kept, conflicts = settled(row("5"), row("6", account="17"), row("5", day=NEXT), row("5", day=NEXT, account="17"))
    assert kept == [row("5", day=NEXT)]
    assert conflicts == [("17", DAY), ("18", DAY)]


def test_another_name_alone_is_not_a_contradiction() -> None:
    assert settled(row("5"), row("5", account="17", name="团购 副本")) == ([row("5")], [])


def test_figures_that_differ_in_a_count_only_contradict_each_other() -> None:
    other = replace(row("5", account="17"), metrics={"stat_cost": Decimal(5), "convert_cnt": Decimal(2)})
    assert settled(row("5"), other) == ([], [("17", DAY), ("18", DAY)])


@pytest.mark.parametrize("costs", [("1", "2", "1"), ("1", "1", "2"), ("1", "2", "3")])
def test_every_account_that_reports_a_contradicted_key_is_named(costs: Sequence[str]) -> None:
    rows = [row(cost, account=account) for cost, account in zip(costs, ("18", "17", "16"), strict=True)]
    assert settled(*rows) == ([], [("16", DAY), ("17", DAY), ("18", DAY)])


rows_of_two = st.lists(
    st.builds(row, st.sampled_from(["1", "2"]), promotion=st.sampled_from(["p1", "p2"]), account=st.sampled_from("AB")),
    max_size=8,
)


@given(rows_of_two)
def test_after_settling_each_key_is_there_once_and_only_where_all_agree(rows: list[ReportRow]) -> None:
    kept, conflicts = settle_shared_keys(rows)
    costs = {key: {one.cost for one in rows if one.key == key} for key in {one.key for one in rows}}
    assert sorted(one.key for one in kept) == sorted(key for key, seen in costs.items() if len(seen) == 1)
    assert bool(conflicts) == any(len(seen) > 1 for seen in costs.values())


AT = AccountDay("18", DAY)
QINGDAO, JINAN = Account("18", "青岛店"), Account("17", "济南店")
OURS = "ou_app"


def want(promotion: str = "p1", cost: str = "5.00", at: AccountDay = AT) -> WantedRow:
    return WantedRow(Key(at.day, promotion), at.account_id, {"消耗(元)": Decimal(cost)})


def there(
    promotion: str = "p1",
    cost: str = "5.00",
    *,
    record: str = "rec1",
    day: date | None = DAY,
    name: str = "青岛店",
    creator: str | None = OURS,
    ms: int = 0,
) -> FoundRow:
    cells: dict[str, Cell] = {"消耗(元)": Decimal(cost)}
    return FoundRow(record, day, promotion, name, Decimal(cost), cells, creator=creator, created_ms=ms)


def agreement(
    wanted: Sequence[WantedRow],
    found: Sequence[FoundRow],
    accounts: Mapping[AccountDay, Account] | None = None,
    ours: str | None = OURS,
) -> DayAgreement:
    (one,) = agree(wanted, found, accounts or {AT: QINGDAO}, ours)
    return one


def plain(**counts: int | Decimal) -> DayAgreement:
    return replace(DayAgreement(account_id="18", day=DAY), **counts)  # type: ignore[arg-type]


def test_a_table_that_holds_the_source_s_rows_once_agrees() -> None:
    assert agreement([want(), want("p2")], [there(), there("p2", record="rec2")]) == plain()


def test_a_row_that_is_not_in_the_table_is_missing() -> None:
    assert agreement([want(), want("p2")], [there()]) == plain(missing=1)


def test_a_row_of_another_day_does_not_stand_for_a_missing_one() -> None:
    assert agreement([want()], [there(day=NEXT)]) == plain(missing=1)


def test_a_row_with_another_figure_is_wrong() -> None:
    assert agreement([want()], [there(cost="5.01")]) == plain(wrong=1)


def test_three_rows_of_one_key_are_two_duplicates() -> None:
    found = [there(record=f"rec{n}", ms=n) for n in range(3)]
    assert agreement([want()], found) == plain(duplicates=2)  # 3 - 1


def test_a_right_duplicate_does_not_excuse_a_wrong_oldest_row() -> None:
    found = [there(record="new", ms=2), there(record="old", ms=1, cost="4.00")]
    assert agreement([want()], found) == plain(wrong=1, duplicates=1)


def test_a_row_of_ours_that_the_source_no_longer_returns_is_gone() -> None:
    assert agreement([want()], [there(), there("p2", "9.90", record="rec2")]) == plain(gone=1, excess=Decimal("9.90"))


def test_a_person_s_row_is_foreign() -> None:
    extra = there("p2", "9.90", record="rec2", creator="ou_person")
    assert agreement([want()], [there(), extra]) == plain(foreign=1, excess=Decimal("9.90"))


def test_a_person_s_row_without_an_id_is_foreign_too() -> None:
    assert agreement([], [there("", "1.50", creator="ou_person")]) == plain(foreign=1, excess=Decimal("1.50"))


@pytest.mark.parametrize(("ours", "creator"), [(None, OURS), (None, None), (OURS, None)])
def test_a_row_of_unknown_origin_is_not_called_ours(ours: str | None, creator: str | None) -> None:
    assert agreement([], [there(creator=creator)], ours=ours) == plain(foreign=1, excess=Decimal("5.00"))


def test_the_excess_is_the_sum_of_all_rows_beyond_the_source() -> None:
    found = [there(), there("p2", "1.10", record="b"), there("p3", "2.20", record="c", creator="ou_person")]
    assert agreement([want()], found) == plain(gone=1, foreign=1, excess=Decimal("3.30"))  # 1.10 + 2.20


@pytest.mark.parametrize("extra", [there("p2", day=NEXT), there("p2", name="济南店"), there("p2", day=None)])
def test_rows_of_other_days_and_other_accounts_are_not_counted_here(extra: FoundRow) -> None:
    assert agreement([want()], [there(), extra]) == plain()


def test_a_wanted_key_under_another_account_s_name_is_wrong_and_not_foreign() -> None:
    wanted = replace(want(), cells={"账户名称": "青岛店"})
    found = replace(there(name="济南店"), cells={"账户名称": "济南店"})
    both = {AT: QINGDAO, AccountDay("17", DAY): JINAN}
    assert agree([wanted], [found], both, OURS) == (DayAgreement(account_id="17", day=DAY), plain(wrong=1))


def test_each_account_and_day_is_told_apart_in_order() -> None:
    at = {AT: QINGDAO, AccountDay("18", NEXT): QINGDAO, AccountDay("17", DAY): JINAN}
    wanted = [want(), want("p9", at=AccountDay("18", NEXT))]
    found = [there(cost="4.00"), there("p7", "1.00", record="b", name="济南店")]
    assert agree(wanted, found, at, OURS) == (
        DayAgreement(account_id="17", day=DAY, gone=1, excess=Decimal("1.00")),
        plain(wrong=1),
        DayAgreement(account_id="18", day=NEXT, missing=1),
    )


def test_an_account_day_without_rows_agrees_with_an_empty_table() -> None:
    assert agreement([], []) == plain()


def test_a_row_of_an_account_day_that_was_not_loaded_is_refused() -> None:
    with pytest.raises(KeyError):
        agree([want()], [], {AccountDay("17", DAY): JINAN}, OURS)


def test_refused_rows_are_told_by_account_and_day_and_the_first_three_are_named() -> None:
    def refused(account: str, day: int, promotion: str) -> tuple[WantedRow, str]:
        return WantedRow(Key(date(2026, 2, day), promotion), account, {}), f"why {promotion}"

    rows = [refused("18", 2, number) for number in ("74", "73", "72", "71")] + [refused("18", 1, "75")]
    first, second = refusals([*rows, refused("17", 3, "76")])[1:]
    assert (first.day, first.rows, first.promotions, first.why) == (date(2026, 2, 1), 1, ("75",), "why 75")
    assert (second.day, second.rows, second.promotions, second.why) == (
        date(2026, 2, 2),
        4,
        ("71", "72", "73"),
        "why 74",
    )
    assert refusals([]) == ()


def test_a_day_has_moved_when_cost_or_conversions_are_no_longer_those_of_its_load() -> None:
    first, second, third = (DAY + timedelta(days=n) for n in range(3))
    loaded = {first: total_of("5"), second: total_of("5"), third: total_of("5")}
    now = {first: total_of("5"), second: total_of("5.01"), third: total_of("5", conversions=2)}
    assert moved(now, loaded) == [second, third]


def test_a_day_that_appears_or_vanishes_in_the_account_report_has_moved_and_one_of_zeros_has_not() -> None:
    loaded = {DAY: None, NEXT: total_of("5")}
    assert moved({DAY: total_of("0", conversions=0), NEXT: total_of("5")}, loaded) == []
    assert moved({DAY: total_of("1")}, loaded) == [DAY, NEXT]


def test_a_day_that_was_never_loaded_has_not_moved() -> None:
    assert moved({DAY: total_of("5")}, {}) == []


def test_an_account_spent_lately_when_one_of_the_seven_days_before_has_cost() -> None:
    newest = DAY + timedelta(days=10)
    assert spent_before(newest, {newest - timedelta(days=7): total_of("0.01")})
    assert not spent_before(newest, {newest: total_of("9"), newest - timedelta(days=8): total_of("9")})
    assert not spent_before(newest, {newest - timedelta(days=1): total_of("0")})


def created(promotion: str, creator: str | None, record_id: str = "rec1") -> FoundRow:
    return FoundRow(record_id, DAY, promotion, "城东店", Decimal(1), {}, creator)


def test_we_are_whom_the_table_names_as_the_creator_of_our_rows() -> None:
    assert creator_of([Key(DAY, "p1")], [created("p1", "ou_1"), created("p2", "ou_2")]) == "ou_1"


def test_a_row_that_somebody_else_created_too_does_not_tell_who_we_are() -> None:
    assert creator_of([Key(DAY, "p1")], [created("p1", "ou_1"), created("p1", "ou_2", "rec2")]) is None
    assert creator_of([Key(DAY, "p1")], []) is None


def test_a_batch_that_is_as_it_was_left_agrees_on_every_day() -> None:
    places = [AccountDay("18", DAY), AccountDay("18", NEXT)]
    outcome = all_agree(places)
    assert outcome.verified
    assert [(one.at, one.agrees) for one in outcome.agreements] == [(at, True) for at in places]
