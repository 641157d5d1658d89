"""Whatever a run ended with, its card is one that the webhook takes."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipeline.core.coverage.aftermath import TableEnd, aftermath
from pipeline.core.coverage.history import Figures
from pipeline.core.errors import Trouble
from pipeline.core.model import ZERO, AccountDay, DayRange
from pipeline.core.outcome import AccountResult, DayState, RunState, Summary
from pipeline.core.runs.summary import with_further
from pipeline.core.telling.background import Background
from pipeline.core.telling.recovery import Recovery
from pipeline.render.cards import run_card
from tests.cards import problems

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
WORDS = st.text(max_size=300)
NAMES = st.sampled_from(("城东店", "🔥" * 60, "<at id=all></at>", "**", '"\\', "\x00\x1f" * 30, " "))
MONEY = st.decimals(min_value=0, max_value=10**9, places=2)
COUNTS = st.integers(min_value=0, max_value=10**7)
LINK = "https://ad.oceanengine.com/openapi/audit/oauth.html?" + "x" * 300
TROUBLES = st.builds(
    Trouble,
    reason=st.sampled_from(("account_unavailable", "table_full", "of_a_newer_version")),
    message=WORDS,
    what_to_do=WORDS,
    code=st.none() | st.integers(min_value=1, max_value=10**9),
    needs_person=st.booleans(),
    link=st.sampled_from((None, LINK)),
)


@st.composite
def results(draw: st.DrawFn, count: int) -> tuple[AccountResult, ...]:
    kinds = draw(
        st.lists(st.tuples(NAMES, st.sampled_from(DayState), MONEY, st.none() | TROUBLES), min_size=1, max_size=4)
    )
    return tuple(
        AccountResult(
            id=str(number),
            name=name,
            state=state,
            rows=number,
            cost=cost,
            window_rows=number,
            window_cost=cost,
            trouble=trouble,
            outside=cost if number % 2 else ZERO,
        )
        for number in range(count)
        for name, state, cost, trouble in [kinds[number % len(kinds)]]
    )


PAGE = f"https://x.feishu.cn/base/{'b' * 60}?table=tbl{'1' * 20}"


@st.composite
def summaries(draw: st.DrawFn) -> Summary:
    accounts = draw(results(draw(st.sampled_from((0, 1, 7, 29, 31, 1000)))))
    lines = st.lists(WORDS, max_size=12).map(tuple)
    moved = [AccountDay(one.id, DAY - timedelta(days=n % 30)) for n, one in enumerate(accounts)]
    return Summary(
        run_id=draw(st.sampled_from(("daily-2026-02-11", "settle-2026-02-11", "backfill-x"))),
        state=draw(st.sampled_from(RunState)),
        day=DAY,
        days=DayRange(DAY - timedelta(days=draw(st.integers(0, 300))), DAY),
        accounts=accounts,
        restatements=tuple(moved[: draw(st.sampled_from((0, 1, 1000)))]),
        verified=draw(st.booleans()),
        warnings=draw(lines),
        view_notes=draw(lines),
        trouble=draw(st.none() | TROUBLES),
        started_at=NOW,
        ended_at=NOW,
    )


RECOVERIES = st.builds(
    Recovery, st.lists(NAMES, min_size=1, max_size=9).map(tuple), st.just(NOW), st.sampled_from(("", "项目日报"))
)


@st.composite
def backgrounds(draw: st.DrawFn) -> Background:
    kinds = draw(st.lists(st.builds(Figures, COUNTS, MONEY, st.none() | COUNTS.map(Decimal)), min_size=1, max_size=5))
    days = draw(st.lists(st.integers(0, 13), max_size=6))
    history = {
        AccountDay(str(number), DAY - timedelta(days=ago)): kinds[(number + ago) % len(kinds)]
        for number in range(draw(st.sampled_from((0, 3, 1000))))
        for ago in days
    }
    return Background(
        history=history,
        recoveries=draw(st.lists(RECOVERIES, max_size=2).map(tuple)),
        several=draw(st.booleans()),
        alerts=draw(st.lists(WORDS, max_size=12).map(tuple)),
        table_url=draw(st.sampled_from((None, "https://x.feishu.cn/base/b?table=tbl1"))),
        clock_offset_s=draw(st.sampled_from((0.0, -86400.0))),
    )


@settings(suppress_health_check=list(HealthCheck))
@given(summaries(), backgrounds())
def test_every_card_about_a_run_is_by_the_book_and_below_the_limits(summary: Summary, beside: Background) -> None:
    assert problems(run_card(summary, beside)) == []


@settings(suppress_health_check=list(HealthCheck))
@given(summaries(), st.lists(st.tuples(NAMES, summaries()), min_size=1, max_size=12), backgrounds())
def test_every_card_about_several_tables_is_too(
    first: Summary, others: list[tuple[str, Summary]], beside: Background
) -> None:
    summary = with_further(first, [replace(one, table=name or "项目日报") for name, one in others])
    ended = tuple(TableEnd(end=one, after=aftermath(one, None), link=PAGE) for one in summary.further)
    assert problems(run_card(summary, replace(beside, further=ended))) == []
