"""What a process of workers, beat or Flower begins with: a Redis that can be worked with, and a context, made once."""

import threading

from pipeline.context import Context, build
from pipeline.core.errors import StoreUnreachable, WrongInput
from pipeline.settings import Settings
from pipeline.state.outages import is_cluster
from pipeline.state.store import PATIENT_TRIES, connect, ours, probe

_lock = threading.Lock()
_made: list[Context] = []


def context() -> Context:
    """Clients and state on the settings of the environment."""
    with _lock:
        if not _made:
            _made.append(build(Settings.load(), PATIENT_TRIES))
        return _made[0]


def refuse_cluster(settings: Settings) -> None:
    """Return unless Redis is a cluster; one that is away is waited for by whoever needs it.

    Raises:
        WrongInput: It is a cluster: no waiting would end that.
    """
    client = connect(settings.redis_address, tries=0)
    try:
        with ours(settings.redis_address):
            probe(client)
    except StoreUnreachable as error:
        if error.__cause__ and is_cluster(error.__cause__):
            raise WrongInput(error.message) from None
    finally:
        client.close()
