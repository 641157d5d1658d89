"""A base that lies in a wiki is found by the address that its people open it by."""

import json
import threading
from collections.abc import Callable

import pytest

from pipeline.context import Context
from pipeline.core.outcome import RunState
from pipeline.state import keys
from pipeline.state.table import backups
from pipeline.steps.on_demand import dedup
from pipeline.steps.on_demand.restore import restore
from pipeline.steps.table.read import read_everything
from pipeline.steps.table.save import back_up
from tests.lab import Lab


@pytest.fixture(params=["token", "address"])
def wiki(request: pytest.FixtureRequest, lab: Lab) -> Lab:
    """The product with what stands in the address of the base's wiki page, or with the address."""
    token = lab.facts["wiki_token"]
    address = f"https://demo.feishu.cn/wiki/{token}?table={lab.table_id}"
    lab.extra["LAIKE_BITABLE_APP_TOKEN"] = token if request.param == "token" else address
    return lab


def test_a_run_fills_the_base_of_a_wiki_node_and_looks_for_it_once(wiki: Lab) -> None:
    assert wiki.sync().state == RunState.SUCCESS
    wiki.assert_agrees()
    assert wiki.calls("wiki.node") == 1
    assert wiki.sync().state == RunState.SUCCESS
    assert wiki.calls("wiki.node") == 1


def test_the_base_is_locked_and_remembered_by_its_own_token(wiki: Lab) -> None:
    wiki.sync(wiki.day)
    own, client = wiki.facts["app_token"], wiki.context().client
    assert client.exists(keys.writes(own), keys.creator(own)) == 2
    assert not client.exists(keys.writes(wiki.facts["wiki_token"]))


def test_a_base_of_its_own_is_never_looked_for_in_a_wiki(lab: Lab) -> None:
    lab.sync(lab.day)
    assert lab.calls("wiki.node") == 0
    assert lab.calls("base.meta") == 1


def test_the_address_also_does_without_a_table_id_of_its_own(lab: Lab) -> None:
    address = f"{lab.facts['url']}/wiki/{lab.facts['wiki_token']}?table={lab.table_id}"
    done = lab.laike("accounts", LAIKE_BITABLE_APP_TOKEN=address, LAIKE_BITABLE_TABLE_ID="")
    assert "LAIKE_BITABLE" not in done.stderr


def test_without_redis_the_base_is_found_too(wiki: Lab) -> None:
    wiki.context()  # the token's mirror is there
    done = wiki.laike("sync", "--local", "--no-redis", "--json", LAIKE_REDIS_URL="redis://127.0.0.1:1/0")
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["state"] == "success"


@pytest.mark.parametrize(
    ("what", "told"),
    [
        ("nowhere", "都找不到"),
        ("page", "不是多维表格"),
        ("denied", "wiki:node:read"),
        ("forbidden", "知识库"),
    ],
)
def test_what_keeps_the_base_from_being_found_is_told_with_its_cure(lab: Lab, what: str, told: str) -> None:
    tokens = {"nowhere": "wikcnNowhere", "page": str(lab.facts["wiki_page_token"])}
    lab.extra["LAIKE_BITABLE_APP_TOKEN"] = tokens.get(what, str(lab.facts["wiki_token"]))
    if what == "denied":
        lab.control("permissions", {"denied": ["wiki.node"]})
    if what == "forbidden":
        lab.control("permissions", {"document": "none"})
    summary = lab.sync(lab.day)
    assert summary.state == RunState.FAILED
    assert summary.needs_person
    assert summary.trouble
    assert told in summary.trouble.at_terminal


def test_the_doctor_takes_a_wiki_token(wiki: Lab) -> None:
    wiki.context()
    found = {one["check"]: one for one in json.loads(wiki.laike("doctor", "--json").stdout)}
    assert found["base"]["state"] == "ok"
    assert found["columns"]["state"] == "ok"


def doubled(lab: Lab) -> None:
    """One of the day's rows twice, the second one by a person."""
    row = next(record["fields"] for record in lab.records() if record["fields"].get("单元ID"))
    again = {name: value for name, value in row.items() if name in ("时间", "单元ID", "账户名称")}
    lab.control("rows/insert", {"table_id": lab.table_id, "fields": again, "by": "person"})


def clean_duplicates(ctx: Context) -> None:
    dedup.clean(ctx, dedup.look(ctx, None))


def restore_backup(ctx: Context) -> None:
    saved = back_up(ctx, None, lambda *_: None)
    ctx.base(None).records().batch_delete([record.record_id for record in read_everything(ctx.base(None))][:1])
    restore(ctx, backups.read(saved.path), lambda *_: None)


@pytest.mark.parametrize("write", [clean_duplicates, restore_backup])
def test_whoever_writes_waits_for_the_writer_of_the_same_base(wiki: Lab, write: Callable[[Context], None]) -> None:
    wiki.sync(wiki.day)
    doubled(wiki)
    ctx, key = wiki.context(), keys.writer(wiki.facts["app_token"])
    ctx.client.set(key, "another run")
    thread = threading.Thread(target=write, args=[ctx])
    thread.start()
    thread.join(1.5)
    waits = thread.is_alive()
    ctx.client.delete(key)
    thread.join()
    assert waits
