from dataclasses import replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from pipeline.core.model import Account, FoundRow, ReportRow, WantedRow
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.core.table.layout import Layout
from pipeline.core.table.shared_keys import SharedKey, decided, guests, settled, under_other_names

DAY = date(2026, 2, 11)
MAIN, COPY = Account("1801", "主账户"), Account("1802", "复制账户")
NAMES = {COPY.id: COPY.name}
LAYOUT = Layout(
    DEFAULT_COLUMNS, {column.name: Field(f"fld{n}", column.name, 1) for n, column in enumerate(DEFAULT_COLUMNS)},
    ZoneInfo("Asia/Shanghai"),
)  # fmt: skip
METRICS = {"stat_cost": Decimal(5), "convert_cnt": Decimal(1), "conversion_cost": Decimal(5)}
ROW = ReportRow(COPY.id, DAY, "p1", "双人套餐", {**METRICS, "clue_pay_order_cnt": Decimal(0)})
THEIRS = replace(ROW, account_id=MAIN.id, item_name="双人套餐（主）")


def wanted(row: ReportRow = ROW) -> WantedRow:
    return LAYOUT.want(row, COPY)


def found(name: str, *, record_id: str = "rec1", created_ms: int = 0, item_id: str = "p1") -> FoundRow:
    return FoundRow(record_id, DAY, item_id, name, Decimal(5), {}, created_ms=created_ms)


def test_a_key_under_its_own_name_or_nowhere_is_no_guest() -> None:
    assert under_other_names([wanted()], [found("复制账户"), found("主账户", item_id="p2")], NAMES) == []


def test_the_oldest_row_of_a_key_tells_under_whom_it_stands() -> None:
    rows = [found("复制账户", record_id="rec1", created_ms=2), found("主账户", record_id="rec2", created_ms=1)]
    [(row, there)] = under_other_names([wanted()], rows, NAMES)
    assert (row.key, there.record_id) == (ROW.key, "rec2")
    assert under_other_names([wanted()], [replace(rows[0], created_ms=0), rows[1]], NAMES) == []


def test_only_a_name_of_another_account_of_ours_makes_a_guest() -> None:
    [guest] = guests(under_other_names([wanted()], [found("主账户")], NAMES), [MAIN, COPY])
    assert (guest.holder, guest.at.account_id, guest.at_holder.account_id) == (MAIN, COPY.id, MAIN.id)
    assert guests(under_other_names([wanted()], [found("改名前")], NAMES), [MAIN, COPY]) == []


def test_what_the_holder_does_not_report_is_rewritten_and_what_it_reports_is_shared_or_torn() -> None:
    [guest] = guests(under_other_names([wanted()], [found("主账户")], NAMES), [MAIN, COPY])
    assert decided(LAYOUT, guest, None) is None
    assert decided(LAYOUT, guest, THEIRS) == SharedKey(ROW.key, COPY.id, MAIN, THEIRS)
    other = replace(THEIRS, metrics={**THEIRS.metrics, "stat_cost": Decimal(6)})
    assert decided(LAYOUT, guest, other) == SharedKey(ROW.key, COPY.id, MAIN, None)


def test_a_shared_key_is_wanted_as_its_holder_reports_it_and_a_torn_one_is_not() -> None:
    other = wanted(replace(ROW, item_id="p2"))
    shared, torn = (SharedKey(ROW.key, COPY.id, MAIN, row) for row in (THEIRS, None))
    [held, left] = settled([wanted(), other], [shared], LAYOUT)
    assert (held.account_id, held.cells["账户名称"], held.cells["单元名称"]) == (COPY.id, "主账户", "双人套餐（主）")
    assert left is other
    assert settled([wanted(), other], [torn], LAYOUT) == [other]
    assert settled([wanted()], [replace(torn, account_id="1803")], LAYOUT) == [wanted()]
