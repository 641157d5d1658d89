"""A report as one HTML page, in Chinese: for screen, phone and A4, without network."""

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from decimal import Decimal

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.core.coverage.day import DayCoverage
from pipeline.core.coverage.states import LETTERS, WORDS
from pipeline.core.model import CHINA, ZERO, Account
from pipeline.core.telling.report import JUDGED_FROM, Report, Sums, top, weekdays, worst
from pipeline.render import charts
from pipeline.render.words import days_words, seen

GRID_DAYS = 31  # beside the names on A4
NAMES_SHOWN = 5
OTHERS = "其他账户"
WEEKDAYS = ("周一", "周二", "周三", "周四", "周五", "周六", "周日")
STATES = {state: (letter, WORDS[state]) for state, letter in LETTERS.items()}


def _seen(value: object) -> object:
    return seen(value) if isinstance(value, str) and not isinstance(value, Markup) else value


_pages = Environment(
    loader=PackageLoader("pipeline.render"),
    autoescape=True,
    finalize=_seen,  # controls are no HTML, and marks of direction reverse the rest of a line
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


def page(report: Report) -> str:
    """The whole page."""
    return _pages.get_template("report.html").render(
        report=report,
        accounts=_by_cost(report),
        drawn=_charts(report),
        legend=list(zip(charts.COLOURS, _groups(report), strict=False)),
        weekdays=weekdays(report),
        weekday_names=WEEKDAYS,
        top=top(report.tally),
        worst=worst(report.tally),
        judged_from=JUDGED_FROM,
        blocks=list(_blocks(report)),
        states=STATES,
        day_sums=[(day, report.tally.days.get(day, Sums())) for day in report.days],
        named=_named,
        days_words=days_words,
    )


def money(value: Decimal | None) -> str:
    """元 as people read them; a dash where there is nothing to divide by."""
    return "-" if value is None else f"{value:,.2f}"


def count(value: Decimal) -> str:
    """A number of conversions: whole, unless the table says otherwise."""
    return f"{value:,.0f}" if value == value.to_integral_value() else f"{value.normalize():,f}"


def moment(when: datetime) -> str:
    """A time in Shanghai."""
    return f"{when.astimezone(CHINA):%Y-%m-%d %H:%M}"


def share(part: Decimal, whole: Decimal) -> str:
    """A part in per cent."""
    return f"{part / whole:.1%}" if whole else "-"


_pages.filters.update(money=money, count=count, moment=moment)
_pages.globals.update(share=share)


def _by_cost(report: Report) -> list[tuple[str, Sums]]:
    """All accounts by 消耗, those without rows too, but no names of people's rows without figures."""
    ours, told = [one.name for one in report.grid], report.tally.accounts
    names = dict.fromkeys([*ours, *(name for name, sums in told.items() if sums.cost or sums.conversions)])
    return sorted(((name, told.get(name, Sums())) for name in names), key=lambda one: (-one[1].cost, one[0]))


def _charts(report: Report) -> dict[str, Markup]:
    labels = [f"{day:%m-%d}" for day in report.days]
    days = [report.tally.days.get(day, Sums()) for day in report.days]
    week = [one for one in weekdays(report) if one.days]
    drawn = {
        "cost": charts.stacked("cost", labels, _series(report, lambda sums: sums.cost)),
        "conversions": charts.stacked("conversions", labels, _series(report, lambda sums: sums.conversions)),
        "unit_cost": charts.line("unit-cost", labels, [one.unit_cost for one in days]),
        "weekday": charts.bars("weekday", [WEEKDAYS[one.number] for one in week], [one.cost for one in week]),
    }
    return {name: Markup(svg) for name, svg in drawn.items()}  # noqa: S704 made of escaped elements


def _groups(report: Report) -> dict[str, list[str]]:
    """Accounts by their part of a bar; beyond the colours all others share the last part."""
    names = [name for name, sums in _by_cost(report) if sums.cost or sums.conversions]
    own = len(names) if len(names) <= len(charts.COLOURS) else len(charts.COLOURS) - 1
    return {name: [name] for name in names[:own]} | ({OTHERS: names[own:]} if names[own:] else {})


def _series(report: Report, figure: Callable[[Sums], Decimal]) -> dict[str, list[Decimal]]:
    """A figure by day, of each part of a bar."""
    sums = report.tally.account_days
    return {
        title: [sum((figure(sums[name, day]) for name in names if (name, day) in sums), ZERO) for day in report.days]
        for title, names in _groups(report).items()
    }


Block = tuple[Sequence[date], Sequence[tuple[Account, Sequence[DayCoverage | None]]]]


def _blocks(report: Report) -> Iterator[Block]:
    """The grid of accounts and days, in blocks as wide as a sheet."""
    days = list(report.days)
    for first in range(0, len(days), GRID_DAYS):
        shown = days[first : first + GRID_DAYS]
        yield shown, [(account, [of.get(day) for day in shown]) for account, of in report.grid.items()]


def _named(names: Sequence[str]) -> str:
    shown = "、".join(names[:NAMES_SHOWN])
    return f"{shown} 等 {len(names)} 个账户" if len(names) > NAMES_SHOWN else shown
