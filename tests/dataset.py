"""A world as a release left it: what lies in Redis and in the base, kept as a file that the next one is tried on.

`python -m tests.dataset FILE` plays some weeks with the tree as it is and writes them down. A file that an older
release wrote is never made anew: it is what people upgrade from.
"""

import base64
import json
import sys
import tempfile
from collections.abc import Callable
from copy import deepcopy
from dataclasses import asdict
from datetime import date, time, timedelta
from pathlib import Path
from typing import Any

import redis

from emulator.feishu.bitable.model import Base, Condition, Field, Record, Table, View
from emulator.server import EmulatorServer
from lab.processes import redis_server
from pipeline.core.outcome import RunState
from pipeline.state import keys
from pipeline.steps.runs.carry_out import carry_out
from pipeline.steps.runs.plan import begin_backfill, begin_daily
from tests.hostile import PROMOTIONS
from tests.lab import Lab

NEWEST = date(2025, 6, 22)  # the emulator has figures up to this day, as far as its clock has come
ACCOUNTS = ("1834207156320263", "1834353156357105")  # 蜀香小馆: 3 rows a day; 阿婆糖水铺: days without any
DAYS = 30  # as far back as rows were loaded
LEFT_AT = -4  # days after NEWEST + 1: the morning on which it was left is that of 2025-06-19
LEFT_OUT = ("token", "tenant", "limit", "rows", "snapshot", "changes", "layout")  # secrets, and what soon is gone
Plain = dict[str, Any]


def small(lab: Lab) -> Lab:
    """The same lab with the few accounts of a data set."""
    names = {number: lab.facts["accounts"][number] for number in ACCOUNTS}
    lab.extra["LAIKE_ACCOUNTS"] = json.dumps(names, ensure_ascii=False)
    return lab


def play(lab: Lab) -> None:
    """Weeks by a backfill, then two mornings."""
    lab.at(time(7, 0), days_later=LEFT_AT - 1)
    ctx = small(lab).context()
    newest = lab.day + timedelta(days=LEFT_AT - 1)
    runs = [begin_backfill(ctx, newest - timedelta(days=DAYS), newest - timedelta(days=1), []), begin_daily(ctx)]
    ends = [carry_out(ctx, run.run_id) for run in runs]
    lab.at(time(7, 0), days_later=LEFT_AT)
    ctx = lab.context()
    ends.append(carry_out(ctx, begin_daily(ctx).run_id))
    assert [end.state for end in ends] == [RunState.SUCCESS] * 3


def taken(lab: Lab) -> Plain:
    """What lies in Redis and in the base."""
    client = redis.Redis.from_url(lab.redis_url)
    names = sorted(name.decode() for name in client.scan_iter(keys.PREFIX + "*"))
    kept = [name for name in names if name.split(":")[2] not in LEFT_OUT]
    base = asdict(lab.server.world.feishu.base) | {"operations": {}, "writers": 0}
    for table in base["tables"].values():
        table["matches"] = {}
    return {"redis": {name: _entry(client, name) for name in kept}, "base": base}


def restore(lab: Lab, data: Plain) -> None:
    """Put a data set into the lab's emulator and Redis."""
    client = redis.Redis.from_url(lab.redis_url)
    for name, entry in data["redis"].items():
        _put(client, name, entry["value"])
        if entry["ttl_s"]:
            client.expire(name, entry["ttl_s"])
    world = lab.server.world
    with world.lock:
        base = _base(deepcopy(data["base"]))
        world.feishu.bases = {base.app_token: base}


def load(file: Path) -> Plain:
    """A data set of a file."""
    found: Plain = json.loads(file.read_text(encoding="utf-8"))
    return found


def _entry(client: Any, name: str) -> Plain:  # noqa: ANN401 redis-py's types are of both its kinds of client
    kind, ttl = client.type(name).decode(), int(client.ttl(name))
    read: dict[str, Callable[[], Any]] = {
        "string": lambda: _text(client.get(name)),
        "hash": lambda: _texts(client.hgetall(name)),
        "set": lambda: {"members": sorted(map(_text, client.smembers(name)))},
        "zset": lambda: {"scores": {_text(one): score for one, score in client.zrange(name, 0, -1, withscores=True)}},
        "stream": lambda: {"entries": [[_text(at), _texts(of)] for at, of in client.xrange(name)]},
    }
    return {"type": kind, "ttl_s": max(ttl, 0), "value": read[kind]()}


def _put(client: Any, name: str, value: Any) -> None:  # noqa: ANN401 the same; any JSON
    if isinstance(value, str):
        client.set(name, _bytes(value))
    elif "members" in value:
        client.sadd(name, *map(_bytes, value["members"]))
    elif "scores" in value:
        client.zadd(name, {_bytes(one): score for one, score in value["scores"].items()})
    elif "entries" in value:
        for at, of in value["entries"]:
            client.xadd(name, {_bytes(k): _bytes(v) for k, v in of.items()}, id=at)
    else:
        client.hset(name, mapping={_bytes(field): _bytes(one) for field, one in value.items()})


def _texts(fields: dict[bytes, bytes]) -> dict[str, str]:
    return {_text(name): _text(value) for name, value in sorted(fields.items())}


def _text(value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        return "base64:" + base64.b64encode(value).decode()


def _bytes(text: str) -> bytes:
    coded = text.removeprefix("base64:")
    return text.encode() if coded == text else base64.b64decode(coded)


def _base(data: Plain) -> Base:
    return Base(**{**data, "tables": {name: _table(one) for name, one in data["tables"].items()}})


def _table(data: Plain) -> Table:
    views = {
        name: View(**{**one, "conditions": [Condition(**its) for its in one["conditions"]]})
        for name, one in data["views"].items()
    }
    fields = {name: Field(**one) for name, one in data["fields"].items()}
    records = {name: Record(**one) for name, one in data["records"].items()}
    return Table(**{**data, "fields": fields, "records": records, "views": views})


def _main(file: Path) -> None:
    with (
        EmulatorServer(day=NEWEST, names=PROMOTIONS) as server,
        redis_server() as url,
        tempfile.TemporaryDirectory() as home,
    ):
        lab = Lab(server, url, Path(home))
        play(lab)
        data = taken(lab)
    file.write_text(_lines(data), encoding="utf-8")


def _lines(data: Plain) -> str:
    """One key of Redis a line, then the base."""
    kept = ",\n".join(f"{json.dumps(name)}: {_json(entry)}" for name, entry in data["redis"].items())
    return f'{{"redis": {{\n{kept}\n}},\n"base": {_json(data["base"])}}}\n'


def _json(value: object) -> str:
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
