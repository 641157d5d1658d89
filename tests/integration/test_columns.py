"""Columns: as configured, followed when renamed, of any type that holds them; a refused row keeps nobody else out."""

import json
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from emulator.feishu.bitable.records import MOST_DELETED
from pipeline.clients.feishu.records import SMALL_BATCH, Records
from pipeline.core.outcome import DayState, RunState, Summary
from pipeline.core.table.columns import DEFAULT_COLUMNS
from pipeline.core.table.layout import Layout
from pipeline.state import keys
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin
from pipeline.steps.table.visibility import unblock
from tests.integration.test_a_careful_guest import conditions_of, views_of
from tests.lab import WRITES, Lab

Entries = list[dict[str, Any]]
NAMES = [{"name": column.name, "metric": column.source} for column in DEFAULT_COLUMNS]
ID = {"name": "账户ID", "metric": "account_id"}


def configure(lab: Lab, *more: dict[str, Any], without: Sequence[str] = ()) -> None:
    """The usual columns without some, and some more."""
    entries = [*(entry for entry in NAMES if entry["name"] not in without), *more]
    lab.extra["LAIKE_COLUMNS"] = json.dumps(entries)


def add(lab: Lab, name: str, kind: int = 1, **details: object) -> None:
    lab.control("columns/add", {"table_id": lab.table_id, "name": name, "type": kind, **details})


def rename(lab: Lab, name: str, now: str) -> None:
    lab.control("columns/rename", {"table_id": lab.table_id, "field_name": name, "name": now})


def replace(lab: Lab, name: str, kind: int, **details: object) -> None:
    """Let a column be of another type."""
    lab.control("columns/delete", {"table_id": lab.table_id, "field_name": name})
    add(lab, name, kind, **details)


def nothing_is_written_again(lab: Lab) -> None:
    before = lab.calls("records.batch_create", "records.batch_update")
    assert lab.sync(lab.day).state == RunState.SUCCESS
    assert lab.calls("records.batch_create", "records.batch_update") == before


def test_configured_and_computed_columns_are_filled_and_an_unchanged_day_writes_nothing(either: Lab) -> None:
    kind = 2 if either.table == "typed_table_id" else 1
    for name in ("展示次数", "点击率", "线索成本"):
        add(either, name, kind)
    add(either, "账户ID")
    cost = {"name": "线索成本", "formula": "stat_cost / (convert_cnt + clue_pay_order_cnt)", "round": 1}
    rate = {"name": "点击率", "formula": "click_cnt / show_cnt", "round": 3}
    configure(either, ID, {"name": "展示次数", "metric": "show_cnt"}, rate, cost, without=["转化成本(元)"])
    assert either.sync(either.day).state == RunState.SUCCESS
    metrics = "stat_cost,convert_cnt,clue_pay_order_cnt,show_cnt,click_cnt"
    rows = either.look("figures", start=str(either.day), end=str(either.day), metrics=metrics)["rows"]
    loaded = {key.item_id: cells for key, (cells, *_) in either.loaded().items()}
    assert rows
    for row in rows:
        figures = {name: Decimal(str(row[name])) for name in metrics.split(",")}
        cells, clues = loaded[str(row["promotion_id"])], figures["convert_cnt"] + figures["clue_pay_order_cnt"]
        assert cells["账户ID"] == str(row["local_account_id"])
        assert Decimal(str(cells["展示次数"])) == figures["show_cnt"]
        assert abs(Decimal(str(cells["点击率"])) - figures["click_cnt"] / figures["show_cnt"]) <= Decimal("0.0005")
        wanted = figures["stat_cost"] / clues if clues else Decimal(0)
        assert abs(Decimal(str(cells["线索成本"])) - wanted) <= Decimal("0.05")
        assert "转化成本(元)" not in cells
    nothing_is_written_again(either)


def test_other_columns_than_before_are_filled_for_loaded_days_and_told_as_no_restatement(lab: Lab) -> None:
    lab.sync(lab.day)
    add(lab, "展示次数", 2)
    configure(lab, {"name": "展示次数", "metric": "show_cnt"})
    summary = lab.sync(lab.day)
    assert (summary.state, len(summary.restatements), summary.edited) == (RunState.SUCCESS, 0, 0)
    assert summary.updated == len(lab.source())
    nothing_is_written_again(lab)


