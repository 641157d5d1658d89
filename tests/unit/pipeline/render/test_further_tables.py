"""A card about a run in several tables: whatever it says, it says of which table, and nothing of the others."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from pipeline.core.coverage.aftermath import TableEnd, aftermath
from pipeline.core.errors import AccountUnavailable, NeedsAuthorization, TableMismatch, Trouble
from pipeline.core.model import AccountDay
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.core.runs.summary import with_further
from pipeline.core.telling.background import Background
from pipeline.core.telling.recovery import Recovery
from pipeline.render.cards import authorize_link_in, run_card
from pipeline.render.reasons import why
from tests.unit.pipeline.render.test_cards import DAY, NOW, account, summary, text

GONE = TableMismatch("no column", what_to_do="请恢复列“消耗(元)”。").trouble()
SHUT = AccountUnavailable("no such advertiser", code=40300).trouble()
PAGE = "https://x.feishu.cn/base/b?table=tblProject"


def at(table: str, state: RunState = RunState.SUCCESS, *accounts: Any, **facts: Any) -> Summary:  # noqa: ANN401 a summary's own fields
    return replace(summary(state, *accounts, **facts), table=table)


def failed(table: str, trouble: Trouble) -> Summary:
    """How a run ends in a table that is in trouble."""
    lost = replace(account(1, DayState.FAILED, trouble), rows=0, fetched=False)
    return at(table, RunState.FAILED, lost, trouble=trouble, created=0, updated=0, unchanged=0, verified=False)


def card(first: Summary, *others: Summary, link: str | None = None, **beside: Any) -> dict[str, Any]:  # noqa: ANN401 a background's own fields
    """The card of a run in several tables."""
    tables = tuple(TableEnd(end=one, after=aftermath(one, None), link=link) for one in others)
    return run_card(with_further(first, others), Background(further=tables, several=True, **beside))


def title(made: dict[str, Any]) -> str:
    said: str = made["header"]["title"]["content"]
    return said


def test_each_table_has_a_line_with_state_rows_cost_and_whether_it_was_verified() -> None:
    made = card(summary(), at("项目日报", RunState.SUCCESS, account(1), created=1), link=PAGE)
    assert title(made) == "2026-02-11 同步成功"
    said = text(made)
    assert "“单元日报”同步成功，**1 个账户已同步**：2 行，消耗 118.36 元，数据截至 02-12 07:00" in said
    line = "“[项目日报](https://x.feishu.cn/base/b?table=tblProject)”同步成功，**1 个账户已同步**：2 行，消耗 118.36 元"
    assert line in said
    assert "；本次新增 1 行，更新 2 行，1 行无变化，已核对一致" in said
    assert "“单元日报”本次新增 3 行" in said


def test_a_table_in_trouble_says_why_and_what_to_do_and_takes_nothing_from_the_others() -> None:
    said = text(made := card(summary(), failed("项目日报", GONE), at("素材日报")))
    assert title(made) == "2026-02-11 部分完成"
    assert f"**“项目日报”**（{why(GONE)}）：请恢复列" in said
    assert "“项目日报”同步失败，**1 个账户未同步，本次未取到数据**；本次未写入" in said
    assert "“单元日报”同步成功" in said
    assert said.index("“项目日报”同步失败") < said.index("“素材日报”同步成功")


def test_the_first_table_in_trouble_is_named_and_the_others_stay_good() -> None:
    said = text(made := card(failed("", GONE), at("项目日报")))
    assert title(made) == "2026-02-11 部分完成"
    assert "**“单元日报”**（" in said
    assert "“单元日报”同步失败，**1 个账户未同步" in said
    assert "“项目日报”同步成功" in said


def test_what_stops_every_table_names_none() -> None:
    said = text(made := card(failed("", GONE), failed("项目日报", GONE)))
    assert title(made) == "2026-02-11 同步失败"
    assert said.count("请恢复列") == 1
    assert "**“" not in said


def test_an_account_in_trouble_is_named_with_the_table_unless_it_is_in_all_of_them() -> None:
    bad = account(1, DayState.FAILED, SHUT)
    one = text(card(summary(), at("项目日报", RunState.PARTIAL, bad, account(2))))
    assert f"**“项目日报”的{bad.name}**（" in one
    both = text(card(summary(RunState.PARTIAL, bad), at("项目日报", RunState.PARTIAL, bad)))
    assert f"**{bad.name}**（" in both


def test_a_dead_token_that_only_a_further_table_met_has_its_button() -> None:
    dead = NeedsAuthorization("dead", link="https://ad.oceanengine.com/x").trouble()
    assert authorize_link_in(with_further(summary(), [failed("项目日报", dead)])) == dead.link
    assert "重新授权" in text(card(summary(), failed("项目日报", dead)))


@pytest.mark.parametrize(
    ("facts", "line"),
    [
        ({"warnings": ("表格用到 80%",)}, "表格用到 80%"),
        ({"view_notes": ("缺少视图：城东店",)}, "缺少视图：城东店"),
        ({"restatements": (AccountDay(account().id, DAY - timedelta(days=1)),)}, "数据源修正了历史数据，已更新："),
    ],
    ids=["warnings", "views", "corrections"],
)
def test_what_people_should_know_names_its_table_unless_it_is_of_all(facts: dict[str, Any], line: str) -> None:
    assert f"“项目日报”：{line}" in text(card(summary(), at("项目日报", **facts)))
    both = text(card(summary(**facts), at("项目日报", **facts)))
    assert f"”：{line}" not in both
    assert both.count(line) == 1


def test_news_of_a_run_without_a_card_name_their_table() -> None:
    quiet = with_further(summary(), [at("项目日报", news=("城东店 新增 2 行",))])
    assert "“项目日报”：城东店 新增 2 行" in text(card(summary(), at("项目日报"), unheard=(quiet,)))


def test_what_is_over_names_its_table_unless_it_is_over_in_all() -> None:
    over = (Recovery(("城东店",), NOW), Recovery(("城东店",), NOW, "项目日报"))
    one = text(card(summary(), at("项目日报"), recoveries=over[1:]))
    assert "**已恢复**：“项目日报”的城东店，自" in one
    assert "**已恢复**：城东店，自" in text(card(summary(), at("项目日报"), recoveries=over))


def test_a_run_in_one_of_several_tables_says_in_its_title_which() -> None:
    beside = Background(several=True)
    assert title(run_card(at("项目日报"), beside)) == "2026-02-11 项目日报 同步成功"
    assert title(run_card(summary(), beside)) == "2026-02-11 单元日报 同步成功"
    assert title(run_card(summary())) == "2026-02-11 同步成功"


def test_of_very_many_tables_those_in_trouble_are_shown() -> None:
    others = [at(f"分组{n}") for n in range(30)]
    said = text(card(summary(), *others, failed("最后一组", GONE)))
    assert "“最后一组”同步失败" in said
    assert "张数据表，见同步状态表" in said
