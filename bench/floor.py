"""The floor: what a bare overlapped client needs that promises nothing.

The Feishu token and all reports are asked for at once, the table as soon as there is a token; one create of all rows,
one reading of them. No judging, no difference, no look at what is there, no repetition, no memory.
"""

import asyncio
from dataclasses import dataclass, field

import aiohttp

from bench import wire
from bench.wire import Json
from bench.world import RATE, BenchError, Job

GAP_S = 1 / (RATE * 0.99)  # the product's own pace, so that neither has more calls


class Pace:
    """Lets one call pass each `GAP_S`."""

    def __init__(self) -> None:
        self._next = 0.0

    async def wait(self) -> None:
        """Return when a call may be sent."""
        now = asyncio.get_running_loop().time()
        slot = max(now, self._next)
        self._next = slot + GAP_S
        await asyncio.sleep(slot - now)


@dataclass(frozen=True, slots=True)
class Client:
    """The calls of one lap."""

    job: Job
    http: aiohttp.ClientSession
    promotions: Pace = field(default_factory=Pace)
    costs: Pace = field(default_factory=Pace)

    async def report(self, pace: Pace, path: str, account_id: str, metrics: tuple[str, ...]) -> Json:
        """A report, at its pace."""
        headers = {"Access-Token": self.job.facts["access_token"]}
        params = wire.report(self.job, account_id, metrics)
        await pace.wait()
        async with self.http.get(path, params=params, headers=headers) as answer:
            return wire.data_of(path, await answer.json())

    async def feishu(self, method: str, path: str, token: str, body: Json | None = None) -> Json:
        """A call of the table."""
        headers = {"Authorization": f"Bearer {token}"}
        async with self.http.request(method, path, json=body, headers=headers) as answer:
            return wire.data_of(path, await answer.json())

    async def token(self) -> str:
        """A Feishu token."""
        async with self.http.post(wire.TENANT_TOKEN, json=wire.credentials(self.job)) as answer:
            return str((await answer.json())["tenant_access_token"])

    async def fetch(self, account_id: str) -> list[Json]:
        """An account's rows; its total is asked for at the same time."""
        report, _ = await asyncio.gather(
            self.report(self.promotions, wire.PROMOTIONS, account_id, tuple(wire.FIGURES.values())),
            self.report(self.costs, wire.ACCOUNT, account_id, ("stat_cost",)),
        )
        return wire.rows(self.job, account_id, report)

    async def read(self) -> str:
        """Fields and rows of the table at once, as soon as there is a token, which is returned."""
        token = await self.token()
        await asyncio.gather(
            self.feishu("GET", wire.table(self.job, "fields") + "?page_size=100", token), self.search(token)
        )
        return token

    async def search(self, token: str) -> Json:
        """The rows of the day."""
        path = wire.table(self.job, "records/search") + "?page_size=500"
        return await self.feishu("POST", path, token, wire.of_the_day(self.job.day))


def run(job: Job) -> None:
    """Carry the day over.

    Raises:
        BenchError: An answer is not what it should be.
    """
    asyncio.run(_run(job))


async def _run(job: Job) -> None:
    async with aiohttp.ClientSession(job.url) as http:
        client = Client(job, http)
        fetching = asyncio.gather(*map(client.fetch, job.accounts))
        token, fetched = await asyncio.gather(client.read(), fetching)
        rows = [row for account in fetched for row in account]
        await client.feishu("POST", wire.table(job, "records/batch_create"), token, {"records": rows})
        _check(rows, await client.search(token))


def _check(rows: list[Json], found: Json) -> None:
    there = sum(bool(row["fields"].get("单元ID")) for row in found["items"])  # a person's row has none
    if there != len(rows):
        msg = f"{len(rows)} rows were created, {there} are there"
        raise BenchError(msg)
