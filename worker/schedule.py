"""When beat fires what, as data. Business time is Asia/Shanghai; the messages expire before the next of their kind."""

from collections.abc import Mapping
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from celery.schedules import crontab

from pipeline.core.model import CHINA
from pipeline.settings import Settings

HOUR_S = 3600


def schedule(settings: Settings) -> dict[str, dict[str, Any]]:
    """Beat's entries: task, time, and after how many seconds a message that nobody took is worthless."""

    def at(**when: object) -> crontab:
        # a partial, since beat pickles its schedule
        return crontab(**when, nowfun=partial(shifted_now, settings.clock_offset_s))

    daily, settle = settings.daily_at, settings.settle_at
    return {
        # the day's run; catch_up starts what a beat that was down at this time did not
        "daily": _entry("laike.daily", at(hour=daily.hour, minute=daily.minute), HOUR_S),
        # yesterday's figures have settled by then: they are read again
        "settle": _entry("laike.settle", at(hour=settle.hour, minute=settle.minute), HOUR_S),
        # once an hour, away from full and half hours and from the daily run
        "catch_up": _entry("laike.catch_up", at(minute=20), HOUR_S),
        # every ten minutes: a token with under an hour left meets six of these
        "keep_token": _entry("laike.keep_token", at(minute="5-55/10"), 600),
    }


def next_times(settings: Settings) -> Mapping[str, datetime]:
    """When each task is due next, in Shanghai."""
    now = shifted_now(settings.clock_offset_s)
    entries = [
        (entry["task"], entry["schedule"].remaining_delta(now, tz=CHINA)) for entry in schedule(settings).values()
    ]
    return {task: last + until for task, (last, until, _) in entries}


def _entry(task: str, when: crontab, expires_s: int) -> dict[str, Any]:
    return {"task": task, "schedule": when, "options": {"expires": expires_s}}


def shifted_now(offset_s: float) -> datetime:
    """The time in Shanghai, shifted as the product's clock is."""
    return datetime.now(CHINA) + timedelta(seconds=offset_s)
