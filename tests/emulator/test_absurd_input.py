"""What no client should send: deep JSON, numbers of thirty digits, values of any other kind. Refused, never a crash."""

import copy
import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest

from emulator.exchange import Exchange
from emulator.oceanengine.selection import AGENT, ENTERPRISE_BP, WORKBENCH, Ticked
from emulator.shared.wire import Call, Refusal, Reply, Route
from emulator.world.routes import ROUTES
from emulator.world.world import World

DEEP = "[" * 200_000
DIGITS = "9" * 30
TEXTS = (DIGITS, "9" * 5000, "-1", "0", "1e999", "²", "١", "", "[" * 20_000, '{"a":' * 20_000, "\u0000", "null", "NaN")
VALUES: tuple[object, ...] = (
    *TEXTS, int(DIGITS), -int(DIGITS), 10**400, 1.5, 1e308, True, None, [], {}, [[]], [{}], {"a": {}}, "\ud800",
)  # fmt: skip
DAY = "2026-01-01"
NO_CLIENT: Any = None


@dataclass
class Sent:
    """An acceptable call, whose parts are replaced one by one."""

    name: str
    query: dict[str, str] = field(default_factory=dict)
    body: Any = None


def full_card() -> dict[str, Any]:
    """A card with each kind of part."""
    table = {"tag": "table", "page_size": 5, "columns": [{"name": "a", "data_type": "text"}], "rows": [{"a": "x"}]}
    behaviors = [{"type": "open_url", "default_url": "https://x"}]
    button = {"tag": "button", "text": {"tag": "plain_text", "content": "x"}, "type": "text", "behaviors": behaviors}
    chart = {"tag": "chart", "aspect_ratio": "1:1", "chart_spec": {"type": "bar"}}
    columns = {"tag": "column_set", "columns": [{"tag": "column", "elements": [{"tag": "hr", "element_id": "a"}]}]}
    title = {"tag": "plain_text", "content": "x"}
    header = {"title": title, "template": "red", "text_tag_list": [{"tag": "text_tag", "text": title}]}
    body = {"elements": [table, button, chart, columns, {"tag": "markdown", "content": "x"}]}
    return {"schema": "2.0", "config": {"update_multi": True}, "header": header, "body": body}


def calls(world: World) -> list[Sent]:
    """A call of every endpoint."""
    facts = world.facts("")
    account, life = next(iter(facts["accounts"])), str(world.oceanengine.selection.ticked[0].account_id)
    typed = next(iter(world.feishu.base.tables.values()))
    record, ids = next(iter(typed.records)), {column.name: column.field_id for column in typed.fields.values()}
    paged = {"page": "1", "page_size": "10"}
    day = {"start_date": facts["day"], "end_date": facts["day"]}
    report = {**paged, **day, "local_account_id": account, "metrics": '["stat_cost"]', "order_type": "ASC"}
    report |= {"order_field": "stat_cost", "time_granularity": "TIME_GRANULARITY_DAILY"}
    listed = {"page_size": "10", "page_token": ""}
    app = {"app_id": facts["app_id"], "secret": facts["secret"]}
    condition = {"field_name": "时间", "operator": "is", "value": ["ExactDate", "1790000000000"]}
    number = {"field_name": "转化数", "operator": "is", "value": ["1"]}
    narrow = {"conjunction": "and", "conditions": [condition, number]}
    searched = {"filter": narrow, "sort": [{"field_name": "时间", "desc": True}], "field_names": ["备注"]}
    cells = {"单元ID": "1", "转化数": 1, "时间": 1_790_000_000_000, "账户名称": "甲"}
    one = {"field_id": ids["转化数"], "operator": "is", "value": '["1"]'}
    viewed = {"conjunction": "and", "conditions": [one]}
    text = {"msg_type": "text", "content": {"text": "x"}}
    return [
        Sent("oauth.access_token", {}, {**app, "auth_code": "x"}),
        Sent("oauth.refresh_token", {}, {**app, "refresh_token": "x", "grant_type": "refresh_token"}),
        Sent("accounts.authorized", {"access_token": facts["access_token"]}),
        Sent("accounts.local", {"life_account_id": life, "filtering": "{}", **paged}),
        Sent("accounts.workbench", {"account_id": "2", "filter": '{"account_type": "LOCAL"}', **paged}),
        Sent("accounts.ebp", {"enterprise_organization_id": "3", "account_source": "LOCAL", "filtering": "{}"} | paged),
        Sent("accounts.agent", {"advertiser_id": "4", "company_ids": "[1]", "filtering": "{}", **paged}),
        Sent("accounts.agent", {"advertiser_id": "4", "count": "10", "cursor": "0"}),
        Sent("accounts.child_agents", {"advertiser_id": "4", **paged}),
        Sent("accounts.names", {"advertiser_ids": f"[{account}]"}),
        Sent("accounts.user"),
        Sent("report.promotion", {**report, "filtering": '{"promotion_ids": [1]}'}),
        Sent("report.project", {**report, "filtering": '{"cdp_project_ids": [1]}'}),
        Sent("report.account", report),
        Sent("report.material", {**report, "filtering": '{"material_ids": [1], "material_type": "VIDEO"}'}),
        Sent("feishu.token", {}, {"app_id": facts["feishu_app_id"], "app_secret": facts["feishu_app_secret"]}),
        Sent("base.meta"),
        Sent("tables.list", listed),
        Sent("tables.create", {}, {"table": {"name": "新表", "fields": [{"field_name": "a", "type": 1}]}}),
        Sent("fields.list", listed),
        Sent("fields.create", {}, {"field_name": "a", "type": 3, "property": {"options": [{"name": "b", "color": 1}]}}),
        Sent("fields.create", {}, {"field_name": "a", "type": 2, "ui_type": "Number", "property": {"formatter": "0"}}),
        Sent("records.search", listed, searched),
        Sent("records.batch_create", {"client_token": ""}, {"records": [{"fields": cells}]}),
        Sent("records.batch_update", {}, {"records": [{"record_id": record, "fields": cells}]}),
        Sent("records.batch_delete", {}, {"records": [record]}),
        Sent("views.list", listed),
        Sent("views.create", {}, {"view_name": "甲", "view_type": "grid"}),
        Sent("views.get"),
        Sent("views.patch", {}, {"view_name": "甲", "property": {"filter_info": viewed}}),
        Sent("views.patch", {}, {"property": {"hidden_fields": [ids["备注"]]}}),
        Sent("views.delete"),
        Sent("wiki.node", {"token": "x"}),
        Sent("bot.webhook", {}, {"msg_type": "interactive", "card": full_card()}),
        Sent("bot.webhook", {}, text),
        Sent("bot.webhook", {}, {**text, "timestamp": "1", "sign": "x"}),
    ]  # fmt: skip


