"""Random sets of tables, and mornings on which the source corrects itself, people clear cells and Redis is emptied."""

import json
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from enum import StrEnum

import redis
from hypothesis import strategies as st

from pipeline.core.model import CHINA
from pipeline.core.reports import PROMOTION, REPORTS
from pipeline.core.rollover.split import Split
from pipeline.core.table.columns import usual_columns
from pipeline.state import keys
from tests.days import Days
from tests.further import Line, source_of, table_of, written
from tests.lab import FIGURES, Plain
from tests.rolled import Row, holder, registry

KEPT = (0, 4, 5)  # places of three accounts: of one project, of two, of one
LOOKBACK_DAYS = 3
OWN = (*FIGURES, "单元名称", "项目名称", "素材名称")  # cells of ours by which no row is found
ITEMS = {f"{report.item}ID": name for name, report in REPORTS.items()}  # 账户ID last: others may have it, too


class Emptied(StrEnum):
    """What of Redis is lost between two runs."""

    NOTHING = "nothing"
    CHAINS_STAY = "all but which tables follow each other"
    ALL = "all"


@dataclass(frozen=True)
class Group:
    """A table of the settings: its report, the places of its accounts (none: all), when it gets a successor."""

    report: str
    places: tuple[int, ...]
    split: Split
    at: bool  # whether the settings say where it is; else it is found by its name

    @property
    def name(self) -> str:
        """Its name."""
        return f"{REPORTS[self.report].item}{''.join(map(str, self.places)) or '全部'}"


@dataclass(frozen=True)
class Morning:
    """What happens before the next day's run: corrections (place, row, days back, 分), cleared cells, lost memory."""

    corrected: tuple[tuple[int, int, int, int], ...]
    cleared: tuple[tuple[int, int], ...]
    deleted: tuple[int, ...]
    emptied: Emptied


@dataclass(frozen=True)
class Story:
    """One example: tables, and mornings that follow the first, which is days before the end of a month."""

    groups: tuple[Group, ...]
    split: Split
    before_the_end: int
    mornings: tuple[Morning, ...]


_SPLITS = st.sampled_from((Split.NONE, Split.MONTH))
_small = st.integers(0, 40)
_mornings = st.builds(
    Morning,
    st.lists(st.tuples(st.integers(0, 2), _small, st.integers(0, 6), st.integers(1, 900_000)), max_size=3).map(tuple),
    st.lists(st.tuples(_small, _small), max_size=3).map(tuple),
    st.lists(_small, max_size=1).map(tuple),
    st.sampled_from(Emptied),
)


@st.composite
def _groups(draw: st.DrawFn, report: str) -> tuple[Group, ...]:
    """Tables of one report: none, one of all accounts, or up to three that share some of them out."""
    if report != PROMOTION.name and draw(st.booleans()):
        return (Group(report, (), draw(_SPLITS), draw(st.booleans())),)
    table_of = draw(st.tuples(*[st.integers(0, 2)] * len(KEPT)))  # of each account; 0: none of them
    shared = [tuple(place for place, table in enumerate(table_of) if table == one) for one in (1, 2)]
    return tuple(Group(report, places, draw(_SPLITS), draw(st.booleans())) for places in shared if places)


@st.composite
def stories(draw: st.DrawFn) -> Story:
    """An example."""
    return Story(
        tuple(group for report in REPORTS for group in draw(_groups(report))),
        draw(_SPLITS),
        draw(st.integers(0, 1)),
        tuple(draw(st.lists(_mornings, min_size=2, max_size=3))),
    )


