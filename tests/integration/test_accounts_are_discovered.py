"""Without a list in the settings the accounts are those that the token reaches; what changes is told once."""

import json
from datetime import time
from typing import Any

import pytest

from pipeline.core.errors import LaikeError, NeedsPerson, Retryable
from pipeline.core.outcome import RunState, Summary
from pipeline.steps.accounts.roster import account_count, current_accounts
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_catch_up, begin_daily, daily_is_lost
from tests.lab import Lab
from tests.workers import SHORT, workers

LIFE_ID, BENCH_ID = "7100000000000000001", "1790000000000009"
LIFE = {"account_id": LIFE_ID, "account_name": "城南餐饮", "account_type": "PLATFORM_ROLE_LIFE"}
BENCH = {"account_id": BENCH_ID, "account_name": "总部工作台", "account_type": "CUSTOMER_ADMIN"}
EBP_ID, AGENT_ID, CHILD_ID = "1790000000000021", "1790000000000031", "1790000000000032"
EBP = {"account_id": EBP_ID, "account_name": "新总部", "account_type": "PLATFORM_ROLE_ENTERPRISE_BP_ADMIN"}
AGENT = {"account_id": AGENT_ID, "account_name": "本地推代理", "account_type": "PLATFORM_ROLE_LOCAL_AGENT"}
STRANGER = {"account_id": "9", "account_name": "某", "account_type": "PLATFORM_ROLE_OF_TOMORROW"}
DISCOVERY = ("accounts.authorized", "accounts.local", "accounts.workbench", "accounts.names")
VANISHED = "新的授权会覆盖原先的勾选"


@pytest.fixture
def free(lab: Lab) -> Lab:
    """A lab whose settings name no account; a day at a time is enough here."""
    lab.extra |= {"LAIKE_ACCOUNTS": "{}", "LAIKE_LOOKBACK_DAYS": "1"}
    return lab


def tomorrow(lab: Lab) -> None:
    """A day passes, and the token is a new one."""
    offset_s = float(lab.extra["LAIKE_CLOCK_OFFSET_S"]) + 86_400
    lab.control("settings", {"clock_offset_s": offset_s})
    lab.extra["LAIKE_CLOCK_OFFSET_S"] = str(offset_s)


def ids(summary: Summary) -> set[str]:
    return {account.id for account in summary.accounts}


def told(summary: Summary, word: str) -> list[str]:
    return [line for line in summary.warnings if word in line]


def test_a_run_covers_every_account_that_the_token_reaches(free: Lab) -> None:
    summary = free.sync()
    assert (summary.state, summary.verified) == (RunState.SUCCESS, True)
    assert ids(summary) == set(free.accounts)
    free.assert_agrees(summary.days.first, summary.days.last)
    assert len(told(summary, "自动发现 7 个账户")) == 1


def test_both_ways_lead_to_accounts_and_each_is_there_once(free: Lab) -> None:
    first, second, third, *_ = free.accounts
    parents = {first: [BENCH_ID], second: [LIFE_ID, BENCH_ID], third: [LIFE_ID]}
    free.control("authorized", {"ticked": [LIFE, STRANGER, BENCH], "parents": parents, "copies": [third]})
    assert current_accounts(free.context()).names == free.facts["accounts"]
    roster = free.context().rosters.last()
    assert roster
    ways = {one.id: one.ways for one in roster.members}
    assert (ways[first], ways[second], ways[third]) == (("工作台",), ("来客", "工作台"), ("来客",))


def test_every_page_of_both_listings_is_read(free: Lab) -> None:
    added = list(free.control("accounts/add", {"count": 230})["accounts"])
    parents = {number: [BENCH_ID] for number in added[:120]}
    free.control("authorized", {"ticked": [LIFE, BENCH], "parents": parents})
    assert current_accounts(free.context()).names == free.facts["accounts"]
    pages = (2, 2, 2)  # 117 under the 来客 account, 120 under the 工作台, 117 names
    assert tuple(map(free.calls, DISCOVERY[1:])) == pages


