"""同步状态 has a row for each account, day and table: when it is full its oldest rows carry the newest days."""

import json
from collections import Counter
from dataclasses import replace
from datetime import date, datetime, time, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import redis

from emulator.feishu.bitable.model import APP
from emulator.world.world import World
from pipeline.core.model import CHINA, Account, AccountDay, DayRange
from pipeline.core.outcome import DayOutcome, DayState, Run, RunState, Summary
from pipeline.core.runs.findings import Word
from pipeline.state import keys
from pipeline.steps.coverage.status import write_status
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin
from tests.inprocess import context, quiet
from tests.integration.test_redis_was_emptied import empty_redis, known
from tests.lab import Lab, Plain

CAP = 60  # rows that a table takes: the main one holds less than half as many here
NAME = "同步状态"
FIRST = date(2025, 6, 1)


@pytest.fixture
def few(lab: Lab) -> Lab:
    """Three small accounts, one day a run, and tables that take few rows."""
    chosen = [lab.accounts[place] for place in (0, 2, 5)]
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps({number: lab.facts["accounts"][number] for number in chosen})
    lab.extra |= {"LAIKE_LOOKBACK_DAYS": "1", "LAIKE_TABLE_MAX_ROWS": str(CAP)}
    lab.control("settings", {"row_cap": CAP})
    return lab


def names(lab: Lab) -> list[str]:
    return list(json.loads(lab.extra["LAIKE_ACCOUNTS"]).values())


def status_id(lab: Lab) -> str:
    return str(lab.table_named(NAME)["table_id"])


def rows(lab: Lab) -> list[Plain]:
    return lab.records(status_id(lab))


def day_of(row: Plain) -> date:
    return datetime.fromtimestamp(row["fields"]["日期"] / 1000, CHINA).date()


def days_of(lab: Lab) -> Counter[date]:
    """How many rows each day has."""
    return Counter(map(day_of, rows(lab)))


def fill(lab: Lab, oldest: int, **cells: object) -> list[str]:
    """Rows such as we made of days from so many days ago on, until the table is full; their record ids."""
    made: list[Plain] = []
    for back in range(oldest, 0, -1):
        day = datetime.combine(lab.day - timedelta(days=back), time(), CHINA)
        common = {"日期": int(day.timestamp() * 1000), "状态": "已入库", "行数": 1, "消耗": 1.5}
        made += [
            {**common, "账户": name, "数据截至": common["日期"], "数据表": lab.table_id, **cells} for name in names(lab)
        ]
    made = made[: CAP - len(rows(lab))]
    found: list[str] = lab.control("rows/insert", {"table_id": status_id(lab), "rows": made, "by": "app"})["record_ids"]
    return found


def next_day(lab: Lab, later: int = 1) -> Summary:
    """The daily run of a day after the newest: the emulator's figures go on with its clock."""
    lab.at(time(7, 0), days_later=later)
    ctx = lab.context()
    return carry_out(ctx, begin(ctx, None, (), dry_run=False).run_id)


def assert_each_once(lab: Lab) -> None:
    places = Counter((row["fields"]["日期"], row["fields"]["账户"], row["fields"]["数据表"]) for row in rows(lab))
    assert set(places.values()) == {1}


def known_rows(lab: Lab) -> dict[str, str]:
    """Place → record id, as Redis knows them."""
    client: Any = redis.Redis.from_url(lab.redis_url)
    found = client.hgetall(keys.status_rows(lab.table_id))
    return {place.decode(): json.loads(data)["record_id"] for place, data in found.items()}


def test_the_oldest_rows_carry_the_new_day_and_no_row_is_made_or_lost(few: Lab) -> None:
    few.sync()
    fill(few, 30)
    before = {row["record_id"]: row for row in rows(few)}
    oldest = min(map(day_of, before.values()))
    summary = next_day(few)
    assert (summary.state, len(rows(few))) == (RunState.SUCCESS, CAP)
    changed = {row["record_id"] for row in rows(few) if before[row["record_id"]] != row}
    assert {day_of(before[one]) for one in changed} == {oldest}
    assert {day_of(row) for row in rows(few) if row["record_id"] in changed} == {summary.day}
    assert (days_of(few)[summary.day], days_of(few)[oldest]) == (3, 0)
    assert_each_once(few)


def test_places_that_were_reused_are_forgotten_and_written_where_they_are_now(few: Lab) -> None:
    few.sync(few.day - timedelta(days=40))
    old = known_rows(few)
    fill(few, 30)
    summary = next_day(few)
    now = known_rows(few)
    assert sorted(now.values()) == sorted(old.values())
    assert {place.split()[1] for place in now} == {summary.day.isoformat()}
    few.sync(few.day - timedelta(days=40))  # the day whose rows went: it is written anew, and not over the new day's
    assert days_of(few)[summary.day] == 3
    assert_each_once(few)


