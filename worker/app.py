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
    results = f"worker.backend:QuietRedisBackend+{broker.removeprefix('redis+')}"  # socket:// for a socket
    made = Celery(
        "laike", broker=broker, backend=results, events="worker.backend:QuietEvents", include=["worker.tasks"]
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
        # acknowledge when the task is done: the messages of a killed worker come back
        "task_acks_late": True,
        "worker_consumer": "worker.consumer:WaryConsumer",
        "worker_pool": "threads",  # ready in half the time of processes; tasks wait for answers
        "worker_concurrency": THREADS,
        "worker_prefetch_multiplier": 1,  # a task waits in the queue, where the next free thread finds it
        "broker_transport_options": _transport(settings),
        # the same TLS for messages and results: kombu by itself verifies no certificate
        "broker_use_ssl": settings.redis_address.tls_options,
        "redis_backend_use_ssl": settings.redis_address.tls_options,
        "redis_socket_timeout": SILENCE_S,  # of the results; by default 120
        "result_backend_thread_safe": True,  # one for all threads: making one takes 15 ms
        "redis_retry_on_timeout": True,  # else a timed-out connection fails a task that has done its work
        # a chord's dispatch claim lives about six times as long: it must end before a redelivery
        "broker_connection_timeout": 1,
        "broker_connection_retry_on_startup": True,
        "broker_connection_max_retries": None,  # a worker outlives an outage of Redis
        "result_expires": 3 * 24 * 3600,
        "result_extended": True,  # names and arguments for Flower
        "task_track_started": True,
        "worker_send_task_events": True,
        "task_send_sent_event": True,
        # our logging is structured and redacts secrets
        "worker_hijack_root_logger": False,
        "worker_redirect_stdouts": False,
    }


def _transport(settings: Settings) -> dict[str, Any]:
    return {
        # when an unacknowledged message comes back; countdowns stay below it
        "visibility_timeout": settings.visibility_timeout_s,
        # the sweep that brings it back: by default only every 100 s
        "unacked_restore_interval": settings.sweep_s,
        "unacked_restore_throttle": 1,
        # a worker killed inside the sweep leaves its mutex; by default it blocks all others for 300 s
        "unacked_mutex_expire": 10,
        "socket_keepalive": True,
        # a network that forgot our connections never answers: without these two a worker waits for ever
        "socket_timeout": SILENCE_S,
        "health_check_interval": 5,  # a consumer reconnects after twice as long
        "queue_order_strategy": "priority",  # a daily run goes before a backfill
    }


transport.install()
messages.install()
with guarded():  # Celery's command shows a trace of an error while it loads this
    settings = settings_roles.for_messages()
    app = build(settings)
    app.set_default()  # Celery makes it current in this thread alone; the console sends from many
    for line in unsaid(notes(settings)):
        sys.stderr.write(f"note: {line}\n")  # no log is set up yet
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
        ctx = context()  # a worker needs all settings, whatever role it is started in
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
    """Bind task and run to the log lines of the task's thread."""
    structlog.contextvars.clear_contextvars()
    run = {"run": kwargs["run_id"]} if "run_id" in kwargs else {}
    structlog.contextvars.bind_contextvars(task=task.name, task_id=task_id, **run)


@worker_ready.connect(weak=False)
def _get_ready(**_: object) -> None:
    """Spare what is loaded from the collector, whose full pass takes 0.1 s; open a connection for messages."""
    gc.freeze()
    gc.enable()
    gc.set_threshold(50_000, 10, 10)  # a batch has thousands of rows; rows contain no reference cycles
    with app.producer_pool.acquire(block=True) as producer:
        for queue in app.amqp.queues.values():
            producer.maybe_declare(queue)
