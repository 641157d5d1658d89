"""The start of a worker, beat or Flower: check Redis and files, and make the context, once."""

import os
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path, PurePath

from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.errors import StoreUnreachable, WrongInput
from pipeline.settings import Settings
from pipeline.state.outages import is_cluster
from pipeline.state.store import PATIENT_TRIES, TRIES, connect, ours, probe

# options of the `celery` command with a value
_WITH_VALUE = ("-A", "--app", "-b", "--broker", "--result-backend", "--loader", "--config", "--workdir")
_lock = threading.Lock()
_made: list[Context] = []


def context() -> Context:
    """Clients and state on the settings of the environment."""
    with _lock:
        if not _made:
            _made.append(build(Settings.load(), PATIENT_TRIES))
        return _made[0]


def refuse_cluster(settings: Settings) -> None:
    """Refuse a Redis cluster (`WrongInput`). A Redis that is away is no error here."""
    with suppress(StoreUnreachable):
        require_store(settings, tries=0)


def require_store(settings: Settings, tries: int = TRIES) -> None:
    """Check that Redis takes writes.

    Raises:
        WrongInput: It is a cluster.
        StoreUnreachable: It does not, after `tries` attempts.
    """
    client = connect(settings.redis_address, tries)
    try:
        with ours(settings.redis_address):
            probe(client)
    except StoreUnreachable as error:
        if error.__cause__ and is_cluster(error.__cause__):
            raise WrongInput(error.message) from None
        raise
    finally:
        client.close()


def require_file(variable: str, file: Path) -> None:
    """Check without writing that a file can be written; `WrongInput` if there is no such folder, or no permission."""
    folder = file.absolute().parent
    if not folder.is_dir():
        raise WrongInput(f"{variable}: there is no folder {folder}")
    if file.is_dir():
        raise WrongInput(f"{variable}: {file} is a folder, and not a file")
    if not os.access(folder, os.W_OK | os.X_OK) and not os.access(file, os.W_OK):
        raise WrongInput(f"{variable}: {file} cannot be written by this process, which is user {os.geteuid()}")


def is_call(words: Sequence[str]) -> bool:
    """Whether a process is `celery … call`, which sends one message and shows a trace of any error."""
    program, *rest = words
    if PurePath(program).name not in ("celery", "__main__.py"):
        return False
    pairs = zip(["", *rest], rest, strict=False)
    plain = [word for before, word in pairs if not word.startswith("-") and before not in _WITH_VALUE]
    return plain[:1] == ["call"]
