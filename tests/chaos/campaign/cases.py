"""The cases of the campaign: every endpoint of the daily run × every fault that it can have × {once, for ever}.

A request that is refused as wrong is refused for ever. What the one reader of all answers refuses, whatever is called,
happens once or for ever. Beside the promotions there is a further table.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from emulator.shared.wire import Route
from emulator.world.routes import ROUTES
from tests.chaos.campaign.faults import DEEP, REFUSED, SWOLLEN, Fault, faults_of

# Endpoints that no daily run calls, and who does. Any other one is in the campaign, a new one at once.
OFF_PATH = {
    "oauth.access_token": "a person authorizes",
    "accounts.user": "laike doctor",
    "fields.create": "laike init, laike restore",
    "views.delete": "nobody",
    "wiki.node": "whoever first meets a base that lies in a wiki",
}
TABLES = ("typed_table_id", "text_table_id")
SHORT = {"typed_table_id": "typed", "text_table_id": "text"}
REPORTS = ("project", "material")  # of the further tables
TIMES = {REFUSED: (True,), SWOLLEN: (True,), DEEP: (False,)}


class Morning(StrEnum):
    """What the run finds: nothing of ours but a few rows, or what the run of the day before left."""

    FIRST = "first"
    LATER = "later"


# these are called where something is not known yet, which is known on a later morning
FIRST_ONLY = {"base.meta", "tables.list", "tables.create"}
LATER_ONLY = {"records.batch_delete", "views.get"}  # a late twin is laid out there, and people changed views


@dataclass(frozen=True)
class Case:
    """One fault of one endpoint."""

    endpoint: str
    fault: Fault
    ever: bool
    table: str
    morning: Morning
    call: int = 1  # which call of the endpoint is the first that it hits
    further: str = ""  # the report of the further table

    @property
    def id(self) -> str:
        """Its name in reports."""
        times = "for ever" if self.ever else "once"
        mode = "" if self.fault.mode == "replay" else f" {self.fault.mode}"
        return f"{self.endpoint}-{self.fault.name}{mode}-{times}-{SHORT[self.table]}-{self.morning}"

    @property
    def details(self) -> dict[str, Any]:
        """What the emulator is told: writes that are late for ever come soon, else no look-up could ever find one."""
        late = self.ever and self.fault.kind == "late"
        return {**self.fault.details, "seconds": 0} if late else dict(self.fault.details)

    @property
    def of_one_account(self) -> bool:
        """Whether it hits the calls about one account alone."""
        return self.ever and self.endpoint.startswith("report.")

    @property
    def must_succeed(self) -> bool:
        """Whether a repetition heals it, so that the run has to end in success."""
        return self.fault.passing and not self.ever and not self.loses_the_pair

    @property
    def loses_the_pair(self) -> bool:
        """Whether the new token pair is lost on its way: the old one is dead then, and only a person brings another."""
        lost = ("patch", "truncate", "drop_after", "hold", "late", "drip", "swell")
        return self.endpoint == "oauth.refresh_token" and self.fault.kind in lost


def all_cases() -> Iterator[Case]:
    """Every case."""
    for route in ROUTES:
        if route.name not in OFF_PATH:
            yield from cases_of(route)


def cases_of(route: Route[Any]) -> Iterator[Case]:
    """The cases of one endpoint; tables and mornings take turns."""
    for place, fault in enumerate(faults_of(route)):
        morning = list(Morning)[place // 2 % 2]
        if route.name in FIRST_ONLY | LATER_ONLY:
            morning = Morning.FIRST if route.name in FIRST_ONLY else Morning.LATER
        for ever in _times(fault):
            # of the first table alone there are two searches for rows: before the load, and the read-back
            call = 1 + place % (2 if fault.match else 3) if route.name == "records.search" and not ever else 1
            yield Case(route.name, fault, ever, TABLES[(place + ever) % 2], morning, call, _further(route, place))


def _times(fault: Fault) -> tuple[bool, ...]:
    return TIMES.get(fault.name, (False, True))


def _further(route: Route[Any], place: int) -> str:
    """The report under test, else one after the other; none where accounts are listed, which is before all tables.

    Nor where a twin comes before a search by its number.
    """
    if route.name.startswith("accounts.") or route.name == "records.batch_delete":
        return ""
    kind = route.name.removeprefix("report.")
    return kind if kind in REPORTS else REPORTS[place // 4 % 2]