def test_views_filter_on_the_account_s_id_where_there_is_a_column_for_it(lab: Lab) -> None:
    add(lab, "账户ID")
    configure(lab, ID)
    lab.sync()
    ids = {field["field_name"]: field["field_id"] for field in lab.table_named("广告日报")["fields"]}
    for number, name in lab.facts["accounts"].items():
        (condition,) = conditions_of(views_of(lab)[name])
        assert (condition["field_id"], json.loads(condition["value"])) == (ids["账户ID"], [number])


def test_views_that_filter_on_the_name_stay_as_they_are_when_the_column_for_the_id_comes(lab: Lab) -> None:
    lab.sync()
    before = views_of(lab)
    add(lab, "账户ID")
    configure(lab, ID)
    lab.context().client.flushdb()  # so that every filter is read
    lab.sync()
    assert views_of(lab) == before
    assert lab.laike("views", "--json").returncode == 0


def told(summary: Summary) -> list[str]:
    return [words for words in summary.warnings if "已改名" in words]


@pytest.mark.parametrize("name", [column.name for column in DEFAULT_COLUMNS])
def test_a_renamed_column_is_followed_and_told_once(either: Lab, name: str) -> None:
    either.sync(either.day)
    rename(either, name, "新名字")
    summary = either.sync(either.day)
    assert (summary.state, told(summary)) == (RunState.SUCCESS, [f"“{name}”列已改名为“新名字”，系统已按新名称写入"])
    assert (summary.created, summary.updated) == (0, 0)
    assert f"“{name}”列已改名为“新名字”" in str(either.look("state")["messages"])
    before = either.sync(either.day - timedelta(days=1))
    assert (before.state, told(before)) == (RunState.SUCCESS, [])
    rename(either, "新名字", name)
    either.assert_agrees(either.day - timedelta(days=1), either.day)


def test_a_dry_run_tells_a_renamed_column_and_leaves_it_to_be_told(lab: Lab) -> None:
    lab.sync(lab.day)
    rename(lab, "消耗(元)", "花费")
    assert told(lab.sync(lab.day, dry_run=True)) == told(lab.sync(lab.day)) != []


@pytest.mark.parametrize("name", ["消耗(元)", "时间", "单元ID"])
def test_a_column_that_is_renamed_before_the_first_run_writes_is_followed(either: Lab, name: str) -> None:
    body = {"table_id": either.table_id, "field_name": name, "name": "新名字"}
    either.before("records.batch_create", "columns/rename", body)
    summary = either.sync(either.day)
    assert (summary.state, told(summary)) == (RunState.SUCCESS, [f"“{name}”列已改名为“新名字”，系统已按新名称写入"])
    assert told(either.sync(either.day)) == []
    rename(either, "新名字", name)
    either.assert_agrees()


@pytest.mark.parametrize("name", ["消耗(元)", "时间", "单元ID"])
def test_a_column_that_is_renamed_between_listing_and_reading_is_followed_unknown_as_it_is(
    either: Lab, name: str
) -> None:
    either.sync(either.day)  # from now on the first search is that of the rows
    either.context().client.delete(keys.columns(either.table_id))
    body = {"table_id": either.table_id, "field_name": name, "name": "新名字"}
    either.before("records.search", "columns/rename", body)
    summary = either.sync(either.day)
    assert (summary.state, told(summary)) == (RunState.SUCCESS, [f"“{name}”列已改名为“新名字”，系统已按新名称写入"])
    assert told(either.sync(either.day)) == []


def test_a_column_that_is_renamed_between_writing_and_reading_back_is_followed(lab: Lab) -> None:
    ctx = lab.context()
    run = begin(ctx, lab.day, [], dry_run=False)
    body = {"table_id": lab.table_id, "field_name": "消耗(元)", "name": "花费"}
    lab.before("views.list", "columns/rename", body)  # asked for after the load, while the table is read back
    assert carry_out(ctx, run.run_id).state == RunState.SUCCESS
    assert lab.sync(lab.day).state == RunState.SUCCESS


def test_a_column_that_is_gone_stops_the_load_by_its_name(lab: Lab) -> None:
    lab.sync(lab.day)
    lab.control("columns/delete", {"table_id": lab.table_id, "field_name": "消耗(元)"})
    before = lab.calls("records.batch_create", "records.batch_update")
    summary = lab.sync(lab.day)
    assert summary.state == RunState.FAILED
    assert summary.trouble
    assert "找不到“消耗(元)”列" in summary.trouble.what_to_do
    assert lab.calls("records.batch_create", "records.batch_update") <= before + 1  # the status rows


