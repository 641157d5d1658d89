"""`laike tables`: shows what there is, announces what a person wants, mends only what a person agrees to."""

import json
from dataclasses import replace
from datetime import timedelta

import pytest

from pipeline.context import Context
from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.rollover.registry import NAME, TABLE_ID
from pipeline.state.table.visibility import VisibilityLost
from pipeline.steps.rollover import registry
from tests.lab import Lab, Plain


@pytest.fixture
def loaded(lab: Lab) -> Lab:
    """A lab whose newest day is loaded. Its table has so much room that no run foretells a successor."""
    lab.extra |= {"LAIKE_TABLE_MAX_ROWS": "1000000", "LAIKE_TABLE_SPLIT": "auto"}
    lab.sync(lab.day)
    return lab


@pytest.fixture
def two(loaded: Lab) -> Lab:
    """The same lab with a second table, still empty, for the days from ten days ahead on; all know of it."""
    ctx = loaded.context()
    with ctx.writing() as base:
        ctx.writes.begin_writing()
        fields = [column.new_field for column in ctx.settings.columns]
        later = PhysicalTable(base.tables.create("下一张", fields), loaded.day + timedelta(days=10), "下一张")
        chain = Chain((PhysicalTable(loaded.table_id, None, "广告日报"), later), registry=registry.make(ctx, base))
        ctx.chains.learn(registry.write_rows(ctx, base, chain))
    return loaded


def document(lab: Lab) -> Plain:
    ended = lab.laike("tables", "--json")
    assert ended.returncode == 0, ended.stderr
    found: Plain = json.loads(ended.stdout)
    return found


def registered(lab: Lab) -> set[str]:
    records = lab.records(lab.table_named(NAME)["table_id"])
    return {str(one["fields"].get(TABLE_ID) or "") for one in records}


def stop(ctx: Context, why: str = "a row was gone") -> None:
    for table_id in ctx.chain.ids:
        ctx.at_table(table_id).visibility.learn_lost(VisibilityLost(why, tables=True))


def test_a_table_alone_is_listed_with_its_rows_and_nothing_is_made(loaded: Lab) -> None:
    before = document(loaded)["in_base"]
    found = document(loaded)
    (only,) = found["tables"]
    assert (only["id"], only["first"], only["state"]) == (loaded.table_id, None, "in use")
    assert only["rows"] == len(loaded.records())
    assert only["room"] == only["max_rows"] - only["rows"]
    assert found["announced"] is None
    assert found["in_base"] == before
    assert found["in_base_max"] == 100


def test_a_split_is_shown_and_done_only_after_a_yes(loaded: Lab) -> None:
    ended = loaded.laike("tables", "split")
    assert ended.returncode == 2
    first = loaded.day + timedelta(days=1)
    assert f"days from {first} on" in ended.stdout
    assert document(loaded)["announced"] is None
    assert loaded.laike("tables", "split", "--yes").returncode == 0
    announced = document(loaded)["announced"]
    assert announced["first"] == first.isoformat()
    (only,) = document(loaded)["tables"]
    assert only["last"] == loaded.day.isoformat()
    assert not only["last_is_forecast"]
    assert loaded.laike("tables", "repair").returncode == 0


def test_an_announced_day_can_be_moved(loaded: Lab) -> None:
    assert loaded.laike("tables", "split", "--yes").returncode == 0
    later = loaded.day + timedelta(days=30)
    ended = loaded.laike("tables", "split", "--from", str(later), "--yes")
    assert ended.returncode == 0, ended.stderr
    assert "announced until now for" in ended.stdout
    assert document(loaded)["announced"]["first"] == later.isoformat()
    assert len(loaded.records(loaded.table_named(NAME)["table_id"])) == 2


