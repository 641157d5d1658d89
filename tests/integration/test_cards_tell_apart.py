"""A card tells apart what its run brought and what the table has, each with its own time."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from pipeline.core.outcome import RunState
from tests.cards import problems, texts
from tests.lab import Lab, Plain


def card(lab: Lab) -> Plain:
    """The newest card; one by the book."""
    made: Plain = lab.look("state")["messages"][-1]["card"]
    assert problems(made) == []
    return made


def lines(lab: Lab) -> dict[str, dict[str, Any]]:
    """The accounts' lines of the newest card, by name."""
    table = [one for one in card(lab)["body"]["elements"] if one["tag"] == "table"][-1]
    return {row["account"]: row for row in table["rows"]}


def statuses(lab: Lab) -> dict[str, Plain]:
    """The newest day's rows of 同步状态, by account."""
    rows = [record["fields"] for record in lab.records(str(lab.table_named("同步状态")["table_id"]))]
    newest = max(row["日期"] for row in rows)
    return {row["账户"]: row for row in rows if row["日期"] == newest}


def cost(lab: Lab, day: date, *without: str) -> str:
    """消耗 of a day in the source, without some accounts."""
    rows = [row for row in lab.source(day, day).values() if str(row["local_account_id"]) not in without]
    return f"{sum(round(row['stat_cost'] * 100) for row in rows) / 100:,.2f}"


def rows(lab: Lab, day: date, *without: str) -> int:
    return sum(str(row["local_account_id"]) not in without for row in lab.source(day, day).values())


def dead_token(lab: Lab) -> None:
    lab.fault("report.promotion", "code", code=40102, times="always")
    lab.fault("oauth.refresh_token", "code", code=40103, times="always")


def test_with_a_dead_token_the_card_says_of_when_the_table_is(lab: Lab) -> None:
    lab.at(time(10, 35))
    lab.sync(lab.day)
    dead_token(lab)
    lab.at(time(23, 27))
    lab.sync(lab.day)
    said = texts(card(lab))
    assert f"7 个账户均未同步，本次未取到数据；表格仍为今日 10:35 的数据（{cost(lab, lab.day)} 元）" in said
    assert "0.00 元" not in said
    assert "23:27" not in said
    assert {row["state"] for row in lines(lab).values()} == {"未更新"}


def test_on_the_next_day_it_is_called_yesterday_s(lab: Lab) -> None:
    lab.at(time(10, 35))
    lab.sync(lab.day)
    dead_token(lab)
    lab.at(time(6), days_later=1)
    lab.sync(lab.day)
    assert "表格仍为昨日 10:35 的数据" in texts(card(lab))


def test_in_the_morning_nothing_of_the_new_day_is_in_the_table(lab: Lab) -> None:
    lab.at(time(7), days_later=-1)
    lab.sync(lab.day - timedelta(days=1))
    dead_token(lab)
    lab.at(time(7))
    lab.sync(lab.day)
    assert "7 个账户均未同步，本次未取到数据；表格中尚无该日已核对的数据" in texts(card(lab))
    assert all("cost" not in row for row in lines(lab).values())


def test_one_account_that_cannot_be_read_again_keeps_what_the_table_has_of_it(lab: Lab) -> None:
    bad = lab.accounts[1]
    name = lab.facts["accounts"][bad]
    lab.at(time(7))
    lab.sync(lab.day)
    before = lines(lab)[name]
    lab.fault("report.promotion", "code", code=50000, times="always", match={"local_account_id": bad})
    lab.at(time(10, 35))
    assert lab.sync(lab.day).state == RunState.PARTIAL
    said = texts(card(lab))
    assert (
        f"**本次同步 6/7 个账户**：{rows(lab, lab.day, bad)} 行，消耗 {cost(lab, lab.day, bad)} 元，数据截至 " in said
    )
    assert f"表格现有 7 个账户的数据：{rows(lab, lab.day)} 行，消耗 {cost(lab, lab.day)} 元，" in said
    assert "其中 1 个账户仍为今日 07:0" in said
    line = lines(lab)[name]
    assert (line["state"], line["rows"], line["cost"]) == ("未更新", before["rows"], before["cost"])
    assert ("07:0" in line["as_of"], statuses(lab)[name]["状态"]) == (True, "已入库")
    assert "10:3" in lines(lab)[lab.facts["accounts"][lab.accounts[0]]]["as_of"]


