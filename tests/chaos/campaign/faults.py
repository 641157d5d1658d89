"""What can go wrong with one call: a representative of each class of errors, in the words of each service.

Each endpoint gets those that its service and its kind of call can have; `SPECIAL` are those of one endpoint alone.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from emulator.shared.wire import Route
from emulator.world.routes import ROUTES

# the words of every error: what is parsed as markup somewhere, moves a cursor, turns a line round, is half an emoji
HOSTILE = "店\\[/nope] [link=http://x.example]x[/link] :cd: <at id=all></at> **店** \x1b[31m\u202e\r\n\x00\ud83d {} %s"
PATIENCE_S = 0.2  # how long a client waits for the endpoint that is slow, instead of 15 or 30 s
TOO_LATE_S = 0.6
TOO_SLOW = ("hold", "drip")  # the emulator's kinds that need it
SWOLLEN_MIB = 20  # what a client takes is 16
LATE_S = 0.4  # when a write has its effect whose client was told nothing


@dataclass(frozen=True)
class Fault:
    """One thing that can go wrong, as the emulator takes it.

    Attributes:
        name: Its class.
        kind: The emulator's word for it.
        details: What the emulator must be told with it.
        passing: Whether it is one that a repetition heals, so that nobody need notice one of them.
        match: Which calls of the endpoint it hits; without, all.
        mode: What the service does with a client_token that it knows.
    """

    name: str
    kind: str
    details: Mapping[str, Any] = field(default_factory=dict)
    passing: bool = True
    match: Mapping[str, str] = field(default_factory=dict)
    mode: str = "replay"


def _code(name: str, code: int, *, passing: bool = False, status: int = 200) -> Fault:
    return Fault(name, "code", {"code": code, "status": status, "message": HOSTILE}, passing)


def _patch(name: str, *path: str | int, passing: bool = True, **change: Any) -> Fault:  # noqa: ANN401 any JSON
    return Fault(name, "patch", {"path": list(path), **(change or {"remove": True})}, passing)


THROTTLED, SERVER, EXPIRED = "throttled", "server trouble", "token expired"
PERSON, ACCOUNT, REFUSED = "needs a person", "account unavailable", "bad request"
GATEWAY, GARBAGE, HALF, LACKING = "a gateway's answer", "garbage", "half an answer", "lacks a field"
BEFORE, AFTER, LATE, SLOW = "dropped before", "dropped after", "late effect", "answer too late"
DRIPPING, SWOLLEN, DEEP = "drips", "too large", "too deep"
CLAIMED = "claims to be done"

OCEANENGINE = (
    _code(THROTTLED, 40100, passing=True),
    _code(SERVER, 51007, passing=True),
    _code(EXPIRED, 40102, passing=True),
    _code(PERSON, 40118),
    _code(ACCOUNT, 40002),
    _code(REFUSED, 40003),
)
FEISHU = (
    _code(THROTTLED, 99991400, passing=True, status=429),
    _code(SERVER, 1255040, passing=True, status=500),
    _code(EXPIRED, 99991663, passing=True, status=400),
    _code(PERSON, 91403),
    _code(REFUSED, 1254001),
)
TENANT_TOKEN = (_code(THROTTLED, 99991400, passing=True), _code(SERVER, 1500, passing=True), _code(PERSON, 10014))
REFRESH = (
    _code(THROTTLED, 40100, passing=True),
    _code(SERVER, 51007, passing=True),
    _code(PERSON, 40107),
    _code(REFUSED, 40003),
)
BOT = (_code(THROTTLED, 11232, passing=True), _code(REFUSED, 9499))
CODES: Mapping[str, tuple[Fault, ...]] = {
    "oauth.refresh_token": REFRESH,
    "feishu.token": TENANT_TOKEN,
    "bot.webhook": BOT,
}
# of kinds with two faces each endpoint has one, in turns; without JSON a gateway's answer means the same as with it
GATEWAYS = tuple(Fault(GATEWAY, "status", {"status": status, "body": {"error": "upstream"}}) for status in (500, 429))
DRIPS = tuple(Fault(DRIPPING, "drip", {"part": part, "seconds": TOO_LATE_S}) for part in ("head", "body"))
TOO_LARGE = tuple({"mib": SWOLLEN_MIB, "encoding": encoding} for encoding in ("gzip", "identity"))
TOO_DEEP = {"body": "[" * 100_000}
BROKEN_OFF = Fault(HALF, "truncate")
NOTHING_ELSE = {"code": 0, "msg": "success", "data": {}}
WRITES = (
    BROKEN_OFF,
    Fault(BEFORE, "drop_before"),
    Fault(LATE, "late", {"seconds": LATE_S}),
    Fault(CLAIMED, "garbage", {"body": NOTHING_ELSE}, passing=False),
)
WRITING = {"oauth.refresh_token", "bot.webhook"}  # they change something, though no table

# what an answer cannot do without; an endpoint that is not here is one whose answer nobody reads
LACKS: Mapping[str, tuple[str | int, ...]] = {
    "oauth.refresh_token": ("data", "refresh_token"),
    "accounts.authorized": ("data", "list", 0, "account_id"),
    "accounts.local": ("data", "adv_list", 0, "local_account_id"),
    "accounts.workbench": ("data", "accounts", 0, "account_id"),
    "accounts.ebp": ("data", "account_list", 0, "account_id"),
    "accounts.agent": ("data", "list", 0),
    "accounts.child_agents": ("data", "child_agent_ids", 0),
    "accounts.names": ("data", 0, "id"),  # without a name an account is called by its id
    "report.promotion": ("data", "promotion_list", 0, "convert_cnt"),
    "report.account": ("data", "data_list", 0, "stat_cost"),
    "report.project": ("data", "project_list", 0, "stat_cost"),
    "report.material": ("data", "material_list", 0, "material_id"),
    "feishu.token": ("tenant_access_token",),
    "base.meta": ("data", "app"),
    "tables.list": ("data", "items", 0, "table_id"),
    "tables.create": ("data", "table_id"),
    "fields.list": ("data", "items", 0, "field_name"),
    "records.search": ("data", "items", 0, "record_id"),
    "records.batch_create": ("data", "records"),
    "views.list": ("data", "items", 0, "view_id"),
    "views.create": ("data", "view"),
    "views.get": ("data", "view"),
}
# these are read once in a run, and a bad answer is told: what is read again are reports and rows
ASKED_ONCE = {
    *("accounts.authorized", "accounts.local", "accounts.workbench", "accounts.names"),
    *("accounts.ebp", "accounts.agent", "accounts.child_agents"),
    *("base.meta", "fields.list", "views.list", "views.get"),
}

NOTHING = {"promotion_list": [], "page_info": {"page": 1, "page_size": 100, "total_number": 0, "total_page": 0}}
NO_TOTALS = {"data_list": [], "page_info": NOTHING["page_info"]}
NO_PROJECTS = {"project_list": [], "page_info": NOTHING["page_info"]}
NO_MATERIALS = {"material_list": [], "page_info": NOTHING["page_info"]}
PAGE_2 = {"page": "2"}
OF_ROWS = {"page_size": "500"}  # else a search counts
# rows of ours, of which none is to be updated: a person's row comes first, then one that was restated
SAME_ID = [{"path": ["data", "items", place, "record_id"], "set": "recSame"} for place in (3, 4)]
SPECIAL: Mapping[str, tuple[Fault, ...]] = {
    "report.promotion": (
        BROKEN_OFF,
        Fault("repeats a page", "patch", {"query": {"page": 1}}, match=PAGE_2),
        Fault("fewer rows", "patch", {"path": ["data", "promotion_list", -1], "remove": True}, match=PAGE_2),
        _patch("says empty", "data", set=NOTHING),
    ),
    "report.account": (
        BROKEN_OFF,
        _patch("says empty", "data", set=NO_TOTALS),
    ),
    "report.project": (
        BROKEN_OFF,
        Fault("repeats a page", "patch", {"path": ["data", "page_info", "page"], "set": 2}),
        Fault("fewer rows", "patch", {"path": ["data", "project_list", -1], "remove": True}),
        _patch("says empty", "data", set=NO_PROJECTS),
    ),
    "report.material": (
        BROKEN_OFF,
        Fault("repeats a page", "patch", {"path": ["data", "page_info", "page"], "set": 2}),
        Fault("fewer rows", "patch", {"path": ["data", "material_list", -1], "remove": True}),
        _patch("says empty", "data", set=NO_MATERIALS),
    ),
    "base.meta": (_patch("unknown zone", "data", "app", "time_zone", passing=False, set="Mars/Olympus"),),
    "records.search": (
        BROKEN_OFF,
        Fault("fewer rows", "patch", {"path": ["data", "items", 1], "remove": True}, match=OF_ROWS),
        Fault("without a list", "garbage", {"body": NOTHING_ELSE}, match=OF_ROWS),
        _patch("pages for ever", "data", set={"has_more": True, "page_token": "", "items": []}),
        _code("column vanished", 1254045),
        Fault("repeats a row", "patch", {"changes": SAME_ID}, match=OF_ROWS),
        Fault("answer too large", "code", {"code": 1254030, "status": 200}, match=OF_ROWS),
    ),
    "records.batch_create": (
        Fault(AFTER, "drop_after", mode="ignore"),
        _code("write conflict", 1254291, passing=True),
        _code("table full", 1254103),
        _code("batch too large", 1254104),
        _code("row refused", 1254060),
    ),
    "records.batch_update": (
        _code("row vanished", 1254043, passing=True),
        _code("column vanished", 1254045),
    ),
    "fields.list": (_code("not found", 1254041, passing=True),),
    "tables.list": (Fault("without a list", "garbage", {"body": NOTHING_ELSE}),),
}


def faults_of(route: Route[Any]) -> Iterator[Fault]:
    """What can go wrong with a call of one endpoint."""
    yield from CODES.get(route.name) or (OCEANENGINE if route.family.name == "oceanengine" else FEISHU)
    face, changes = ROUTES.index(route) % 2, route.writes or route.name in WRITING
    yield GATEWAYS[face]
    yield Fault(GARBAGE, "garbage")
    yield Fault(AFTER, "drop_after")
    # of reads it is as good as one that drips
    yield Fault(SLOW, "hold", {"seconds": TOO_LATE_S}) if changes else DRIPS[face]
    if changes:
        yield from WRITES
    again = route.name not in ASKED_ONCE
    if path := LACKS.get(route.name):
        yield _patch(LACKING, *path, passing=again)
    yield from SPECIAL.get(route.name, ())
    if changes:
        yield DRIPS[face]
    yield Fault(SWOLLEN, "swell", TOO_LARGE[face], again)
    yield Fault(DEEP, "garbage", TOO_DEEP, again)


BY_NAME = {route.name: route for route in ROUTES}
