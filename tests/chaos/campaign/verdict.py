"""What must hold whatever goes wrong, checked from outside: the emulator's figures against the emulator's table."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any

from pipeline.core.errors import Trouble
from pipeline.core.model import Key
from pipeline.core.outcome import Summary
from pipeline.core.reports import PROMOTION, REPORTS, Report
from tests.cards import problems
from tests.chaos.campaign.cases import Case
from tests.chaos.campaign.furniture import BUDGET, CHANGED_VIEWS, NOTE, further_id
from tests.chaos.campaign.rig import OLDER_LIST, Ended
from tests.further import NAMES
from tests.lab import FIGURES, Lab, day_of

PEOPLES_VIEWS = ("表格", "重点关注")
NO_STATUS = "同步状态表未更新"  # what a run warns of
ACCOUNT, STATUS = "账户名称", "同步状态"
Plain = dict[str, Any]
Cells = Mapping[str, Any]


class Sin(StrEnum):
    """What a case may be guilty of."""

    LOST = "lost"
    DOUBLED = "doubled"
    FALSE_SUCCESS = "false success"
    NEEDLESS = "needless partial"
    WRONG = "wrong figure"
    UNNAMED = "not named"
    TOUCHED = "a person's cell touched"
    MISCOUNTED = "miscounted"
    NOT_HEALED = "not healed"
    CARD = "a card that is none"


@dataclass(frozen=True)
class Violation:
    """One invariant that does not hold, and how."""

    sin: Sin
    words: str

    def __str__(self) -> str:
        return f"{self.sin}: {self.words}"


@dataclass(frozen=True)
class Sheet:
    """A table at one moment, and what the source says then of the run's days."""

    name: str  # in the settings; empty: the first one
    report: Report
    rows: Mapping[str, Cells]  # by record id
    views: Mapping[str, Any]  # by id
    source: Mapping[Key, Plain]
    names: Mapping[str, str]  # of the accounts, by id
    keys: Mapping[Key, list[Cells]] = field(init=False)

    def __post_init__(self) -> None:
        """Sort the rows by key."""
        keys: dict[Key, list[Cells]] = {}
        for cells in self.rows.values():
            if key := self.key(cells):
                keys.setdefault(key, []).append(cells)
        object.__setattr__(self, "keys", keys)

    def key(self, cells: Cells) -> Key | None:
        """The key of a row; `None` for a person's row."""
        item = cells.get(f"{self.report.item}ID")
        owner = cells.get("账户ID", "") if self.report.within_account else ""
        return Key(day_of(cells["时间"]), str(item), str(owner)) if item else None

    def right(self, key: Key) -> bool:
        """Whether a key of the source is there once with the source's figures."""
        there = self.keys.get(key, [])
        return len(there) == 1 and not self.differing(key, there[0])

    def differing(self, key: Key, cells: Cells) -> set[str]:
        """Columns of ours in which a row does not say what the source says."""
        row = self.source[key]
        name = f"{self.report.item}名称"
        texts = {ACCOUNT: self.names[str(row["local_account_id"])], name: row[self.report.name_field]}
        figures = {column: Decimal(str(row[metric] or 0)) for column, metric in FIGURES.items()}
        wrong = {column for column, text in texts.items() if cells.get(column) != text}
        return wrong | {column for column, figure in figures.items() if _figure(cells.get(column)) != figure}


@dataclass(frozen=True)
class Picture:
    """Every table at one moment, the first one first."""

    sheets: Sequence[Sheet]
    cards: Sequence[Plain]  # that the group was sent


def picture(lab: Lab) -> Picture:
    """The tables and the source as they are now."""
    state, first = lab.look("state"), lab.day - timedelta(days=1)
    names = {account["id"]: account["name"] for account in state["accounts"]}
    tables = {table["table_id"]: table for table in state["tables"]}
    known = {further_id(report): report for report in REPORTS}
    ours = {lab.table_id: PROMOTION.name, **{one: report for one, report in known.items() if one in tables}}
    sheets = [
        Sheet(
            name=NAMES[report] if table_id in known else "",
            report=REPORTS[report],
            rows={record["record_id"]: record["fields"] for record in lab.records(table_id)},
            views={view["view_id"]: view for view in tables[table_id]["views"]},
            source=_source(lab, REPORTS[report], first),
            names=names,
        )
        for table_id, report in ours.items()
    ]
    return Picture(sheets, [message.get("card", message) for message in state["messages"]])


