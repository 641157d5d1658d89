"""What steps use: settings, clock, clients and state, about one table."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Self

import redis

from pipeline.clients.feishu.api import WRITE_TIMEOUT_S, Feishu, PageSize, TenantToken
from pipeline.clients.feishu.base import Base
from pipeline.clients.feishu.bot import Bot
from pipeline.clients.feishu.records import BatchSize
from pipeline.clients.feishu.wiki import find_base
from pipeline.clients.heartbeat import Pings
from pipeline.clients.http import Http
from pipeline.clients.oceanengine.api import OceanEngine
from pipeline.clients.oceanengine.oauth import OAuth
from pipeline.clients.retry import READ, WRITE
from pipeline.clients.tally import Tally
from pipeline.core.chain import Chain, alone
from pipeline.core.errors import WrongInput
from pipeline.core.outcome import Run
from pipeline.core.reports import PROMOTION, Report
from pipeline.settings import Settings
from pipeline.state.bundles import about_base, about_days, about_table
from pipeline.state.coverage.absences import Absences
from pipeline.state.coverage.book import DayBook
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.day_letters import DayLetters
from pipeline.state.coverage.last_outcomes import LastOutcomes
from pipeline.state.coverage.readings import Readings
from pipeline.state.coverage.spend import Spend
from pipeline.state.coverage.status_memory import StatusMemory
from pipeline.state.limiter import Limiter
from pipeline.state.quota import Quota
from pipeline.state.roster import Rosters
from pipeline.state.runs.aside import Aside
from pipeline.state.runs.day_reads import DayReads
from pipeline.state.runs.events import Events
from pipeline.state.runs.ledger import Ledger
from pipeline.state.runs.marks import Marks
from pipeline.state.runs.outcomes import Outcomes
from pipeline.state.runs.pulse import Pulse
from pipeline.state.runs.shared_reports import SharedReports
from pipeline.state.runs.staging import Staging
from pipeline.state.runs.status_ahead import StatusAhead
from pipeline.state.runs.views_owed import ViewsOwed
from pipeline.state.schema import Schema
from pipeline.state.store import clock
from pipeline.state.table.base_facts import BaseFacts
from pipeline.state.table.chains import Chains
from pipeline.state.table.further_ids import FurtherIds
from pipeline.state.table.revisions import Revisions
from pipeline.state.table.table_facts import TableFacts
from pipeline.state.table.visibility import Visibility
from pipeline.state.table.writes import Writes
from pipeline.state.telling.told import Told
from pipeline.state.telling.untold import Untold
from pipeline.state.tokens.keeper import TokenKeeper

NO_RUN_S = 600.0  # time for what has no run's deadline: a command, or a run's work after fetching


@dataclass(frozen=True, slots=True)
class Context:
    """What steps use: settings, clock, clients, and one object for each thing remembered."""

    settings: Settings
    client: redis.Redis
    now: Callable[[], datetime]
    tokens: TokenKeeper
    oauth: OAuth
    limiter: Limiter
    staging: Staging
    ledger: Ledger
    outcomes: Outcomes
    marks: Marks
    pulse: Pulse
    events: Events
    shared_reports: SharedReports
    status_ahead: StatusAhead
    views_owed: ViewsOwed
    day_reads: DayReads
    coverage: Coverage
    spend: Spend
    last_outcomes: LastOutcomes
    book: DayBook
    day_letters: DayLetters
    readings: Readings
    absences: Absences
    base_facts: BaseFacts
    writes: Writes
    table_facts: TableFacts
    visibility: Visibility
    revisions: Revisions
    status_memory: StatusMemory
    further_ids: FurtherIds
    chains: Chains
    read_chain: Callable[[], Chain]
    told: Told
    untold: Untold
    schema: Schema
    rosters: Rosters
    aside: Aside
    quota: Quota
    oceanengine_http: Http
    feishu_http: Http
    tenant_token: TenantToken
    batch_size: BatchSize
    page_size: PageSize
    report: Report = PROMOTION
    table: str = ""  # the name of a further table; empty: that of `LAIKE_BITABLE_TABLE_ID`
    home: "Context | None" = None  # of a further table: the same for that one
    tally: Tally = field(default_factory=Tally)
    pings: Pings = field(default_factory=Pings)

    def counting(self) -> Self:
        """The same with a tally of its own, to count the calls of one step; ours counts them, too."""
        return replace(self, tally=Tally(self.tally))

    def shared_now(self) -> datetime:
        """Redis' clock, the same for all workers, shifted as `now` is: it dates readings."""
        return clock(self.client) + timedelta(seconds=self.settings.clock_offset_s)

    @property
    def chain(self) -> Chain:
        """Our table and its successors: of a run as planned, else as they are now."""
        return self.read_chain()

    def pinned(self) -> Self:
        """The same with the chain as it is now, read once."""
        return self.on(self.chain)

    def on(self, chain: Chain) -> Self:
        """The same for a chain: what is remembered about days is that of its tables."""
        return replace(self, **about_days(self.client, lambda: chain))

    def for_table(self, name: str, table_id: str) -> "Context":
        """The same for a further table of the settings, or without a name for that of `LAIKE_BITABLE_TABLE_ID`.

        Args:
            table_id: The id of its first physical table.

        Raises:
            WrongInput: The settings have no such table.
        """
        home = replace(self.home or self, tally=self.tally)
        if not name:
            return home
        settings, report = _of_further(home.settings, name, table_id)
        chains = Chains(self.client, table_id)
        return replace(
            home,
            settings=settings,
            report=report,
            table=name,
            home=home,
            chains=chains,
            **about_base(self.client, settings.bitable_app_token, settings.feishu_app_id),
            **about_days(self.client, chains.chain),
            **about_table(self.client, table_id),
        )

    def link_of(self, name: str) -> str | None:
        """The page of a further table's first physical table, where it and its page are known."""
        table = next((one for one in self.settings.tables if one.name == name), None)
        found = (table.table_id or self.further_ids.of(name)) if table else None
        return self.for_table(name, found).settings.table_url if found else None

    def at_table(self, table_id: str) -> Self:
        """The same for another table of the base, with that table's facts."""
        if table_id == self.settings.bitable_table_id:
            return self
        return replace(
            self,
            settings=self.settings.model_copy(update={"bitable_table_id": table_id}),
            **about_table(self.client, table_id),
        )

    def of(self, run: Run) -> "Context":
        """The same for a run's tables: a run ends in the tables that it was planned for, whatever is set now.

        Raises:
            WrongInput: It is in a further table that the settings no longer have.
        """
        if not run.table_id:
            return self
        chain = run.chain or alone(run.table_id)
        here = self if run.table == self.table else self.for_table(run.table, chain.root)
        return here.on(chain).at_table(run.table_id)

    def pause(self, seconds: float) -> None:
        """Wait; `LAIKE_WAIT_SCALE` shortens it in tests."""
        time.sleep(seconds * self.settings.wait_scale)

    def time_left(self, run: Run | None) -> Callable[[], float]:
        """Seconds until the run's deadline, as a function."""
        begun = run.started_at if run else self.now()
        end = run.deadline if run else begun + timedelta(seconds=NO_RUN_S)
        # not more than at first if the clock steps back
        return lambda: (end - max(begun, self.now())).total_seconds()  # noqa: PLW0108 asks the clock each time

    def oceanengine(self, run: Run | None) -> OceanEngine:
        """Calls to Ocean Engine within the run's time."""
        policy, left = replace(READ, scale=self.settings.wait_scale), self.time_left(run)
        http, keeper, limiter = self.oceanengine_http, self.tokens, self.limiter
        return OceanEngine(http, keeper, limiter, left, keeper.entrance, policy, self.tally)

    def base(self, run: Run | None, before_write: Callable[[], None] = lambda: None) -> Base:
        """The Bitable base within the run's time; `before_write` is called before each writing request.

        Raises:
            LaikeError: It was not found before and cannot be found now.
        """
        return Base(self.feishu(run, before_write), self.app_token(), self.settings.bitable_table_id)

    @contextmanager
    def writing(self, patience_s: float = NO_RUN_S, *, gives_way: bool = False) -> Iterator[Base]:
        """The base with its writer lock, with `gives_way` only while no other writer waits for it.

        A request is sent only if the lock outlasts it.

        Raises:
            DeadlinePassed: Another writer held the lock for too long.
            LaikeError: The base cannot be found.
        """
        left = self.time_left(None)
        rest, base, asked = NO_RUN_S - patience_s, self.app_token(), time.monotonic()
        with self.writes.lock(base, lambda: left() - rest, gives_way=gives_way) as lease:
            self.tally.lock(time.monotonic() - asked)
            self.writes.learn_ended_writes()
            yield self.base(None, before_write=lambda: lease.ensure(WRITE_TIMEOUT_S))

    def app_token(self) -> str:
        """The base's own token, which names its lock and state; asked for once, then remembered.

        Raises:
            NeedsPerson: `LAIKE_BITABLE_APP_TOKEN` names no base.
            LaikeError: Feishu's error.
        """
        if remembered := self.base_facts.app_token():
            return remembered
        found = find_base(self.feishu(None), self.settings.bitable_app_token)
        if found.sure:
            self.base_facts.learn_app_token(found.app_token)
        if found.time_zone:
            self.base_facts.learn_zone(found.time_zone.key)
        return found.app_token

    def feishu(self, run: Run | None, before_write: Callable[[], None] = lambda: None) -> Feishu:
        """Calls to Feishu within the run's time."""
        scale = self.settings.wait_scale
        return Feishu(
            self.feishu_http,
            self.tenant_token,
            self.time_left(run),
            before_write,
            replace(READ, scale=scale),
            replace(WRITE, scale=scale),
            self.quota.count,
            self.tally,
            self.page_size,
        )

    def bot(self) -> Bot | None:
        """The group's bot, if one is set."""
        url, secret = self.settings.feishu_webhook_url, self.settings.feishu_webhook_secret
        return Bot(url.get_secret_value(), secret.get_secret_value() if secret else None) if url else None


def _of_further(settings: Settings, name: str, table_id: str) -> tuple[Settings, Report]:
    """The settings as they are for a further table, and its report."""
    table = next((one for one in settings.tables if one.name == name), None)
    if table is None:
        raise WrongInput(f"no table of laike.toml ([[tables]]) is named {name}: it was removed or renamed")
    changed = {
        "bitable_app_token": table.app_token or settings.bitable_app_token,
        "bitable_table_id": table_id,
        "bitable_url": table.url if table.app_token else settings.bitable_url,
        "columns": table.columns,
        "table_split": table.split or settings.table_split,
    }
    return settings.model_copy(update=changed), table.report
