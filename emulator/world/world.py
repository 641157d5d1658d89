"""The world: the state of both services, and its reset to the seed."""

import threading
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from emulator.feishu.bitable.model import Base
from emulator.feishu.bot import HOOK_ID
from emulator.feishu.state import Feishu
from emulator.feishu.tenant import Tenant
from emulator.feishu.wiki import PAGE_NODE, node_of
from emulator.oceanengine.gate import FAMILY as OCEANENGINE
from emulator.oceanengine.selection import Selection
from emulator.oceanengine.source import Source
from emulator.oceanengine.state import OceanEngine
from emulator.oceanengine.tokens import OAuth
from emulator.shared import unsure
from emulator.shared.calllog import CallLog
from emulator.shared.clock import Clock
from emulator.shared.permissions import Permissions
from emulator.shared.settings import Settings
from emulator.shared.wire import Route
from emulator.world import seed
from emulator.world.faults import FaultBoard
from emulator.world.ratelimit import Buckets
from emulator.world.routes import DENIABLE
from emulator.world.seed import NAMES

DEFAULT_SEED = 7
APP_TOKEN = "bascnLaikeDemo7c2e"  # noqa: S105 - the id of a base, not a secret


@dataclass
class Step:
    """A control action to do right before the n-th call of an endpoint."""

    endpoint: str
    call: int
    action: str
    body: object
    seen: int = 0

    def due(self, endpoint: str) -> bool:
        """Count a call of the endpoint; whether it is the awaited one."""
        self.seen += endpoint == self.endpoint
        return endpoint == self.endpoint and self.seen == self.call


@dataclass
class World:
    """Both services and what tests do to them. `lock` is held while a handler works."""

    seed: int = DEFAULT_SEED
    day: date | None = None
    chosen: Mapping[str, str] = field(default_factory=dict)  # alternatives from the start on
    names: Sequence[str] = NAMES  # of promotions
    lock: threading.RLock = field(default_factory=threading.RLock)
    epoch: int = 0  # counts resets: a late effect does not reach the next test

    def __post_init__(self) -> None:
        yesterday = Clock().today() - timedelta(days=1)
        self.newest_day = self.day or yesterday
        if self.newest_day > yesterday:
            raise ValueError(f"{self.newest_day} is not over yet: the newest day with figures is at most {yesterday}")
        self.reset()

    def reset(self) -> None:
        """Return to the seed: tokens, tables, figures, faults, settings, counters."""
        with self.lock:
            self.epoch += 1
            self.settings, self.unsure = Settings(), unsure.Choices()
            self.permissions = Permissions()
            self.clock = Clock()
            self.latency: dict[str, float] = {}
            self.faults = FaultBoard()
            self.steps: list[Step] = []
            self.script_errors: list[str] = []
            self.log = CallLog()
            self.buckets = Buckets()
            self.oceanengine, self.feishu = self._new_oceanengine(), self._new_feishu()
            seed.fill_base(self.feishu, self.newest_day)
            self.choose(self.chosen)

    def state_of(self, route: Route[Any]) -> Any:  # noqa: ANN401 - as the route's handler takes it
        """The state of an endpoint's service."""
        return self.oceanengine if route.family is OCEANENGINE else self.feishu

    def facts(self, url: str) -> dict[str, Any]:
        """What a client needs: address, ids, credentials."""
        oauth, feishu = self.oceanengine.oauth, self.feishu
        pair = oauth.pair
        typed, text = list(feishu.base.tables.values())[:2]
        return {
            "url": url,
            "day": self.newest_day.isoformat(),
            "app_id": oauth.app_id,
            "secret": oauth.secret,
            "redirect_uri": self.settings.redirect_uri,
            "access_token": pair.access_token,
            "refresh_token": pair.refresh_token,
            "expires_at": pair.expires_at.isoformat(timespec="seconds"),
            "refresh_expires_at": pair.refresh_expires_at.isoformat(timespec="seconds"),
            "accounts": {str(a.account_id): a.name for a in self.oceanengine.source.accounts.values()},
            "feishu_app_id": feishu.tenant.app_id,
            "feishu_app_secret": feishu.tenant.secret,
            "app_token": feishu.base.app_token,
            "wiki_token": node_of(feishu.base),
            "wiki_page_token": PAGE_NODE,
            "typed_table_id": typed.table_id,
            "text_table_id": text.table_id,
            "webhook_path": f"/open-apis/bot/v2/hook/{HOOK_ID}",
        }

    def choose(self, wanted: Mapping[str, str]) -> None:
        """Choose alternatives, or raise ValueError and choose none."""
        chosen = unsure.checked(wanted)
        self.unsure |= chosen
        for name, alternative in chosen.items():
            self.configure(dict(unsure.FACTS[name].settings.get(alternative, {})))

    def configure(self, wanted: dict[str, Any]) -> None:
        """Change settings; the clock follows its own."""
        self.settings.change(wanted)
        self.clock.offset_s = self.settings.clock_offset_s

    def due_steps(self, endpoint: str) -> list[Step]:
        """Count a call for the script; the steps due before it."""
        return [step for step in self.steps if step.due(endpoint)]

    def _new_oceanengine(self) -> OceanEngine:
        return OceanEngine(
            OAuth(self.seed, self.clock, self.settings),
            Selection(),
            Source(self.seed, self.newest_day, seed.accounts(self.names), self.clock, self.settings),
            self.clock,
            self.settings,
            self.permissions,
            self.unsure,
            paths={name: route.path for name, route in DENIABLE.items() if route.family is OCEANENGINE},
        )

    def _new_feishu(self) -> Feishu:
        return Feishu(
            Tenant(self.seed, self.clock),
            {APP_TOKEN: Base(APP_TOKEN, "本地推日报")},
            self.clock,
            self.settings,
            self.permissions,
            self.unsure,
            self.log.months,
        )
