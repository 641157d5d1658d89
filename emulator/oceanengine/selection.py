"""What a person ticked when authorizing the app, and which 本地推 accounts lie under it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Any

LIFE_ACCOUNT_ID = 7100000000000000001
LIFE_NAME = "城南餐饮"
LIFE = ("PLATFORM_ROLE_LIFE",)
WORKBENCH = ("CUSTOMER_ADMIN", "CUSTOMER_OPERATOR")
ENTERPRISE_BP = tuple(f"PLATFORM_ROLE_ENTERPRISE_BP_{role}" for role in ("ADMIN", "OPERATOR", "CUSTOM"))
GROUP_BP = ("PLATFORM_ROLE_GROUP_BP_ADMIN", "PLATFORM_ROLE_GROUP_BP_OPERATOR")
CHILD_AGENT = ("CHILD_AGENT",)
AGENT = ("PLATFORM_ROLE_LOCAL_AGENT", "AGENT", *CHILD_AGENT, "AGENT_SYSTEM_ACCOUNT")
SOURCES = ("AD", "STAR", "LUBAN", "DOMESTIC", "LOCAL")  # agent/advertiser/select: the kind of an agent's accounts


@dataclass(frozen=True)
class Ticked:
    """One line of oauth2/advertiser/get; `is_valid`: whether the person still manages it."""

    account_id: int
    account_name: str
    account_type: str
    is_valid: bool = True

    def described(self) -> dict[str, Any]:
        """The line as it goes over the wire, the deprecated names included."""
        return {
            "account_id": self.account_id,
            "account_name": self.account_name,
            "account_type": self.account_type,
            "account_role": self.account_type,
            "advertiser_id": self.account_id,
            "advertiser_name": self.account_name,
            "is_valid": self.is_valid,
        }


def usual() -> list[Ticked]:
    """One 来客 account, under which every 本地推 account lies."""
    return [Ticked(LIFE_ACCOUNT_ID, LIFE_NAME, LIFE[0])]


@dataclass
class Selection:
    """The ticked lines. `parents`: by account id, unless it is only the one 来客 account.

    `children`: second-level agents by agent. `sources`: by agent the kind of its accounts, unless LOCAL.
    """

    ticked: list[Ticked] = field(default_factory=usual)
    parents: dict[int, list[int]] = field(default_factory=dict)
    copies: set[int] = field(default_factory=set)
    children: dict[int, list[int]] = field(default_factory=dict)
    sources: dict[int, str] = field(default_factory=dict)

    def tick(self, account_ids: Iterable[int]) -> None:
        """Authorize only these of the ticked lines."""
        chosen = set(account_ids)
        self.ticked = [line for line in self.ticked if line.account_id in chosen]

    def allows(self, account_id: int, kinds: Collection[str]) -> bool:
        """Whether an account of these types is ticked and valid."""
        return any(
            line.account_id == account_id and line.account_type in kinds and line.is_valid for line in self.ticked
        )

    def allows_agent(self, agent_id: int) -> bool:
        """Whether an agent or the agent above it is ticked and valid."""
        above = [parent for parent, children in self.children.items() if agent_id in children]
        return any(self.allows(one, AGENT) for one in (agent_id, *above))

    def under(self, parent: int, accounts: Iterable[int]) -> list[int]:
        """The accounts under a 来客 account, a 工作台 or an agent."""
        return [one for one in accounts if parent in self.parents.get(one, [LIFE_ACCOUNT_ID])]

    def reaches(self, account_id: int) -> bool:
        """Whether an account lies under a ticked and valid line."""
        parents = self.parents.get(account_id, [LIFE_ACCOUNT_ID])
        valid = {line.account_id for line in self.ticked if line.is_valid}
        return any(parent in valid or self.allows_agent(parent) for parent in parents)


def change(selection: Selection, body: dict[str, Any]) -> dict[str, Any]:
    """`{"ticked"?: [line], "parents"?: {id: [id]}, "copies"?: [id], "children"?: {id: [id]}, "sources"?: {id: word}}`.

    A line: account_id, _name, _type, is_valid?. `ticked` replaces the selection, as a new authorization does.
    """
    if unknown := body.keys() - {"ticked", "parents", "copies", "children", "sources"}:
        raise ValueError(f"nothing to authorize called {', '.join(sorted(unknown))}")
    ticked = [_line(line) for line in body["ticked"]] if "ticked" in body else selection.ticked
    parents, children = _ids_by_id(body.get("parents", {})), _ids_by_id(body.get("children", {}))
    sources = {int(agent_id): SOURCES[SOURCES.index(word)] for agent_id, word in body.get("sources", {}).items()}
    copies = {int(account_id) for account_id in body.get("copies", [])}
    selection.ticked = ticked
    selection.parents |= parents
    selection.copies |= copies
    selection.children |= children
    selection.sources |= sources
    return {"ticked": [line.described() for line in ticked]}


def _ids_by_id(given: dict[str, list[Any]]) -> dict[int, list[int]]:
    return {int(key): [int(one) for one in others] for key, others in given.items()}


def _line(given: dict[str, Any]) -> Ticked:
    line = Ticked(**{**given, "account_id": int(given["account_id"])})
    texts = (line.account_name, line.account_type)
    if not all(isinstance(text, str) and text for text in texts) or not isinstance(line.is_valid, bool):
        raise ValueError(f"no line of a selection: {given}")
    return line
