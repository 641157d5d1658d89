"""The serial script: for one account after the other delete and create its window, then check the views."""

from dataclasses import dataclass
from typing import Any

import requests

from bench import wire
from bench.wire import Json
from bench.world import Job


@dataclass(frozen=True, slots=True)
class Client:
    """The calls of one lap, one at a time."""

    job: Job
    http: requests.Session

    def call(self, method: str, path: str, **request: Any) -> Json:  # noqa: ANN401 the library's own parameters
        """`data` of an answer."""
        answer = self.http.request(method, self.job.url + path, timeout=30, **request)
        return wire.data_of(path, answer.json())

    def log_in(self) -> None:
        """Ask for a Feishu token, which the session sends from then on."""
        answer = self.http.post(self.job.url + wire.TENANT_TOKEN, json=wire.credentials(self.job), timeout=30)
        self.http.headers["Authorization"] = f"Bearer {answer.json()['tenant_access_token']}"

    def carry(self, account_id: str) -> None:
        """Report, delete, create."""
        params = wire.report(self.job, account_id, tuple(wire.FIGURES.values()))
        headers = {"Access-Token": self.job.facts["access_token"]}
        answer = self.call("GET", wire.PROMOTIONS, params=params, headers=headers)
        rows = wire.rows(self.job, account_id, answer, self.job.window)
        if old := self.rows_of(account_id):
            self.call("POST", wire.table(self.job, "records/batch_delete"), json={"records": old})
        self.call("POST", wire.table(self.job, "records/batch_create"), json={"records": rows})

    def rows_of(self, account_id: str) -> list[str]:
        """Record ids of an account's rows in the window."""
        name = self.job.accounts[account_id]
        path = wire.table(self.job, "records/search") + "?page_size=500"
        found = self.call("POST", path, json=wire.of_the_days(self.job.window))["items"]
        return [row["record_id"] for row in found if row["fields"].get("账户名称") == name]

    def check_views(self) -> None:
        """Look at each account's view, with a token of its own."""
        self.log_in()
        views = self.call("GET", wire.table(self.job, "views") + "?page_size=100")["items"]
        for view in views:
            if view["view_name"] in self.job.accounts.values():
                self.call("GET", wire.table(self.job, f"views/{view['view_id']}"))


def run(job: Job) -> None:
    """Load the day.

    Raises:
        BenchError: An answer is not what it should be.
    """
    with requests.Session() as http:
        client = Client(job, http)
        client.log_in()
        for account_id in job.accounts:
            client.carry(account_id)
        client.check_views()
