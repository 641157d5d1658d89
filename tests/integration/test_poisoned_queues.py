"""Promise 1: what is in a queue and is no message of ours ends no worker, and keeps nobody from working."""

import base64
import json
from typing import Any

from tests.lab import Lab
from tests.workers import SHORT, wait_until, workers

HEADERS = {"task": "laike.keep_token", "id": "poison", "lang": "py"}
BODIES = (
    *("[]", "5", '"text"', "{}", '{"args": 5}', "not json", "[[], {}]"),
    *("[5, {}, {}]", "[[], 5, {}]", "[[], {}, 5]", '[[], {}, {"chord": 5}]', '[[], {}, {"chain": 5, "callbacks": 5}]'),
)
HEADS: list[dict[str, Any]] = [
    {"task": "laike.nobody_knows"},
    {"task": 5},
    {"task": ["laike.load"]},
    {"id": None},
    {"id": ["a"]},
    {"eta": 5},
    {"eta": "tomorrow"},
    {"expires": 5},
    {"timelimit": 5},
    {"retries": "x"},
]


def envelope(body: str = "[[], {}, {}]", **more: object) -> dict[str, Any]:
    return {
        "body": base64.b64encode(body.encode()).decode(),
        "content-type": "application/json",
        "content-encoding": "utf-8",
        "headers": HEADERS,
        "properties": {
            "delivery_tag": "tag",
            "delivery_info": {"exchange": "", "routing_key": "control"},
            "body_encoding": "base64",
            "priority": 0,
        },
        **more,
    }


def poison() -> list[str]:
    """What may lie in a queue, each on its own enough to end a worker or not."""
    good = envelope()
    torn: list[object] = [[], 5, None, {}, {**good, "properties": 5}, {**good, "headers": 5}, {**good, "body": 5}]
    torn += [{**good, "properties": {}}, {**good, "properties": {**good["properties"], "body_encoding": "rot13"}}]
    torn += [{**good, "content-type": "application/x-python-serialize"}, {**good, "content-encoding": 5}]
    torn += [envelope(body) for body in BODIES]
    torn += [envelope(headers={**HEADERS, **head}) for head in HEADS]
    torn += [envelope(headers={"id": "poison"}), envelope(headers={"task": "laike.load"}), envelope(headers=[])]
    return ["", "not json", "[" * 100_000, '{"__type__": "x", "__value__": 1}', *map(json.dumps, torn)]


def test_what_does_not_unpack_is_discarded_and_the_worker_goes_on(lab: Lab) -> None:
    lab.extra |= SHORT
    with workers(lab) as team:
        worker = team.worker()
        for number, one in enumerate(poison()):
            team.ctx.client.lpush("control", one.replace('"tag"', f'"tag{number}"'))
        task_id = team.send("laike.keep_token")
        over = f"celery-task-meta-{task_id}"
        assert wait_until(lambda: not worker.alive or team.ctx.client.get(over), 30), worker.words()
        assert worker.alive, worker.words()
        assert team.result(task_id)["status"] == "SUCCESS"
        assert wait_until(lambda: not team.ctx.client.hlen("unacked"), 5), team.ctx.client.hgetall("unacked")
        assert "message_discarded" in worker.words()


def test_messages_for_later_and_those_that_expire_are_taken(lab: Lab) -> None:
    lab.extra |= SHORT
    with workers(lab) as team:
        worker = team.worker()
        # as a retry, a beat's entry, and what has a limit are sent
        more: list[dict[str, Any]] = [{"countdown": 0.5}, {"expires": 3600}, {"time_limit": 60}, {"args": ()}]
        sent = [str(team.app.send_task("laike.keep_token", queue="control", **options).id) for options in more]
        assert [team.result(task_id)["status"] for task_id in sent] == ["SUCCESS"] * len(sent)
        assert "message_discarded" not in worker.words()
