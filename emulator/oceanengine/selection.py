"""What a person ticked when authorizing the app, and which 本地推 accounts lie under it."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from emulator.oceanengine.oauth import LIFE_ACCOUNT_ID

if TYPE_CHECKING:
    from emulator.world import World

LIFE_NAME = "城南餐饮"
LIFE = ("PLATFORM_ROLE_LIFE",)
WORKBENCH = ("CUSTOMER_ADMIN", "CUSTOMER_OPERATOR")


@dataclass(frozen=True)
class Ticked:
    """One line of oauth2/advertiser/get; `is_valid` false: the person no longer manages it."""

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
    """The ticked lines; `parents` by account id where an account does not lie under the one 来客 account alone."""

    ticked: list[Ticked] = field(default_factory=usual)
    parents: dict[int, list[int]] = field(default_factory=dict)
    copies: set[int] = field(default_factory=set)

    def tick(self, account_ids: Iterable[int]) -> None:
        """Authorize anew: what is not among these is no longer authorized."""
        chosen = set(account_ids)
        self.ticked = [line for line in self.ticked if line.account_id in chosen]

    def allows(self, account_id: int, kinds: Collection[str]) -> bool:
        """Whether an account of one of these types was ticked and is still managed."""
        return any(
            line.account_id == account_id and line.account_type in kinds and line.is_valid for line in self.ticked
        )

    def under(self, parent: int, accounts: Iterable[int]) -> list[int]:
        """Those of the accounts that lie under a 来客 account or a 工作台."""
        return [known for known in accounts if parent in self.parents.get(known, [LIFE_ACCOUNT_ID])]

    def reaches(self, account_id: int) -> bool:
        """Whether an account lies under something that was ticked and is still managed."""
        parents = self.parents.get(account_id, [LIFE_ACCOUNT_ID])
        return any(line.account_id in parents and line.is_valid for line in self.ticked)


def change(world: "World", body: dict[str, Any]) -> dict[str, Any]:
    """`{"ticked"?: [line], "parents"?: {id: [id]}, "copies"?: [id]}`; a line: account_id, _name, _type, is_valid?.

    `ticked` replaces the former selection, as a new authorization does.
    """
    if unknown := body.keys() - {"ticked", "parents", "copies"}:
        msg = f"nothing to authorize called {', '.join(sorted(unknown))}"
        raise ValueError(msg)
    ticked = [_line(line) for line in body["ticked"]] if "ticked" in body else world.selection.ticked
    parents = {int(known): [int(one) for one in above] for known, above in body.get("parents", {}).items()}
    copies = {int(known) for known in body.get("copies", [])}
    world.selection.ticked = ticked
    world.selection.parents |= parents
    world.selection.copies |= copies
    return {"ticked": [line.described() for line in ticked]}


def _line(given: dict[str, Any]) -> Ticked:
    line = Ticked(**{**given, "account_id": int(given["account_id"])})
    texts = (line.account_name, line.account_type)
    if not all(isinstance(text, str) and text for text in texts) or not isinstance(line.is_valid, bool):
        msg = f"no line of a selection: {given}"
        raise ValueError(msg)
    return line