def test_an_account_that_was_never_loaded_has_failed_on_card_and_in_the_status_table(lab: Lab) -> None:
    bad = lab.accounts[1]
    name = lab.facts["accounts"][bad]
    lab.fault("report.promotion", "code", code=50000, times="always", match={"local_account_id": bad})
    lab.sync(lab.day)
    assert (lines(lab)[name]["state"], statuses(lab)[name]["状态"]) == ("失败", "失败")
    assert "cost" not in lines(lab)[name]
    assert "1 个账户在表格中尚无该日已核对的数据" in texts(card(lab))


def test_an_older_day_that_failed_is_not_told_of_the_newest_one(lab: Lab) -> None:
    bad = lab.accounts[1]
    name = lab.facts["accounts"][bad]
    first = (lab.day - timedelta(days=1)).isoformat()
    row = next(
        row
        for row in lab.source(lab.day - timedelta(days=1), lab.day - timedelta(days=1)).values()
        if str(row["local_account_id"]) == bad
    )
    lab.control(
        "figures",
        {"account_id": lab.accounts[0], "promotion_id": str(row["promotion_id"]), "day": first, "stat_cost": 777.25},
    )
    summary = lab.sync()
    assert summary.state == RunState.PARTIAL
    assert (lines(lab)[name]["state"], statuses(lab)[name]["状态"]) == ("已入库，1 天未完成", "已入库")
    assert "**7 个账户均已同步**" in texts(card(lab))
    assert "2 个账户的较早日期未完成" in texts(card(lab))


def test_rows_that_were_read_and_not_written_are_not_called_those_of_the_table(lab: Lab) -> None:
    lab.at(time(7))
    lab.sync(lab.day)
    lab.fault("records.search", "code", code=91403, times="always")
    lab.at(time(10, 35))
    lab.sync(lab.day)
    said, count = texts(card(lab)), rows(lab, lab.day)
    assert f"7 个账户均未同步，本次读到 {count} 行，消耗 {cost(lab, lab.day)} 元，未写入表格；表格仍为今日 07:0" in said
    assert "本次未写入" in said


@pytest.mark.parametrize("endpoint", ["records.batch_update", "records.search"])
def test_rows_that_may_have_been_written_are_not_called_those_of_the_table(lab: Lab, endpoint: str) -> None:
    lab.at(time(7))
    lab.sync(lab.day)
    row = next(row for row in lab.source().values() if str(row["local_account_id"]) == lab.big)
    place = {"account_id": lab.big, "promotion_id": str(row["promotion_id"]), "day": lab.day.isoformat()}
    lab.control("figures", {**place, "stat_cost": 777.25})
    lab.fault(endpoint, "code", code=91403, times="always", call=1 + (endpoint == "records.search"))
    lab.at(time(10, 35))
    assert lab.sync(lab.day).state == RunState.FAILED
    assert "未核对" in lines(lab)[lab.facts["accounts"][lab.big]]["as_of"]
    lab.control("faults/clear", {})
    lab.fault("report.promotion", "code", code=50000, times="always")
    lab.at(time(11, 20))
    lab.sync(lab.day)  # what is in doubt stays so, until it is read back
    assert "as_of" not in lines(lab)[lab.facts["accounts"][lab.big]]
    lab.control("faults/clear", {})
    lab.at(time(12, 20))
    assert lab.sync(lab.day).state == RunState.SUCCESS
    assert "**7 个账户均已同步**" in texts(card(lab))
