"""How a run ended in each of its tables."""

from dataclasses import replace
from datetime import UTC, date, datetime

from pipeline.core.errors import AccountUnavailable
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run, RunState
from pipeline.core.runs.summary import bare_summary, with_further
from pipeline.core.tables.ends import ends, failure_words, said

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
WHY = AccountUnavailable("no such advertiser").trouble()
ALONE = Run(
    run_id="daily",
    day=DAY,
    days=DayRange(DAY, DAY),
    accounts=(Account("1", "城东店"),),
    started_at=NOW,
    deadline=NOW,
)
BOTH = replace(ALONE, further=(replace(ALONE, table="项目日报"),))


def test_each_table_keeps_its_own_state() -> None:
    bad = replace(bare_summary(ALONE, WHY, NOW), table="项目日报")
    good = replace(bare_summary(ALONE, WHY, NOW), state=RunState.SUCCESS)
    both = with_further(good, [bad])
    assert both.state is RunState.PARTIAL
    assert [(one.table, one.state) for one in ends(both)] == [("", "success"), ("项目日报", "failed")]


def test_a_run_that_broke_or_was_stopped_did_so_in_each_table() -> None:
    assert [one.state for one in ends(bare_summary(BOTH, WHY, NOW))] == [RunState.FAILED] * 2
    stopped = bare_summary(BOTH, WHY, NOW, RunState.INTERRUPTED)
    assert [(one.table, one.state) for one in ends(stopped)] == [("", "interrupted"), ("项目日报", "interrupted")]


def test_an_error_of_the_task_names_account_and_reason_and_in_several_tables_the_table() -> None:
    assert failure_words(bare_summary(ALONE, WHY, NOW)) == "daily ended failed; 城东店: account_unavailable"
    both = failure_words(bare_summary(BOTH, WHY, NOW))
    assert both.endswith("; 单元日报: 城东店: account_unavailable; 项目日报: 城东店: account_unavailable")


def test_a_sentence_of_a_single_table_stays_as_it_is() -> None:
    alone = replace(bare_summary(ALONE, WHY, NOW), warnings=("w", "w"))
    assert said([alone], lambda end: end.warnings) == ["w", "w"]


def test_a_sentence_names_its_table_also_beside_a_run_of_another() -> None:
    other = replace(bare_summary(ALONE, WHY, NOW), table="项目日报", news=("n",))
    alone = bare_summary(ALONE, WHY, NOW)
    assert said([other], lambda end: end.news, [alone]) == ["“项目日报”：n"]