def test_a_loaded_day_a_far_one_and_an_unwanted_successor_are_refused(loaded: Lab) -> None:
    asked = ("tables", "split", "--yes", "--from")
    ended = loaded.laike(*asked, str(loaded.day))
    assert (ended.returncode, "is loaded already" in ended.stderr) == (2, True)
    ended = loaded.laike(*asked, str(loaded.day + timedelta(days=400)))
    assert (ended.returncode, "too far ahead" in ended.stderr) == (2, True)
    ended = loaded.laike("tables", "split", "--yes", LAIKE_TABLE_SPLIT="none")
    assert (ended.returncode, "LAIKE_TABLE_SPLIT is none" in ended.stderr) == (2, True)
    assert document(loaded)["announced"] is None


def test_a_row_that_somebody_deleted_is_written_again_and_loading_goes_on(two: Lab) -> None:
    ctx = two.context()
    stop(ctx)
    table_id = two.table_named(NAME)["table_id"]
    two.control("rows/delete", {"table_id": table_id, "record_ids": [ctx.chain.newest.record_id]})
    ended = two.laike("tables", "repair")
    assert (ended.returncode, "its row is written again" in ended.stdout) == (2, True)
    assert ctx.visibility.lost()
    ended = two.laike("tables", "repair", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert registered(two) == set(ctx.chain.ids)
    assert not ctx.visibility.lost()
    assert two.laike("tables", "repair").returncode == 0


def test_what_redis_forgot_is_taken_from_the_registry(two: Lab) -> None:
    ctx = two.context()
    chain = ctx.chain
    for table_id in chain.ids:
        ctx.chains.forget(table_id)
    assert two.laike("tables", "repair", "--yes").returncode == 0
    assert ctx.chains.chain() == chain


def test_a_first_day_that_somebody_changed_is_written_back(two: Lab) -> None:
    ctx = two.context()
    chain = ctx.chain
    moved = replace(chain.newest, first=two.day + timedelta(days=20))
    with ctx.writing() as base:
        ctx.writes.begin_writing()
        registry.write_rows(ctx, base, replace(chain, tables=(chain.tables[0], moved)))
    ended = two.laike("tables", "repair", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert registry.read(ctx, ctx.base(None), chain.registry)[chain.root].newest.first == chain.newest.first


def test_a_deleted_table_is_taken_out_and_none_is_made_in_its_place(two: Lab) -> None:
    ctx = two.context()
    stop(ctx, "a table is not found")
    gone = ctx.chain.newest.table_id
    two.control("tables/delete", {"table_id": gone})
    ended = two.laike("tables", "repair", "--yes")
    assert ended.returncode == 0, ended.stderr
    assert "its days then belong to the table before it" in ended.stdout
    assert ctx.chains.chain().ids == (two.table_id,)
    assert registered(two) == {two.table_id}
    assert not ctx.visibility.lost()
    assert [one["id"] for one in document(two)["tables"]] == [two.table_id]


def test_a_deleted_table_of_the_settings_is_for_a_person(two: Lab) -> None:
    ctx = two.context()
    first, newest = ctx.chain.ids
    two.control("tables/delete", {"table_id": first})
    ended = two.laike("tables", "repair", "--yes", LAIKE_BITABLE_TABLE_ID=first)
    assert ended.returncode == 4
    assert f"set LAIKE_BITABLE_TABLE_ID to {newest}" in ended.stdout
    ended = two.laike("tables", "repair", "--yes", LAIKE_BITABLE_TABLE_ID=newest)
    assert ended.returncode == 0, ended.stderr
    assert registered(two) == {newest}


def test_what_a_person_announced_stays_although_the_table_lasts_longer_until_it_is_not_wanted(loaded: Lab) -> None:
    later = loaded.day + timedelta(days=30)
    assert loaded.laike("tables", "split", "--from", str(later), "--yes").returncode == 0
    loaded.sync()
    assert document(loaded)["announced"]["first"] == later.isoformat()
    loaded.extra["LAIKE_TABLE_SPLIT"] = "none"
    loaded.sync()
    assert document(loaded)["announced"] is None
    assert registered(loaded) == {loaded.table_id}, "its row is there still"
