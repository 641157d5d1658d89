"""`laike doctor` looks after a table and its successors."""

from collections.abc import Callable
from datetime import date, time, timedelta

import pytest

from pipeline.context import Context
from pipeline.steps.doctor.feishu import check_feishu
from pipeline.steps.doctor.findings import Finding, State
from pipeline.steps.rollover.announce import announce
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_daily
from tests.lab import Lab

REPAIR = "laike tables repair"


@pytest.fixture
def two(lab: Lab) -> Lab:
    """A lab after a roll-over."""
    lab.sync()
    lab.extra["LAIKE_TABLE_SPLIT"] = "auto"
    announce(lab.context(), lab.day + timedelta(days=1), "广告日报 下一张", by_hand=True)
    lab.at(time(12, 5), days_later=1)
    ctx = lab.context()
    assert carry_out(ctx, begin_daily(ctx).run_id).state == "success"
    return lab


def found(lab: Lab) -> dict[str, Finding]:
    return {one.check: one for one in check_feishu(lab.context(), redis=True)}


def wrong(lab: Lab) -> dict[str, Finding]:
    return {name: one for name, one in found(lab).items() if one.state in (State.WARNING, State.BROKEN)}


def calls(lab: Lab) -> int:
    counts: dict[str, int] = lab.look("calls")["counts"]
    return sum(counts.values())


def test_a_healthy_chain_has_one_line(two: Lab) -> None:
    line = found(two)["tables"]
    assert line.state == State.OK, line
    assert line.says.startswith("2 of ours, as 数据表清单 has them; the base holds ")
    assert wrong(two) == {}


def test_a_single_table_has_no_line_and_costs_no_call(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.sync()
    before = calls(lab)
    assert "tables" not in found(lab)
    with_check = calls(lab) - before
    monkeypatch.setattr("pipeline.steps.doctor.feishu.check_tables", lambda *_: [])
    before = calls(lab)
    found(lab)
    assert with_check == calls(lab) - before


def test_a_deleted_older_table_is_named_with_its_cure(two: Lab) -> None:
    first = two.extra["LAIKE_BITABLE_TABLE_ID"] = two.table_id
    two.control("tables/delete", {"table_id": first})
    lines = wrong(two)
    assert list(lines) == ["tables"], lines
    assert lines["tables"].state == State.BROKEN
    assert lines["tables"].says == f"not in the base: {first} 广告日报"
    assert REPAIR in lines["tables"].cure


def test_the_cure_of_a_deleted_newest_table_is_no_setting(two: Lab) -> None:
    two.control("tables/delete", {"table_id": two.context().chain.newest.table_id})
    lines = wrong(two)
    assert list(lines) == ["table"]
    assert REPAIR in lines["table"].cure
    assert "LAIKE_BITABLE_TABLE_ID" not in lines["table"].cure


def without_registry(lab: Lab, ctx: Context) -> None:
    lab.control("tables/delete", {"table_id": ctx.chain.registry})


def without_row(_: Lab, ctx: Context) -> None:
    ctx.base(None).records(ctx.chain.registry).batch_delete([ctx.chain.newest.record_id])


def of_another_day(_: Lab, ctx: Context) -> None:
    midnight_ms = 1000 * 86400 * (date(2031, 1, 1) - date(1970, 1, 1)).days - 8 * 3_600_000
    ctx.base(None).records(ctx.chain.registry).batch_update([(ctx.chain.newest.record_id, {"起始日": midnight_ms})])


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (without_registry, "数据表清单 is not in the base"),
        (without_row, "has no row in 数据表清单"),
        (of_another_day, "数据表清单 has it from 2031-01-01 on"),
    ],
)
def test_where_registry_and_memory_disagree_the_cure_is_to_repair(
    two: Lab, spoil: Callable[[Lab, Context], None], says: str
) -> None:
    spoil(two, two.context())
    lines = wrong(two)
    assert list(lines) == ["tables"]
    assert says in lines["tables"].says
    assert REPAIR in lines["tables"].cure


def test_a_base_with_many_tables_is_a_warning(two: Lab) -> None:
    tables = two.context().base(None).tables
    for number in range(80 - len(tables.ids())):
        tables.create(f"表 {number}", [{"field_name": "列", "type": 1}])
    line = wrong(two)["tables"]
    assert line.state == State.WARNING
    assert "the base holds 80 of at most 100" in line.says
    assert "请删除不用的数据表或仪表盘" in line.cure
