"""Fifty threads in four processes ask for the token at the moment of its end, and the one that refreshes is killed.

Four points: before the refresh is sent, in flight, after its answer and before the new pair is kept, after it is kept.
"""

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from statistics import median

import pytest

from pipeline.context import Context
from pipeline.state import keys
from pipeline.state.tokens.old_cache import read_old_cache
from tests.chaos.refreshers import POINTS
from tests.lab import Lab, empty

THREADS = (13, 13, 12, 12)
LEASE_S = "1"
# what the service does with a refresh whose sender is killed: it issues the pair after the kill, before it, or so late
# that somebody else has refreshed by then
ANSWER_S = 0.3
IN_FLIGHT = (("delay", ANSWER_S), ("hold", ANSWER_S), ("delay", 2.0))
LOSING = ("in_flight", "before_persisted")  # the service may have issued a pair that nobody kept

Got = list[dict[str, str]]


class Users:
    """One process of token users."""

    def __init__(self, lab: Lab) -> None:
        clean = {name: value for name, value in os.environ.items() if not name.startswith("LAIKE_")}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.chaos.refreshers"],
            env={**clean, **lab.environment(), "PYTHONPATH": str(Path.cwd())},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def ready(self) -> "Users":
        """Itself, as soon as it listens."""
        assert self._line() == "ready\n"
        return self

    def begin(self, moment: float, threads: int, point: str, pause: float) -> None:
        """Let all threads ask at a moment."""
        assert self.process.stdin
        self.process.stdin.write(f"{moment} {threads} {point} {pause}\n")
        self.process.stdin.flush()

    def got(self) -> Got | None:
        """What each thread got; None when the process was killed."""
        line = self._line()
        answer: Got | None = json.loads(line) if line else None
        return answer

    def kill(self) -> None:
        """End it."""
        self.process.kill()
        self.process.communicate()

    def _line(self) -> str:
        assert self.process.stdout
        return self.process.stdout.readline()


class Crowd:
    """Four processes of users and one that is getting ready to replace a killed one."""

    def __init__(self, lab: Lab) -> None:
        self.lab = lab
        self.members = [Users(lab).ready() for _ in THREADS]
        self.spare = Users(lab)

    def round(self, point: str, pause: float) -> tuple[Got, int]:
        """What the survivors' threads got, and how many processes were killed."""
        moment = time.monotonic() + 0.1
        for member, threads in zip(self.members, THREADS, strict=True):
            member.begin(moment, threads, point, pause)
        answers = [member.got() for member in self.members]
        for place, answer in enumerate(answers):
            if answer is None:
                self.members[place].kill()
                self.members[place], self.spare = self.spare.ready(), Users(self.lab)
        return [one for answer in answers if answer for one in answer], answers.count(None)

    def dismiss(self) -> None:
        """End everybody."""
        for member in (*self.members, self.spare):
            member.kill()


@pytest.fixture
def crowd(lab: Lab) -> Iterator[Crowd]:
    """Four processes on the lab."""
    lab.extra |= {"LAIKE_STEP_LEASE_S": LEASE_S}
    made = Crowd(lab)
    yield made
    made.dismiss()


def at_its_end(lab: Lab) -> Context:
    """A fresh pair in Redis and mirror whose access token ends now."""
    lab.control("reset", {})
    lab.control("settings", {"clock_offset_s": float(lab.extra["LAIKE_CLOCK_OFFSET_S"])})
    empty(lab.redis_url)
    Path(lab.environment()["LAIKE_TOKEN_FILE"]).unlink(missing_ok=True)
    ctx = lab.context()
    ctx.tokens.store(replace(read_old_cache(lab.token_cache()), expires_at=ctx.now()))
    return ctx


def play(lab: Lab, crowd: Crowd, seed: int) -> tuple[str, list[float]]:
    """Play a round and check it; how it ended, and for how many ms new pairs were in memory only."""
    luck = random.Random(seed)  # noqa: S311 reproducible, not secret
    point, ctx = POINTS[seed % len(POINTS)], at_its_end(lab)
    kind, seconds = IN_FLIGHT[seed // len(POINTS) % len(IN_FLIGHT)]
    if point == "in_flight":
        lab.fault("oauth.refresh_token", kind, seconds=seconds)
    begun = time.monotonic()
    got, killed = crowd.round(point, luck.uniform(0.05, ANSWER_S - 0.05))
    time.sleep(max(0.0, begun + seconds + 0.2 - time.monotonic()) if point == "in_flight" else 0.0)
    assert killed == (point != "nowhere")
    assert len(got) == sum(THREADS) or killed
    calls = lab.calls("oauth.refresh_token")
    assert calls == 1 if point == "nowhere" else calls <= 2, (point, calls)
    lost = any("link" in one for one in got)
    if lost:
        assert point in LOSING
        check_lost(lab, ctx, got)
    else:
        check_kept(lab, ctx, got)
    unsaved = [one.unsaved_ms for one in ctx.tokens.journal.history() if one.unsaved_ms is not None]
    return f"{point}: {'lost' if lost else 'kept'}", unsaved


def check_kept(lab: Lab, ctx: Context, got: Got) -> None:
    """Everybody has the living token, and so have Redis and the mirror."""
    assert {one["token"] for one in got} == {lab.facts["access_token"]}
    for forget in (lambda: ctx.client.delete(keys.TOKEN), ctx.tokens.vault.mirror.unlink):
        assert ctx.tokens.pair().refresh_token == lab.facts["refresh_token"]
        forget()
        assert ctx.tokens.pair().refresh_token == lab.facts["refresh_token"]


def check_lost(lab: Lab, ctx: Context, got: Got) -> None:
    """Nobody has a token, and everybody is told why and where to authorize again."""
    assert {one.get("link") for one in got} == {ctx.tokens.link}
    assert all("was lost" in one["message"] for one in got)
    ended = lab.laike("token", "status")
    assert ended.returncode == 4
    assert ctx.tokens.link in ended.stderr


def test_a_refresher_that_is_killed_loses_no_pair_but_one_in_flight(
    lab: Lab, crowd: Crowd, request: pytest.FixtureRequest, record_property: Callable[[str, object], None]
) -> None:
    rounds = [play(lab, crowd, seed) for seed in range(request.config.getoption("--token-rounds"))]
    ends = Counter(end for end, _ in rounds)
    unsaved = [ms for _, found in rounds for ms in found]
    assert {end.split(":")[0] for end in ends} == set(POINTS)
    assert ends.keys() >= {"in_flight: kept", *(f"{point}: lost" for point in LOSING)}  # the kills really hit
    record_property("ends", dict(ends))
    print(f"\n{dict(ends)}; unsaved for {median(unsaved)} ms, {max(unsaved)} ms at most")  # noqa: T201 for a person
