"""Reports of an account for a batch: asked for once, whatever number of tables needs them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from types import SimpleNamespace
from typing import Any

import pytest

from pipeline.core.model import CHINA, DayRange, ReportRow
from pipeline.core.outcome import Run
from pipeline.core.reports import ACCOUNT, MATERIAL, PROJECT, PROMOTION, Report
from pipeline.core.runs.plan import parts
from pipeline.core.table.columns import metrics_of, usual_columns
from pipeline.core.tables.further import FurtherTable
from pipeline.state.no_redis import in_memory
from pipeline.state.runs.shared_reports import SharedReports
from pipeline.steps.accounts import reports as step
from pipeline.steps.accounts.reports import Reports
from tests.unit.pipeline.steps.runs.fakes import DAY, RUN, SEVEN

EAST = RUN.accounts[0].id
DAYS = DayRange(DAY - timedelta(days=6), DAY)
LONG_AGO = DAY - timedelta(days=40)
PROJECTS = FurtherTable(name="项目日报", report=PROJECT, columns=usual_columns(PROJECT))
MATERIALS = FurtherTable(name="素材日报", report=MATERIAL, columns=usual_columns(MATERIAL))
OF_ACCOUNTS = FurtherTable(name="账户日报", report=ACCOUNT, columns=usual_columns(ACCOUNT))
FURTHER = (PROJECTS, MATERIALS, OF_ACCOUNTS)
IN_ALL = replace(RUN, days=DAYS, further=tuple(replace(RUN, days=DAYS, table=one.name) for one in FURTHER))
ALONE = replace(RUN, days=DAYS)


class Ground:
    """A run in some tables; the service answers with a row a day, and time passes with each call."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, run: Run) -> None:
        self.client, self.run, self.now = in_memory(), run, SEVEN
        self.asked: list[tuple[Report, DayRange, tuple[str, ...]]] = []
        self.rows: dict[str, int] = {}  # of a day, by report; one if it is not there
        self.shared = SharedReports(self.client)
        monkeypatch.setattr(step, "read_report", self._read)

    def reports(self, table: str = "", *, anew: bool = False) -> Reports:
        """As the fetch for a table has them."""
        part = next(one for one in parts(self.run) if one.table == table)
        return Reports(self.context(table), SimpleNamespace(), part, EAST, anew=anew)  # type: ignore[arg-type]

    def context(self, table: str) -> Any:  # noqa: ANN401
        """A context on a table."""
        further = {one.name: one for one in FURTHER}.get(table)
        report = further.report if further else PROMOTION
        home = SimpleNamespace(settings=SimpleNamespace(tables=FURTHER))
        return SimpleNamespace(
            client=self.client,
            report=report,
            settings=SimpleNamespace(columns=usual_columns(report), tables=FURTHER),
            home=home if further else None,
            ledger=SimpleNamespace(run=lambda _: self.run),
            of=lambda part: self.context(part.table),
            shared_reports=self.shared,
            shared_now=lambda: self.now,
            time_left=lambda _: lambda: 60.0,
        )

    def _read(
        self, _: object, report: Report, account_id: str, days: DayRange, metrics: Sequence[str]
    ) -> list[ReportRow]:
        self.asked.append((report, days, tuple(metrics)))
        self.now += timedelta(seconds=2)
        figures = dict.fromkeys(metrics, Decimal(5))
        return [
            ReportRow(account_id, day, f"7{n}", "", figures)
            for day in days
            for n in range(self.rows.get(report.name, 1))
        ]


@pytest.fixture
def ground(monkeypatch: pytest.MonkeyPatch) -> Ground:
    return Ground(monkeypatch, IN_ALL)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> Ground:
    return Ground(monkeypatch, ALONE)


def test_a_run_in_one_table_asks_for_the_totals_alone_and_keeps_nothing(alone: Ground) -> None:
    reports = alone.reports()
    reports.account(DAYS)
    reports.own(DAYS)
    assert [(report, metrics) for report, _, metrics in alone.asked] == [
        (ACCOUNT, ("stat_cost", "convert_cnt")),
        (PROMOTION, metrics_of(usual_columns(PROMOTION))),
    ]
    assert reports.as_of == SEVEN
    assert not alone.client.keys("*")


def test_the_account_report_is_asked_for_once_with_what_every_table_needs(ground: Ground) -> None:
    rows = [ground.reports(table).account(DAYS) for table in ("", *(one.name for one in FURTHER))]
    assert all(one == rows[0] for one in rows)
    ((report, days, metrics),) = ground.asked
    assert (report, days) == (ACCOUNT, DAYS)
    assert set(metrics) == {"stat_cost", "convert_cnt", *metrics_of(usual_columns(ACCOUNT))}


def test_what_was_read_for_another_table_has_the_time_of_that_reading(ground: Ground) -> None:
    ground.reports().account(DAYS)
    later: datetime = ground.now + timedelta(seconds=20)
    ground.now = later
    other = ground.reports(PROJECTS.name)
    other.account(DAYS)
    assert other.as_of == SEVEN
    assert later.astimezone(CHINA) > other.as_of


def test_a_second_look_asks_again_and_the_other_tables_have_what_it_found(ground: Ground) -> None:
    ground.reports().account(DAYS)
    ground.reports(anew=True).account(DAYS)
    assert len(ground.asked) == 2
    ground.reports(PROJECTS.name).account(DAYS)
    assert len(ground.asked) == 2


def test_promotions_and_projects_of_one_run_are_each_other_s_witness_without_a_call_more(ground: Ground) -> None:
    promotions, projects = ground.reports(), ground.reports(PROJECTS.name)
    promotions.own(DAYS)
    projects.own(DAYS)
    before = len(ground.asked)
    assert promotions.sums(PROJECT, [DAY]) == dict.fromkeys(DAYS, Decimal(5))
    assert projects.sums(PROMOTION, [DAY]) == dict.fromkeys(DAYS, Decimal(5))
    assert len(ground.asked) == before


def test_a_witness_without_a_row_is_not_asked_again(ground: Ground) -> None:
    ground.rows["project"] = 0
    ground.reports(PROJECTS.name).own(DAYS)
    assert ground.reports().sums(PROJECT, [DAY]) == {}
    assert len(ground.asked) == 1


def test_materials_are_nobody_s_witness_and_are_not_kept(ground: Ground) -> None:
    ground.reports(MATERIALS.name).own(DAYS)
    assert not [key for key in ground.client.keys("*") if b":report:" in key]


def test_days_that_no_table_reads_are_asked_for_in_blocks_of_a_report(ground: Ground) -> None:
    wanted: list[date] = [LONG_AGO, DAY]
    assert ground.reports().sums(PROJECT, wanted).keys() == set(wanted)
    assert [(report, len(days), metrics) for report, days, metrics in ground.asked] == [
        (PROJECT, 1, ("stat_cost",)),
        (PROJECT, 1, ("stat_cost",)),
    ]
