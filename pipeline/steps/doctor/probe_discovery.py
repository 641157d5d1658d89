"""Ask 巨量引擎 what its pages leave open about the accounts that a token reaches."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from pipeline.clients.http import Answer
from pipeline.clients.oceanengine.accounts import (
    AGENT_TYPES,
    AUTHORIZED,
    CHILD_AGENT_TYPES,
    CHILD_AGENTS,
    EBP_TYPES,
    GROUP_TYPES,
    LIFE_TYPES,
    LOCAL,
    OF_AGENT,
    OF_EBP,
    OF_LIFE,
    PUBLIC_INFO,
    Authorized,
    authorized,
)
from pipeline.context import Context
from pipeline.steps.doctor.probe_reports import refusal, sendable, shape

KIND_NAMES = ("account_type", "account_role", "advertiser_role", "is_valid")
NONE_TICKED = "nothing of this kind was ticked"
NAMES_ASKED = 20
PAGE = {"page": 1, "page_size": 10}
Params = Mapping[str, object]


class Listings:
    """The account lists as the service sends them, refusals included."""

    def __init__(self, ctx: Context) -> None:
        self._ctx, self._token = ctx, ctx.tokens.current()

    def ask(self, path: str, params: Params, *, token_in_query: bool = False) -> Answer:
        """Return one list."""
        sent = {name: sendable(value) for name, value in params.items()}
        if token_in_query:
            sent["access_token"] = self._token
        self._ctx.limiter.wait(path)
        return self._ctx.oceanengine_http.call("GET", path, params=sent, headers={"Access-Token": self._token})

    def ticked(self, kinds: Sequence[str]) -> list[Authorized]:
        """Return what was ticked of some kinds and is still managed."""
        return [one for one in authorized(self._ctx.oceanengine(None)) if one.type in kinds and one.valid]

    def first(self, kinds: Sequence[str], ask: Callable[[str], str]) -> str:
        """Ask about the first one of some kinds."""
        there = self.ticked(kinds)
        return ask(there[0].id) if there else NONE_TICKED

    @property
    def local_ids(self) -> list[int]:
        """Return ids of 本地推 accounts as last discovered or set."""
        last = self._ctx.rosters.last()
        names = self._ctx.settings.accounts or (last.names if last else {})
        return [int(account_id) for account_id in names][:NAMES_ASKED]


def _token_in_the_header(lists: Listings) -> str:
    return refusal(lists.ask(AUTHORIZED, {})) or "accepted without a token in the query"


def _kinds(lists: Listings) -> str:
    """Say which of the names for a line's kind are filled."""
    answer = lists.ask(AUTHORIZED, {}, token_in_query=True)
    lines: list[dict[str, Any]] = (answer.body.get("data") or {}).get("list") or []
    seen = {", ".join(f"{name} {shape(line, name)}" for name in KIND_NAMES) for line in lines}
    return refusal(answer) or "; ".join(sorted(seen)) or "nothing was ticked"


def _names(lists: Listings) -> str:
    asked = lists.local_ids
    answer = lists.ask(PUBLIC_INFO, {"advertiser_ids": asked})
    rows: list[dict[str, Any]] = answer.body.get("data") or []
    named = sum(bool(row.get("name")) for row in rows)
    others = sorted({shape(row, "name") for row in rows if not row.get("name")})
    words = f"{len(asked)} asked for, {len(rows)} row(s), {named} with a name"
    return refusal(answer) or "; ".join([words, *(f"name {other}" for other in others)])


def _life(lists: Listings) -> str:
    return lists.first(LIFE_TYPES, lambda one: _shown(lists.ask(OF_LIFE, {"life_account_id": one, **PAGE}), "adv_list"))


def _organisation(kinds: Sequence[str]) -> Callable[[Listings], str]:
    def ask(lists: Listings) -> str:
        def of(organisation: str) -> str:
            params = {"enterprise_organization_id": organisation, "account_source": LOCAL, **PAGE}
            return _shown(lists.ask(OF_EBP, params), "account_list")

        return lists.first(kinds, of)

    return ask


def _of_agent(path: str, params: Params) -> Callable[[Listings], str]:
    def ask(lists: Listings) -> str:
        def of(agent: str) -> str:
            answer = lists.ask(path, {"advertiser_id": agent, **params})
            return refusal(answer) or f"data has {', '.join(sorted(answer.body.get('data') or {}))}"

        kinds = AGENT_TYPES if path == CHILD_AGENTS else (*AGENT_TYPES, *CHILD_AGENT_TYPES)
        return lists.first(kinds, of)

    return ask


def _shown(answer: Answer, rows: str) -> str:
    data = answer.body.get("data") or {}
    found = data.get(rows)
    count = f"{len(found)} row(s)" if found else shape(data, rows)
    return refusal(answer) or f"{rows} {count}, page_info {shape(data, 'page_info')}"


DISCOVERY: Mapping[str, Callable[[Listings], str]] = {
    "what was ticked, asked for without a token in the query": _token_in_the_header,
    "what a ticked line says of its kind": _kinds,
    "names of 本地推 accounts in public_info": _names,
    "the list of a 来客 account": _life,
    "the list of a 升级版工作台": _organisation(EBP_TYPES),
    "the list of a 集团工作台": _organisation(GROUP_TYPES),
    "the list of an agent, by page": _of_agent(OF_AGENT, PAGE),
    "the list of an agent, by cursor": _of_agent(OF_AGENT, {"count": 10}),
    "the list of second-level agents": _of_agent(CHILD_AGENTS, PAGE),
}
