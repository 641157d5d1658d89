"""What every page uses: the console's settings, the product's context, templates and addresses of files."""

import asyncio
import hashlib
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache
from importlib.resources import files

import jinja2
import redis

from console.who import csrf
from console.who.logins import Logins
from console.who.sessions import Visitors
from console.who.throttle import Attempts
from console.words import FILTERS
from pipeline.composition import build, clock_of
from pipeline.context import Context
from pipeline.core.errors import WrongInput
from pipeline.settings import Settings
from pipeline.state.console.acts import Acts
from pipeline.state.console.sessions import Sessions
from pipeline.state.store import connect, ours
from pipeline.steps.overview.today.past import Held

STATIC = files("console") / "static"
PAGES_AT_ONCE = 8  # Python computes one at a time, and each more needs some MiB


class NotSetUp(WrongInput):
    """Settings of the product are missing or wrong: the set-up page says which."""


@dataclass(slots=True)
class Site:
    """The console of one process.

    Attributes:
        settings: Those that the console itself needs; the product's others may be missing.
        load: Reads all settings.
        client: Redis, where sessions are.
        public_origin: Of the address in the settings by which people reach the console.
        held: What the first page keeps between two looks.
        turns: How many pages are made at the same time; probes and logins do not wait for them.
    """

    settings: Settings
    load: Callable[[], Settings] = Settings.load
    client: redis.Redis = field(init=False)
    logins: Logins = field(init=False)
    visitors: Visitors = field(init=False)
    acts: Acts = field(init=False)
    attempts: Attempts = field(default_factory=Attempts)
    held: Held = field(default_factory=lambda: Held(time.monotonic))
    turns: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(PAGES_AT_ONCE))
    public_origin: str | None = field(init=False)
    templates: jinja2.Environment = field(init=False)
    _made: list[Context] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Make what stands around every page; Redis is connected at the first command."""
        of = self.settings
        self.client = connect(of.redis_address)
        self.logins = Logins.of(of.console_login, of.console_viewer)
        self.visitors = Visitors(Sessions(self.client), self.logins, of.console_prefix)
        self.acts = Acts(self.client)
        self.public_origin = csrf.origin_of(of.console_url) if of.console_url else None
        self.templates = _environment()

    def now(self) -> datetime:
        """The product's clock."""
        return clock_of(timedelta(seconds=self.settings.clock_offset_s))()

    def context(self) -> Context:
        """The product's context, made once all settings are there.

        Raises:
            NotSetUp: Some are missing or wrong.
        """
        with self._lock:
            if not self._made:
                self._made.append(self._build())
            return self._made[0]

    def _build(self) -> Context:
        try:
            settings = self.load()
        except WrongInput as error:
            raise NotSetUp(error.message) from None
        with ours(settings.redis_address):
            ctx = build(settings)
            ctx.schema.is_ours()
        return ctx


@cache
def digest(name: str) -> str:
    """The first characters of the hash of a static file: its address changes with what it holds."""
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def _environment() -> jinja2.Environment:
    made = jinja2.Environment(
        loader=jinja2.PackageLoader("console"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters.update(FILTERS)
    return made
