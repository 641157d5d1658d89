"""The shown day in further tables, beside the first page's own."""

from decimal import Decimal
from typing import Any

import pytest

from pipeline.core.coverage.day import DayCoverage
from pipeline.core.errors import NeedsAuthorization, Trouble
from pipeline.core.outcome import DayState
from pipeline.core.overview.today.others import TableSeen
from pipeline.core.overview.today.page import Today
from pipeline.core.overview.today.todo import Access, Place, Standstill
from pipeline.core.overview.today.verdict import Stage, Tone, UnderWay
from pipeline.core.run_kind import RunKind
from tests.unit.pipeline.core.overview.today.mornings import at, bad, loaded, seen
from tests.unit.pipeline.core.overview.today.test_page import REREAD, of

EARLY = {"1": loaded("300"), "2": loaded("200")}
UNREADABLE = bad(DayState.FAILED, reason="account_unavailable", what_to_do="请检查该账户。")


def table(days: dict[str, DayCoverage], clock: str = "11:00", name: str = "项目日报", **more: Any) -> TableSeen:  # noqa: ANN401 fields
    run = more.pop("run", None)
    return TableSeen(name=name, day=seen(days, clock, run=run), **more)


def beside(*others: TableSeen, days: dict[str, DayCoverage] = REREAD, clock: str = "11:00", **more: Any) -> Today:  # noqa: ANN401 fields
    return of(days, clock, others=others, **more)


def test_without_further_tables_the_page_is_as_it_was() -> None:
    assert (beside().others, beside().words) == ((), of(REREAD).words)


def test_a_further_table_that_is_as_far_adds_nothing_to_the_sentence() -> None:
    page = beside(table(REREAD))
    (line,) = page.others
    assert (page.words, page.tone, page.todos) == (of(REREAD).words, Tone.GOOD, ())
    assert (line.rows, line.cost, line.verdict.stage, line.known) == (4, Decimal(500), Stage.FINAL, True)
    assert line.words == "已复核完成，2 个账户均已入库"


@pytest.mark.parametrize(
    ("other", "tone", "words"),
    [
        (table(EARLY, "10:37"), Tone.CALM, "；但“项目日报”已入库，为初步数据，10:35 复核后为准"),
        (table(EARLY, "12:00"), Tone.WARN, "；但“项目日报”已入库，但 10:35 的复核没有完成，仍为初步数据"),
        (table({}), Tone.BAD, "；但“项目日报”没有入库，2 个账户均缺少"),
        (table({"1": REREAD["1"]}), Tone.BAD, "；但“项目日报”有 1 个账户的数据没有入库：城西店"),
        (table({}, run=UnderWay("x", RunKind.CATCH_UP)), Tone.LIVE, "；但“项目日报”正在自动补齐"),
        (TableSeen(name="项目日报", day=None), Tone.BAD, "；但“项目日报”还没有建立"),
    ],
    ids=["provisional", "not settled", "missing", "in part", "running", "not made"],
)
def test_a_final_day_is_not_all_well_while_a_further_table_is_behind(other: TableSeen, tone: Tone, words: str) -> None:
    page = beside(other)
    assert words in page.words
    assert page.tone is tone


def test_a_day_that_is_not_due_in_a_further_table_stands_beside_a_provisional_one() -> None:
    page = beside(table({}, "07:03"), days=EARLY, clock="07:03")
    assert "；但“项目日报”尚未入库" in page.words


def test_the_worst_of_several_tables_is_named_and_the_others_are_counted() -> None:
    page = beside(table(EARLY, "10:37"), table({}, name="素材日报"), table(REREAD, name="账户日报"))
    assert "但“素材日报”没有入库，2 个账户均缺少；另有 1 张数据表的数据也未完成" in page.words


def test_a_first_table_that_lacks_its_day_is_told_alone() -> None:
    assert beside(table(REREAD), days={}).words == of({}).words
    assert beside(table({}), days={}).words == of({}).words


def test_what_is_wrong_in_a_further_table_alone_is_to_do_and_what_is_wrong_in_both_once() -> None:
    (one,) = beside(table({"1": UNREADABLE, "2": REREAD["2"]})).todos
    assert (one.what.startswith("“项目日报”：城东店"), one.cure, one.place) == (True, "请检查该账户。", Place.ACCOUNTS)
    both = {"1": UNREADABLE, "2": REREAD["2"]}
    assert [one.what.startswith("城东店") for one in beside(table(both), days=both).todos] == [True]


def test_a_table_in_trouble_as_a_whole_names_itself_and_its_cure() -> None:
    why = Trouble(reason="table_mismatch", message="m", what_to_do="请补上缺少的列。")
    page = beside(table({}, trouble=why), table({}, name="素材日报", stops=("table_unseen",)))
    assert [(one.what[:6], one.place) for one in page.todos] == [
        ("“项目日报”", Place.TABLES),
        ("“素材日报”", Place.DOCTOR),
    ]
    assert page.todos[0].cure == "请补上缺少的列。"


def test_a_dead_authorization_is_told_once_for_all_tables() -> None:
    dead = Standstill(access=Access(NeedsAuthorization("no").trouble(), at("08:00")))
    refused = bad(DayState.FAILED, reason=NeedsAuthorization.reason)
    days = {"1": refused, "2": refused}
    assert len(beside(table(days), days=days, still=dead).todos) == 1


def test_a_table_that_is_not_made_leads_to_the_set_up() -> None:
    (one,) = beside(TableSeen(name="项目日报", day=None)).todos
    assert (one.place, one.urgent, "项目日报" in one.what) == (Place.SETUP, True, True)
