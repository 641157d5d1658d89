"""P9: four reports of three groups of accounts, in twelve tables of two bases, against the floor of all.

The floor asks for each report of each account once, creates the rows of each table in one call as soon as its accounts
are there, one write at a time in each base, and reads each table back once.
"""

import asyncio
import json
import time
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from itertools import product
from typing import Any

import aiohttp

from bench import wire
from bench.daily import CREATE, FLOOR, ONE, Lap, middle
from bench.floor import Client, Pace
from bench.result import Goal, Part, Table
from bench.wire import Json
from bench.workers import SEVEN, workers
from bench.world import BenchError, Job, Log, Shape, World, midnight_ms, slow_down, world
from cli.terminal.output import note
from pipeline.clients.feishu.base import Base
from pipeline.composition import build
from pipeline.core.model import DayRange
from pipeline.core.reports import PROMOTION, REPORTS, Report
from pipeline.core.table.columns import metrics_of, usual_columns
from pipeline.settings import Settings

GROUPS = ((14, 12, 9, 7), (6, 5, 4, 3), (3, 3, 2, 2))  # promotions of each account
REPORT_CALLS = tuple(f"report.{name}" for name in REPORTS)
STATUS_CALLS = ("records.search", CREATE)  # 同步状态 of each base is looked at and written once
LEAST_CALLS = (*REPORT_CALLS, "fields.list", *STATUS_CALLS)


@dataclass(frozen=True, slots=True)
class Place:
    """One table: its base, its report, and the accounts whose rows it holds, id → name."""

    app_token: str
    table_id: str
    report: Report
    accounts: Mapping[str, str]

    @property
    def item(self) -> str:
        """The column with the id of what a row is about."""
        return next(column.name for column in usual_columns(self.report) if column.source == self.report.id_field)

    def of(self, job: Job) -> Job:
        """A job in this table."""
        facts = {**job.facts, "app_token": self.app_token, "typed_table_id": self.table_id}
        return replace(job, facts=facts, accounts=self.accounts)


def measure(rounds: int) -> Part:
    """P9."""
    with world(Shape(promotions=tuple(count for group in GROUPS for count in group))) as bare:
        made, places = _with_tables(bare)
        days = [made.newest - timedelta(days=back) for back in reversed(range(rounds))]
        with workers(made, days[0] - timedelta(days=1)) as team:
            team.daily()
        slow = slow_down(made)
        laps: dict[str, list[Lap]] = {FLOOR: [], ONE: []}
        for day in days:
            laps[FLOOR].append(_floor(slow, places, day))
            laps[ONE].append(_product(slow, places, day))
            said = ", ".join(f"{name} {each[-1].verified_s:.2f} s" for name, each in laps.items())
            note(f"  {len(places)} tables, verified: {said}")
    return _part({name: middle(each) for name, each in laps.items()}, places, rounds)


def _part(medians: Mapping[str, Lap], places: Sequence[Place], rounds: int) -> Part:
    bare, ours = medians[FLOOR], medians[ONE]
    bases = len({place.app_token for place in places})
    least = {name: bare.calls[name] + bases * (name in STATUS_CALLS) for name in LEAST_CALLS}
    most = max(ours.calls[name] / count for name, count in least.items())
    what = f"{len(places)} tables in {bases} bases"
    heads = ("", "in the tables, s", "verified, s", "ended, s", "verified, × floor")
    rows = [
        (
            name,
            *(f"{s:.2f}" for s in (lap.rows_s, lap.verified_s, lap.ended_s)),
            f"{lap.verified_s / bare.verified_s:.3f}",
        )
        for name, lap in medians.items()
    ]
    calls = [(name, str(count), str(ours.calls[name])) for name, count in least.items()]
    return Part(
        goals=[
            Goal("P9", f"{what}: verified, of the floor of all", ours.verified_s / bare.verified_s, 1.05),
            Goal("P9", f"{what}: calls of the endpoint with most beyond its minimum", most, 1.05),
        ],
        tables=[
            Table(f"P9: four reports of three groups, {what}; medians of {rounds} rounds", heads, rows),
            Table("P9: calls by endpoint", ("", "minimum", ONE), calls),
        ],
    )


def _with_tables(made: World) -> tuple[World, list[Place]]:
    """The world with its tables: the first group's in the first base, the others' in a second one."""
    ids = iter(made.accounts.items())
    groups = [dict(next(ids) for _ in group) for group in GROUPS]
    first, second = str(made.emulator.facts["app_token"]), made.control("bases/add", {"name": "second"})["app_token"]
    feishu, places, told = build(_settings(made.environment)).feishu(None), list[Place](), list[Json]()
    for (number, group), report in product(enumerate(groups), REPORTS.values()):
        app_token, name = second if number else first, f"{report.name} {number}"
        if number == 0 and report is PROMOTION:
            places.append(Place(app_token, made.table_id, report, group))
            continue
        columns = [column.new_field for column in usual_columns(report)]
        place = Place(app_token, Base(feishu, app_token, "").tables.create(name, columns), report, group)
        address = f"https://example.feishu.cn/base/{app_token}?table={place.table_id}"
        told.append({"name": name, "report": report.name, "at": address, "accounts": list(group)})
        places.append(place)
    return replace(made, environment={**made.environment, "LAIKE_TABLES": json.dumps(told)}), places


