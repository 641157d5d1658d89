"""A process of token users: at each line on stdin all its threads ask for the token at the same moment.

A line is `<moment> <threads> <point> <pause>`: when to ask (s of the monotonic clock), how many, where the first
refresher of all kills its process, and for `in_flight` how many seconds after sending. The answer is one line: what
each thread got.
"""

import json
import os
import signal
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime

from cli.session import log_to_stderr
from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.errors import NeedsAuthorization
from pipeline.core.model import TokenPair
from pipeline.settings import Settings
from pipeline.state.tokens.keeper import TokenKeeper
from pipeline.state.tokens.vault import Vault

POINTS = ("nowhere", "before_send", "in_flight", "before_persisted", "persisted")
KILLED = "test:killed"


def main() -> None:
    """Serve rounds until stdin ends."""
    log_to_stderr("error")
    ctx = build(Settings.load())
    ctx.client.ping()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    for line in sys.stdin:
        moment, threads, point, pause = line.split()
        keeper = _deadly(ctx, point, float(pause))
        with ThreadPoolExecutor(max_workers=int(threads)) as pool:
            got = list(pool.map(lambda _: _ask(keeper, float(moment)), range(int(threads))))  # noqa: B023 awaited here
        sys.stdout.write(json.dumps(got) + "\n")
        sys.stdout.flush()


def _ask(keeper: TokenKeeper, moment: float) -> dict[str, str]:
    time.sleep(max(0.0, moment - time.monotonic()))
    try:
        return {"token": keeper.current()}
    except NeedsAuthorization as error:
        return {"link": error.link or "", "message": error.message}


def _deadly(ctx: Context, point: str, pause: float) -> TokenKeeper:
    """The keeper, whose first refresh of all processes ends its process at a point."""

    def die_at(here: str) -> None:
        if here == point and ctx.client.set(KILLED, str(os.getpid()), nx=True):
            os.kill(os.getpid(), signal.SIGKILL)
            time.sleep(60)

    def refresh(refresh_token: str, now: datetime) -> TokenPair:
        die_at("before_send")
        if point == "in_flight":
            timer = threading.Timer(pause, die_at, ["in_flight"])
            timer.daemon = True
            timer.start()
        answered = ctx.tokens.refresh(refresh_token, now)
        die_at("before_persisted")
        return answered

    class Deadly(Vault):
        def keep(self, pair: TokenPair) -> None:
            ctx.tokens.vault.keep(pair)
            die_at("persisted")

    keys = [key.get_secret_value() for key in ctx.settings.token_keys]
    return replace(ctx.tokens, vault=Deadly(ctx.client, keys, ctx.settings.token_file), refresh=refresh)


if __name__ == "__main__":
    main()
