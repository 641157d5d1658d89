"""The Celery application: `celery -A worker.app …`. Each setting has its reason."""

import gc
import sys
from collections.abc import Mapping
from typing import Any

import structlog
from celery import Celery, Task
from celery.signals import beat_init, celeryd_init, setup_logging, task_prerun, worker_ready
from kombu.entity import Queue

from pipeline import settings_roles
from pipeline.outgoing import guarded
from pipeline.settings import Settings
from pipeline.settings_notes import notes, unsaid
from pipeline.state.store import SILENCE_S
from worker import messages, transport
from worker.dispatch import QUEUES
from worker.logs import log_as_json
from worker.opening import open_beat, open_worker
from worker.process import context, is_call, refuse_cluster, require_file, require_store
from worker.schedule import schedule
from worker.watchdog import Watchdog

THREADS = 16
ROUTES = {
    "laike.fetch_account": {"queue": "fetch"},
    "laike.read_table": {"queue": "fetch"},
    "laike.load": {"queue": "load"},
    "laike.verify": {"queue": "load"},
    "laike.check_views": {"queue": "load"},
    "laike.finish": {"queue": "load"},
    "laike.*": {"queue": "control"},
}


def build(settings: Settings) -> Celery:
    """The application on these settings."""
    broker = settings.redis_address.celery_url
    results = f"worker.backend:QuietRedisBackend+{broker.removeprefix('redis+')}"  # a socket's is socket:// there
    made = Celery(
        "laike",
        broker=broker,
        backend=results,
        events="worker.backend:QuietEvents",
        include=["worker.tasks"],
    )
    made.conf.update(_configuration(settings))
    made.steps["worker"].add(Watchdog)
    return made


def _configuration(settings: Settings) -> dict[str, Any]:
    return {
        "timezone": "Asia/Shanghai",
        "beat_schedule": schedule(settings),
        "beat_schedule_filename": settings.beat_file,
        "beat_scheduler": "worker.heartbeat:BeatingScheduler",
        "beat_max_loop_interval": 15,  # seconds between two heartbeats of an idle beat
        "task_queues": [Queue(name) for name in QUEUES],
        "task_default_queue": "control",
        "task_routes": ROUTES,
        # a message is acknowledged when its task is done: what a killed worker held comes back
        "task_acks_late": True,
        "worker_consumer": "worker.consumer:WaryConsumer",
        "worker_pool": "threads",  # ready in half the time of processes; the tasks wait for answers
        "worker_concurrency": THREADS,
        "worker_prefetch_multiplier": 1,  # no hoarding: a task waits where the next free thread finds it
        "broker_transport_options": _transport(settings),
        # the same TLS for messages and results: kombu by itself verifies no certificate
        "broker_use_ssl": settings.redis_address.tls_options,
        "redis_backend_use_ssl": settings.redis_address.tls_options,
        "redis_socket_timeout": SILENCE_S,  # of the results; by default 120
        "result_backend_thread_safe": True,  # one for all threads: making one reads what is installed, 15 ms each
        "redis_retry_on_timeout": True,  # else each such connection fails a task that has done its work
        # a chord's dispatch claim lives about six times this: it must be gone before a redelivery
        "broker_connection_timeout": 1,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # an outage of Redis ends, a worker that gave up does not
        "result_expires": 3 * 24 * 3600,
        "result_extended": True,  # names and arguments for Flower
        "task_track_started": True,
        "worker_send_task_events": True,
        "task_send_sent_event": True,
        # ours is structured and knows what is secret
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
    }


def _transport(settings: Settings) -> dict[str, Any]:
    return {
        # an unacknowledged message comes back after this; countdowns stay below it
        "visibility_timeout": settings.visibility_timeout_s,
        # the sweep that brings it back: by default only every 100 s
        "unacked_restore_interval": settings.sweep_s,
        "unacked_restore_throttle": 1,
        # a worker killed inside the sweep leaves its mutex; by default it blocks everybody for 300 s
        "unacked_mutex_expire": 10,
        "socket_keepalive": True,
        # a network that forgot our connections answers nothing: without these two a worker would wait for ever
        "socket_timeout": SILENCE_S,
        "health_check_interval": 5,  # what waits for messages is connected anew after twice as long
        "queue_order_strategy": "priority",  # a daily run goes before a backfill
    }


transport.install()
messages.install()
with guarded():  # here, since Celery's command shows a trace of whatever goes wrong while it loads this
    settings = settings_roles.load()
    app = build(settings)
    for line in unsaid(notes(settings)):
        sys.stderr.write(f"note: {line}\n")  # before any log is set up: each kind of process has its own
    if is_call(sys.argv):
        require_store(settings)


@setup_logging.connect(weak=False)
def _log(**_: object) -> None:
    log_as_json(settings.log_level or "info")


@celeryd_init.connect(weak=False)
def _open_worker(**_: object) -> None:
    log_as_json(settings.log_level or "info")
    with guarded():
        refuse_cluster(settings)
        ctx = context()  # a worker needs all settings, whatever the role of the place in which it is started
        _require_heartbeat(ctx.settings)
    open_worker(lambda seconds: app.control.ping(timeout=seconds))


@beat_init.connect(weak=False)
def _open_beat(**_: object) -> None:
    with guarded():
        refuse_cluster(settings)
        _require_heartbeat(settings)
    open_beat(settings)


def _require_heartbeat(of: Settings) -> None:
    if of.heartbeat_file:
        require_file("LAIKE_HEARTBEAT_FILE", of.heartbeat_file)


@task_prerun.connect(weak=False)
def _bind(task_id: str, task: Task, kwargs: Mapping[str, Any], **_: object) -> None:
    """Each line that a task's thread logs says which task it is, and of which run."""
    structlog.contextvars.clear_contextvars()
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id, **_run_in(kwargs))


@worker_ready.connect(weak=False)
def _get_ready(**_: object) -> None:
    """What is loaded by now stays: a full pass of the collector through it costs 0.1 s in the midst of a step.

    And a connection on which a run's messages can go is open before there is one.
    """
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 10, 10)  # a batch is thousands of rows, and none of them goes in a circle
    with app.producer_pool.acquire(block=True) as producer:
        for queue in app.amqp.queues.values():
            producer.maybe_declare(queue)


def _run_in(kwargs: Mapping[str, Any]) -> dict[str, str]:
    return {"run": kwargs["run_id"]} if "run_id" in kwargs else {}
