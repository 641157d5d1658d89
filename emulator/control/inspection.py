"""What control shows: state, rows, source figures, calls."""

from collections.abc import Callable
from datetime import date
from typing import Any

from emulator.control import permissions
from emulator.control.people import table_of
from emulator.feishu.bitable import fields, views
from emulator.feishu.bitable.model import Base, Table
from emulator.feishu.bitable.values import plain
from emulator.feishu.state import Feishu
from emulator.oceanengine import lines, reports
from emulator.oceanengine.filtering import Filter
from emulator.oceanengine.kinds import KINDS, PROMOTION, Kind
from emulator.oceanengine.lines import Line
from emulator.oceanengine.parameters import Query as Asked
from emulator.shared.unsure import FACTS
from emulator.world.world import World

Query = dict[str, str]
GRANTING = ("oauth.access_token", "oauth.refresh_token")
USUAL_METRICS = (
    "stat_cost", "show_cnt", "click_cnt", "convert_cnt", "conversion_cost", "clue_pay_order_cnt",
)  # fmt: skip


def state(world: World, _query: Query) -> dict[str, Any]:
    """Everything at a glance, tokens in full: control is for tests."""
    feishu = world.feishu
    return {
        "now": world.clock.now().isoformat(timespec="seconds"),
        "day": world.newest_day.isoformat(),
        "last_day": world.oceanengine.source.last_day().isoformat(),
        "settings": world.settings.as_dict(),
        "permissions": permissions.shown(world, feishu.base),
        "latency": world.latency,
        "oauth": oauth(world),
        "accounts": [
            {"id": str(a.account_id), "name": a.name, "promotions": len(a.promotions), "rhythm": a.rhythm}
            for a in world.oceanengine.source.accounts.values()
        ],
        "app_token": feishu.base.app_token,
        "bases": [_base(feishu, base) for base in feishu.bases.values()],
        "tables": [_table(base, table) for base in feishu.bases.values() for table in base.tables.values()],
        "messages": [{"at": m.at.isoformat(timespec="seconds"), **m.body} for m in feishu.messages],
        "script_errors": world.script_errors,
        "faults": [
            {"endpoint": f.endpoint, "kind": f.kind, "seen": f.seen, "hits": f.hits} for f in world.faults.faults
        ],
    }


def oauth(world: World) -> dict[str, Any]:
    """The current pair, its generation, and how many pairs each OAuth endpoint issued."""
    pair = world.oceanengine.oauth.pair
    return {
        "access_token": pair.access_token,
        "refresh_token": pair.refresh_token,
        "expires_at": pair.expires_at.isoformat(timespec="seconds"),
        "refresh_expires_at": pair.refresh_expires_at.isoformat(timespec="seconds"),
        "generation": world.oceanengine.oauth.generation,
        "granted": {name: world.oceanengine.oauth.granted[name] for name in GRANTING},
    }


def unsure(world: World, _query: Query) -> dict[str, Any]:
    """Each fact on which sources disagree, with the alternative chosen."""
    return {
        "facts": [
            {"name": f.name, "about": f.about, "alternatives": f.alternatives, "source": f.source,
             "holds": world.unsure[f.name]}
            for f in FACTS.values()
        ]
    }  # fmt: skip


def records(world: World, query: Query) -> dict[str, Any]:
    """Rows of `table_id` in plain values, with author and times."""
    table = table_of(world.feishu, dict(query))
    columns = list(table.fields.values())
    return {
        "records": [
            {
                "record_id": r.record_id,
                "created_by": r.created_by["id"],
                "created_time": r.created_ms,
                "last_modified_by": r.modified_by["id"],
                "last_modified_time": r.modified_ms,
                "fields": plain(columns, r),
            }
            for r in table.records.values()
        ]
    }


def figures(world: World, query: Query) -> dict[str, Any]:
    """Source rows with their account. Takes `report`, `account_id`, `start`, `end`, `metrics`.

    With `report` they are the lines that this report gives, with the account's name; without it all of promotions,
    those included that a test lets the report leave out.
    """
    kind = KINDS[query.get("report", PROMOTION.name)]
    last = world.oceanengine.source.last_day()
    start = date.fromisoformat(query.get("start", last.isoformat()))
    end = date.fromisoformat(query.get("end", query.get("start", last.isoformat())))
    metrics = query.get("metrics", ",".join(USUAL_METRICS)).split(",")
    unknown = set(metrics) - kind.metrics
    if unknown:
        raise ValueError(f"no such metric: {', '.join(sorted(unknown))}")
    wanted = [int(query["account_id"])] if "account_id" in query else list(world.oceanengine.source.accounts)
    asked = [Asked(account_id, start, end, metrics, Filter()) for account_id in wanted]
    return {"rows": _lines(world, asked, kind) if "report" in query else _of_promotions(world, asked)}


def _lines(world: World, asked: list[Asked], kind: Kind) -> list[Line]:
    ocean, accounts = world.oceanengine, world.oceanengine.source.accounts
    return [
        {"local_account_id": one.account_id, "local_account_name": accounts[one.account_id].name, **line}
        for one in asked
        for line in reports.LINES[kind.name](ocean, one)
    ]


def _of_promotions(world: World, asked: list[Asked]) -> list[Line]:
    return [
        {"local_account_id": one.account_id, **lines.promotion(row, one.metrics)}
        for one in asked
        for row in world.oceanengine.source.rows(one.account_id, one.start, one.end)
    ]


def calls(world: World, query: Query) -> dict[str, Any]:
    """The request log, with counts and the monthly quota. Takes `endpoint` and `since` (entries to skip)."""
    entries = list(world.log.entries)[int(query.get("since", "0")) :]
    wanted = query.get("endpoint")
    return {
        "calls": [entry for entry in entries if wanted in (None, entry["endpoint"])],
        "counts": dict(world.log.arrivals),
        "quota": world.log.quota,
        "total": len(world.log.entries),
    }


def facts(world: World, query: Query) -> dict[str, Any]:
    """What a client needs to reach the emulator at `url`."""
    return world.facts(query["url"])


VIEWS: dict[str, Callable[[World, Query], dict[str, Any]]] = {
    "state": state,
    "records": records,
    "figures": figures,
    "calls": calls,
    "unsure": unsure,
    "facts": facts,
}


def _base(feishu: Feishu, base: Base) -> dict[str, Any]:
    named = {"app_token": base.app_token, "name": base.name, "time_zone": feishu.time_zone(base)}
    return named | permissions.of_base(base)


def _table(base: Base, table: Table) -> dict[str, Any]:
    return {
        "app_token": base.app_token,
        "table_id": table.table_id,
        "name": table.name,
        "revision": table.revision,
        "records": len(table.records),
        "fields": [fields.described(column) for column in table.fields.values()],
        "views": [views.described(table, view) for view in table.views.values()],
    }