def test_a_new_column_of_the_old_name_is_the_one_that_is_filled(lab: Lab) -> None:
    lab.sync(lab.day)
    rename(lab, "消耗(元)", "旧消耗")
    add(lab, "消耗(元)", 2)
    summary = lab.sync(lab.day)
    assert (summary.state, told(summary), summary.edited) == (RunState.SUCCESS, [], 0)
    lab.assert_agrees()


def recreate(lab: Lab, name: str) -> None:
    """Let a person delete a column and make it anew: all its cells are empty."""
    [table] = [one for one in lab.look("state")["tables"] if one["table_id"] == lab.table_id]
    [column] = [one for one in table["fields"] if one["field_name"] == name]
    replace(lab, name, column["type"])


def words_of_columns(summary: Summary) -> list[str]:
    return [words for words in summary.warnings if "列" in words or "人工" in words]


@pytest.mark.parametrize("name", ["消耗(元)", "单元名称"])
def test_a_column_that_was_deleted_and_made_again_is_filled_and_told_once_as_that(lab: Lab, name: str) -> None:
    lab.sync(lab.day)
    rows = len(lab.source())
    recreate(lab, name)
    summary = lab.sync(lab.day)
    assert (summary.state, summary.updated, summary.edited) == (RunState.SUCCESS, rows, 0)
    assert words_of_columns(summary) == [f"“{name}”列曾被删除后重建，已重新填入 {rows} 行"]
    lab.assert_agrees()
    assert words_of_columns(lab.sync(lab.day)) == []


def test_older_days_that_are_filled_later_were_not_edited_by_hand_either(lab: Lab) -> None:
    older = lab.day - timedelta(days=1)
    lab.sync(older)
    lab.sync(lab.day)
    recreate(lab, "消耗(元)")
    lab.sync(lab.day)
    summary = lab.sync(older)
    assert (summary.edited, len(words_of_columns(summary))) == (0, 1)
    lab.assert_agrees(older, lab.day)
    assert words_of_columns(lab.sync(older)) == []


def test_beside_a_column_made_again_a_cell_that_a_person_changed_is_still_told(lab: Lab) -> None:
    lab.sync(lab.day)
    recreate(lab, "消耗(元)")
    [first, *_] = [one["record_id"] for one in lab.records() if one["fields"].get("单元ID")]
    edit = {"table_id": lab.table_id, "record_id": first, "fields": {"转化数": 4711}, "by": "person"}
    lab.control("rows/edit", edit)
    summary = lab.sync(lab.day)
    assert (summary.edited, len(words_of_columns(summary))) == (1, 2)


def test_an_edit_by_hand_after_a_column_was_made_again_is_told_as_that(lab: Lab) -> None:
    lab.sync(lab.day)
    recreate(lab, "消耗(元)")
    lab.sync(lab.day)
    [first, *_] = [one["record_id"] for one in lab.records() if one["fields"].get("单元ID")]
    edit = {"table_id": lab.table_id, "record_id": first, "fields": {"消耗(元)": None}, "by": "person"}
    lab.control("rows/edit", edit)
    assert lab.sync(lab.day).edited == 1


def test_a_column_that_is_new_in_the_settings_is_no_edit_by_hand(lab: Lab) -> None:
    lab.sync(lab.day)
    add(lab, "账户ID")
    configure(lab, ID)
    summary = lab.sync(lab.day)
    assert (summary.updated, summary.edited, words_of_columns(summary)) == (len(lab.source()), 0, [])


# the index of a table, which is 单元ID in the typed one, cannot be deleted
@pytest.mark.parametrize(
    ("table", "name"), [("typed_table_id", "时间"), ("text_table_id", "时间"), ("text_table_id", "单元ID")]
)
def test_rows_that_lost_their_key_with_its_column_are_not_created_a_second_time(
    lab: Lab, table: str, name: str
) -> None:
    lab.table = table
    lab.sync(lab.day)
    before = len(lab.records())
    recreate(lab, name)
    summary = lab.sync(lab.day)
    assert {one.trouble.reason for one in summary.accounts if one.trouble} == {"table_unseen"}
    assert len(lab.records()) == before
    assert lab.sync(lab.day).state == RunState.FAILED  # until a person says that it is to go on
    unblock(lab.context())
    assert lab.sync(lab.day).created == len(lab.source())