def test_a_row_in_which_a_person_filled_something_is_never_reused(few: Lab) -> None:
    few.sync()
    table_id = status_id(few)
    few.control("columns/add", {"table_id": table_id, "name": "备注", "type": 1})
    few.control("columns/add", {"table_id": table_id, "name": "已核对", "type": 7})
    few.control("columns/add", {"table_id": table_id, "name": "人工", "type": 2})
    few.control("columns/add", {"table_id": table_id, "name": "修改时间", "type": 1002})
    noted, ticked, counted, *others = fill(few, 30, 已核对=False)
    for record_id, cells in ((noted, {"备注": "已与客户核对"}), (ticked, {"已核对": True}), (counted, {"人工": 0})):
        few.control("rows/edit", {"table_id": table_id, "record_id": record_id, "fields": cells})
    kept = {row["record_id"]: row for row in rows(few) if row["record_id"] in (noted, ticked, counted)}
    summary = next_day(few)
    assert {row["record_id"]: row for row in rows(few) if row["record_id"] in kept} == kept
    assert {row["record_id"] for row in rows(few) if day_of(row) == summary.day} == set(others[:3])


def test_a_row_that_a_person_made_is_never_reused(few: Lab) -> None:
    few.sync()
    table_id = status_id(few)
    oldest = int(datetime.combine(few.day - timedelta(days=60), time(), CHINA).timestamp() * 1000)
    for cells in ({"日期": oldest, "账户": "老账户", "状态": "已入库"}, {"原因": "请勿删除"}):
        few.control("rows/insert", {"table_id": table_id, "fields": cells})
    theirs = [row for row in rows(few) if row["created_by"] != few.context().base_facts.creator()]
    fill(few, 30)
    next_day(few)
    assert [row for row in rows(few) if row["record_id"] in {one["record_id"] for one in theirs}] == theirs
    assert len(theirs) == 2


def test_the_last_ten_days_stay_and_where_nothing_else_is_left_only_what_is_not_loaded_is_written(few: Lab) -> None:
    few.sync()
    extra = [{"日期": row["fields"]["日期"]} for row in rows(few)][:1]
    made = fill(few, 8)  # 24 rows and those of the first run
    filler = [{**extra[0], "账户": f"门店{n}", "状态": "已入库"} for n in range(CAP - len(rows(few)))]
    few.control("rows/insert", {"table_id": status_id(few), "rows": filler, "by": "app"})
    before = {row["record_id"]: row for row in rows(few)}
    summary = next_day(few)
    assert (summary.state, len(made), len(rows(few))) == (RunState.SUCCESS, 24, CAP)
    assert {row["record_id"]: row for row in rows(few)} == before
    told = [line for line in summary.warnings if "未能写入" in line]
    assert told == ["同步状态表已满，已入库的 3 条状态未能写入（数据表不受影响）；请删除同步状态表中不再需要的旧行。"]


def test_with_too_few_places_the_account_that_failed_is_there_and_the_good_ones_are_left_out(few: Lab) -> None:
    few.sync()
    first, *_ = json.loads(few.extra["LAIKE_ACCOUNTS"])
    few.control("columns/add", {"table_id": status_id(few), "name": "备注", "type": 1})
    oldest = fill(few, 30, 备注="看过")[:1]
    few.control("rows/edit", {"table_id": status_id(few), "record_id": oldest[0], "fields": {"备注": None}})
    for report in ("report.promotion", "report.account"):
        few.fault(report, "code", code=40002, times="always", match={"local_account_id": first})
    summary = next_day(few)
    assert summary.state == RunState.PARTIAL
    new = [row for row in rows(few) if day_of(row) == summary.day]
    assert [(row["record_id"], row["fields"]["账户"], row["fields"]["状态"]) for row in new] == [
        (oldest[0], names(few)[0], "失败")
    ]
    assert any("已入库的 2 条状态未能写入" in line for line in summary.warnings)


def test_a_table_that_takes_fewer_rows_than_we_think_is_full_as_well(few: Lab) -> None:
    few.extra["LAIKE_TABLE_MAX_ROWS"] = "20000"
    few.sync()
    fill(few, 30)
    summary = next_day(few)
    assert (summary.state, len(rows(few)), days_of(few)[summary.day]) == (RunState.SUCCESS, CAP, 3)
    assert_each_once(few)


@pytest.mark.parametrize("kind", ["drop_before", "drop_after"])
def test_a_write_whose_answer_is_lost_puts_no_day_there_twice(few: Lab, kind: str) -> None:
    few.sync()
    fill(few, 30)
    few.fault("records.batch_update", kind, times=1, match={"table_id": status_id(few)})
    summary = next_day(few)
    assert (summary.warnings[0].startswith("同步状态表已有"), days_of(few)[summary.day]) == (True, 3)
    assert_each_once(few)


