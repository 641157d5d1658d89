"""An entry point of the product in which something happens that nobody foresaw, with every secret in its words.

`python -m tests.breaker WHERE MODULE [ARGUMENT …]` runs a module as `python -m` does. WHERE names what breaks: a
function (`pipeline.steps.runs.fetch:judge_days`), a method (`pipeline.clients.http:Http.call`), or `thread`: one of
its own.
"""

import gc
import importlib
import os
import runpy
import sys
import threading
from collections.abc import Callable
from typing import Any, NoReturn

from pipeline.clients.feishu.api import TenantToken
from pipeline.core.model import TokenPair

BROKE = "what-nobody-foresaw"  # by which a test sees that it really came to that
NAMES = ("SECRET", "PASSWORD", "KEYS", "LOGIN", "WEBHOOK", "HEARTBEAT", "REDIS_URL")


def live_secrets() -> list[str]:
    """Every secret that this process holds: of its environment, and the tokens in its memory."""
    found = [value for name, value in os.environ.items() if any(word in name for word in NAMES)]
    for one in gc.get_objects():
        kind = type(one)
        if kind is TokenPair:
            found += [one.access_token, one.refresh_token]
        elif kind is TenantToken:
            found += [one._token]
    return [value for value in found if value]


def explode(*_: object, **__: object) -> NoReturn:
    """Raise what nobody foresaw: its words, its cause and its locals hold every secret."""
    said = " ".join(live_secrets())
    try:
        raise KeyError(said.encode())
    except KeyError as error:
        msg = f"{BROKE}: {said} {said!r}"
        raise RuntimeError(msg, {"held": said}) from error


def broken(where: str) -> tuple[Any, str]:
    """What a name of `WHERE` stands for: the thing that holds it, and its name there."""
    module, _, path = where.partition(":")
    holder: Any = importlib.import_module(module)
    *outer, name = path.split(".")
    for one in outer:
        holder = getattr(holder, one)
    assert hasattr(holder, name), where
    return holder, name


def _in_a_thread() -> None:
    threading.Thread(target=explode).start()


def main() -> None:
    """Break, then run."""
    where, module, *arguments = sys.argv[1:]
    begin: Callable[[], None] = _in_a_thread if where == "thread" else lambda: None
    if where not in ("thread", "nothing"):
        setattr(*broken(where), explode)
    sys.argv[1:] = arguments
    if where == "thread":
        holder, name = broken("pipeline.settings:Settings.load")
        load = getattr(holder, name)

        def load_and_break(*given: Any, **more: Any) -> Any:  # noqa: ANN401 as the original
            settings = load(*given, **more)
            begin()
            return settings

        setattr(holder, name, load_and_break)
    runpy.run_module(module, run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    main()