@dataclass
class Several:
    """The world of an example: the tables as the settings name them, and the days that were loaded."""

    days: Days
    story: Story
    ids: dict[Group, str] = field(default_factory=dict)
    first: date = date.max

    def __post_init__(self) -> None:
        """Make the tables and set them."""
        self.days.extra |= {"LAIKE_TABLE_SPLIT": self.story.split, "LAIKE_TABLES": "[]"}
        self.first = self.days.day - timedelta(days=LOOKBACK_DAYS - 2)  # the first run is that of the next day
        base = self.days.context().base(None)
        for group in self.story.groups:
            columns = [column.new_field for column in usual_columns(REPORTS[group.report])]
            self.ids[group] = base.tables.create(group.name, columns)
        self.days.extra["LAIKE_TABLES"] = json.dumps([self._told(group, base.app_token) for group in self.ids])

    def happens(self, morning: Morning) -> None:
        """Let everything happen that a morning holds."""
        for place, row, back, cents in morning.corrected:
            self._correct(place, row, self.days.day - timedelta(days=back), cents)
        for table, row in morning.cleared:
            self._clear(table, row)
        for table in morning.deleted:
            self._delete(table)
        self._empty(morning.emptied)

    def expected(self) -> Counter[tuple[str, Line]]:
        """Each line of each report of the loaded days, with the one table that must hold it."""
        found: Counter[tuple[str, Line]] = Counter()
        for report, accounts, root, tables in self._parts():
            for line, times in source_of(self.days, report, self.first, self.days.day, accounts).items():
                found[holder(tables, root, line.day), line] += times
        return found

    def held(self) -> Counter[tuple[str, Line]]:
        """Each line of each of the base's tables that has a column of ours."""
        return Counter(
            {
                (table_id, line): times
                for table_id, report in self.reports().items()
                for line, times in table_of(self.days, report, table_id).items()
            }
        )

    def reports(self) -> dict[str, str]:
        """The report of each table that looks like ours, by id: those that nobody knows of, too."""
        tables = self.days.look("state")["tables"]
        return {str(one["table_id"]): report for one in tables if (report := _report_in(one["fields"]))}

    def successors(self) -> int:
        """How many tables got rows in place of an earlier one."""
        return sum(max(0, len(tables) - 1) for *_, tables in self._parts())

    def written(self) -> int:
        """How many calls wrote into tables of rows."""
        return written(self.days, self.reports())

    def _told(self, group: Group, app_token: str) -> Plain:
        address = f"https://example.feishu.cn/base/{app_token}?table={self.ids[group]}"
        accounts = [self.days.accounts[place] for place in group.places]
        optional = {"accounts": accounts} if accounts else {}
        return (
            {"name": group.name, "report": group.report, "split": group.split}
            | optional
            | ({"at": address} if group.at else {})
        )

    def _parts(self) -> Iterator[tuple[str, list[str], str, list[Row]]]:
        """Report, accounts, first table, and it with its successors where it has any, of each table that gets rows."""
        named = self.days.accounts
        elsewhere = {named[place] for group in self.ids if group.report == PROMOTION.name for place in group.places}
        if rest := [one for one in named if one not in elsewhere]:
            yield PROMOTION.name, rest, self.days.table_id, self._tables(self.days.table_id)
        for group, root in self.ids.items():
            yield group.report, [named[place] for place in group.places] or named, root, self._tables(root)

    def _tables(self, root: str) -> list[Row]:
        """A table and its successors in 数据表清单, the oldest first."""
        rows = [row for row in registry(self.days) if row.root == root and row.table_id]
        return sorted(rows, key=lambda row: row.first or date.min)

    def _correct(self, place: int, row: int, day: date, cents: int) -> None:
        """Another 消耗 of a row that is there: an account's total moves with it, and so tells of it."""
        account = self.days.accounts[place]
        there = [one for one in self.days.source(day, day).values() if str(one["local_account_id"]) == account]
        if there:
            promotion = str(there[row % len(there)]["promotion_id"])
            place_of = {"account_id": account, "promotion_id": promotion, "day": day.isoformat()}
            self.days.control("figures", {**place_of, "stat_cost": cents / 100})

    def _clear(self, table: int, row: int) -> None:
        """A person empties a cell of ours in a row that the next run looks at."""
        table_id = sorted(self.reports())[table % len(self.reports())]
        rows = self._recent(table_id)
        if rows:
            record = rows[row % len(rows)]
            cells = [name for name in OWN if name in record["fields"]]
            body = {"record_id": record["record_id"], "fields": {cells[row % len(cells)]: None}}
            self.days.control("rows/edit", {"table_id": table_id, **body})

    def _delete(self, table: int) -> None:
        """A person deletes one of several rows."""
        table_id = sorted(self.reports())[table % len(self.reports())]
        rows = self._recent(table_id)
        if len(rows) > 1:
            self.days.control("rows/delete", {"table_id": table_id, "record_id": rows[0]["record_id"]})

    def _recent(self, table_id: str) -> list[Plain]:
        """The rows of ours of the days that the next run loads whatever it knows."""
        oldest = self.days.day - timedelta(days=LOOKBACK_DAYS - 2)
        midnight = int(datetime(oldest.year, oldest.month, oldest.day, tzinfo=CHINA).timestamp()) * 1000
        item = next(name for name, report in ITEMS.items() if report == self.reports()[table_id])
        ours = [one for one in self.days.records(table_id) if item in one["fields"]]
        return [one for one in ours if one["fields"]["时间"] >= midnight]

    def _empty(self, emptied: Emptied) -> None:
        with redis.Redis.from_url(self.days.redis_url) as client:
            stay = set(client.scan_iter(keys.chain("*"))) if emptied is Emptied.CHAINS_STAY else set()
            if emptied is not Emptied.NOTHING:
                for key in set(client.scan_iter()) - stay:
                    client.delete(key)


def _report_in(fields: Sequence[Plain]) -> str | None:
    names = {column["field_name"] for column in fields}
    return next((report for item, report in ITEMS.items() if item in names), None)
