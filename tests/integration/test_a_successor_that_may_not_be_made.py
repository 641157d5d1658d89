"""Where the app may not make the table, the old one goes on, and its days stay in it whatever happens then."""

from datetime import time, timedelta

from pipeline.core.outcome import Summary
from pipeline.steps.rollover.announce import announce
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily
from tests.lab import Lab, empty
from tests.rolled import assert_each_key_is_once_in_its_table, chain

NAME = "广告日报 下一张"


def morning(lab: Lab, days_later: int) -> Summary:
    """The daily run of a later morning."""
    lab.at(time(7, 0), days_later)
    ctx = lab.context()
    return carry_out(ctx, begin_daily(ctx).run_id)


def test_days_that_the_old_table_went_on_with_stay_there_although_redis_is_emptied(lab: Lab) -> None:
    lab.extra["LAIKE_TABLE_SPLIT"] = "auto"
    morning(lab, 0)
    first = lab.day + timedelta(days=1)
    announce(lab.context(), first, NAME, by_hand=True)
    lab.control("permissions", {"denied": ["tables.create"]})
    told = morning(lab, 1)
    assert any(NAME in words and "未能创建" in words for words in told.warnings)
    empty(lab.redis_url)
    lab.control("permissions", {"denied": []})
    morning(lab, 2)
    morning(lab, 3)
    (_, successor) = chain(lab)
    assert successor.first
    assert successor.first > first
    assert_each_key_is_once_in_its_table(lab, lab.day, lab.day + timedelta(days=3))
