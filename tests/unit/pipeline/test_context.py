"""The context: what a process acts with."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.model import Account, DayRange
from pipeline.core.outcome import Run
from pipeline.settings import Settings
from pipeline.state.no_redis import in_memory
from tests.lab import TOKEN_KEY

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
DAY = date(2026, 2, 11)
RUN = Run(
    run_id="daily-2026-02-11",
    day=DAY,
    days=DayRange(DAY, DAY),
    accounts=(Account("1800000000000001", "城东店"),),
    started_at=NOW,
    deadline=NOW + timedelta(seconds=300),
)


@pytest.fixture
def ctx(tmp_path: Path) -> Context:
    settings = Settings(
        _env_file=None,
        oceanengine_app_id="18",
        oceanengine_secret="secret",
        feishu_app_id="cli_1",
        feishu_app_secret="secret",
        bitable_app_token="bas1",
        bitable_table_id="tbl1",
        token_keys=TOKEN_KEY,
        token_file=tmp_path / "token",
    )
    return build(settings, alone=in_memory())


@pytest.mark.parametrize(("later_s", "left_s"), [(0, 300), (100, 200), (400, -100), (-86_400, 300)])
def test_a_run_has_what_is_left_until_its_deadline_and_never_more_than_it_began_with(
    ctx: Context, later_s: float, left_s: float
) -> None:
    at = replace(ctx, now=lambda: NOW + timedelta(seconds=later_s))  # the last one: the clock stepped back
    assert at.time_left(RUN)() == left_s
