"""`laike report`: the table's own figures on a page, and loud where days are missing; the week's card on Monday."""

import json
import re
from collections.abc import Callable
from datetime import date, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import TypeVar

import pytest

from pipeline.core.model import DayRange
from pipeline.core.outcome import Run, RunState
from pipeline.core.telling.week import weeks
from pipeline.steps.on_demand.report import gather
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.finish import finish
from pipeline.steps.runs.plan import begin_backfill, begin_settle
from tests.lab import Lab, Plain, key_of

WEEK = 7
T = TypeVar("T")


@pytest.fixture
def loaded(either: Lab) -> Lab:
    """A week is loaded, of which one account failed on the second day."""
    load(either, either.day - timedelta(days=6), either.day - timedelta(days=6))
    fault = {"code": 40002, "times": "always", "match": {"local_account_id": either.accounts[0]}}
    either.fault("report.promotion", "code", **fault)
    assert load(either, either.day - timedelta(days=5), either.day - timedelta(days=5)) == RunState.PARTIAL
    either.control("faults/clear", {})
    load(either, either.day - timedelta(days=4), either.day)
    return either


def load(lab: Lab, first: date, last: date) -> RunState:
    ctx = lab.context()
    return carry_out(ctx, begin_backfill(ctx, first, last, []).run_id).state


def week(lab: Lab) -> DayRange:
    return DayRange(lab.day - timedelta(days=6), lab.day)


def in_table(lab: Lab, days: DayRange, name: str | None = None) -> list[Plain]:
    """The table's rows of some days, from the emulator; those of one account."""
    rows = [cells for record in lab.records() if (key := key_of(cells := record["fields"])) and key.day in days]
    return [cells for cells in rows if name in (None, cells["账户名称"])]


def day_of(cells: Plain) -> date:
    key = key_of(cells)
    assert key
    return key.day


def grouped(rows: list[Plain], of: Callable[[Plain], T]) -> dict[T, list[Plain]]:
    """Rows by what each of them is of."""
    found: dict[T, list[Plain]] = {}
    for cells in rows:
        found.setdefault(of(cells), []).append(cells)
    return found


def total(rows: list[Plain], column: str) -> Decimal:
    return sum((Decimal(str(cells[column])) for cells in rows), Decimal(0))


def report(lab: Lab, *words: str) -> tuple[int, Plain, str]:
    """Exit code, document and page of the week's report."""
    days = week(lab)
    file = lab.home / f"report{len(list(lab.home.glob('report*')))}.html"
    ended = lab.laike("report", str(days.first), str(days.last), "--output", str(file), "--json", *words)
    assert ended.stdout, ended.stderr
    return ended.returncode, json.loads(ended.stdout), file.read_text(encoding="utf-8")


def shown(text: str, name: str) -> Decimal:
    """A figure of the page's head."""
    found = re.search(rf'<dd id="{name}">([^<]+)</dd>', text)
    assert found
    return Decimal(found[1].replace(",", ""))


def test_the_page_and_the_document_have_the_sums_of_the_table(loaded: Lab) -> None:
    code, document, text = report(loaded)
    rows, days = in_table(loaded, week(loaded)), list(week(loaded))
    assert code == 1
    assert Decimal(document["cost"]) == shown(text, "cost") == total(rows, "消耗(元)")
    assert shown(text, "conversions") == total(rows, "转化数")
    assert document["days"] == [day.isoformat() for day in days]
    assert document["days_not_whole"] == [days[1].isoformat()]
    assert "1 天数据不完整" in text


def test_every_day_account_and_promotion_has_its_sum_of_the_table(loaded: Lab) -> None:
    found = gather(loaded.context(), week(loaded), []).tally
    rows = in_table(loaded, week(loaded))
    by_day = grouped(rows, day_of)
    for day in week(loaded):
        assert found.days[day].cost == total(by_day.get(day, []), "消耗(元)")
    by_name = grouped(rows, lambda cells: str(cells["账户名称"]))
    for name in loaded.facts["accounts"].values():
        theirs = by_name.get(name, [])
        assert (found.accounts[name].cost, found.accounts[name].rows) == (total(theirs, "消耗(元)"), len(theirs))
    by_promotion = grouped(rows, lambda cells: str(cells["单元ID"]))
    for key, one in found.promotions.items():
        assert one.sums.cost == total(by_promotion.get(key.id, []), "消耗(元)")


def test_one_account_is_reported_alone(loaded: Lab) -> None:
    code, document, text = report(loaded, "--account", loaded.accounts[1])
    names = list(loaded.facts["accounts"].values())
    rows = in_table(loaded, week(loaded), names[1])
    assert (code, document["rows"], document["days_not_whole"]) == (0, len(rows), [])
    assert Decimal(document["cost"]) == total(rows, "消耗(元)")
    assert names[0] not in text


