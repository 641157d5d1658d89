"""Redis with one record that nobody can read, and who looks at it: each page of the console, and commands."""

import asyncio
import contextlib
import html
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

import pytest
import redis
from pydantic import SecretStr
from starlette.types import ASGIApp, Message, Scope

import cli.runs.coverage
import cli.runs.history
import cli.runs.status
import cli.table.tables
import cli.token
from console import app
from console.site import Site
from console.who.logins import Logins, Person
from pipeline.context import Context
from pipeline.core.errors import LaikeError
from pipeline.core.model import CHINA
from pipeline.core.unforeseen import places
from pipeline.core.unreadable import RECORDS
from pipeline.state import keys
from pipeline.state.console.sessions import Sessions, digest_of
from pipeline.state.unread import Naming, NamingPipeline
from tests.lab import Lab
from tests.people import ACTOR

FORMS: Mapping[str, bytes] = {
    "torn": b'{"a": ',
    "of another form": b'{"of_tomorrow": [1]}',
    "empty": b"",
    "no text": b"\xff\x00",
}
WRONG_TYPE = "of another type"
CHANGING = re.compile(
    r'<footer.*?</footer>|name="(?:csrf|once)" value="[^"]*"|本月调用</dt><dd>.*?</dd>|"\w+_token_s": \d+', re.DOTALL
)


@dataclass
class Looker:
    """Somebody who may act and asks for every page, with the clock at rest."""

    lab: Lab
    ctx: Context
    run_id: str
    account: str
    moment: datetime
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)

    def __post_init__(self) -> None:
        """Log in."""
        self.person = Person("wang", may_act=True)
        self.logins = Logins([(ACTOR, True)])
        self.session = Sessions(self.ctx.client).begin("wang", self.logins.mark_of(self.person), self.moment)

    def console(self) -> tuple[ASGIApp, Site]:
        """The console of this installation."""
        settings = self.ctx.settings.model_copy(update={"console_login": SecretStr(ACTOR)})
        moment = self.moment

        class AtRest(Site):
            def now(self) -> datetime:
                return moment

        site = AtRest(settings, lambda: settings)
        site._made.append(replace(self.ctx, now=lambda: self.moment))
        return app.build(site), site

    def pages(self) -> dict[str, str]:
        """The path of each page and fragment."""
        names = {"account_id": self.account, "day": self.lab.day.isoformat(), "run_id": self.run_id}
        routes = [one for page in app.PAGES for one in page.ROUTES if "GET" in (one.methods or ())]
        left = ("reports_file", "authorize_callback", "login")
        return {
            one.name: one.path.replace(":path", "").format_map(names | {"form": "csv"})
            for one in routes
            if one.name not in left
        }

    def look(self, site: ASGIApp, path: str) -> tuple[int, str]:
        """What a page answers, without what changes from look to look."""
        said: list[Message] = []
        sent = False

        async def receive() -> Message:
            nonlocal sent
            sent = True
            return {"type": "http.request", "body": b"", "more_body": False}

        async def send(message: Message) -> None:
            said.append(message)

        try:
            self.loop.run_until_complete(site(_scope(path, self.session), receive, send))
        except Exception as error:  # noqa: BLE001 a defect of the console is what is looked for
            return 500, f"{error!r} in {places(error)}"
        body = b"".join(one.get("body", b"") for one in said[1:])
        return said[0]["status"], CHANGING.sub("", html.unescape(body.decode(errors="replace")))

    def commands(self) -> dict[str, Callable[[], int]]:
        """Commands that show."""
        return {
            "status": lambda: cli.runs.status.status("26h", as_json=False),
            "coverage": lambda: cli.runs.coverage.coverage(None, None, as_json=True),
            "runs": lambda: cli.runs.history.runs(20, failed=False, day=None, account=None, as_json=True),
            "show": lambda: cli.runs.history.show(self.run_id, wait=False, as_json=True),
            "tables": lambda: cli.table.tables.list_(as_json=True),
            "token": lambda: cli.token.status(as_json=True),
        }