def _source(lab: Lab, report: Report, first: date) -> dict[Key, Plain]:
    rows = lab.look("figures", report=report.name, start=first.isoformat(), end=lab.day.isoformat())["rows"]
    owners = [str(row["local_account_id"]) if report.within_account else "" for row in rows]
    return {
        Key(date.fromisoformat(row["stat_time_day"]), str(row[report.id_field]), owner): row
        for row, owner in zip(rows, owners, strict=True)
    }


def judge(case: Case, account: str | None, ended: Ended, before: Picture, after: Picture) -> Iterator[Violation]:
    """What does not hold of what the run that met the fault said about the table.

    Args:
        account: The one whose calls alone were hit, where there is one.
    """
    tables = _by_table(ended.summary)
    yield from _of_the_words(ended, after)
    yield from (Violation(Sin.CARD, problem) for card in after.cards for problem in problems(card))
    if account:
        yield from (one for table in tables.values() for one in _of_the_others(account, table))
    if ended.summary and not ended.success and not after.cards and case.endpoint != "bot.webhook":
        yield Violation(Sin.UNNAMED, "the group was told nothing")
    if case.must_succeed and not ended.success:
        yield Violation(Sin.NEEDLESS, f"one {case.fault.name} ended in {_told(ended)}")
    if case.must_succeed and (left := "; ".join(filter(None, map(_left, tables.values())))):
        yield Violation(Sin.NEEDLESS, f"one {case.fault.name} left undone: {left}")
    if ended.success:
        for sheet, there in zip(before.sheets, after.sheets, strict=True):
            yield from _of_the_counts(tables[sheet.name], sheet, there)


def _by_table(summary: Summary | None) -> dict[str, Summary]:
    """How a run ended in each of its tables."""
    return {one.table: one for one in (summary, *summary.further)} if summary else {}


def of_the_table(before: Picture, after: Picture, twin: Key | None = None) -> Iterator[Violation]:
    """Nothing is lost, doubled, half written, or somebody else's.

    Args:
        twin: A key of which the case itself brought a second row.
    """
    for first, last in zip(before.sheets, after.sheets, strict=True):
        yield from _of_a_sheet(first, last, twin)


def _of_a_sheet(before: Sheet, after: Sheet, twin: Key | None) -> Iterator[Violation]:
    for key, there in after.keys.items():
        if len(there) > 1 and key != twin:
            yield Violation(Sin.DOUBLED, f"{after.name} {key} is there {len(there)} times")
        if key in after.source:
            yield from _of_a_row(key, there[0], before.keys.get(key, [{}])[0], after)
    for record_id, cells in before.rows.items():
        if record_id in after.rows:
            yield from _of_a_persons_cells(before, cells, after.rows[record_id])
        elif before.key(cells) != twin:
            yield Violation(Sin.LOST, f"{after.name} the row {before.key(cells)} is gone")
    for view_id, view in before.views.items():
        if view["view_name"] in (*PEOPLES_VIEWS, *CHANGED_VIEWS) and after.views.get(view_id) != view:
            yield Violation(Sin.TOUCHED, f"{after.name} view {view['view_name']} is {after.views.get(view_id)}")


def _of_a_row(key: Key, cells: Cells, before: Cells, after: Sheet) -> Iterator[Violation]:
    """A cell of ours says what the source says, or what it said before."""
    for column in after.differing(key, cells):
        if column not in before or cells.get(column) != before[column]:
            yield Violation(Sin.WRONG, f"{after.name} {key} has {cells.get(column)!r} as {column}, which nobody said")


def _of_a_persons_cells(sheet: Sheet, before: Cells, after: Cells) -> Iterator[Violation]:
    key = sheet.key(before)
    for column in (NOTE, BUDGET) if key else {*before, *after}:
        if before.get(column) != after.get(column):
            words = f"{column} of {key} was {before.get(column)!r} and is {after.get(column)!r}"
            yield Violation(Sin.TOUCHED, words)


