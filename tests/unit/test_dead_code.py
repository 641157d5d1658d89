"""No code of the product is dead: what only tests or nobody uses is removed, or stands here with its reason."""

import re
from pathlib import Path

from vulture import Vulture

ROOT = Path(__file__).resolve().parents[2]
PACKAGES = ("pipeline", "worker", "cli", "console", "emulator", "lab", "bench")
EXPRESSION = re.compile(r"\{[{%](.*?)[%}]\}", re.DOTALL)
NAME = re.compile(r"[A-Za-z_]\w*")
# registered by their decorator, called by the library
CALLED_BY_DECORATOR = [
    "@*.command*",
    "@*.callback*",
    "@*.connect*",
    "@_named*",
    "@field_validator*",
    "@model_validator*",
]

# What nothing of ours names, and who uses it: "path::name" → reason.
ALIVE = {
    "bench/page.py::x_labels": "pygal reads it",
    "cli/terminal/streams.py::ReadableBuffer": "a type that stands in quotes",
    "console/app.py::redirect_slashes": "Starlette reads it",
    "console/metrics/scrape.py::collect": "prometheus_client calls it",
    "emulator/app.py::redirect_slashes": "Starlette reads it",
    "emulator/server.py::EmulatorServer": "tests run the emulator in a thread",
    "emulator/server.py::should_exit": "uvicorn reads it",
    "pipeline/clients/http.py::get_redirect_target": "requests calls it",
    "pipeline/clients/http.py::resp": "the signature of requests",
    "pipeline/clients/http.py::trust_env": "requests reads it",
    "pipeline/clients/wall_clock.py::ConnectionCls": "urllib3 reads it",
    "pipeline/clients/wall_clock.py::response_class": "http.client reads it",
    "pipeline/core/model.py::previous": "stored with the pair, so that one that was lost can be looked up",
    "pipeline/core/table/backup.py::model_config": "pydantic reads it",
    "pipeline/outgoing.py::exc_text": "logging reads it",
    "pipeline/outgoing.py::unraisablehook": "Python calls it",
    "pipeline/render/charts.py::x_labels": "pygal reads it",
    "pipeline/settings.py::model_config": "pydantic reads it",
    "pipeline/state/tokens/old_cache.py::model_config": "pydantic reads it",
    "worker/backend.py::QuietDispatcher": "Celery loads it by its name",
    "worker/backend.py::QuietEvents": "Celery loads it by its name",
    "worker/backend.py::QuietRedisBackend": "Celery loads it by its name",
    "worker/backend.py::dispatcher_cls": "Celery reads it",
    "worker/backend.py::on_task_call": "Celery calls it",
    "worker/consumer.py::WaryConsumer": "Celery loads it by its name",
    "worker/flower.py::RedisSocket": "Flower reads it",
    "worker/transport.py::_get_client": "kombu calls it",
    "worker/heartbeat.py::BeatingScheduler": "Celery loads it by its name",
    "worker/watchdog.py::requires": "Celery reads it",
}


def unused(*paths: Path) -> set[str]:
    """What no line of these files names, and no template either."""
    reader = Vulture(ignore_decorators=CALLED_BY_DECORATOR)
    reader.scavenge(list(map(str, paths)))
    found = [one for one in reader.get_unused_code() if one.name not in in_templates()]
    return {f"{one.filename.relative_to(ROOT)}::{one.name}" for one in found}


def in_templates() -> set[str]:
    """Every name in an expression or a statement of a template of the console."""
    texts = (file.read_text(encoding="utf-8") for file in (ROOT / "console/templates").glob("*.html"))
    return {name for text in texts for part in EXPRESSION.findall(text) for name in NAME.findall(part)}


def test_nothing_is_dead_and_no_reason_outlives_its_name() -> None:
    assert unused(*(ROOT / package for package in PACKAGES)) == ALIVE.keys()


def test_what_nobody_names_is_seen(tmp_path: Path) -> None:
    file = tmp_path / "house.py"
    file.write_text("def used():\n    dead = 1\n\n\ndef unused():\n    used()\n", encoding="utf-8")
    reader = Vulture(ignore_decorators=CALLED_BY_DECORATOR)
    reader.scavenge([str(file)])
    assert {found.name for found in reader.get_unused_code()} == {"dead", "unused"}
