"""数据表清单 and successors in the base: made once whatever happens, read back, mended, and never taken from people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from emulator.shared.unsure import FACTS
from pipeline.clients.feishu.base import Base
from pipeline.context import Context
from pipeline.core.chain import Chain, PhysicalTable
from pipeline.core.errors import BadRequest, ColumnVanished, LaikeError, NeedsPerson, NotFoundYet, TableMismatch
from pipeline.core.model import CHINA
from pipeline.core.rollover.registry import FIELDS, NAME, Chains, disagreement
from pipeline.core.rollover.successor import new_fields
from pipeline.core.table.cells import midnight_ms
from pipeline.steps.rollover import registry
from pipeline.steps.rollover.check import check_registry
from pipeline.steps.rollover.make import prepared
from pipeline.steps.rollover.successor import Successor, create_or_adopt
from pipeline.steps.table.read import layout_now
from tests.lab import Lab, Plain

JUNE, JULY = date(2026, 6, 1), date(2026, 7, 1)
NEXT = "广告日报 2026-06"
LINK = "https://f.feishu.example/base/bas1"
LOST = ("drop_after", "truncate")  # the table is made, and no answer says so


@pytest.fixture
def ctx(lab: Lab) -> Context:
    """The product, told where its table is."""
    lab.extra["LAIKE_BITABLE_URL"] = LINK
    return lab.context()


def writing(ctx: Context, act: Any) -> Any:  # noqa: ANN401 - whatever it returns
    """Act under the writer lock."""
    with ctx.writing() as base:
        return act(base)


def made(ctx: Context) -> str:
    found: str = writing(ctx, lambda base: registry.make(ctx, base))
    return found


def written(ctx: Context, chain: Chain, rows: Mapping[str, int] | None = None) -> Chain:
    found: Chain = writing(ctx, lambda base: registry.write_rows(ctx, base, chain, rows))
    return found


def read(ctx: Context, chain: Chain) -> Chains:
    return registry.read(ctx, ctx.base(None), chain.registry)


def alone(lab: Lab, registry_id: str) -> Chain:
    """Our table, with its successor announced."""
    return Chain((PhysicalTable(lab.table_id, None, "广告日报"),), PhysicalTable("", JUNE, NEXT), registry_id)


def told(lab: Lab, ctx: Context) -> Chain:
    """The same, as a run leaves it that foretells a boundary."""
    return written(ctx, alone(lab, made(ctx)), {lab.table_id: 1})


def rows(lab: Lab) -> list[Plain]:
    return [one["fields"] for one in lab.records(lab.table_named(NAME)["table_id"])]


def wanted(ctx: Context) -> list[dict[str, object]]:
    base = ctx.base(None)
    layout, _ = layout_now(ctx, base)
    return new_fields(base.tables.described(base.table_id), layout)


def successor(ctx: Context, chain: Chain, fields: Sequence[Mapping[str, object]] | None = None) -> Successor:
    chains = registry.read(ctx, ctx.base(None), chain.registry) if chain.registry else Chains({}, {})
    found: Successor = writing(ctx, lambda base: create_or_adopt(ctx, base, chains, NEXT, fields or wanted(ctx)))
    return found


def tables(lab: Lab, name: str = NEXT) -> list[str]:
    return [one["table_id"] for one in lab.look("state")["tables"] if one["name"] == name]


def columns(lab: Lab, name: str) -> list[str]:
    return [one["field_name"] for one in lab.table_named(name)["fields"]]


def test_there_is_no_registry_until_one_is_made_and_then_it_is_found(ctx: Context) -> None:
    table_id = made(ctx)
    assert ctx.base(None).tables.ids()[NAME] == table_id == made(ctx)
    assert registry.read(ctx, ctx.base(None), table_id) == {}


def test_a_chain_is_written_for_people_and_read_again_as_it_is(lab: Lab, ctx: Context) -> None:
    chain = told(lab, ctx)
    assert read(ctx, chain) == {lab.table_id: chain}
    assert read(ctx, chain).broken == {}
    first, coming = rows(lab)
    assert first == {
        "名称": "广告日报", "表ID": lab.table_id, "报表": "单元日报", "行数": 1, "状态": "使用中",
        "首表ID": lab.table_id, "链接": {"text": "广告日报", "link": f"{LINK}?table={lab.table_id}"},
    }  # fmt: skip
    assert coming == {
        "名称": NEXT, "报表": "单元日报", "起始日": midnight_ms(JUNE, CHINA), "状态": "预告", "首表ID": lab.table_id,
    }  # fmt: skip


def test_the_successor_takes_the_row_of_its_announcement_in_one_call(lab: Lab, ctx: Context) -> None:
    chain = told(lab, ctx)
    assert chain.announced
    after = chain.with_successor(PhysicalTable("tblNew", JUNE, NEXT, chain.announced.record_id))
    before = lab.look("calls")["counts"]
    assert written(ctx, after, {"tblNew": 0}) == after
    counts = lab.look("calls")["counts"]
    assert {name: number - before.get(name, 0) for name, number in counts.items() if number != before.get(name, 0)} == {
        "records.batch_update": 1
    }
    assert [(row["状态"], row.get("表ID")) for row in rows(lab)] == [("已换新", lab.table_id), ("使用中", "tblNew")]
    assert read(ctx, chain)[lab.table_id] == after


def test_without_an_address_of_the_base_no_link_is_written(lab: Lab, ctx: Context) -> None:
    unset = ctx.settings.model_copy(update={"bitable_url": None})
    told(lab, replace(ctx, settings=unset))
    assert not any("链接" in row for row in rows(lab))


def test_rows_of_another_chain_and_of_people_stay_as_they_are(lab: Lab, ctx: Context) -> None:
    table_id = made(ctx)
    theirs = [{"名称": "别家", "表ID": "tblX", "首表ID": "tblX", "状态": "使用中"}, {"名称": "合计", "行数": 7}]
    lab.control("rows/insert", {"table_id": table_id, "rows": theirs})
    chain = told(lab, ctx)
    written(ctx, chain, {lab.table_id: 9})
    assert rows(lab)[:2] == theirs
    assert read(ctx, chain).keys() == {"tblX", lab.table_id}
    assert read(ctx, chain)[lab.table_id] == chain


@pytest.mark.parametrize("kind", LOST)
def test_a_registry_whose_making_got_no_answer_is_made_once(lab: Lab, ctx: Context, kind: str) -> None:
    lab.fault("tables.create", kind, times=1)
    table_id = made(ctx)
    assert tables(lab, NAME) == [table_id]


@pytest.mark.parametrize("kind", ["drop_before", "drop_after", "garbage"])
@pytest.mark.parametrize("endpoint", ["records.batch_create", "records.batch_update"])
def test_a_write_of_rows_without_an_answer_leaves_each_row_once(
    lab: Lab, ctx: Context, endpoint: str, kind: str
) -> None:
    chain = alone(lab, made(ctx))
    if endpoint == "records.batch_update":
        chain = written(ctx, chain)
    lab.fault(endpoint, kind, times=1)
    chain = written(ctx, chain, {lab.table_id: 3})
    assert read(ctx, chain) == {lab.table_id: chain}
    assert [row.get("行数") for row in rows(lab)] == [3, None]


@pytest.mark.parametrize("mode", ["replayed", "refused", "ignored"])
def test_a_row_that_a_person_deleted_is_made_again_whatever_tokens_mean(lab: Lab, ctx: Context, mode: str) -> None:
    lab.control("unsure", {"client_token": mode})
    chain = told(lab, ctx)
    lab.control("rows/delete", {"table_id": chain.registry, "record_id": chain.tables[0].record_id})
    gone = read(ctx, chain)
    assert gone.broken.keys() == {lab.table_id}
    assert disagreement(chain, gone[lab.table_id]) == f"{lab.table_id} has no row in 数据表清单"
    after = written(ctx, chain)
    assert after.announced == chain.announced
    assert read(ctx, chain) == {lab.table_id: after}
    assert len(rows(lab)) == 2


def test_record_ids_that_nobody_remembers_are_looked_up_and_no_row_is_doubled(lab: Lab, ctx: Context) -> None:
    chain = told(lab, ctx)
    forgotten = alone(lab, chain.registry)
    assert written(ctx, forgotten) == chain
    assert len(rows(lab)) == 2


def test_a_column_that_a_person_deleted_is_made_again_and_filled(lab: Lab, ctx: Context) -> None:
    chain = told(lab, ctx)
    lab.control("columns/delete", {"table_id": chain.registry, "field_name": "状态"})
    written(ctx, chain)
    assert [row["状态"] for row in rows(lab)] == ["使用中", "预告"]


def test_a_title_that_a_person_renamed_does_not_keep_the_registry_from_being_read(lab: Lab, ctx: Context) -> None:
    chain = told(lab, ctx)
    lab.control("columns/rename", {"table_id": chain.registry, "field_name": "名称", "name": "表名"})
    found = read(ctx, chain)[lab.table_id]
    assert disagreement(chain, found) is None
    assert found.tables[0].name == ""


@pytest.mark.parametrize("name", ["表ID", "起始日", "首表ID"])
def test_without_a_column_by_which_rows_are_found_nothing_is_read_made_or_written(
    lab: Lab, ctx: Context, name: str
) -> None:
    chain = told(lab, ctx)
    lab.control("columns/rename", {"table_id": chain.registry, "field_name": name, "name": "别名"})
    before = lab.look("state")["tables"]
    for act in (lambda: read(ctx, chain), lambda: made(ctx), lambda: written(ctx, alone(lab, chain.registry))):
        with pytest.raises(ColumnVanished) as error:
            act()
    assert error.value.what_to_do == f"请恢复数据表清单的列：{name}。"
    assert lab.look("state")["tables"] == before


def test_rows_that_a_lost_permission_hides_are_a_disagreement_and_not_a_table_without_successors(
    lab: Lab, ctx: Context
) -> None:
    chain = told(lab, ctx)
    lab.control("permissions", {"advanced": True})
    assert disagreement(chain, read(ctx, chain).get(lab.table_id)) == f"数据表清单 has no row of {lab.table_id}"
    with pytest.raises(NeedsPerson):
        written(ctx, chain)


def test_a_registry_that_a_person_deleted_is_told_and_made_anew_when_it_is_asked_for(lab: Lab, ctx: Context) -> None:
    chain = told(lab, ctx)
    lab.control("tables/delete", {"table_id": chain.registry})
    with pytest.raises(NotFoundYet):
        read(ctx, chain)
    with pytest.raises(NotFoundYet):
        written(ctx, chain)
    again = written(ctx, replace(chain, registry=made(ctx)))
    assert read(ctx, again) == {lab.table_id: again}


def test_a_persons_table_of_the_registrys_name_is_left_alone(lab: Lab, ctx: Context) -> None:
    writing(ctx, lambda base: base.tables.create(NAME, [{"field_name": "说明", "type": 1}]))
    with pytest.raises(TableMismatch, match="none of our columns") as error:
        made(ctx)
    assert "请将它改名或删除" in error.value.what_to_do
    assert columns(lab, NAME) == ["说明"]


def test_a_registry_that_lacks_a_column_gets_it_and_one_of_another_type_is_told(lab: Lab, ctx: Context) -> None:
    few = [one for one in FIELDS if one["field_name"] not in ("链接", "行数")]
    table_id = writing(ctx, lambda base: base.tables.create(NAME, few))
    assert made(ctx) == table_id
    assert set(columns(lab, NAME)) == {one["field_name"] for one in FIELDS}
    lab.control("columns/retype", {"table_id": table_id, "field_name": "行数", "type": 1})
    with pytest.raises(TableMismatch) as error:
        made(ctx)
    assert error.value.what_to_do == "数据表清单的列类型有变动，请改回原来的类型：行数。"


def test_a_successor_has_our_columns_under_their_present_names_and_nothing_of_people(lab: Lab, ctx: Context) -> None:
    lab.sync()
    lab.control("columns/rename", {"table_id": lab.table_id, "field_name": "消耗(元)", "name": "花费"})
    chain = told(lab, ctx)
    found = successor(ctx, chain)
    old, new = lab.table_named("广告日报"), lab.table_named(NEXT)
    assert (found.table_id, found.adopted) == (new["table_id"], False)
    ours = [one for one in old["fields"] if one["field_name"] != "备注"]
    shapes = [
        [(one["field_name"], one["type"], one["ui_type"], shape(one)) for one in some] for some in (ours, new["fields"])
    ]
    assert shapes[0] == shapes[1]
    assert found.field_ids["花费"] in [one["field_id"] for one in new["fields"]]


def shape(field: Plain) -> Plain:
    """A field's property without ids."""
    given = dict(field["property"] or {})
    given.pop("auto_fill", None)
    options = given.pop("options", None)
    return given | ({"options": [(one["name"], one["color"]) for one in options]} if options else {})


