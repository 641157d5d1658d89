"""The daily path under every alternative of what nobody is sure of: a success, and the right table, each time."""

import logging
from collections import Counter
from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from itertools import product

import pytest

from emulator.shared.unsure import FACTS
from pipeline.core.model import CHINA
from pipeline.core.outcome import RunState, Summary
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily, begin_settle
from tests.further import further, source_of, table_of
from tests.inprocess import quiet
from tests.lab import FIGURES, Lab, key_of

KEPT = (0, 2, 5)  # of the seeded accounts, by their place: four promotions, one that is idle these days, two
LIFE, BENCH, EBP, GROUP, AGENT, CHILD, OTHER_AGENT = (str(1_790_000_000_000_000 + number) for number in range(7))
LINES = [
    (LIFE, "城南餐饮", "PLATFORM_ROLE_LIFE"),
    (BENCH, "总部工作台", "CUSTOMER_ADMIN"),
    (EBP, "新总部", "PLATFORM_ROLE_ENTERPRISE_BP_ADMIN"),
    (GROUP, "集团", "PLATFORM_ROLE_GROUP_BP_ADMIN"),
    (AGENT, "本地推代理", "PLATFORM_ROLE_LOCAL_AGENT"),
    (OTHER_AGENT, "广告代理", "AGENT"),
    ("9", "某星图", "PLATFORM_ROLE_STAR"),
    ("8", "某广告主", "ADVERTISER"),
    ("7", "明日", "PLATFORM_ROLE_OF_TOMORROW"),
]
# name: promotions, above
NEW = {
    "大店": (260, LIFE),
    "没投放的店": (0, LIFE),
    "新总部的店": (1, EBP),
    "集团的店": (1, GROUP),
    "代理的店": (2, AGENT),
    "二级代理的店": (2, CHILD),
}
BEYOND = "巨量广告的户"  # of the agent whose accounts are no 本地推 ones
OUT_OF_REACH = {("enterprise_bp", "refused"): "新总部的店", ("group_bp", "refused"): "集团的店"}
TYPED, TEXT = "typed_table_id", "text_table_id"
World = dict[str, str]


def worlds() -> Iterator[tuple[World, str]]:
    """What is usual, each other alternative alone, and all of them together, those on the all-text table, too."""
    yield {}, TYPED
    for fact in FACTS.values():
        yield from (({fact.name: other}, TYPED) for other in fact.alternatives[1:])
    for place, table in product((1, -1), (TYPED, TEXT)):
        yield {fact.name: fact.alternatives[place] for fact in FACTS.values()}, table


def called(part: World | str) -> str:
    if isinstance(part, str):
        return part.removesuffix("_table_id")
    return "all" if len(part) > 1 else next((f"{name}={other}" for name, other in part.items()), "usual")


@pytest.fixture
def agency(lab: Lab) -> Iterator[Lab]:
    """Accounts under everything that an account may lie under; a personal view; seven in the morning."""
    ids = lab.accounts
    for place, account_id in enumerate(ids):
        if place not in KEPT:
            lab.control("accounts/remove", {"account_id": account_id})
    parents = {ids[place]: [LIFE] for place in KEPT} | {ids[KEPT[2]]: [BENCH, LIFE]}
    for name, (promotions, parent) in {**NEW, BEYOND: (1, OTHER_AGENT)}.items():
        (made,) = lab.control("accounts/add", {"name": name, "promotions": promotions, "rhythm": "full"})["accounts"]
        parents[made] = [parent]
    ticked = [{"account_id": number, "account_name": name, "account_type": kind} for number, name, kind in LINES]
    above = {"ticked": ticked, "parents": parents, "children": {AGENT: [CHILD]}, "sources": {OTHER_AGENT: "AD"}}
    lab.control("authorized", above)
    for table in (TYPED, TEXT):
        lab.control("views/add", {"table_id": lab.facts[table], "name": "我的", "personal": True})
    lab.control("oauth", {"access_expires_in": 3600})
    lab.extra |= {"LAIKE_ACCOUNTS": "{}", "LAIKE_LOOKBACK_DAYS": "2"}
    lab.at(time(7))
    with quiet(logging.ERROR):
        yield lab


@pytest.mark.parametrize(("world", "table"), list(worlds()), ids=called)
def test_the_daily_path_is_right_whatever_the_services_are_like(agency: Lab, world: World, table: str) -> None:
    agency.table = table
    agency.control("unsure", world)
    # one call too many of each service, and a write whose answer is lost: what is made of them differs, too
    agency.fault("report.promotion", "throttled", call=2)
    agency.fault("records.search", "throttled")
    agency.fault("records.batch_create", "drop_after")
    daily = morning(agency)
    expected = {number: name for number, name in agency.facts["accounts"].items() if name in reached(agency, world)}
    days = (agency.day - timedelta(days=1), agency.day)
    assert (daily.state, daily.verified) == (RunState.SUCCESS, True), [one.trouble for one in daily.accounts]
    assert {account.id for account in daily.accounts} == set(expected)
    agency.at(time(10, 36))
    settled = carry_out(agency.context(), begin_settle(agency.context()).run_id)
    assert settled.state == RunState.SUCCESS
    holds(agency, expected, days)
    tells(agency, expected, days)
    shows(agency)