def _settings(environment: Mapping[str, str]) -> Settings:
    given: Any = {name.removeprefix("LAIKE_").lower(): value for name, value in environment.items() if "LAIKE_" in name}
    return Settings(_env_file=None, **given)


def _floor(made: World, places: Sequence[Place], day: date) -> Lap:
    logged, start = made.logged(), time.time()
    asyncio.run(_load(made.job(DayRange(day, day)), places))
    lap = _lap(made.log_since(logged), places, start, time.time())
    for place in places:
        record_ids = _check(made, place, day)
        made.control("rows/delete", {"table_id": place.table_id, "record_ids": record_ids})
    return lap


def _product(made: World, places: Sequence[Place], day: date) -> Lap:
    logged = made.logged()
    with workers(made, day, 1, SEVEN) as team:
        told = team.daily()
    for place in places:
        _check(made, place, day)
    lap = _lap(made.log_since(logged), places, told.sent, told.last["verified"])
    return replace(lap, ended_s=told.last["finished"] - told.sent)


def _lap(log: Log, places: Sequence[Place], start: float, verified: float) -> Lap:
    if log.refused:
        msg = f"calls were refused: {', '.join(log.refused)}"
        raise BenchError(msg)
    rows = max(log.last_answer(CREATE, place.table_id) for place in places)
    return Lap(rows - start, verified - start, verified - start, log.counts(), log.quota)


def _check(made: World, place: Place, day: date) -> list[str]:
    """The record ids of a day, after checking that the table has each item of the source once.

    Raises:
        BenchError: It has not.
    """
    source = made.look("figures", report=place.report.name, start=day.isoformat(), end=day.isoformat())["rows"]
    id_field = "local_account_id" if place.report.about_account else place.report.id_field
    wanted = Counter(str(row[id_field]) for row in source if str(row["local_account_id"]) in place.accounts)
    there = {record_id: str(cells[place.item]) for record_id, cells in _there(made, place, day)}
    if Counter(there.values()) != wanted:
        msg = f"{place.report.name} {day}: the source has {wanted.total()} rows, the table {len(there)}, or others"
        raise BenchError(msg)
    return list(there)


def _there(made: World, place: Place, day: date) -> Iterator[tuple[str, Json]]:
    for record in made.look("records", table_id=place.table_id)["records"]:
        if record["fields"].get("时间") == midnight_ms(day) and record["fields"].get(place.item):
            yield record["record_id"], record["fields"]


async def _load(job: Job, places: Sequence[Place]) -> None:
    async with aiohttp.ClientSession(job.url) as http:
        paces = {report.name: Pace(job.rate) for report in REPORTS.values()}
        locks: dict[str, asyncio.Lock] = defaultdict(asyncio.Lock)
        clients = []
        for place in places:
            pace = paces[place.report.name]
            clients.append(Client(place.of(job), http, pace, pace, writing=locks[place.app_token]))

        async def log_in() -> None:
            await clients[0].log_in()
            for client in clients:
                client.token = clients[0].token

        logged_in = asyncio.create_task(log_in())
        await asyncio.gather(*(_carry(*pair, logged_in) for pair in zip(places, clients, strict=True)))


async def _carry(place: Place, client: Client, logged_in: "asyncio.Task[None]") -> None:
    """Read a table, fetch its rows, create, read back."""
    window = client.job.window

    async def look() -> None:
        await logged_in
        await asyncio.gather(client.feishu("GET", "fields?page_size=100"), client.search(window))

    looking = asyncio.create_task(look())
    fetched = await asyncio.gather(*(_rows(place, client, one) for one in place.accounts))
    await looking
    rows = [row for of_account in fetched for row in of_account]
    await client.create(rows)
    if len(await client.search(window)) < len(rows):
        msg = f"{len(rows)} rows were created, fewer are there"
        raise BenchError(msg)


async def _rows(place: Place, client: Client, account_id: str) -> list[Json]:
    """The records to create for an account's rows of the fresh day; no account has more than a page."""
    report, columns = place.report, usual_columns(place.report)
    params = wire.report(client.job, account_id, metrics_of(columns))
    answer = await client.report(client.promotions, report.path, params)
    if answer["page_info"]["total_page"] > 1:
        msg = f"{report.name} of {account_id} has more than a page"
        raise BenchError(msg)
    fresh = [row for row in answer[report.rows] if date.fromisoformat(row["stat_time_day"]) in client.job.fresh]
    told = {"account_name": place.accounts[account_id], "account_id": account_id}
    return [
        {"fields": {column.name: _cell(column.source, {**row, **told}, report) for column in columns}} for row in fresh
    ]


def _cell(source: str, row: Mapping[str, Any], report: Report) -> object:
    if source == "day":
        return midnight_ms(date.fromisoformat(row["stat_time_day"]))
    return str(row[source]) if source == report.id_field else row[source] or 0