def test_a_successor_without_renamed_columns_costs_one_call(lab: Lab, ctx: Context) -> None:
    chain, fields = told(lab, ctx), wanted(ctx)
    before = sum(lab.look("calls")["counts"].values())
    assert successor(ctx, chain, fields).field_ids == {}
    assert sum(lab.look("calls")["counts"].values()) == before + 2  # with the reading of the registry


@pytest.mark.parametrize("rows_of_a_new_table", ["none", "ten_blank"])
@pytest.mark.parametrize("kind", LOST)
def test_a_successor_whose_making_got_no_answer_is_adopted(
    lab: Lab, ctx: Context, kind: str, rows_of_a_new_table: str
) -> None:
    lab.control("unsure", {"new_table_rows": rows_of_a_new_table, "just_created": "late"})
    chain = told(lab, ctx)
    lab.fault("tables.create", kind, times=1)
    found = successor(ctx, chain)
    assert found.adopted
    assert tables(lab) == [found.table_id]
    assert found.field_ids.keys() == set(columns(lab, NEXT))


@pytest.mark.parametrize("kind", ["drop_before", "garbage"])
def test_a_create_that_never_arrived_is_sent_again(lab: Lab, ctx: Context, kind: str) -> None:
    chain = told(lab, ctx)
    lab.fault("tables.create", kind, times=1)
    table_id = successor(ctx, chain).table_id
    assert tables(lab) == [table_id]