def test_accounts_under_what_is_no_longer_valid_are_skipped_and_that_is_told_once(free: Lab) -> None:
    first, *_ = free.accounts
    free.control("authorized", {"ticked": [LIFE | {"is_valid": False}, BENCH], "parents": {first: [BENCH_ID]}})
    summary = free.sync()
    assert (summary.state, ids(summary)) == (RunState.SUCCESS, {first})
    assert len(told(summary, "已失效")) == 1
    assert "城南餐饮" in told(summary, "已失效")[0]
    tomorrow(free)
    assert told(free.sync(), "已失效") == []


def test_the_accounts_are_asked_for_once_a_day(free: Lab) -> None:
    for _ in range(3):
        free.sync()
    assert [free.calls(endpoint) for endpoint in DISCOVERY] == [1, 1, 0, 1]
    tomorrow(free)
    free.sync()
    assert free.calls("accounts.authorized") == 2


def test_a_list_from_before_the_clock_stepped_back_is_renewed(free: Lab) -> None:
    free.at(time(7), days_later=20)
    current_accounts(free.context())
    free.at(time(7))
    before = free.calls(*DISCOVERY)
    current_accounts(free.context())
    assert free.calls(*DISCOVERY) > before


def test_a_list_in_the_settings_wins_and_makes_no_call(lab: Lab) -> None:
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps({lab.accounts[0]: "我的店"})
    assert ids(lab.sync()) == {lab.accounts[0]}
    assert lab.laike("accounts").returncode == 0
    assert lab.calls(*DISCOVERY) == 0


def test_the_names_of_the_settings_stay_when_the_list_is_emptied(lab: Lab) -> None:
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps({lab.accounts[0]: "我的店"})
    lab.sync()
    lab.extra["LAIKE_ACCOUNTS"] = "{}"
    expected = lab.facts["accounts"] | {lab.accounts[0]: "我的店"}
    assert current_accounts(lab.context()).names == expected


@pytest.mark.parametrize(
    "fault", [{"kind": "status", "status": 502}, {"kind": "drop_before"}, {"kind": "code", "code": 40118}]
)
def test_a_list_that_cannot_be_renewed_is_used_on_with_a_warning(free: Lab, fault: dict[str, Any]) -> None:
    free.sync()
    tomorrow(free)
    free.fault("accounts.authorized", times="always", **fault)
    summary = free.sync()
    assert (summary.state, ids(summary)) == (RunState.SUCCESS, set(free.accounts))
    assert len(told(summary, "账户列表未能更新")) == 1
    free.control("faults/clear", {})
    assert told(free.sync(), "账户列表未能更新") == []


EVERYTHING = ("accounts.local", "accounts.workbench", "accounts.ebp", "accounts.agent", "accounts.child_agents")


@pytest.fixture
def agency(free: Lab) -> Lab:
    """Two accounts under a 来客 account, the others under a 工作台, an EBP, an agent and its second-level agent."""
    first, second, third, fourth, fifth, *_ = free.accounts
    parents = {first: [BENCH_ID], second: [EBP_ID], third: [AGENT_ID], fourth: [CHILD_ID], fifth: [EBP_ID, LIFE_ID]}
    above = {"parents": parents, "children": {AGENT_ID: [CHILD_ID]}}
    free.control("authorized", {"ticked": [LIFE, BENCH, EBP, AGENT], **above})
    return free


def test_accounts_of_an_upgraded_workbench_and_of_an_agent_are_found_with_their_ways(agency: Lab) -> None:
    assert current_accounts(agency.context()).names == agency.facts["accounts"]
    roster = agency.context().rosters.last()
    assert roster
    ways = [one.ways for number in agency.accounts[:5] for one in roster.members if one.id == number]
    assert ways == [("工作台",), ("升级版工作台",), ("代理商",), ("代理商",), ("来客", "升级版工作台")]
    assert roster.skipped == ()
    assert agency.calls("accounts.agent") == 2