def told(command: Callable[[], int]) -> str:
    """What a command says, or the error with which the entry ends it."""
    out, err = io.StringIO(), io.StringIO()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            command()
        except LaikeError as error:
            return f"{error.message} {error.for_maintainer}"
        except Exception as error:  # noqa: BLE001 a trace is what is looked for
            return f"TRACE {error!r} in {places(error)}"
    return CHANGING.sub("", out.getvalue() + err.getvalue())


def names(looker: Looker) -> dict[str, str]:
    """A key of each kind, as this installation has or would have it."""
    lab, ctx, session = looker.lab, looker.ctx, digest_of(looker.session)
    filled = {
        "day": lab.day.isoformat(),
        "what": "token",
        "endpoint": "report",
        "batch": f"{looker.run_id}.0",
        "account": looker.account,
        "app_id": "cli_x",
        "credentials": "0" * 16,
        "number": "1",
        "month": f"{ctx.now().astimezone(CHINA):%Y-%m}",
        "run": looker.run_id,
        "step": "load.0",
        "digest": session,
        "session": session,
        "key": "x",
    }
    of_table, of_base = filled | {"id": lab.table_id}, filled | {"id": ctx.app_token()}
    return {
        place: keys.PREFIX
        + re.sub(r"<(\w+)>", lambda one: (of_table if one.string.startswith("table:") else of_base)[one[1]], place)
        for place in RECORDS
    }


@contextmanager
def asked_for() -> Iterator[set[str]]:
    """The keys of ours that are asked for meanwhile."""
    found: set[str] = set()
    command, pipeline = Naming.execute_command, NamingPipeline.execute

    def note(args: Iterable[object]) -> None:
        said = (one.decode(errors="replace") if isinstance(one, bytes) else str(one) for one in args)
        found.update(one for one in said if one.startswith(keys.PREFIX))

    def commanded(self: Naming, *args: Any, **options: Any) -> Any:  # noqa: ANN401 as the library
        note(args)
        return command(self, *args, **options)

    def piped(self: NamingPipeline, raise_on_error: bool = True) -> list[Any]:  # noqa: FBT001, FBT002 as the library
        for args, _ in self.command_stack:
            note(args)
        return pipeline(self, raise_on_error)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(Naming, "execute_command", commanded)
        patch.setattr(NamingPipeline, "execute", piped)
        yield found


@contextmanager
def poisoned(client: redis.Redis, key: str, kind: str, form: str) -> Iterator[None]:
    """One record of another form: another type, or every value in it torn."""
    before, left = client.dump(key), client.pttl(key)
    _poison(client, key, kind, form)
    try:
        yield
    finally:
        client.delete(key, keys.put_away(key))
        if before is not None:
            client.restore(key, max(0, int(left)), before)


def _poison(client: redis.Redis, key: str, kind: str, form: str) -> None:
    data = FORMS.get(form, b"x")
    if form == WRONG_TYPE:
        client.delete(key)
        client.rpush(key, "x") if kind != "list" else client.set(key, "x")
    elif kind == "hash":
        for name in client.hkeys(key) or [b"2026-01-01"]:
            client.hset(key, name, data)
    elif kind == "list":
        client.lpush(key, data)
    elif kind == "sorted set":
        client.zadd(key, {data: 1e12})
    elif kind == "set":
        client.sadd(key, data)
    elif kind == "stream":
        client.xadd(key, {data: data})
    else:
        client.set(key, data)


def _scope(path: str, session: str) -> Scope:
    return {
        "type": "http",
        "method": "GET",
        "path": path,
        "root_path": "",
        "scheme": "http",
        "query_string": b"",
        "headers": [(b"host", b"localhost"), (b"cookie", f"laike_session={session}".encode())],
        "client": ("127.0.0.1", 1),
        "server": ("localhost", 80),
    }