def test_a_create_that_never_gets_an_answer_nor_a_table_is_given_up(lab: Lab, ctx: Context) -> None:
    chain = told(lab, ctx)
    lab.fault("tables.create", "code", code=1255040, times="always")
    with pytest.raises(LaikeError) as error:
        successor(ctx, chain)
    assert error.value.effect_possible
    assert tables(lab) == []


@pytest.mark.parametrize("cells", [{"备注": "我的"}, {"单元ID": "1"}])
def test_a_table_in_use_is_not_taken_over(lab: Lab, ctx: Context, cells: Plain) -> None:
    chain, fields = told(lab, ctx), wanted(ctx)
    theirs = [*fields, {"field_name": "备注", "type": 1}]
    table_id = writing(ctx, lambda base: base.tables.create(NEXT, theirs))
    lab.control("rows/insert", {"table_id": table_id, "rows": [{}, cells]})
    with pytest.raises(TableMismatch, match="has rows") as error:
        successor(ctx, chain, fields)
    assert NEXT in error.value.what_to_do
    lab.control("tables/rename", {"table_id": table_id, "name": "我的表"})
    assert not successor(ctx, chain, fields).adopted


def test_an_empty_table_that_lacks_a_column_or_has_one_of_another_type_is_not_taken_over(
    lab: Lab, ctx: Context
) -> None:
    chain, fields = told(lab, ctx), wanted(ctx)
    other = [one if one["field_name"] != "转化数" else {"field_name": "转化数", "type": 1} for one in fields]
    for unfit in (other, [one for one in fields if one["field_name"] != "转化数"]):
        table_id = writing(ctx, lambda base, unfit=unfit: base.tables.create(NEXT, unfit))
        with pytest.raises(TableMismatch, match="no columns 转化数"):
            successor(ctx, chain, fields)
        lab.control("tables/delete", {"table_id": table_id})