@pytest.mark.parametrize("answer", FACTS["no_materials"].alternatives)
def test_where_an_account_without_materials_is_refused_it_is_named_in_their_table_alone(
    agency: Lab, answer: str
) -> None:
    # the refusal's code is that of any wrong request: what nobody can tell from a fault is no empty day
    agency.control("unsure", {"no_materials": answer})
    table_id = further(agency, "material")["material"]
    days = (agency.day - timedelta(days=1), agency.day)
    daily = morning(agency)
    (there,) = daily.further
    source = agency.look("figures", report="material", start=days[0].isoformat(), end=days[1].isoformat())["rows"]
    ours = [one.id for one in daily.accounts]
    nothing = {*ours} - {str(row["local_account_id"]) for row in source}
    named = {one.id: one.trouble for one in there.accounts if not one.state.good}
    assert len(nothing) == 2
    assert named.keys() == (nothing if answer == "refused" else set())
    assert all(why and why.what_to_do and "40000" in why.message for why in named.values())
    assert daily.state == (RunState.PARTIAL if named else RunState.SUCCESS)
    assert all(one.state.good for one in daily.accounts)
    agency.assert_agrees(*days, accounts=ours)
    assert table_of(agency, "material", table_id) == source_of(agency, "material", *days, ours)


def test_a_read_back_that_a_write_keeps_away_is_made_when_nobody_writes(lab: Lab) -> None:
    # where reads conflict, too, the views that are made meanwhile may refuse it longer than a call is tried
    refused = {"code": 1254291, "call": 2, "times": 5, "match": {"page_size": "500"}}
    lab.fault("records.search", "code", **refused)
    summary = lab.sync(lab.day)
    assert (summary.state, summary.verified) == (RunState.SUCCESS, True)
    lab.assert_agrees()


def test_pages_that_are_too_large_for_the_service_are_asked_for_smaller(lab: Lab) -> None:
    lab.fault("records.search", "code", code=1254030, times="always", match={"page_size": "500"})
    summary = lab.sync(lab.day)
    assert (summary.state, summary.verified) == (RunState.SUCCESS, True)
    lab.assert_agrees()


def test_calls_of_the_month_beyond_what_is_set_stop_nothing(lab: Lab) -> None:
    lab.extra["LAIKE_FEISHU_MONTHLY_CALLS"] = "10"
    summaries = [lab.sync(lab.day) for _ in range(3)]
    assert {summary.state for summary in summaries} == {RunState.SUCCESS}
    (told,) = [line for line in summaries[-1].warnings if "接口调用" in line]
    assert "实际额度以飞书管理后台为准" in told
    assert "已用完" not in told


def morning(lab: Lab) -> Summary:
    """The daily run; its first step refreshes a token with under two hours left."""
    ctx = lab.context()
    ctx.tokens.current(timedelta(hours=2))
    return carry_out(ctx, begin_daily(ctx).run_id)


def reached(lab: Lab, world: World) -> set[str]:
    """The names of the accounts that a world lets us reach."""
    gone = {name for choice, name in OUT_OF_REACH.items() if choice in world.items()}
    return set(lab.facts["accounts"].values()) - gone - {BEYOND}


def holds(lab: Lab, names: dict[str, str], days: tuple[date, date]) -> None:
    """Every key of the source is in the table once with its figures; an account without a name is there by its id."""
    source = {key: row for key, row in lab.source(*days).items() if str(row["local_account_id"]) in names}
    loaded = lab.loaded()
    assert loaded.keys() == source.keys()
    assert {len(rows) for rows in loaded.values()} == {1}
    for key, row in source.items():
        (cells,), number = loaded[key], str(row["local_account_id"])
        assert cells["账户名称"] in (names[number], number)
        assert cells["单元名称"] == row["promotion_name"]
        for column, metric in FIGURES.items():
            assert Decimal(str(cells[column])) == Decimal(str(row[metric] or 0)), (key, column)


def tells(lab: Lab, names: dict[str, str], days: tuple[date, date]) -> None:
    """同步状态 has a row for each account and day, with the rows of that day."""
    keys = [key_of(record["fields"]) for record in lab.records()]
    rows = Counter(key.day for key in keys if key)
    status = [record["fields"] for record in lab.records(lab.table_named("同步状态")["table_id"]) if record["fields"]]
    places = Counter((line["日期"], line["账户"]) for line in status)
    assert len(places) == len(names) * len(days)
    assert set(places.values()) == {1}
    told: Counter[date] = Counter()
    for line in status:
        told[datetime.fromtimestamp(line["日期"] / 1000, CHINA).date()] += line["行数"]
    assert told == rows


def shows(lab: Lab) -> None:
    """Each account with rows has a view that shows them alone; a person's view is as it was."""
    (table,) = [table for table in lab.look("state")["tables"] if table["table_id"] == lab.table_id]
    filtered = {view["view_name"] for view in table["views"] if view["property"]["filter_info"]}
    assert filtered >= {str(record["fields"]["账户名称"]) for record in lab.records() if key_of(record["fields"])}
    assert "我的" in {view["view_name"] for view in table["views"]} - filtered
