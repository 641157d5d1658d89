"""Random tables and reports, and what people do meanwhile."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st

from pipeline.core.model import CHINA, Account, Key, ReportRow

TEXT, NUMBER, SELECT, DATE = 1, 2, 3, 5
ACCOUNT, DAY, UNIT, NAME = "账户名称", "时间", "单元ID", "单元名称"
FIGURES = {
    "消耗(元)": "stat_cost",
    "转化数": "convert_cnt",
    "转化成本(元)": "conversion_cost",
    "团购线索数": "clue_pay_order_cnt",
}
OURS = (UNIT, ACCOUNT, DAY, NAME, *FIGURES)
NOTE, BUDGET = "备注", "预算"
CHOICES: dict[str, tuple[int, ...]] = {
    UNIT: (TEXT,),
    ACCOUNT: (TEXT, SELECT),
    DAY: (DATE, TEXT),
    NAME: (TEXT,),
    **dict.fromkeys(FIGURES, (NUMBER, TEXT)),
}
ACCOUNTS = (Account("1834207156320263", "蜀香小馆"), Account("1834280156338684", "南门烤鱼"))
FIRST_UNIT = 7_612_340_000_001_001_001  # a float would merge neighbours
NAMES = ("双人套餐", "=到店", "<b>爆款</b>", '"午市", 团购', "直播间 🔥")
BY = ("app", "person")
# what a row that is there before looks like: ours and right, figures off, cells empty, no key, a stranger's
KINDS = ("right", "off", "gap", "manual", "foreign")
CENT = Decimal("0.01")
Cells = dict[str, Any]


@dataclass(frozen=True)
class Before:
    """A row that is in the table before the load."""

    kind: str
    place: int  # of the unit
    day: int  # days before the newest one; may lie outside of the loaded ones
    by: str
    note: str | None


@dataclass(frozen=True)
class Deed:
    """What a person does right before a call of an endpoint."""

    before: str
    call: int
    what: str
    row: int


@dataclass(frozen=True)
class Case:
    """One example."""

    newest: date
    days: int
    types: dict[str, int]
    turn: int  # where the order of columns begins
    report: dict[tuple[int, int], tuple[int, ...]]  # unit, days before the newest → figures
    rows: tuple[Before, ...]
    deeds: tuple[Deed, ...] = field(default=())

    @property
    def columns(self) -> list[tuple[str, int]]:
        """Names and types in the table's order; the first is the index column, which no select can be."""
        columns = [*self.types.items(), (NOTE, TEXT), (BUDGET, NUMBER)]
        turned = columns[self.turn :] + columns[: self.turn]
        first = next(column for column in turned if column[1] != SELECT)
        return [first, *(column for column in turned if column != first)]

    def source(self) -> list[ReportRow]:
        """What the source reports."""
        return [self._reported(unit, back, figures) for (unit, back), figures in self.report.items()]

    def _reported(self, unit: int, back: int, figures: Sequence[int]) -> ReportRow:
        cents, converted, each, clues = figures
        metrics = {
            "stat_cost": cents * CENT,
            "convert_cnt": Decimal(converted),
            "conversion_cost": each * CENT,
            "clue_pay_order_cnt": Decimal(clues),
        }
        day = self.newest - timedelta(days=back)
        return ReportRow(account_of(unit).id, day, str(FIRST_UNIT + unit), NAMES[unit % len(NAMES)], metrics)

    def cells(self, row: Before) -> Cells:
        """A row in write shape."""
        figures = self.report.get((row.place, row.day), (4150, 3, 1383, 1))
        there = self._reported(row.place, row.day, figures)
        cells: Cells = {
            UNIT: there.item_id,
            ACCOUNT: account_of(row.place).name,
            DAY: self.day_cell(there.day),
            NAME: there.item_name,
            **{column: self.figure_cell(column, there.metrics[metric]) for column, metric in FIGURES.items()},
        }
        if row.kind == "off":
            cells["消耗(元)"] = self.figure_cell("消耗(元)", there.metrics["stat_cost"] + 1)
            cells[NAME] = "旧名"
        if row.kind == "gap":
            cells = {name: cells[name] for name in (UNIT, DAY, "转化数")}
        if row.kind == "manual":
            cells = {DAY: cells[DAY], NAME: "手工记录"}
        if row.kind == "foreign":
            cells |= {UNIT: f"手工{row.place}"}
        return cells | ({NOTE: row.note, BUDGET: row.place + 0.5} if row.note else {})

    def day_cell(self, day: date) -> object:
        """A day as the column wants it."""
        if self.types[DAY] == DATE:
            return int(datetime.combine(day, time(), CHINA).timestamp()) * 1000
        return day.isoformat()

    def figure_cell(self, column: str, figure: Decimal) -> object:
        """A figure as the column wants it."""
        return float(figure) if self.types[column] == NUMBER else str(figure)


def account_of(unit: int) -> Account:
    """Which account a unit belongs to."""
    return ACCOUNTS[unit % len(ACCOUNTS)]


def key_of(cells: Cells) -> Key | None:
    """The key of a row in plain cells, read without the product."""
    unit, day = cells.get(UNIT), cells.get(DAY)
    if not unit or day is None:
        return None
    when = datetime.fromtimestamp(day / 1000, CHINA).date() if isinstance(day, int) else date.fromisoformat(day)
    return Key(when, str(unit))


WHEN = ("fields.list", "records.search", "records.batch_create", "records.batch_update")
WHATS = (
    "edit ours",
    "edit theirs",
    "delete",
    "insert theirs",
    "insert ours",
    "add column",
    "retype",
    "rename theirs",
    "add view",
)
_small, _cents = st.integers(0, 3), st.integers(0, 5_000_000)
_units, _back = st.integers(0, 4), st.integers(0, 3)
_figures = st.tuples(_cents, _small, _cents, _small)
_rows = st.builds(
    Before, st.sampled_from(KINDS), _units, _back, st.sampled_from(BY), st.sampled_from((None, "已沟通", "门店活动"))
)
_deeds = st.builds(Deed, st.sampled_from(WHEN), st.integers(1, 2), st.sampled_from(WHATS), st.integers(0, 5))


@st.composite
def cases(draw: st.DrawFn, newest: date, *, people: bool) -> Case:
    """An example; with `people`, somebody acts between the calls of the first load."""
    days = draw(st.integers(1, 3))
    kinds = draw(st.integers(0, 2 ** len(CHOICES) - 1))
    types = {name: choices[(kinds >> place) % len(choices)] for place, (name, choices) in enumerate(CHOICES.items())}
    keys = st.tuples(_units, st.integers(0, days - 1))
    return Case(
        newest=newest,
        days=days,
        types=types,
        turn=draw(st.integers(0, 9)),
        report=draw(st.dictionaries(keys, _figures, max_size=8)),
        rows=tuple(draw(st.lists(_rows, max_size=6))),
        deeds=tuple(draw(st.lists(_deeds, min_size=1, max_size=3))) if people else (),
    )
