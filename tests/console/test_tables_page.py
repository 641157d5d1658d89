from datetime import timedelta
from typing import Any

import pytest

from pipeline.state.console.acts import Acts
from pipeline.state.table.visibility import VisibilityLost
from tests.console.history import STRANGE_DAYS, STRANGE_TEXTS, refused, statuses
from tests.console_desk import Desk
from tests.lab import Lab
from tests.leaks import secrets_of
from tests.workers import workers

ACTS = ("/tables/count", "/tables/split", "/tables/split/confirm", "/tables/repair", "/tables/repair/confirm")


def counts(lab: Lab) -> dict[str, int]:
    made: dict[str, int] = lab.look("calls")["counts"]
    return made


def hidden(page: str) -> dict[str, str]:
    """The hidden fields of the form that confirms."""
    _, _, form = page.partition("/confirm")
    fields = (part.partition('"')[0] for part in form.split('name="')[1:])
    values = (part.partition('value="')[2].partition('"')[0] for part in form.split('name="')[1:])
    return {name: value for name, value in zip(fields, values, strict=True) if name != "csrf"}


def test_a_look_costs_no_call_and_counting_brings_names_and_rows(desk: Desk) -> None:
    lab = desk.lab
    assert "没有行数记录" in desk.get("/tables").text
    lab.sync()
    before = counts(lab)
    page = desk.get("/tables").text
    assert counts(lab) == before
    rows = f"{len(lab.records()):,}"
    assert rows in page
    lab.control("rows/insert", {"table_id": lab.table_id, "fields": {"备注": "x"}, "by": "person"})
    counted = desk.post("/tables/count").text
    assert f"{len(lab.records()):,}" in counted
    assert "广告日报" in counted
    assert f"{len(lab.records()):,}" in desk.get("/tables").text
    assert not [secret for secret in secrets_of(lab) if secret in page + counted]


def test_a_viewer_sees_the_tables_and_can_do_nothing(desk: Desk) -> None:
    desk.lab.sync()
    before = counts(desk.lab)
    assert "您的账号只能查看" in desk.viewer.get("/tables").text
    assert all(refused(desk.viewer, path) for path in ACTS)
    assert counts(desk.lab) == before
    assert all(desk.viewer.get(path).url.endswith("/tables") for path in ACTS)


def test_a_table_that_is_nearly_full_or_not_loaded_into_is_not_called_fine(lab: Lab) -> None:
    lab.sync()
    lab.extra["LAIKE_TABLE_MAX_ROWS"] = str(len(lab.records()) + 10)
    with workers(lab) as working:
        desk = Desk.opened(working)
        page = desk.get("/tables").text
        assert "空间充足" not in page
        assert "请归档旧数据或换一张新表" in page
        for lost, words in (
            (VisibilityLost("x", tables=True), "写入已停止：数据表清单有出入"),
            (VisibilityLost("x"), "写入已停止：表格中的数据读不到"),
        ):
            lab.bare_context().visibility.learn_lost(lost)
            page = desk.get("/tables?done=repair").text
            assert words in page
            assert "写入恢复" not in page


@pytest.fixture
def splitting(lab: Lab) -> Any:  # noqa: ANN401 a generator
    lab.extra["LAIKE_TABLE_SPLIT"] = "auto"
    lab.sync()
    with workers(lab) as working:
        yield Desk.opened(working)


def test_a_successor_is_shown_first_and_announced_when_confirmed(splitting: Desk) -> None:
    desk, lab = splitting, splitting.lab
    first = lab.day + timedelta(days=20)
    plan = desk.post("/tables/split", {"first": str(first)}).text
    assert f"{first} 起写入新表" in plan
    assert "“备注”" in plan
    told = lab.bare_context().chain.announced  # by the forecast
    assert told is None or not told.by_hand
    done = desk.post("/tables/split/confirm", hidden(plan)).text
    assert "已安排换用新表" in done
    announced = lab.bare_context().chain.announced
    assert announced is not None
    assert (announced.first, announced.by_hand) == (first, True)
    assert desk.get("/tables").text.count(f"{first} 起的数据将写入新表") == 1
    assert [act.act for act in Acts(lab.bare_context().client).newest(1)] == ["安排换用新表"]


def test_what_was_not_shown_is_not_done_and_no_day_breaks_the_page(splitting: Desk) -> None:
    desk, lab = splitting, splitting.lab
    first, told = str(lab.day + timedelta(days=20)), lab.bare_context().chain.announced
    for seen in ("", "x", "\x00"):
        assert "情况已有变化" in desk.post("/tables/split/confirm", {"first": first, "seen": seen}).text
    answers = {day: desk.post("/tables/split", {"first": day}).status_code for day in STRANGE_DAYS}
    assert set(answers.values()) == {400}, answers
    assert desk.post("/tables/split", {"first": str(lab.day)}).status_code == 400
    assert lab.bare_context().chain.announced == told
    assert set(statuses(desk, "/tables", "done", STRANGE_TEXTS).values()) == {200}


def test_what_disagrees_is_shown_first_and_mended_when_confirmed(splitting: Desk) -> None:
    desk, lab = splitting, splitting.lab
    assert "一致，无需修复" in desk.post("/tables/repair").text
    plan = desk.post("/tables/split", {"first": str(lab.day + timedelta(days=20))}).text
    desk.post("/tables/split/confirm", hidden(plan))
    registry = lab.table_named("数据表清单")["table_id"]
    lab.control("rows/delete", {"table_id": registry, "record_id": lab.records(registry)[0]["record_id"]})
    found = desk.post("/tables/repair").text
    assert "有 1 处不一致" in found
    assert "“数据表清单”中没有它" in found
    assert "情况已有变化" in desk.post("/tables/repair/confirm", {"seen": "x"}).text
    assert "已修复" in desk.post("/tables/repair/confirm", hidden(found)).text
    assert "一致，无需修复" in desk.post("/tables/repair").text