@pytest.mark.parametrize("killed", ["forget_status_rows", "learn_status_rows"])
def test_a_kill_around_the_write_puts_no_day_there_twice_and_loses_none(
    few: Lab, killed: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    few.sync()
    fill(few, 30)
    before = days_of(few)

    class Killed(BaseException):
        pass

    def die(*_: object) -> None:
        raise Killed

    with monkeypatch.context() as patched:
        patched.setattr(f"pipeline.state.coverage.status_memory.StatusMemory.{killed}", die)
        with pytest.raises(Killed):
            next_day(few)
    few.context().client.delete(keys.writer(few.facts["app_token"]))
    summary = next_day(few)
    after = days_of(few)
    assert after[summary.day] == 3
    assert {day: count for day, count in after.items() if day > few.day - timedelta(days=11)} == {
        **{day: count for day, count in before.items() if day > few.day - timedelta(days=11)},
        summary.day: 3,
    }
    assert_each_once(few)


def test_rows_are_told_from_80_percent_on_and_on_what_is_done_when_it_is_full(few: Lab) -> None:
    few.sync()
    few.extra["LAIKE_TABLE_MAX_ROWS"] = "200"
    few.control("settings", {"row_cap": 200})
    assert not any(NAME in line for line in next_day(few).warnings)
    few.extra["LAIKE_TABLE_MAX_ROWS"] = "10"
    (told,) = [line for line in next_day(few, 2).warnings if NAME in line]
    assert "已有 9 行，上限 10 行" in told
    assert "写满后，最旧的行改记新的日期" in told


def test_a_row_that_makes_place_is_never_later_than_the_day_that_takes_it(few: Lab) -> None:
    few.sync()
    fill(few, 30)
    before = {row["record_id"]: row for row in rows(few)}
    summary = few.sync(few.day - timedelta(days=50))
    assert {row["record_id"]: row for row in rows(few)} == before
    assert any("未能写入" in line for line in summary.warnings)


def test_what_is_left_is_what_redis_gets_back_when_it_was_emptied(few: Lab) -> None:
    few.sync()
    fill(few, 30)
    summaries = [next_day(few, later) for later in (1, 2)]
    there = known(few, few.context())
    empty_redis(few)
    few.sync()
    again = known(few, few.context())
    for number, days in there.items():
        recent = {day: figures for day, figures in days.items() if day >= few.day.isoformat()}
        assert {day: again[number][day] for day in recent} == recent
        assert len(recent) == (1 + len(summaries)) * (number in few.extra["LAIKE_ACCOUNTS"])


def test_a_new_day_costs_three_calls_more_in_a_full_table_than_in_one_with_room(few: Lab) -> None:
    few.sync()
    assert calls_about(few, 1) == {"records.search": 1, "records.batch_create": 1}
    fill(few, 30)
    next_day(few, 2)
    asked = {"records.search": 3, "fields.list": 1}  # the day's rows, a count, the oldest ones
    assert calls_about(few, 3) == {**asked, "records.batch_update": 1}


def calls_about(lab: Lab, later: int) -> dict[str, int]:
    """Calls about the status table in the run of a day, by endpoint."""
    since, table_id = lab.look("calls")["total"], status_id(lab)
    next_day(lab, later)
    made = lab.look("calls", since=str(since))["calls"]
    return Counter(call["endpoint"] for call in made if call["about"].get("table_id") == table_id)


def test_rows_of_another_table_make_place_as_well_and_are_forgotten_there(few: Lab) -> None:
    few.sync(few.day - timedelta(days=40))
    old_id, there = few.table_id, known_rows(few)
    fill(few, 30)
    few.table = "text_table_id"
    summary = next_day(few)
    assert summary.state == RunState.SUCCESS
    assert set(known_rows(few).values()) == set(there.values())
    assert few.context().at_table(old_id).status_memory.status_rows(list(there)) == {}
    few.table = "typed_table_id"
    few.sync(few.day - timedelta(days=40))
    assert_each_once(few)
    assert days_of(few)[summary.day] == 3


def test_a_hundred_accounts_fill_it_in_twenty_days_and_the_next_five_go_on(tmp_path: Path) -> None:
    world = World(day=FIRST + timedelta(days=30))
    world.configure({"row_cap": 2000})
    ctx = context(world, world.facts("")["typed_table_id"], tmp_path)
    ctx = replace(ctx, settings=ctx.settings.model_copy(update={"table_max_rows": 2000}))
    ctx.base_facts.learn_creator(APP["id"])
    accounts = tuple(Account(f"18{number:014}", f"门店{number}") for number in range(100))
    told: list[list[str]] = []
    with quiet():
        for passed in range(25):
            day = FIRST + timedelta(days=passed)
            now = datetime.combine(day + timedelta(days=1), time(7), CHINA)
            at = replace(ctx, now=partial(datetime.fromtimestamp, now.timestamp(), CHINA))
            run = Run(
                run_id=f"daily-{day}", day=day, days=DayRange(day, day), accounts=accounts, started_at=now, deadline=now
            )
            loaded = Word(DayOutcome(day=day, state=DayState.LOADED, rows=1), now)
            told.append(write_status(at, run, {AccountDay(one.id, day): loaded for one in accounts}))
    table = next(one for one in world.feishu.base.tables.values() if one.name == NAME)
    column = next(field_id for field_id, one in table.fields.items() if one.name == "日期")
    moments = (int(str(row.cells[column])) / 1000 for row in table.records.values())
    kept = Counter(datetime.fromtimestamp(moment, CHINA).date() for moment in moments)
    assert (len(table.records), told) == (2000, [[]] * 25)
    assert kept == {FIRST + timedelta(days=passed): 100 for passed in range(5, 25)}
