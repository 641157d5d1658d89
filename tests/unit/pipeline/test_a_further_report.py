"""A report is data: one entry more, of 门店 by day, is read, matched, compared and read back like the others."""

from collections.abc import MutableMapping
from decimal import Decimal
from typing import cast

import pytest

from pipeline.clients.oceanengine.reports import read_report
from pipeline.core.errors import BadResponse
from pipeline.core.model import CHINA, Account, AccountDay, DayRange, ReportRow, Totals, WantedRow
from pipeline.core.outcome import DayState
from pipeline.core.reports import REPORTS, Report
from pipeline.core.runs.quality import agree, judge_days
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import columns_of, metrics_of, usual_columns
from pipeline.core.table.diff import diff
from pipeline.core.table.layout import Layout, match
from pipeline.core.table.record import Record
from pipeline.core.tables.further import further_tables_of
from pipeline.core.tables.groups import accounts_of
from tests.unit.pipeline.clients.oceanengine.test_reports import api, served
from tests.unit.pipeline.clients.stub import Plain
from tests.unit.pipeline.core.tables import DAY

POI = Report(
    name="poi",
    item="门店",
    path="/open_api/v3.0/local/report/poi/get/",
    rows="poi_list",
    id_field="poi_id",
    name_field="poi_name",
    ids_filter="poi_ids",
    lacks=frozenset({"dy_like"}),
    sums_up=False,
    within_account=True,
)
HERE, THERE = Account("1834207156320263", "城东店"), Account("1834207156321111", "城西店")
DAYS = DayRange(DAY, DAY)
POI_ID = 7600000000000000002


@pytest.fixture(autouse=True)
def poi(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(cast("MutableMapping[str, Report]", REPORTS), POI.name, POI)


def row(**changed: object) -> Plain:
    figures = {"stat_cost": Decimal("118.36"), "convert_cnt": 2, "conversion_cost": Decimal("59.18")}
    return {
        "stat_time_day": f"{DAY}",
        "poi_id": POI_ID,
        "poi_name": "蜀香小馆",
        "clue_pay_order_cnt": 0,
        **figures,
        **changed,
    }


def read(account: Account, *rows: Plain) -> list[ReportRow]:
    metrics = metrics_of(usual_columns(POI))
    return read_report(api(served(*rows, key=POI.rows)), POI, account.id, DAYS, metrics)


def layout() -> Layout:
    columns = usual_columns(POI)
    there = [Field(f"fld{n}", one.name, cast("int", one.new_field["type"])) for n, one in enumerate(columns)]
    return match(columns, there, CHINA, report=POI)


def wanted() -> list[WantedRow]:
    """One 门店 in two accounts."""
    return [layout().want(one, account) for account in (HERE, THERE) for one in read(account, row())]


def written(rows: list[WantedRow]) -> list[Record]:
    at = layout()
    return [Record(f"rec{n}", at.encode(one.cells)) for n, one in enumerate(rows)]


def test_its_table_has_columns_of_its_own() -> None:
    names = ["账户名称", "时间", "账户ID", "门店ID", "门店名称", "消耗(元)", "转化数", "转化成本(元)", "团购线索数"]
    assert [column.name for column in usual_columns(POI)] == names
    with pytest.raises(ValueError, match="no column has the metric poi_id \\(such as 门店ID\\)"):
        columns_of([{"name": "花费", "metric": "stat_cost"}], POI)
    with pytest.raises(ValueError, match="the report has no 'dy_like'"):
        columns_of([{"name": "点赞", "metric": "dy_like"}], POI)


def test_its_rows_are_read_from_its_endpoint() -> None:
    http = served(row(), key=POI.rows)
    (told,) = read_report(api(http), POI, HERE.id, DAYS, ["stat_cost"])
    assert http.calls[0].path == POI.path
    assert (told.item_id, told.item_name, told.owner) == (str(POI_ID), "蜀香小馆", HERE.id)
    with pytest.raises(BadResponse, match="poi/get/: a row has no poi_id"):
        read(HERE, row(poi_id=None))


def test_its_days_need_not_sum_up() -> None:
    (day,) = judge_days(read(HERE, row()), {DAY: Totals(Decimal(500), Decimal(2))}, DAYS, POI)
    assert (day.state, day.cost) == (DayState.LOADED, Decimal("118.36"))


def test_its_rows_are_created_once_and_then_found_as_they_are() -> None:
    rows = wanted()
    assert diff(rows, []).create == tuple(rows)
    found = [layout().decode(one) for one in written(rows)]
    assert [one.key for one in found] == [one.key for one in rows]
    assert (diff(rows, found).empty, diff(rows, found).unchanged) == (True, 2)


def test_only_the_row_of_the_account_whose_figures_changed_is_updated() -> None:
    found = [layout().decode(one) for one in written(wanted())]
    (now,) = read(THERE, row(stat_cost=Decimal("120.00")))
    (change,) = diff([wanted()[0], layout().want(now, THERE)], found).update
    assert (change.record_id, change.new) == ("rec1", {"消耗(元)": Decimal("120.00")})


def test_its_table_is_read_back_for_each_account() -> None:
    places = {AccountDay(one.id, DAY): one for one in (HERE, THERE)}
    found = [layout().decode(one) for one in written(wanted())]
    assert all(one.agrees for one in agree(wanted(), found, places, None))
    missing = agree(wanted(), found[:1], places, None)
    assert {one.account_id: one.missing for one in missing} == {HERE.id: 0, THERE.id: 1}


def test_it_may_have_a_further_table() -> None:
    tables = further_tables_of([{"name": "门店日报", "report": "poi", "accounts": [HERE.id]}])
    assert (tables[0].report, tables[0].columns) == (POI, usual_columns(POI))
    assert accounts_of(tables[0], tables, {HERE.id: HERE.name, THERE.id: THERE.name}) == {HERE.id: HERE.name}
    with pytest.raises(ValueError, match="there is no report pol; the nearest is poi"):
        further_tables_of([{"name": "门店日报", "report": "pol"}])