def _of_the_words(ended: Ended, after: Picture) -> Iterator[Violation]:
    """What is called good is good, and what is not is named with a reason and a cure."""
    if ended.summary is None:
        yield from _of_a_trouble("the run", ended.trouble)
        return
    tables = _by_table(ended.summary)
    bad = {
        name: {one.id: one.trouble for one in table.accounts if not one.state.good} for name, table in tables.items()
    }
    for sheet in after.sheets:
        ours = {one.id for one in tables[sheet.name].accounts} if sheet.name in tables else set()
        short = {str(row["local_account_id"]) for key, row in sheet.source.items() if not sheet.right(key)}
        if ended.older_list:
            short &= ours
        for account_id in sorted(short - bad.get(sheet.name, {}).keys()):
            sin = Sin.FALSE_SUCCESS if ended.success else Sin.UNNAMED
            yield Violation(sin, f"{sheet.name} {sheet.names[account_id]} is called good and is not")
    troubles = [(f"{name} {account_id}", why) for name, found in bad.items() for account_id, why in found.items()]
    if not ended.success and not troubles:
        yield from _of_a_trouble("the run", next((one.trouble for one in tables.values() if one.trouble), None))
    for whose, trouble in troubles:
        yield from _of_a_trouble(whose, trouble)
    if ended.success and troubles:
        yield Violation(Sin.FALSE_SUCCESS, f"success with {', '.join(whose for whose, _ in troubles)} failed")


def _left(summary: Summary) -> str:
    """What a success did not get done, in its own words."""
    undone = ("视图未检查", "缺少视图", "视图筛选未生效")
    notes = [note for note in summary.view_notes if note.startswith(undone)]
    return "; ".join([*notes, *(one for one in summary.warnings if NO_STATUS in one or OLDER_LIST in one)])


def _of_the_others(account: str, summary: Summary) -> Iterator[Violation]:
    named = {one.id for one in summary.accounts if not one.state.good}
    if named - {account}:
        yield Violation(Sin.UNNAMED, f"only {account} is faulty, but {', '.join(sorted(named))} are named")


def _of_a_trouble(whose: str, trouble: Trouble | None) -> Iterator[Violation]:
    if not trouble or not trouble.reason or not trouble.message or not trouble.what_to_do:
        yield Violation(Sin.UNNAMED, f"{whose} failed without reason or cure: {trouble}")


def _of_the_counts(summary: Summary, before: Sheet, after: Sheet) -> Iterator[Violation]:
    ours = {account.id for account in summary.accounts}
    keys = [key for key, row in after.source.items() if str(row["local_account_id"]) in ours]
    created = sum(key not in before.keys for key in keys)
    updated = sum(key in before.keys and bool(after.differing(key, before.keys[key][0])) for key in keys)
    expected = (created, updated, len(keys) - created - updated)
    told = (summary.created, summary.updated, summary.unchanged)
    if told != expected:
        yield Violation(Sin.MISCOUNTED, f"{after.name} created, updated, unchanged are {expected}, told are {told}")


def of_the_healing(first: Ended, catch_up: Ended | None, after: Picture, lab: Lab) -> Iterator[Violation]:
    """Without the fault one catch-up makes the day whole, its rows and its lines in the status table.

    Args:
        catch_up: How it ended; `None` where nothing was owed.
    """
    if catch_up and not catch_up.success:
        yield Violation(Sin.NOT_HEALED, f"the catch-up ended in {_told(catch_up)}")
    for sheet, key in ((one, key) for one in after.sheets for key in one.source):
        if key.day == lab.day and not sheet.right(key):
            yield Violation(Sin.NOT_HEALED, f"{sheet.name} {key} is not there once as the source says")
    if not catch_up and first.summary and any(NO_STATUS in warning for warning in first.summary.warnings):
        return  # the next run writes it, and this one said so
    tables = [table for table in lab.look("state")["tables"] if table["name"] == STATUS]
    if len(tables) != 1:
        yield Violation(Sin.NOT_HEALED, f"there are {len(tables)} tables {STATUS}")
        return
    lines = [record["fields"] for record in lab.records(tables[0]["table_id"])]
    places = [(line.get("日期"), line.get("账户"), line.get("数据表")) for line in lines]
    if len(set(places)) != len(places):
        yield Violation(Sin.DOUBLED, f"{STATUS} has a line twice")


def _told(ended: Ended) -> str:
    if not ended.summary:
        return str(ended.trouble)
    tables = _by_table(ended.summary)
    bad = [
        f"{name} {one.name}: {one.trouble}" for name, table in tables.items() for one in table.accounts if one.trouble
    ]
    return f"{ended.summary.state}; {'; '.join(bad)}; {[table.trouble for table in tables.values() if table.trouble]}"


def _figure(cell: object) -> Decimal:
    return Decimal(str(cell)) if cell not in (None, "") else Decimal("NaN")