def test_a_key_column_that_a_person_made_anew_with_its_values_is_taken(lab: Lab) -> None:
    lab.table = "text_table_id"
    lab.sync(lab.day)
    units = {one["record_id"]: one["fields"]["单元ID"] for one in lab.records() if one["fields"].get("单元ID")}
    recreate(lab, "单元ID")
    for record_id, unit in units.items():
        edit = {"table_id": lab.table_id, "record_id": record_id, "fields": {"单元ID": unit}, "by": "person"}
        lab.control("rows/edit", edit)
    summary = lab.sync(lab.day)
    assert (summary.state, summary.created) == (RunState.SUCCESS, 0)


def test_a_service_that_takes_500_rows_gets_500(lab: Lab) -> None:
    lab.control("settings", {"write_batch": SMALL_BATCH})
    ctx = lab.context()
    summary = carry_out(ctx, begin(ctx, None, [], dry_run=False).run_id)
    assert summary.state == RunState.SUCCESS
    assert summary.created > SMALL_BATCH
    assert ctx.batch_size.now == SMALL_BATCH
    lab.assert_agrees(summary.days.first, summary.days.last)


def test_a_service_that_takes_a_thousand_gets_a_thousand(lab: Lab) -> None:
    summary = lab.sync()
    creates = lab.calls("records.batch_create") - 1  # the status rows
    assert creates == -(-summary.created // 1000)
    assert MOST_DELETED < 1000 < summary.created


def refuse(monkeypatch: pytest.MonkeyPatch, *promotions: str) -> None:
    """Let some rows be written in a shape that the service refuses."""
    encode = Layout.encode

    def broken(self: Layout, cells: Any) -> dict[str, object]:  # noqa: ANN401 cells by column name
        made = encode(self, cells)
        return made | {"转化数": "many"} if made.get("单元ID") in promotions else made

    monkeypatch.setattr(Layout, "encode", broken)


def test_one_refused_row_is_named_and_all_others_are_written(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    source = lab.source()
    bad, row = next((key, row) for key, row in source.items() if str(row["local_account_id"]) == lab.big)
    refuse(monkeypatch, bad.item_id)
    summary = lab.sync(lab.day)
    assert summary.state == RunState.PARTIAL
    (account,) = [one for one in summary.accounts if not one.state.good]
    assert (account.id, account.state) == (str(row["local_account_id"]), DayState.INCOMPLETE)
    assert account.trouble
    assert account.trouble.reason == "row_refused"
    assert bad.item_id in account.trouble.what_to_do
    assert "1254061" in account.trouble.message
    assert lab.loaded().keys() == source.keys() - {bad}
    assert (summary.created, summary.unchanged) == (len(source) - 1, 0)
    assert lab.calls("records.batch_create") <= 40 + 1  # the status rows
    status = {row["fields"]["账户"]: row["fields"] for row in lab.records(str(lab.table_named("同步状态")["table_id"]))}
    assert (status[account.name]["状态"], bad.item_id in status[account.name]["原因"]) == ("不完整", True)
    monkeypatch.undo()
    assert lab.sync(lab.day).state == RunState.SUCCESS
    lab.assert_agrees()


def test_rows_that_are_all_refused_cost_forty_calls_and_no_more(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    refuse(monkeypatch, *(key.item_id for key in lab.source()))
    summary = lab.sync(lab.day)
    assert summary.state == RunState.PARTIAL if any(one.state.good for one in summary.accounts) else RunState.FAILED
    assert lab.loaded() == {}
    assert lab.calls("records.batch_create") <= 40 + 1  # the status rows


def test_a_refused_update_keeps_the_other_updates(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    lab.sync(lab.day)
    rows = [(key, row) for key, row in lab.source().items() if str(row["local_account_id"]) == lab.big][:5]
    for key, row in rows:
        place = {"promotion_id": key.item_id, "day": key.day.isoformat()}
        lab.control("figures", {"account_id": str(row["local_account_id"]), **place, "stat_cost": 777.25})
    updates = Records.batch_update
    bad = next(r["record_id"] for r in lab.records() if r["fields"].get("单元ID") == rows[2][0].item_id)

    def broken(self: Records, changes: Sequence[tuple[str, Any]]) -> None:
        updates(self, [(number, {"消耗(元)": "much"} if number == bad else cells) for number, cells in changes])

    monkeypatch.setattr(Records, "batch_update", broken)
    summary = lab.sync(lab.day)
    assert (summary.state, summary.updated) == (RunState.PARTIAL, 4)
    assert sum(cells["消耗(元)"] == 777.25 for (cells,) in lab.loaded().values()) == 4


def test_a_name_that_no_cell_can_hold_costs_no_call(lab: Lab, monkeypatch: pytest.MonkeyPatch) -> None:
    # longer than the ids, shorter than this name:
    monkeypatch.setattr("pipeline.core.table.cells.TEXT_CHARACTERS_MAX", 20)
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps({**lab.facts["accounts"], lab.big: "一家名字很长的店" * 3})
    summary = lab.sync(lab.day)
    assert lab.calls("records.batch_create") == 2  # the rows, the status rows
    (account,) = [one for one in summary.accounts if not one.state.good]
    assert account.trouble
    assert (account.id, account.trouble.reason) == (lab.big, "row_refused")
    fit = {key for key, row in lab.source().items() if str(row["local_account_id"]) != lab.big}
    assert lab.loaded().keys() == fit


@pytest.mark.parametrize(("looks", "formatter"), [("Currency", "0.00"), ("Number", "0.00%"), ("Progress", "0.00")])
def test_figures_go_into_number_fields_whatever_they_look_like(lab: Lab, looks: str, formatter: str) -> None:
    replace(lab, "消耗(元)", 2, ui_type=looks, property={"formatter": formatter})
    assert lab.sync(lab.day).state == RunState.SUCCESS
    lab.assert_agrees()
    nothing_is_written_again(lab)


@pytest.mark.parametrize(
    ("kind", "looks", "word"),
    [(2, "Rating", "评分"), (20, "Formula", "公式"), (7, "Checkbox", "复选框"), (1, "Email", "邮箱")],
)
def test_a_field_of_another_type_is_refused_by_name_with_the_cure(lab: Lab, kind: int, looks: str, word: str) -> None:
    replace(lab, "消耗(元)", kind, ui_type=looks)
    summary = lab.sync(lab.day)
    assert summary.trouble
    assert summary.trouble.what_to_do == f"“消耗(元)”列是{word}类型，请改为文本或数字。"
    assert lab.calls("records.batch_create") == lab.calls(*WRITES) - lab.calls("tables.create") == 1  # the status rows


def retype_days(lab: Lab, spelled: Any) -> int:  # noqa: ANN401 a function of a cell
    """Let a person type the day of every row anew."""
    rows = [record for record in lab.records() if record["fields"].get("单元ID")]
    for record in rows:
        cells = {"时间": spelled(record["fields"]["时间"])}
        body = {"table_id": lab.table_id, "record_id": record["record_id"], "fields": cells, "by": "person"}
        lab.control("rows/edit", body)
    return len(rows)


@pytest.mark.parametrize(
    "pattern",
    [
        "{d:%Y/%m/%d}",
        "{d.year}/{d.month}/{d.day}",
        "{d.year}-{d.month}-{d.day} 08:00",
        "{d.year}年{d.month}月{d.day}日",
        "{d:%Y.%m.%d}",
    ],
)
def test_days_that_a_person_typed_into_a_text_table_are_found_and_not_doubled(lab: Lab, pattern: str) -> None:
    lab.table = "text_table_id"
    lab.sync(lab.day)
    assert retype_days(lab, lambda _cell: pattern.format(d=lab.day))
    summary = lab.sync(lab.day)
    assert (summary.state, summary.created, summary.updated) == (RunState.SUCCESS, 0, 0)


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "UTC", "America/New_York"])
def test_days_typed_with_eight_o_clock_are_found_in_a_base_of_any_zone(lab: Lab, zone: str) -> None:
    lab.control("settings", {"time_zone": zone})
    assert lab.sync(lab.day).state == RunState.SUCCESS
    assert retype_days(lab, lambda cell: cell + 8 * 3600 * 1000)
    summary = lab.sync(lab.day)
    assert (summary.state, summary.created, summary.updated) == (RunState.SUCCESS, 0, 0)