@pytest.mark.parametrize("endpoint", [*EVERYTHING, "accounts.names"])
def test_half_an_answer_is_no_list(agency: Lab, endpoint: str) -> None:
    agency.sync()
    tomorrow(agency)
    agency.fault(endpoint, "code", code=40002, times="always")
    summary = agency.sync()
    assert ids(summary) == set(agency.accounts)
    assert told(summary, VANISHED) == []
    assert len(told(summary, "账户列表未能更新")) == 1


@pytest.mark.parametrize("endpoint", EVERYTHING)
def test_a_list_that_is_suddenly_empty_without_saying_so_is_no_list(agency: Lab, endpoint: str) -> None:
    agency.sync()
    tomorrow(agency)
    rows = {"accounts.local": "adv_list", "accounts.workbench": "accounts", "accounts.ebp": "account_list"}
    body = {"code": 0, "data": {rows.get(endpoint, "list"): [], "account_source": "LOCAL"}}
    agency.fault(endpoint, "garbage", times="always", body=body)
    summary = agency.sync()
    assert ids(summary) == set(agency.accounts)
    assert told(summary, VANISHED) == []


@pytest.mark.parametrize("endpoint", EVERYTHING)
def test_a_list_that_says_that_it_is_empty_now_is_believed(agency: Lab, endpoint: str) -> None:
    agency.sync()
    tomorrow(agency)
    rows = {"accounts.local": "adv_list", "accounts.workbench": "accounts", "accounts.ebp": "account_list"}
    info = {"page": 1, "page_size": 100, "total_number": 0, "total_page": 0}
    body = {"code": 0, "data": {rows.get(endpoint, "list"): [], "page_info": info}}
    agency.fault(endpoint, "garbage", times="always", body=body)
    assert len(told(agency.sync(), VANISHED)) == 1


@pytest.mark.parametrize("code", [40002, 40118])
@pytest.mark.parametrize(("endpoint", "name"), [("accounts.ebp", "新总部"), ("accounts.agent", "本地推代理")])
def test_an_organisation_that_never_listed_anything_costs_only_itself_and_that_is_told_once(
    agency: Lab, endpoint: str, name: str, code: int
) -> None:
    agency.fault(endpoint, "code", code=code, times="always")
    summary = agency.sync()
    assert summary.state == RunState.SUCCESS
    assert ids(summary) < set(agency.accounts)
    assert [line for line in told(summary, "无法列出") if name in line]
    tomorrow(agency)
    assert told(agency.sync(), "无法列出") == []
    agency.control("faults/clear", {})
    tomorrow(agency)
    assert ids(agency.sync()) == set(agency.accounts)


@pytest.mark.parametrize("endpoint", ["accounts.local", "accounts.workbench"])
def test_a_life_account_or_workbench_that_is_refused_at_once_is_loud(agency: Lab, endpoint: str) -> None:
    agency.fault(endpoint, "code", code=40002, times="always")
    with pytest.raises(LaikeError):
        agency.sync()


def test_where_the_only_organisation_is_refused_a_person_reads_why(agency: Lab) -> None:
    agency.control("authorized", {"ticked": [EBP]})
    agency.fault("accounts.ebp", "code", code=40118, times="always")
    with pytest.raises(NeedsPerson, match="40118") as caught:
        agency.sync()
    assert "申请本接口的权限" in caught.value.for_maintainer


def test_accounts_of_an_agent_that_are_no_local_ones_are_left_alone(agency: Lab) -> None:
    third = agency.accounts[2]
    agency.control("authorized", {"sources": {AGENT_ID: "AD", CHILD_ID: "AD"}})
    summary = agency.sync()
    assert third not in ids(summary)
    assert [line for line in told(summary, "没有本地推账户") if "本地推代理" in line]


def test_what_is_of_another_product_is_told_once_and_an_advertiser_not_at_all(agency: Lab) -> None:
    advertiser = {"account_id": "8", "account_name": "某广告主", "account_type": "ADVERTISER"}
    agency.control("authorized", {"ticked": [LIFE, BENCH, EBP, AGENT, STRANGER, advertiser]})
    summary = agency.sync()
    assert summary.state == RunState.SUCCESS
    assert [line.rpartition("：")[2] for line in told(summary, "不含本地推账户")] == ["某"]
    tomorrow(agency)
    assert told(agency.sync(), "不含本地推账户") == []