def test_an_empty_table_of_a_person_with_all_columns_and_more_is_taken_over(lab: Lab, ctx: Context) -> None:
    chain, fields = told(lab, ctx), wanted(ctx)
    theirs = [*fields, {"field_name": "备注", "type": 1}]
    table_id = writing(ctx, lambda base: base.tables.create(NEXT, theirs))
    found = successor(ctx, chain, fields)
    assert (found.table_id, found.adopted) == (table_id, True)


def registered(lab: Lab, ctx: Context, root: str) -> Chain:
    """A successor of that name, made and registered by a process that was killed then; what it did remember."""
    chain = told(lab, ctx)
    made_by_it = successor(ctx, chain)
    assert chain.announced
    theirs = replace(chain, tables=(PhysicalTable(root, None, "广告日报"),))
    written(ctx, theirs.with_successor(PhysicalTable(made_by_it.table_id, JUNE, NEXT)))
    return chain


@pytest.mark.parametrize("renamed", [False, True])
def test_a_successor_whose_maker_was_killed_before_it_remembered_it_is_learnt(lab: Lab, *, renamed: bool) -> None:
    lab.extra["LAIKE_TABLE_SPLIT"] = "auto"
    ctx = lab.context()
    chain = registered(lab, ctx, lab.table_id)
    ctx.chains.learn(chain)
    (there,) = tables(lab)
    lab.control("rows/insert", {"table_id": there, "fields": {"单元ID": "1"}})
    if renamed:
        lab.control("tables/rename", {"table_id": there, "name": "新的"})
    found = prepared(ctx, JUNE)
    assert (found.ctx.chain.newest.table_id, found.made) == (there, False)
    assert len(tables(lab)) == (not renamed)  # none was made beside it


def test_an_empty_table_that_is_registered_in_another_chain_is_not_taken_over(lab: Lab, ctx: Context) -> None:
    chain = registered(lab, ctx, "tblOfOthers")
    with pytest.raises(TableMismatch, match="holds the days of another table"):
        successor(ctx, chain)


