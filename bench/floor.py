"""The floor: what a bare overlapped client needs that promises nothing.

The Feishu token and all reports are asked for at once, the table as soon as there is a token; rows are created as they
come, one write at a time as the table allows, and read once. No judging, no difference, no repetition, no memory.
"""

import asyncio
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import aiohttp

from bench import wire
from bench.wire import Json
from bench.world import BenchError, Job
from pipeline.core.model import DayRange

RATE_SHARE = 0.99  # the product's own, so that neither has more calls
CREATED_AT_ONCE = 1000
READ_AT_ONCE = 500


class Pace:
    """Lets calls pass one by one, as the rate allows."""

    def __init__(self, rate: float) -> None:
        self._gap_s = 1 / (rate * RATE_SHARE)
        self._next = 0.0

    async def wait(self) -> None:
        """Return when a call may be sent."""
        now = asyncio.get_running_loop().time()
        slot = max(now, self._next)
        self._next = slot + self._gap_s
        await asyncio.sleep(slot - now)


@dataclass
class Client:
    """The calls of one lap."""

    job: Job
    http: aiohttp.ClientSession
    promotions: Pace
    costs: Pace
    token: str = ""
    writing: asyncio.Lock = field(default_factory=asyncio.Lock)

    async def log_in(self) -> None:
        """Ask for a Feishu token, and for the columns with it."""
        async with self.http.post(wire.TENANT_TOKEN, json=wire.credentials(self.job)) as answer:
            self.token = str((await answer.json())["tenant_access_token"])

    async def report(self, pace: Pace, path: str, params: Mapping[str, str]) -> Json:
        """A page of a report, within the rate."""
        headers = {"Access-Token": self.job.facts["access_token"]}
        await pace.wait()
        async with self.http.get(path, params=params, headers=headers) as answer:
            return wire.data_of(path, await answer.json())

    async def feishu(self, method: str, action: str, body: Json | None = None) -> Json:
        """A call of the table."""
        headers, path = {"Authorization": f"Bearer {self.token}"}, wire.table(self.job, action)
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            return wire.data_of(path, await answer.json())

    async def create(self, rows: list[Json]) -> None:
        """Create rows; the table takes one write at a time."""
        async with self.writing:
            await self.feishu("POST", "records/batch_create", {"records": rows})

    async def search(self, days: DayRange) -> list[Json]:
        """The rows of some days, one page after the other."""
        found: list[Json] = []
        token = ""
        while True:
            action = f"records/search?page_size={READ_AT_ONCE}{token and f'&page_token={token}'}"
            answer = await self.feishu("POST", action, wire.of_the_days(days))
            found += answer["items"]
            if not answer["has_more"]:
                return found
            token = answer["page_token"]


@dataclass
class Span:
    """Days of a job that are loaded together."""

    client: Client
    job: Job
    waiting: list[Json] = field(default_factory=list)
    writes: list["asyncio.Task[None]"] = field(default_factory=list)
    rows: int = 0

    async def carry(self, logged_in: "asyncio.Task[None]") -> None:
        """Read the table, fetch, create, read back."""
        await asyncio.gather(self._look(logged_in), *(self._account(one, logged_in) for one in self.job.accounts))
        self._flush(1)
        await asyncio.gather(*self.writes)
        there = await self.client.search(self.job.window)
        found = sum(bool(row["fields"].get("单元ID")) for row in there)  # a person's row has none
        if found < self.rows:
            msg = f"{self.rows} rows were created, {found} are there"
            raise BenchError(msg)

    async def _look(self, logged_in: "asyncio.Task[None]") -> None:
        await logged_in
        await asyncio.gather(self.client.feishu("GET", "fields?page_size=100"), self.client.search(self.job.window))

    async def _account(self, account_id: str, logged_in: "asyncio.Task[None]") -> None:
        client, job = self.client, self.job
        total = wire.report(job, account_id, ("stat_cost",))
        first, _ = await asyncio.gather(self._page(account_id, 1), client.report(client.costs, wire.ACCOUNT, total))
        more = range(2, first["page_info"]["total_page"] + 1)
        pages = [first, *await asyncio.gather(*(self._page(account_id, page) for page in more))]
        fresh = [row for page in pages for row in wire.rows(job, account_id, page, job.fresh)]
        self.waiting += fresh
        self.rows += len(fresh)
        await logged_in
        self._flush(CREATED_AT_ONCE)

    async def _page(self, account_id: str, page: int) -> Json:
        params = wire.report(self.job, account_id, tuple(wire.FIGURES.values()), page)
        return await self.client.report(self.client.promotions, wire.PROMOTIONS, params)

    def _flush(self, least: int) -> None:
        while len(self.waiting) >= least:
            rows, self.waiting = self.waiting[:CREATED_AT_ONCE], self.waiting[CREATED_AT_ONCE:]
            self.writes.append(asyncio.create_task(self.client.create(rows)))


def run(job: Job, spans: Sequence[DayRange] = ()) -> None:
    """Carry the job over, the days of a long one in spans that overlap.

    Raises:
        BenchError: An answer is not what it should be.
    """
    asyncio.run(_run(job, spans))


async def _run(job: Job, spans: Sequence[DayRange]) -> None:
    async with aiohttp.ClientSession(job.url) as http:
        client = Client(job, http, Pace(job.rate), Pace(job.rate))
        jobs = [replace(job, window=days, fresh=days) for days in spans] or [job]
        logged_in = asyncio.create_task(client.log_in())
        await asyncio.gather(*(Span(client, one).carry(logged_in) for one in jobs))