def test_ten_thousand_accounts_of_an_agent_are_a_whole_list(agency: Lab) -> None:
    added = list(agency.control("accounts/add", {"count": 10_001, "promotions": 0})["accounts"])
    agency.control("authorized", {"ticked": [AGENT], "parents": {number: [AGENT_ID] for number in added}})
    agency.fault("accounts.names", "garbage", times="always", body={"code": 0, "data": []})
    names = current_accounts(agency.context()).names
    assert set(added) <= names.keys()
    assert agency.calls("accounts.agent") == 1 + 101 + 1  # the page that says how many, the cursor's, the other agent's


def test_an_account_that_nobody_names_is_synced_under_its_id_and_keeps_it(free: Lab) -> None:
    free.control("unsure", {"public_names": "row_missing"})
    summary = free.sync()
    assert (summary.state, summary.verified) == (RunState.SUCCESS, True)
    assert {account.name for account in summary.accounts} == set(free.accounts)
    assert len(told(summary, "未取得名称")) == 1
    free.control("unsure", {"public_names": "told"})
    tomorrow(free)
    later = free.sync()
    assert {account.name for account in later.accounts} == set(free.accounts)
    assert len(told(later, "表格中仍写作")) == 1


def test_a_name_that_is_not_told_one_morning_is_no_new_name(free: Lab) -> None:
    free.sync()
    tomorrow(free)
    free.control("unsure", {"public_names": "empty"})
    summary = free.sync()
    assert {account.name for account in summary.accounts} == set(free.facts["accounts"].values())
    assert told(summary, "改名") + told(summary, "未取得名称") == []


@pytest.mark.parametrize(
    ("fault", "kind"),
    [({"kind": "status", "status": 502}, Retryable), ({"kind": "code", "code": 40118}, NeedsPerson)],
)
def test_without_any_list_the_error_is_raised_and_no_run_begins(
    free: Lab, fault: dict[str, Any], kind: type[LaikeError]
) -> None:
    free.fault("accounts.authorized", times="always", **fault)
    ctx = free.context()
    with pytest.raises(kind):
        begin_daily(ctx)
    assert ctx.ledger.open_runs() == []


def test_that_no_daily_run_can_begin_is_told_to_the_group_once_a_day(free: Lab) -> None:
    free.control("authorized", {"ticked": []})
    for _ in range(2):
        with pytest.raises(NeedsPerson):
            begin_daily(free.context())
    (card,) = free.look("state")["messages"]
    words = json.dumps(card, ensure_ascii=False)
    assert "同步无法开始" in words
    assert "勾选全部账户" in words
    assert free.context().tokens.link in words


def test_new_accounts_take_part_and_are_told_once(free: Lab) -> None:
    free.sync()
    (added,) = free.control("accounts/add", {"name": "新开的店"})["accounts"]
    assert added not in ids(free.sync())  # the list is of today
    tomorrow(free)
    summary = free.sync()
    assert added in ids(summary)
    assert told(summary, "新增 1 个账户") == [line for line in summary.warnings if "新开的店" in line]
    assert len(told(summary, "新增 1 个账户")) == 1
    assert told(free.sync(), "新增") == []
    assert told(free.sync(), "自动发现") == []


def test_a_new_account_of_a_morning_without_a_list_comes_with_the_next_catch_up(free: Lab) -> None:
    free.sync()
    (added,) = free.control("accounts/add", {"name": "新开的店"})["accounts"]
    tomorrow(free)
    free.fault("accounts.authorized", "status", status=502, times="always")
    begun = begin_daily(free.context())
    assert added not in {account.id for account in begun.accounts}
    carry_out(free.context(), begun.run_id)
    assert begin_catch_up(free.context()) == []
    free.control("faults/clear", {})
    (run,) = begin_catch_up(free.context())
    assert [account.id for account in run.accounts] == [added]
    assert begin_catch_up(free.context()) == []