@pytest.mark.parametrize("denied", [{"denied": ["tables.create"]}, {"document": "view"}])
def test_without_the_right_to_make_tables_nothing_is_made_and_the_error_says_so(
    lab: Lab, ctx: Context, denied: Plain
) -> None:
    chain, fields = told(lab, ctx), wanted(ctx)
    lab.control("permissions", denied)
    with pytest.raises(NeedsPerson) as error:
        successor(ctx, chain, fields)
    assert error.value.reason in ("feishu_scope", "feishu_document")
    assert tables(lab) == []


def test_a_full_base_says_what_it_holds(lab: Lab, ctx: Context) -> None:
    chain, fields = told(lab, ctx), wanted(ctx)
    there = len(lab.look("state")["tables"])
    base = ctx.base(None)
    for number in range(100 - there):
        base.tables.create(f"表{number}", [{"field_name": "a", "type": 1}])
    with pytest.raises(NeedsPerson) as error:
        successor(ctx, chain, fields)
    assert error.value.reason == "base_full"
    assert "100 个数据表和仪表盘" in error.value.what_to_do


def test_each_write_asks_the_lock_first(lab: Lab, ctx: Context) -> None:
    asked: list[str] = []
    base: Base = ctx.base(None, before_write=lambda: asked.append("lock"))
    chain = alone(lab, registry.make(ctx, base))
    chain = registry.write_rows(ctx, base, chain)
    registry.write_rows(ctx, base, chain)
    create_or_adopt(ctx, base, Chains({}, {}), NEXT, wanted(ctx))
    assert len(asked) == 4


def test_a_refusal_that_is_no_taken_name_comes_through(ctx: Context) -> None:
    chain = Chain((PhysicalTable("tblA"),), PhysicalTable("", JULY, NEXT))
    with pytest.raises(BadRequest) as error:
        successor(ctx, chain, [{"field_name": "a", "type": 3}])
    assert error.value.code == 1254012


def test_a_taken_name_that_nobody_can_see_is_told(lab: Lab, ctx: Context) -> None:
    chain = told(lab, ctx)
    lab.fault("tables.create", "code", code=1254013, times="always")
    with pytest.raises(TableMismatch, match="no table has it") as error:
        successor(ctx, chain)
    assert NEXT in error.value.what_to_do


@pytest.mark.parametrize("part", ["items", "total", "has_more"])
def test_an_answer_that_lacks_something_is_read_again(lab: Lab, ctx: Context, part: str) -> None:
    chain = told(lab, ctx)
    lab.fault("records.search", "patch", path=["data"], remove=[part], times=1)
    assert read(ctx, chain) == {lab.table_id: chain}


def test_a_successor_whose_maker_was_killed_before_it_remembered_it_stops_no_loading(lab: Lab, ctx: Context) -> None:
    chain = told(lab, ctx)
    ctx.chains.learn(chain)
    assert chain.announced
    written(ctx, chain.with_successor(PhysicalTable("tblMade", JUNE, NEXT, chain.announced.record_id)))
    check_registry(ctx)
    assert ctx.visibility.lost() is None
    ctx.chains.learn(replace(chain, announced=None))
    check_registry(ctx)
    assert ctx.visibility.lost(), "one that was never announced does"


OF_FEISHU = [fact for fact in FACTS.values() if fact.source.startswith("FS")]
OTHERWISE = [{fact.name: other} for fact in OF_FEISHU for other in fact.alternatives[1:]]
ALL = {fact.name: fact.alternatives[-1] for fact in OF_FEISHU}


@pytest.mark.parametrize(
    "world", [*OTHERWISE, ALL], ids=lambda world: "=".join(*world.items()) if world != ALL else "all"
)
def test_a_roll_over_leaves_the_same_rows_whatever_nobody_is_sure_of(lab: Lab, ctx: Context, world: Plain) -> None:
    lab.control("unsure", world)
    chain = told(lab, ctx)
    assert chain.announced
    lab.fault("tables.create", "drop_after", times=1)
    new = successor(ctx, chain)
    after = chain.with_successor(PhysicalTable(new.table_id, JUNE, NEXT, chain.announced.record_id))
    assert written(ctx, after, {new.table_id: 0}) == after
    assert read(ctx, after) == {lab.table_id: after}
    lab.control("rows/delete", {"table_id": chain.registry, "record_id": chain.tables[0].record_id})
    mended = written(ctx, after)
    assert read(ctx, after) == {lab.table_id: mended}
    assert len([row for row in rows(lab) if row]) == 2
    assert tables(lab) == [new.table_id]
