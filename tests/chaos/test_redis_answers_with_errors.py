"""A Redis that answers with an error, as in a failover or with a full disk, ends no process and leaves no run open."""

import time

import pytest

from lab.processes import WORKER, flower, free_port
from pipeline.core.outcome import RunState
from tests.chaos.scene import JUST_BEFORE_SEVEN
from tests.outages import OUTAGES, Refusing, client_of
from tests.workers import SHORT, Member, Store, Workers, wait_until

LASTS_S = {"READONLY": 3.0}  # a failover; of the others it is enough that they are met


def begun_run(team: Workers) -> str:
    """A daily run whose accounts are being fetched."""
    team.send("laike.daily")
    assert wait_until(lambda: team.lab.calls("report.promotion") >= len(team.lab.accounts))
    return f"daily-{team.lab.day}"


def check(team: Workers, run_id: str, worker: Member) -> None:
    """The run is a success, each row there once; the worker lives, and broke nowhere."""
    summary = team.ended(run_id)
    assert (summary.state, summary.duplicates) == (RunState.SUCCESS, 0), summary
    team.lab.assert_agrees(summary.days.first, summary.days.last)
    assert worker.alive, worker.words()
    assert "Unrecoverable" not in worker.words()


@pytest.mark.parametrize("word", ["READONLY", "OOM", "MISCONF", "UNBLOCKED"])
def test_a_run_succeeds_although_redis_answers_with_an_error(word: str, team: Workers, store: Store) -> None:
    team.lab.extra |= SHORT
    worker, client = team.worker(), client_of(store)
    run_id = begun_run(team)
    OUTAGES[word].begin(client, store)
    time.sleep(LASTS_S.get(word, 1.0))
    OUTAGES[word].end(client, store)
    check(team, run_id, worker)
    client.close()


def test_a_run_in_the_midst_of_which_redis_was_restarted_and_still_loads_succeeds(team: Workers, store: Store) -> None:
    team.lab.extra |= SHORT
    wire = Refusing(store.port)
    worker = team.worker(LAIKE_REDIS_URL=wire.url)
    run_id = begun_run(team)
    wire.answer = "LOADING Redis is loading the dataset in memory"
    time.sleep(1)
    wire.answer = ""
    check(team, run_id, worker)
    team.dismiss()
    wire.close()


def test_a_worker_that_waits_says_for_what_and_goes_on_when_it_is_over(team: Workers, store: Store) -> None:
    client = client_of(store)
    OUTAGES["READONLY"].begin(client, store)
    worker = team.stay(WORKER)
    assert wait_until(lambda: "is a replica and takes no writes" in worker.words()), worker.words()
    assert "give LAIKE_REDIS_URL the address of the primary" in worker.words()
    OUTAGES["READONLY"].end(client, store)
    assert wait_until(lambda: " ready." in worker.words()), worker.words()
    client.close()


def test_beat_and_flower_outlive_an_outage_in_which_they_have_to_write(team: Workers, store: Store) -> None:
    team.lab.extra |= {**SHORT, "LAIKE_FLOWER_LOGIN": "user:password"}
    client = client_of(store)
    team.lab.at(JUST_BEFORE_SEVEN)
    beat, page = team.beat(), team.stay(flower(free_port()))
    assert wait_until(lambda: "beat: Starting" in beat.words() and "Connected to" in page.words()), team.words()
    OUTAGES["READONLY"].begin(client, store)
    assert wait_until(lambda: "READONLY" in beat.words() and "READONLY" in page.words()), team.words()
    OUTAGES["READONLY"].end(client, store)
    team.worker()
    assert team.ended(f"daily-{team.lab.day}").state == RunState.SUCCESS
    assert (beat.alive, page.alive) == (True, True), team.words()
    client.close()
