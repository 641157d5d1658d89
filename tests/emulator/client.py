"""Plain requests to a running emulator, for tests: addresses and credentials filled in, nothing else done."""

import json
from types import TracebackType
from typing import Any, Self

import requests

TIMEOUT_S = 10
REPORT = "/open_api/v3.0/local/report"
TOKEN = "/open-apis/auth/v3/tenant_access_token/internal"
APPS = "/open-apis/bitable/v1/apps"
AUTHORIZE = "/openapi/audit/oauth.html"
TYPED, TEXT = "typed_table_id", "text_table_id"


class Client:
    """One session with an emulator, by its facts."""

    def __init__(self, facts: dict[str, Any]) -> None:
        self.facts = facts
        self.url: str = facts["url"]
        self.session = requests.Session()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.session.close()

    def send(self, method: str, path: str, **options: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        """Any request."""
        return self.session.request(method, self.url + path, timeout=TIMEOUT_S, **options)

    def control(self, action: str, body: object = None) -> dict[str, Any]:
        """Do a control action. Raises ValueError for a refusal."""
        answer = self.send("POST", f"/_control/{action}", json={} if body is None else body)
        if not answer.ok:
            raise ValueError(answer.text)
        return dict(answer.json())

    def look(self, view: str, **query: str) -> dict[str, Any]:
        """A view of control."""
        answer = self.send("GET", f"/_control/{view}", params=query)
        if not answer.ok:
            raise ValueError(answer.text)
        return dict(answer.json())

    def oauth(self, call: str = "refresh_token", **changes: object) -> requests.Response:
        """A token call with the right credentials; None takes a field out."""
        facts = self.facts
        body = {"app_id": facts["app_id"], "secret": facts["secret"], "refresh_token": facts["refresh_token"]} | changes
        given = {name: value for name, value in body.items() if value is not None}
        return self.send("POST", f"/open_api/oauth2/{call}/", json=given)

    def authorize(self, method: str = "GET", accounts: tuple[str, ...] = (), **changes: object) -> requests.Response:
        """The authorize page, or with POST its button, the accounts ticked; None takes a parameter out."""
        query = {"app_id": self.facts["app_id"], "redirect_uri": self.facts["redirect_uri"], "state": "s-1"} | changes
        given = {name: value for name, value in query.items() if value is not None}
        ticked = [("account", account) for account in accounts]
        return self.send(method, AUTHORIZE, params=given, data=ticked, allow_redirects=False)

    def report(self, kind: str = "promotion", token: str | None = "", /, **changes: object) -> requests.Response:
        """A report of the first account's newest day; None takes a parameter out, token None the header."""
        query = {
            "local_account_id": next(iter(self.facts["accounts"])),
            "start_date": self.facts["day"],
            "end_date": self.facts["day"],
            "metrics": json.dumps(["stat_cost", "convert_cnt"]),
            "time_granularity": "TIME_GRANULARITY_DAILY",
            "page_size": "100",
        } | changes
        headers = {} if token is None else {"Access-Token": token or self.facts["access_token"]}
        given = {name: value for name, value in query.items() if value is not None}
        return self.send("GET", f"{REPORT}/{kind}/get/", params=given, headers=headers)

    def tenant(self) -> str:
        """A tenant token."""
        facts = self.facts
        body = {"app_id": facts["feishu_app_id"], "app_secret": facts["feishu_app_secret"]}
        return str(self.send("POST", TOKEN, json=body).json()["tenant_access_token"])

    def base(self, method: str, path: str = "", **options: Any) -> requests.Response:  # noqa: ANN401 - requests' own
        """A call below the base."""
        if "headers" not in options:
            options["headers"] = {"Authorization": f"Bearer {self.tenant()}"}
        return self.send(method, f"{APPS}/{self.facts['app_token']}{path}", **options)

    def table(self, method: str, path: str, table: str = TYPED, **options: Any) -> requests.Response:  # noqa: ANN401
        """A call below a table: one of the seeded ones by its name in the facts, or any by id."""
        return self.base(method, f"/tables/{self.facts.get(table, table)}{path}", **options)

    def field_id(self, name: str, table: str = TYPED) -> str:
        """The id of a column."""
        listed = self.table("GET", "/fields", table, params={"page_size": 100}).json()["data"]["items"]
        return next(str(known["field_id"]) for known in listed if known["field_name"] == name)

    def view_id(self, name: str = "表格", table: str = TYPED) -> str:
        """The id of a view."""
        listed = self.table("GET", "/views", table, params={"page_size": 100}).json()["data"]["items"]
        return next(str(known["view_id"]) for known in listed if known["view_name"] == name)
