"""A report that nobody has thought of: one entry, its columns, and a handler of the emulator; the rest is there."""

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from emulator import app
from emulator.oceanengine import envelope, gate, kinds, parameters, reports
from emulator.oceanengine.state import OceanEngine
from emulator.server import EmulatorServer
from emulator.shared.wire import Call, Reply, Route
from emulator.world.routes import ROUTES
from pipeline.core.outcome import RunState
from pipeline.core.reports import REPORTS, Report
from tests import further as tables
from tests.further import further, source_of, table_of, written
from tests.lab import Lab

STORE = Report(
    name="store",
    item="门店",
    path="/open_api/v3.0/local/report/store/get/",
    rows="store_list",
    id_field="store_id",
    name_field="store_name",
)
KIND = kinds.Kind("store", STORE.rows, (), kinds.PROJECT.values)


def _lines(ocean: OceanEngine, query: parameters.Query) -> list[dict[str, Any]]:
    """A store for each project."""
    renamed = {"project_id": STORE.id_field, "project_name": STORE.name_field}
    found = reports.LINES["project"](ocean, query)
    return [{renamed.get(name, name): value for name, value in line.items()} for line in found]


def _handler(ocean: OceanEngine, call: Call) -> Reply:
    query = parameters.parse(ocean, call, KIND)
    found = _lines(ocean, query)
    first = (query.page - 1) * query.page_size
    page_info = parameters.page_info(query.page, query.page_size, len(found))
    return envelope.success({KIND.rows: found[first : first + query.page_size], "page_info": page_info})


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch, redis_url: str, tmp_path: Path) -> Iterator[Lab]:
    """The product and the emulator with one report more."""
    monkeypatch.setitem(REPORTS, STORE.name, STORE)
    monkeypatch.setitem(tables.NAMES, STORE.name, "门店日报")
    monkeypatch.setitem(kinds.KINDS, KIND.name, KIND)
    monkeypatch.setitem(reports.LINES, KIND.name, _lines)
    route: Route[Any] = Route("report.store", "GET", STORE.path, _handler, gate.FAMILY, 5.0)
    monkeypatch.setattr(app, "ROUTES", (*ROUTES, route))
    with EmulatorServer() as server:
        yield Lab(server, redis_url, tmp_path)


def test_a_report_more_is_an_entry_and_columns_and_loads_like_the_others(stores: Lab) -> None:
    made = further(stores, "store", "project")
    summary = stores.sync()
    assert summary.state is RunState.SUCCESS, summary
    first = stores.day - timedelta(days=6)
    assert table_of(stores, "store", made["store"]) == source_of(stores, "store", first, stores.day)
    before = written(stores, made.values())
    assert stores.sync().state is RunState.SUCCESS
    assert written(stores, made.values()) == before