def test_a_vanished_account_stays_out_and_is_told_once_with_what_to_do(free: Lab) -> None:
    free.sync()
    gone = free.accounts[1]
    free.control("authorized", {"parents": {gone: []}})
    tomorrow(free)
    summary = free.sync()
    assert (summary.state, ids(summary)) == (RunState.SUCCESS, set(free.accounts) - {gone})
    (line,) = told(summary, VANISHED)
    assert free.facts["accounts"][gone] in line
    assert line in json.dumps(free.look("state")["messages"][-1], ensure_ascii=False)  # the card says it, too
    assert told(free.sync(), VANISHED) == []
    tomorrow(free)
    assert told(free.sync(), VANISHED) == []


def test_a_renamed_account_keeps_its_name_in_the_table_and_that_is_told_once(free: Lab) -> None:
    free.sync()
    renamed = free.accounts[0]
    before = free.facts["accounts"][renamed]
    free.control("accounts/rename", {"account_id": renamed, "name": "换了招牌"})
    tomorrow(free)
    summary = free.sync()
    assert told(summary, "换了招牌") == told(summary, "改名")
    assert len(told(summary, "改名")) == 1
    assert {row["账户名称"] for rows in free.loaded().values() for row in rows} >= {before}
    assert "换了招牌" not in {row["账户名称"] for rows in free.loaded().values() for row in rows}
    assert told(free.sync(), "改名") == []


def test_accounts_of_one_name_are_told_apart(free: Lab) -> None:
    first = free.accounts[0]
    name = free.facts["accounts"][first]
    free.sync()
    (added,) = free.control("accounts/add", {"name": name})["accounts"]
    tomorrow(free)
    names = {account.id: account.name for account in free.sync().accounts}
    assert (names[first], names[added]) == (name, f"{name} ({added[-4:]})")


def test_an_authorization_of_nothing_needs_a_person_and_is_never_an_empty_success(free: Lab) -> None:
    free.control("authorized", {"ticked": []})
    with pytest.raises(NeedsPerson, match="no 本地推 account") as caught:
        free.sync()
    assert "重新授权并勾选全部账户" in caught.value.what_to_do


def test_all_accounts_gone_fails_the_run_and_needs_a_person(free: Lab) -> None:
    free.sync()
    free.control("authorized", {"ticked": [LIFE | {"is_valid": False}]})
    tomorrow(free)
    summary = free.sync()
    assert (summary.state, summary.needs_person) == (RunState.FAILED, True)
    assert ids(summary) == set(free.accounts)
    assert told(summary, "重新授权并勾选全部账户")


def test_a_dry_run_tells_no_news_so_that_the_next_run_does(free: Lab) -> None:
    assert told(free.sync(dry_run=True), "自动发现") == []
    assert len(told(free.sync(), "自动发现")) == 1


def test_what_looks_on_never_asks_for_accounts(free: Lab) -> None:
    free.at(time(7, 3))
    ctx = free.context()
    assert account_count(ctx) == 1
    assert daily_is_lost(ctx)
    current_accounts(ctx)
    asked = free.calls(*DISCOVERY)
    tomorrow(free)
    later = free.context()
    assert account_count(later) == len(free.accounts)
    assert daily_is_lost(later)
    assert free.calls(*DISCOVERY) == asked


def test_a_daily_run_waits_for_the_service_that_does_not_tell_the_accounts_yet(free: Lab) -> None:
    free.extra |= SHORT
    free.fault("accounts.authorized", "status", status=502, times=8)  # more than the client's own five tries
    with workers(free) as team:
        team.worker()
        summary = team.ended(team.result(team.send("laike.daily"))["result"]["run_id"])
    assert (summary.state, ids(summary)) == (RunState.SUCCESS, set(free.accounts))
    assert free.calls("accounts.authorized") == 9


