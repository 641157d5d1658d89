"""When beat fires what."""

import pickle
from datetime import date, datetime, time, timedelta

import pytest
from celery.schedules import crontab

from pipeline.core.model import CHINA
from pipeline.settings import Settings
from tests.lab import TOKEN_KEY
from worker.schedule import next_times, schedule, shifted_now


def settings(**changed: object) -> Settings:
    """Settings that need nothing around them."""
    given: dict[str, object] = {
        "oceanengine_app_id": "1",
        "oceanengine_secret": "canary",
        "feishu_app_id": "cli_1",
        "feishu_app_secret": "canary",
        "bitable_app_token": "base",
        "bitable_table_id": "tbl1",
        "accounts": {"1": "一店"},
        "token_keys": TOKEN_KEY,
        **changed,
    }
    return Settings(_env_file=None, **given)  # type: ignore[arg-type]


def fires(entry: crontab, at: datetime) -> bool:
    """Whether an entry is due in a minute of the clock in Shanghai."""
    return at.minute in entry.minute and at.hour in entry.hour


@pytest.mark.parametrize(
    ("name", "at"),
    [("daily", time(7, 0)), ("settle", time(10, 35)), ("catch_up", time(0, 20)), ("keep_token", time(23, 55))],
)
def test_each_entry_fires_at_its_time_and_not_a_minute_later(name: str, at: time) -> None:
    entry = schedule(settings())[name]["schedule"]
    moment = datetime.combine(date(2026, 2, 14), at, CHINA)
    assert fires(entry, moment)
    assert not fires(entry, moment + timedelta(minutes=1))


def test_the_times_come_from_the_settings() -> None:
    entries = schedule(settings(daily_at="06:45", settle_at="11:10"))
    assert fires(entries["daily"]["schedule"], datetime(2026, 2, 14, 6, 45, tzinfo=CHINA))
    assert fires(entries["settle"]["schedule"], datetime(2026, 2, 14, 11, 10, tzinfo=CHINA))


def test_no_entry_fires_at_a_full_or_half_hour_but_the_daily_run() -> None:
    entries = schedule(settings())
    crowded = [name for name, entry in entries.items() if entry["schedule"].minute & {0, 30}]
    assert crowded == ["daily"]


def test_a_message_that_nobody_took_expires_before_the_next_of_its_kind_comes() -> None:
    expires = {name: entry["options"]["expires"] for name, entry in schedule(settings()).items()}
    assert expires == {"daily": 3600, "settle": 3600, "catch_up": 3600, "keep_token": 600}


def test_the_schedule_can_be_pickled_as_beat_does_and_keeps_the_shifted_clock() -> None:
    entry = schedule(settings(clock_offset_s=7200))["daily"]["schedule"]
    again = pickle.loads(pickle.dumps(entry))  # noqa: S301 our own
    assert abs(again.now() - shifted_now(0) - timedelta(hours=2)) < timedelta(minutes=1)


def test_the_next_time_of_each_task_is_told_and_lies_ahead() -> None:
    known = settings()
    before = shifted_now(0)
    times = next_times(known)
    assert times.keys() == {entry["task"] for entry in schedule(known).values()}
    assert all(before < when <= before + timedelta(days=1, minutes=1) for when in times.values())
    daily = times["laike.daily"].astimezone(CHINA)
    assert (daily.hour, daily.minute) == (7, 0)
