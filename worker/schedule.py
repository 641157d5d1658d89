"""Beat's schedule as data. Times are Asia/Shanghai; a message expires before the next of its kind."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery.schedules import crontab

from pipeline.core.model import CHINA
from pipeline.settings import Settings

HOUR_S = 3600


def schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Beat's entries: task, time, and seconds until an unconsumed message expires."""

    def at(**when: object) -> crontab:
        # a partial, since beat pickles its schedule
        return crontab(**when, nowfun=partial(shifted_now, settings.clock_offset_s))

    daily, settle = settings.daily_at, settings.settle_at
    return {
        # the day's run; catch_up makes up for a beat that was down
        "daily": _entry("laike.daily", at(hour=daily.hour, minute=daily.minute), HOUR_S),
        # yesterday's figures have settled: read them again
        "settle": _entry("laike.settle", at(hour=settle.hour, minute=settle.minute), HOUR_S),
        # once an hour, away from full and half hours and from the daily run
        "catch_up": _entry("laike.catch_up", at(minute=20), HOUR_S),
        # every ten minutes: six tries in a token's last hour
        "keep_token": _entry("laike.keep_token", at(minute="5-55/10"), 600),
    }


def next_times(settings: Settings) -> Mapping[str, datetime]:
    """The next time of each task, in Shanghai."""
    now = shifted_now(settings.clock_offset_s)
    entries = [
        (entry["task"], entry["schedule"].remaining_delta(now, tz=CHINA)) for entry in schedule(settings).values()
    ]
    return {task: last + until for task, (last, until, _) in entries}


def _entry(task: str, when: crontab, expires_s: int) -> dict[str, Any]:
    return {"task": task, "schedule": when, "options": {"expires": expires_s}}


def shifted_now(offset_s: float) -> datetime:
    """The time in Shanghai, shifted like the product's clock."""
    return datetime.now(CHINA) + timedelta(seconds=offset_s)