def test_what_the_source_corrected_is_listed_with_the_run_that_saw_it(lab: Lab) -> None:
    load(lab, lab.day, lab.day)
    row = next(row for row in lab.source().values() if str(row["local_account_id"]) == lab.accounts[0])
    place = {"promotion_id": str(row["promotion_id"]), "day": lab.day.isoformat()}
    lab.control("figures", {"account_id": lab.accounts[0], **place, "stat_cost": 777.25})
    run_id = lab.sync(lab.day).run_id
    [restated] = gather(lab.context(), DayRange(lab.day, lab.day), []).restated
    assert (restated.account, restated.day, restated.run_id) == (
        lab.facts["accounts"][lab.accounts[0]],
        lab.day,
        run_id,
    )


def test_the_group_is_sent_the_sums_and_whom_to_ask_for_the_file(loaded: Lab) -> None:
    _, document, _ = report(loaded, "--send")
    card = json.dumps(loaded.look("state")["messages"][-1], ensure_ascii=False)
    assert "投放报告" in card
    assert f"{Decimal(document['cost']):,.2f}" in card
    assert document["file"] not in card
    assert "可向维护人员索取" in card
    assert document["sent"] == {"to": "group", "result": "sent"}


@pytest.mark.parametrize(
    "words",
    [("2026-02-30", "2026-03-01"), ("2026-03-02", "2026-03-01"), ("2099-01-01", "2099-01-02")],
)
def test_what_is_no_range_of_days_is_wrong_usage_and_writes_no_file(lab: Lab, words: tuple[str, str]) -> None:
    assert lab.laike("report", *words).returncode == 2
    assert list(Path(lab.home).glob("*.html")) == []


def test_without_a_group_nothing_can_be_sent_and_a_folder_that_is_not_there_is_told(lab: Lab) -> None:
    day = str(lab.day)
    lab.sync(lab.day)
    ended = lab.laike("report", day, day, "--output", "/nowhere/r.html")
    assert (ended.returncode, "/nowhere/r.html cannot be written" in ended.stderr) == (2, True)
    ended = lab.laike("report", day, day, "--send", LAIKE_FEISHU_WEBHOOK_URL="")
    assert (ended.returncode, "LAIKE_FEISHU_WEBHOOK_URL" in ended.stderr) == (2, True)


# The week's card.


def on(lab: Lab, weekday: int) -> date:
    """Let it be 10:40 of the next such day, with the weekly card turned on; which day that is."""
    lab.extra["LAIKE_REPORT_WEEKLY"] = "true"
    today = lab.day + timedelta(days=1)
    later = (weekday - today.weekday()) % WEEK
    lab.at(time(10, 40), days_later=later)
    return today + timedelta(days=later)


def settled(lab: Lab) -> Run:
    ctx = lab.context()
    run = begin_settle(ctx)
    carry_out(ctx, run.run_id)
    return run


def weekly(lab: Lab) -> list[str]:
    told = (json.dumps(message, ensure_ascii=False) for message in lab.look("state")["messages"])
    return [card for card in told if "周报" in card]


def test_on_monday_the_group_is_told_once_of_last_week_and_of_its_missing_days(lab: Lab) -> None:
    today = on(lab, 0)
    last, before = weeks(today)
    load(lab, before.first, before.first + timedelta(days=3))
    load(lab, before.first + timedelta(days=5), last.first)
    load(lab, last.first + timedelta(days=2), last.last)
    assert weekly(lab) == []
    run = settled(lab)
    finish(lab.context(), run.run_id)
    [card] = weekly(lab)
    cost, converted = (total(in_table(lab, last), column) for column in ("消耗(元)", "转化数"))
    assert f"消耗 **{cost:,.2f}** 元，转化 **{converted:,.0f}**" in card
    assert "数据截至 " in card
    missing = last.first + timedelta(days=1)
    assert f"**1 天数据不完整，合计可能低于实际**：{missing:%m-%d}（" in card
    assert f"{before.first + timedelta(days=4):%m-%d}" not in card  # it is not a day of this week
    whole = [day for n, day in enumerate(last) if n not in (1, 4)]
    then, now = (
        sum((total(in_table(lab, DayRange(day - ago, day - ago)), "消耗(元)") for day in whole), Decimal(0))
        for ago in (timedelta(days=7), timedelta(0))
    )
    assert "（只对比两周数据都完整的日期，各账户合计 35/49 天）" in card
    assert f"{abs(now - then) / then:.1%}</font>（{then:,.2f} → {now:,.2f}）" in card


def test_the_weeks_card_costs_no_call_but_its_own(lab: Lab) -> None:
    on(lab, 0)
    lab.extra["LAIKE_REPORT_WEEKLY"] = "false"
    run = settled(lab)
    before = lab.look("calls")["counts"]
    lab.extra["LAIKE_REPORT_WEEKLY"] = "true"
    finish(lab.context(), run.run_id)
    assert len(weekly(lab)) == 1
    after = lab.look("calls")["counts"]
    assert {name: after[name] - before.get(name, 0) for name in after if after[name] != before.get(name, 0)} == {
        "bot.webhook": 1
    }


def test_the_weeks_card_can_be_turned_off(lab: Lab) -> None:
    on(lab, 0)
    lab.extra["LAIKE_REPORT_WEEKLY"] = "false"
    settled(lab)
    assert weekly(lab) == []


def test_on_tuesday_there_is_no_weekly_card(lab: Lab) -> None:
    on(lab, 1)
    settled(lab)
    assert weekly(lab) == []