def places(value: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:  # noqa: ANN401 any JSON
    """Every place in a document, the whole one first."""
    yield path
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        yield from places(one, (*path, name))


def replaced(document: Any, path: tuple[Any, ...], value: object) -> Any:  # noqa: ANN401 any JSON
    if not path:
        return value
    changed = copy.deepcopy(document)
    at = changed
    for step in path[:-1]:
        at = at[step]
    at[path[-1]] = value
    return changed


def variants(sent: Sent) -> Iterator[tuple[dict[str, str], bytes]]:
    """The query and body of a call with one part of it absurd."""
    body = json.dumps(sent.body).encode() if sent.body is not None else b""
    yield sent.query, body
    for name in sent.query:
        for text in TEXTS:
            yield {**sent.query, name: text}, body
    if sent.body is None:
        return
    for raw in (
        DEEP,
        DEEP[:50_000] + "]" * 50_000,
        '{"a":' * 100_000,
        "",
        "\ufeff{}",
        "9" * 5000,
        "NaN",
        "1e999",
        '"\ud800',
    ):
        yield sent.query, raw.encode("utf-8", "surrogatepass")
    for path in places(sent.body):
        for value in VALUES:
            yield sent.query, json.dumps(replaced(sent.body, path, value)).encode()
        yield (
            sent.query,
            json.dumps(replaced(sent.body, path, "deep")).replace('"deep"', "[" * 500 + "]" * 500).encode(),
        )


def answered(world: World, route: Route[Any], query: dict[str, str], body: bytes) -> Reply:
    """The answer to a call with a valid token, without HTTP."""
    table = next(iter(world.feishu.base.tables.values()))
    ids = {"app_token": world.feishu.base.app_token, "table_id": table.table_id, "view_id": next(iter(table.views))}
    params = {**ids, "hook_id": world.facts("")["webhook_path"].rpartition("/")[2]}
    call = Call(route.method, route.path, params, list(query.items()), {"content-type": "application/json"}, body)
    exchange = Exchange(world, route, call, NO_CLIENT)
    world.faults.take(route.name, call.arguments)
    try:
        reply = route.handler(world.state_of(route), call)
    except Refusal as refusal:
        reply = route.family.refuse(refusal)
    exchange.note(reply)
    return reply


def world_of_all_kinds() -> World:
    """A world in which a person ticked one account of each kind."""
    world = World()
    kinds = (WORKBENCH[0], ENTERPRISE_BP[0], AGENT[0])
    world.oceanengine.selection.ticked += [Ticked(number, kind, kind) for number, kind in enumerate(kinds, start=2)]
    return world


def test_every_endpoint_is_called() -> None:
    assert {sent.name for sent in calls(World())} == {route.name for route in ROUTES}


@pytest.mark.parametrize("place", range(len(calls(World()))), ids=[sent.name for sent in calls(World())])
def test_a_call_whose_parts_are_replaced_is_one_that_is_understood(place: int) -> None:
    world = world_of_all_kinds()
    sent = calls(world)[place]
    query, body = next(variants(sent))
    reply = answered(world, route_of(sent), query, body)
    known = {"oauth.access_token", "oauth.refresh_token", "wiki.node"}  # no such code, token or node
    assert reply.code == 0 or sent.name in known, reply.payload


def route_of(sent: Sent) -> Route[Any]:
    return next(route for route in ROUTES if route.name == sent.name)


@pytest.mark.parametrize("place", range(len(calls(World()))), ids=[sent.name for sent in calls(World())])
def test_no_endpoint_breaks_on_what_no_client_should_send(place: int) -> None:
    world = world_of_all_kinds()
    sent = calls(world)[place]
    route = route_of(sent)
    world.settings.webhook_secret = "secret" if "sign" in (sent.body or {}) else None
    for query, body in variants(sent):
        reply = answered(world, route, query, body)
        assert reply.status < 500, (query, body[:200])
        json.loads(reply.encode())
