"""One scrape: all metrics in Prometheus' text, in a registry of their own."""

import threading
from collections.abc import Callable, Iterable

import structlog
from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.metrics_core import Metric
from prometheus_client.registry import Collector

from console.metrics.families import families, persons, state_of
from pipeline.context import Context
from pipeline.core.errors import LaikeError, StoreUnreachable, WrongInput
from pipeline.state import unread
from pipeline.state.store import StoreTrouble
from pipeline.steps.overview.vitals import Ends, vitals
from worker.dispatch import QUEUES

log = structlog.get_logger()


class Metrics(Collector):
    """Collects the vital signs each time that it is asked.

    Args:
        ctx: The context; `WrongInput` while settings are missing.
        redis_answers: Whether Redis answers within a moment.
    """

    def __init__(self, ctx: Callable[[], Context], redis_answers: Callable[[], bool]) -> None:
        self._ctx, self._redis_answers = ctx, redis_answers
        self._ends: Ends = {}
        self._one_at_a_time = threading.Lock()
        self._registry = CollectorRegistry(auto_describe=False)
        self._registry.register(self)

    def text(self) -> bytes:
        """What Prometheus reads."""
        return generate_latest(self._registry)

    def describe(self) -> Iterable[Metric]:
        """Nothing: else registering would collect."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All metrics; while Redis is away or settings are missing, only that they are."""
        with self._one_at_a_time:
            return list(self._collected())

    def _collected(self) -> Iterable[Metric]:
        if not self._redis_answers():
            return state_of(redis=False, settings=self._settings_complete())
        try:
            with unread.looking() as left_out:
                found: Iterable[Metric] = list(families(vitals(self._ctx(), QUEUES, self._ends)))
            if left_out:
                log.warning("records_left_out", keys=sorted(key for key, _ in left_out))
        except WrongInput:
            return state_of(redis=True, settings=False)
        except (StoreTrouble, StoreUnreachable):
            return state_of(redis=False, settings=True)
        except LaikeError as error:  # the data of a newer release, say
            found = [persons([error.reason])]
        return [*state_of(redis=True, settings=True), *found]

    def _settings_complete(self) -> bool:
        try:
            self._ctx()
        except WrongInput:
            return False
        except LaikeError:  # of Redis or its data: the settings are not at fault
            return True
        return True
