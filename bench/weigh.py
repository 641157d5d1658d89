"""Memory, CPU and traffic of processes and Redis while they work."""

import contextlib
import threading
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

import psutil
import redis

SAMPLE_S = 0.05
REDIS_SAMPLE_S = 0.5
OURS = ("info", "dbsize", "ping")  # the scales' own commands


@dataclass(frozen=True, slots=True)
class Weight:
    """The cost of work: peak memory in bytes by process and in Redis, CPU seconds of all processes."""

    memory: Mapping[str, int] = field(default_factory=dict)
    early: int = 0  # peak memory of a process in the first half of the time
    cpu_s: float = 0.0
    commands: int = 0
    traffic: int = 0  # bytes to and from Redis
    redis: int = 0
    keys: int = 0  # new keys in Redis

    @property
    def most(self) -> int:
        """Peak memory of one process."""
        return max(self.memory.values(), default=0)


class Scales:
    """Samples processes and Redis in a thread."""

    def __init__(self, processes: Mapping[str, psutil.Process], client: redis.Redis) -> None:
        self._processes, self._client = processes, client
        self._over = threading.Event()
        self._samples: list[tuple[float, dict[str, int]]] = []
        self._redis = 0
        self._cpu = _cpu(processes)  # of an ended process the last sample
        self._before = (sum(self._cpu.values()), _commands(client), _traffic(client), _keys(client))

    def watch(self) -> None:
        """Sample until `stop`."""
        asked = 0.0
        while not self._over.wait(SAMPLE_S):
            self._samples.append((time.monotonic(), _memory(self._processes)))
            self._cpu |= _cpu(self._processes)
            if time.monotonic() > asked + REDIS_SAMPLE_S:
                asked = time.monotonic()
                self._redis = max(self._redis, _info(self._client, "memory")["used_memory"])

    def stop(self) -> Weight:
        """Stop sampling; the cost."""
        self._over.set()
        self._cpu |= _cpu(self._processes)
        cpu_s, commands, traffic, keys = self._before
        middle = (self._samples[0][0] + self._samples[-1][0]) / 2 if self._samples else 0.0
        return Weight(
            memory={name: max((held.get(name, 0) for _, held in self._samples), default=0) for name in self._processes},
            early=max((max(sample.values(), default=0) for at, sample in self._samples if at <= middle), default=0),
            cpu_s=sum(self._cpu.values()) - cpu_s,
            commands=_commands(self._client) - commands,
            traffic=_traffic(self._client) - traffic,
            redis=self._redis,
            keys=_keys(self._client) - keys,
        )


@contextlib.contextmanager
def scales(processes: Mapping[str, psutil.Process], client: redis.Redis) -> Iterator[Scales]:
    """Scales that sample until `stop` or the end of the block."""
    made = Scales(processes, client)
    thread = threading.Thread(target=made.watch, daemon=True)
    thread.start()
    try:
        yield made
    finally:
        made.stop()
        thread.join()


def _memory(processes: Mapping[str, psutil.Process]) -> dict[str, int]:
    found = {}
    for name, process in processes.items():
        with contextlib.suppress(psutil.NoSuchProcess):
            found[name] = process.memory_info().rss
    return found


def _cpu(processes: Mapping[str, psutil.Process]) -> dict[str, float]:
    found = {}
    for name, process in processes.items():
        with contextlib.suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            found[name] = times.user + times.system
    return found


def _commands(client: redis.Redis) -> int:
    stats = _info(client, "commandstats")
    return sum(one["calls"] for name, one in stats.items() if name.removeprefix("cmdstat_") not in OURS)


def _traffic(client: redis.Redis) -> int:
    stats = _info(client, "stats")
    return int(stats["total_net_input_bytes"] + stats["total_net_output_bytes"])


def _keys(client: redis.Redis) -> int:
    found: Any = client.dbsize()
    return int(found)


def _info(client: redis.Redis, section: str) -> dict[str, Any]:
    found: Any = client.info(section)
    return dict(found)
