"""A managed Redis forbids CONFIG, and more: it is worked with, and judged by what can be seen."""

import json
from collections.abc import Iterator

import pytest
import redis

from lab.processes import flower, free_port
from pipeline.core.outcome import RunState
from tests.lab import Lab
from tests.workers import SHORT, wait_until, workers

FORBIDDEN = {"CONFIG alone": ["-config"], "all that is for its keepers": ["-@admin", "-@dangerous"]}
WORD = "canary-of-redis"


@pytest.fixture(params=FORBIDDEN)
def managed(request: pytest.FixtureRequest, lab: Lab) -> Iterator[Lab]:
    """A lab whose user of Redis may not do all."""
    address, client = lab.redis_url, redis.Redis.from_url(lab.redis_url)
    rights = ["on", f">{WORD}", "~*", "&*", "+@all", *FORBIDDEN[request.param]]
    client.execute_command("ACL", "SETUSER", "managed", *rights)  # type: ignore[no-untyped-call]
    lab.redis_url = address.replace("//", f"//managed:{WORD}@")
    yield lab
    client.execute_command("ACL", "DELUSER", "managed")  # type: ignore[no-untyped-call]
    client.close()


def test_a_run_succeeds_on_it_and_doctor_says_what_cannot_be_seen(managed: Lab) -> None:
    managed.extra |= {**SHORT, "LAIKE_FLOWER_LOGIN": "user:password-of-many"}
    assert managed.laike("token", "import", str(managed.token_cache())).returncode == 0
    with workers(managed) as team:
        team.worker()
        beat, page = team.beat(), team.stay(flower(free_port()))
        run_id = team.result(team.send("laike.daily"))["result"]["run_id"]
        assert team.ended(run_id).state == RunState.SUCCESS
        found = {one["check"]: one for one in json.loads(managed.laike("doctor", "--json").stdout)}
        assert wait_until(lambda: "Connected to" in page.words()), page.words()
        assert (beat.alive, page.alive) == (True, True), team.words()
    redis_lines = {name: one for name, one in found.items() if name.startswith("redis")}
    assert (found["redis"]["state"], found["redis.clock"]["state"]) == ("ok", "ok")
    assert "broken" not in {one["state"] for one in redis_lines.values()}
    assert found["worker"]["state"] == "ok"
    unseen = {name for name, one in redis_lines.items() if "does not tell" in one["says"]}
    assert unseen in (set(), {"redis.version", "redis.aof", "redis.eviction"})
