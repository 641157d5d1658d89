"""Ranges of days that people ask for by a word."""

from datetime import date, timedelta

from pipeline.core.model import DayRange

WEEK, MONTH = 7, 30


def usual(today: date) -> list[tuple[str, DayRange]]:
    """Ranges that end yesterday or before; this week and this month only once a day of them is over."""
    newest, monday, month = today - timedelta(days=1), today - timedelta(days=today.weekday()), today.replace(day=1)
    last_month = (month - timedelta(days=1)).replace(day=1)
    found = [
        ("昨日", DayRange(newest, newest)),
        ("最近 7 天", DayRange(newest - timedelta(days=WEEK - 1), newest)),
        ("最近 30 天", DayRange(newest - timedelta(days=MONTH - 1), newest)),
    ]
    if monday <= newest:
        found.append(("本周", DayRange(monday, newest)))
    found.append(("上周", DayRange(monday - timedelta(days=WEEK), monday - timedelta(days=1))))
    if month <= newest:
        found.append(("本月", DayRange(month, newest)))
    return [*found, ("上月", DayRange(last_month, month - timedelta(days=1)))]