class TestAccountsCommand:
    """`laike accounts`."""

    @pytest.fixture
    def ready(self, free: Lab) -> Lab:
        """A lab whose token was taken over by the command."""
        assert free.laike("token", "import", str(free.token_cache())).returncode == 0
        return free

    def test_it_tells_from_where_whether_in_use_and_until_when_covered(self, ready: Lab) -> None:
        first, *_ = ready.accounts
        ready.control("authorized", {"ticked": [LIFE, BENCH], "parents": {first: [BENCH_ID, LIFE_ID]}})
        (idle,) = ready.control("accounts/add", {"name": "没投放的店", "promotions": 0})["accounts"]
        ready.sync(ready.day, [first])
        ended = ready.laike("accounts", "--json")
        assert ended.returncode == 0, ended.stderr
        document = json.loads(ended.stdout)
        found = {one["id"]: one for one in document["accounts"]}
        assert found.keys() == {*ready.facts["accounts"]}
        assert found[first]["from"] == ["来客", "工作台"]
        assert (found[first]["state"], found[first]["last_covered"]) == ("active", ready.day.isoformat())
        assert float(found[first]["cost"]) > 0
        assert (found[idle]["state"], found[idle]["cost"], found[idle]["last_covered"]) == ("idle", "0.00", None)
        assert f"{len(found)}/{len(found)} accounts asked" in ended.stderr

    def test_an_account_that_cannot_be_read_is_named_with_the_reason(self, ready: Lab) -> None:
        broken = ready.accounts[1]
        fault = {"code": 40300, "message": "账户冻结", "times": "always", "match": {"local_account_id": broken}}
        ready.fault("report.account", "code", **fault)
        document = ready.laike("accounts", "--json")
        assert document.returncode == 1
        bad = [one for one in json.loads(document.stdout)["accounts"] if one["state"] == "unavailable"]
        assert [(one["id"], one["cost"]) for one in bad] == [(broken, None)]
        assert "账户冻结" in bad[0]["reason"]
        for_people = ready.laike("accounts")
        assert for_people.returncode == 1
        assert "账户冻结" in for_people.stdout
        assert all(name in for_people.stdout for name in ready.facts["accounts"].values())

    def test_refresh_asks_anew(self, ready: Lab) -> None:
        ready.laike("accounts")
        (added,) = ready.control("accounts/add", {"name": "新开的店"})["accounts"]
        assert added not in ready.laike("accounts").stdout
        assert added in ready.laike("accounts", "--refresh").stdout

    def test_an_older_list_and_what_was_skipped_are_told(self, ready: Lab) -> None:
        ready.control("authorized", {"ticked": [LIFE, BENCH | {"is_valid": False}]})
        ready.laike("accounts")
        ready.fault("accounts.authorized", "status", status=502, times="always")
        ended = ready.laike("accounts", "--refresh")
        assert ended.returncode == 1
        assert "the list is an older one" in ended.stdout
        assert "总部工作台" in ended.stdout
        document = json.loads(ready.laike("accounts", "--refresh", "--json").stdout)
        assert document["skipped"] == [{"id": BENCH_ID, "name": "总部工作台", "why": "invalid"}]
        assert "502" in document["reason"]

    def test_an_empty_authorization_needs_a_person(self, ready: Lab) -> None:
        ready.control("authorized", {"ticked": []})
        ended = ready.laike("accounts", "--json")
        assert (ended.returncode, ended.stdout) == (4, "")
        assert "重新授权并勾选全部账户" in ended.stderr

    def test_no_secret_is_ever_told_also_at_debug_level(self, ready: Lab) -> None:
        token = ready.facts["access_token"]
        ready.fault("accounts.authorized", "code", code=40003, times=1)
        said = [ready.laike("accounts", LAIKE_LOG_LEVEL="debug"), ready.laike("accounts", LAIKE_LOG_LEVEL="debug")]
        assert "advertiser/get" in said[0].stderr
        assert [one.returncode for one in said] == [3, 0]
        assert all(token not in one.stdout + one.stderr for one in said)
