import json
import threading
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import islice, takewhile
from typing import Any

import pytest
import redis

from pipeline.core.coverage.day import Loaded
from pipeline.core.errors import Busy, Trouble, WrongInput
from pipeline.core.model import Account, AccountDay, DayRange
from pipeline.core.outcome import AccountResult, DayState, LoadOutcome, Run, RunState, Summary, VerifyOutcome
from pipeline.core.run_kind import RunKind
from pipeline.state import codec, keys
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.lease import Lease
from pipeline.state.runs.events import Events
from pipeline.state.runs.ledger import PLANS_HELD, Ledger
from pipeline.state.runs.marks import Marks
from pipeline.state.runs.outcomes import Outcomes
from pipeline.state.runs.pulse import Pulse
from pipeline.state.runs.staging import Staged
from tests.chains import only

DAY = date(2026, 2, 11)


def taken(client: redis.Redis) -> Lease:
    """The lease of a step, ours."""
    lease = Lease(client, "laike:v1:step:run1:load")
    assert lease.take()
    return lease


NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
RUN = Run(
    run_id="daily-2026-02-11",
    day=DAY,
    days=DayRange(date(2026, 2, 5), DAY),
    accounts=(Account("1800000000000001", "城东店"), Account("1800000000000002", "城西店")),
    started_at=NOW,
    deadline=NOW + timedelta(seconds=300),
)
TROUBLE = Trouble(reason="table_full", message="m", what_to_do="满了", code=1254103, request_id="r1", needs_person=True)
SUMMARY = Summary(
    run_id=RUN.run_id,
    state=RunState.PARTIAL,
    day=DAY,
    days=RUN.days,
    accounts=(
        AccountResult(
            id="1800000000000001",
            name="城东店",
            state=DayState.LOADED,
            rows=2,
            cost=Decimal("118.30"),
            window_rows=9,
            window_cost=Decimal("700.01"),
            trouble=TROUBLE,
        ),
    ),
    created=3,
    warnings=("w",),
    trouble=TROUBLE,
    started_at=NOW,
    ended_at=NOW + timedelta(seconds=4),
)


class TestLedger:
    def test_a_run_is_what_was_planned(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        ledger.open(RUN)
        assert ledger.run(RUN.run_id) == RUN
        assert ledger.summary(RUN.run_id) is None

    def test_a_plan_that_this_process_holds_is_not_read_again(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        Ledger(client).open(RUN)
        first = ledger.run(RUN.run_id)
        client.hset(keys.run(RUN.run_id), "plan", "not looked at any more")
        assert first == RUN
        assert ledger.run(RUN.run_id) is first

    def test_a_run_of_the_same_name_in_a_redis_that_was_emptied_is_another(self, client: redis.Redis) -> None:
        ledger, other = Ledger(client), replace(RUN, accounts=RUN.accounts[:1])
        ledger.open(RUN)
        client.flushdb()
        with pytest.raises(WrongInput):
            ledger.run(RUN.run_id)
        Ledger(client).open(other)
        assert ledger.run(RUN.run_id) == other

    @pytest.mark.parametrize(
        ("run_id", "kind"),
        [
            ("daily-2026-02-11", RunKind.DAILY),
            ("daily-2026-02-11-0212070000123", RunKind.MANUAL),
            ("settle-2026-02-11", RunKind.SETTLE),
            ("catch-up-2026-02-11-1", RunKind.CATCH_UP),
            ("backfill-2026-02-01-2026-02-10-0212070000123", RunKind.BACKFILL),
        ],
    )
    def test_a_plan_as_the_released_version_stored_it_has_the_kind_that_its_id_says(
        self, client: redis.Redis, run_id: str, kind: RunKind
    ) -> None:
        stored = (
            f'{{"run_id":"{run_id}","day":"2026-02-11","days":{{"first":"2026-02-05","last":"2026-02-11"}},'
            '"accounts":[{"id":"1800000000000001","name":"城东店"},{"id":"1800000000000002","name":"城西店"}],'
            '"started_at":"2026-02-12T07:00:00Z","deadline":"2026-02-12T07:05:00Z","dry_run":false,"backfill":false,'
            '"rows_a_day":0,"batch":0,"loaded_before":[],"loaded":[],"restatements":false,"trouble":null,"parked":[],'
            '"table_id":"","tell":true}'
        )
        client.hset(keys.run(run_id), "plan", stored)
        run = Ledger(client).run(run_id)
        assert run.kind is kind
        assert run == replace(RUN, run_id=run_id)
        # what is stored now is what that version reads, which ignores the rest
        assert json.loads(codec.dump(run, Run)).items() >= json.loads(stored).items()

    def test_a_plan_of_a_version_that_wrote_no_digest_is_read(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        ledger.open(RUN)
        client.hdel(keys.run(RUN.run_id), "plan_digest")
        assert Ledger(client).run(RUN.run_id) == ledger.run(RUN.run_id) == RUN

    def test_only_so_many_plans_are_held(self, client: redis.Redis) -> None:
        ledger, runs = Ledger(client), [replace(RUN, run_id=f"daily-{n}") for n in range(PLANS_HELD + 3)]
        for run in runs:
            ledger.open(run)
        assert [ledger.run(run.run_id) for run in runs] == runs
        assert len(ledger._plans) <= PLANS_HELD

    def test_an_unknown_run_is_wrong_input_and_named(self, client: redis.Redis) -> None:
        with pytest.raises(WrongInput, match=r"there is no run daily-2026-02-12.*laike runs"):
            Ledger(client).run("daily-2026-02-12")
        assert Ledger(client).summary("daily-2026-02-12") is None

    def test_a_summary_survives_exactly(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        ledger.open(RUN)
        ledger.close(SUMMARY)
        back = ledger.summary(RUN.run_id)
        assert back == SUMMARY
        assert back is not None
        assert str(back.accounts[0].cost) == "118.30"

    def test_the_first_summary_stands(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        ledger.open(RUN)
        assert ledger.close(SUMMARY)
        assert not ledger.close(replace(SUMMARY, state=RunState.FAILED))
        assert ledger.summary(RUN.run_id) == SUMMARY

    def test_what_came_of_a_step_is_kept_by_run_and_step(self, client: redis.Redis) -> None:
        outcomes, load, verify = Outcomes(client), LoadOutcome(created=3, warnings=("w",)), VerifyOutcome(verified=True)
        lease = taken(client)
        assert outcomes.record("run1", "load", load, lease) == load
        assert outcomes.record("run1", "verify", verify, lease) == verify
        assert outcomes.outcome("run1", "load", LoadOutcome) == load
        assert outcomes.outcome("run1", "verify", VerifyOutcome) == verify
        assert outcomes.outcome("run1", "views", LoadOutcome) is None
        assert outcomes.outcome("run2", "load", LoadOutcome) is None

    def test_the_first_outcome_of_a_step_stands_and_is_what_a_second_one_gets(self, client: redis.Redis) -> None:
        outcomes, lease = Outcomes(client), taken(client)
        outcomes.record("run1", "load", LoadOutcome(created=3), lease)
        assert outcomes.record("run1", "load", LoadOutcome(created=4), lease) == LoadOutcome(created=3)
        assert outcomes.done("run1") == {"load"}

    def test_outcomes_of_several_steps_are_read_at_once_without_those_that_are_absent_or_torn(
        self, client: redis.Redis
    ) -> None:
        outcomes, lease = Outcomes(client), taken(client)
        outcomes.record(RUN.run_id, "load.0", LoadOutcome(created=1), lease)
        outcomes.record(RUN.run_id, "load.2", LoadOutcome(created=3), lease)
        client.hset(keys.run(RUN.run_id), "step:load.3", "torn")
        found = outcomes.outcomes(RUN.run_id, [f"load.{n}" for n in range(4)], LoadOutcome)
        assert found == {"load.0": LoadOutcome(created=1), "load.2": LoadOutcome(created=3)}
        assert outcomes.outcomes(RUN.run_id, [], LoadOutcome) == {}

    def test_a_step_is_done_when_it_has_an_outcome(self, client: redis.Redis) -> None:
        outcomes = Outcomes(client)
        outcomes.record("run1", "load", LoadOutcome(), taken(client))
        Marks(client).send("run1", "verify")
        assert [outcomes.is_done(*step) for step in (("run1", "load"), ("run1", "verify"), ("run2", "load"))] == [
            True,
            False,
            False,
        ]

    def test_fetches_that_ended_are_counted_by_run_and_batch(self, client: redis.Redis) -> None:
        outcomes = Outcomes(client)
        assert [outcomes.count_fetch("run1", batch) for batch in (0, 0, 1, 0)] == [1, 2, 1, 3]
        assert outcomes.count_fetch("run2", 0) == 1
        assert outcomes.done("run1") == Marks(client).sent("run1") == set()

    def test_an_outcome_is_not_recorded_by_one_who_lost_the_step(self, client: redis.Redis) -> None:
        outcomes, lost = Outcomes(client), taken(client)
        client.delete(lost.key)
        other = taken(client)
        with pytest.raises(Busy):
            outcomes.record("run1", "load", LoadOutcome(created=3), lost)
        assert outcomes.record("run1", "load", LoadOutcome(created=4), other) == LoadOutcome(created=4)
        assert outcomes.record("run1", "load", LoadOutcome(created=3), lost) == LoadOutcome(created=4)

    def test_what_is_staged_with_an_outcome_is_there_for_three_days_from_the_first_word_on(
        self, client: redis.Redis
    ) -> None:
        outcomes, lease = Outcomes(client), taken(client)
        outcomes.record("run1", "fetch", LoadOutcome(created=3), lease, Staged("rows", b"3"))
        outcomes.record("run1", "fetch", LoadOutcome(created=4), lease, Staged("rows", b"4"))
        assert client.get("rows") == b"3"
        assert client.ttl("rows") == pytest.approx(3 * 86400, abs=2)

    def test_who_lost_a_step_stages_nothing_whether_it_has_an_outcome_or_not(self, client: redis.Redis) -> None:
        outcomes, lost = Outcomes(client), taken(client)
        client.delete(lost.key)
        other = taken(client)
        with pytest.raises(Busy):
            outcomes.record("run1", "fetch", LoadOutcome(created=3), lost, Staged("rows", b"3"))
        assert not client.exists("rows")
        outcomes.record("run1", "fetch", LoadOutcome(created=4), other, Staged("rows", b"4"))
        outcomes.record("run1", "fetch", LoadOutcome(created=3), lost, Staged("rows", b"3"))
        assert client.get("rows") == b"4"

    def test_errors_that_nobody_foresaw_are_counted_by_step_and_not_by_who_lost_it(self, client: redis.Redis) -> None:
        outcomes, lease = Outcomes(client), taken(client)
        assert [outcomes.count_broken("run1", step, lease) for step in ("load", "load", "verify")] == [1, 2, 1]
        client.delete(lease.key)
        with pytest.raises(Busy):
            outcomes.count_broken("run1", "load", lease)
        assert outcomes.broke_so_often(["run1", "run2"], "load", 2) == {"run1"}
        assert outcomes.broke_so_often(["run1", "run2"], "load", 3) == set()
        assert outcomes.done("run1") == Marks(client).sent("run1") == set()

    def test_of_many_runs_those_that_nobody_can_read_are_left_out(self, client: redis.Redis) -> None:
        ledger, names = Ledger(client), ["good", "torn", "ended_torn", "no hash", "gone"]
        for name in names[:4]:
            ledger.open(replace(RUN, run_id=name))
        client.hset(keys.run("torn"), "plan", "{}")
        client.hset(keys.run("ended_torn"), "summary", "{}")
        client.delete(keys.run("no hash"))
        client.set(keys.run("no hash"), "5")
        assert [run.run_id for run, _ in ledger.overview(names)] == ["good"]
        assert [run.run_id for run in ledger.plans(names)] == ["good", "ended_torn"]
        with pytest.raises(WrongInput, match="cannot be read"):
            Ledger(client).run("torn")

    def test_a_run_is_open_from_its_begin_to_its_end(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        assert not ledger.has(RUN.run_id)
        ledger.open(RUN)
        assert (ledger.has(RUN.run_id), ledger.open_runs()) == (True, [RUN.run_id])
        ledger.close(SUMMARY)
        assert ledger.open_runs() == []

    def test_what_was_sent_is_sent_once(self, client: redis.Redis) -> None:
        marks = Marks(client)
        assert [marks.send("run1", what) for what in ("0", "1", "0", "finish")] == [True, True, False, True]
        assert marks.send("run2", "0")
        assert [marks.was_sent(run_id, what) for run_id, what in (("run1", "1"), ("run1", "2"))] == [
            True,
            False,
        ]

    def test_a_run_is_silent_since_its_last_sign_of_life(self, client: redis.Redis) -> None:
        pulse = Pulse(client)
        assert pulse.silent_s("run1") == float("inf")
        pulse.stamp("run1")
        assert pulse.silent_s("run1") < 5
        pulse.stamp("run1", ahead_s=30)
        assert pulse.silent_s("run1") < -20  # somebody will be back by then

    def test_a_sign_of_life_further_ahead_than_anybody_gives_is_none(self, client: redis.Redis) -> None:
        pulse = Pulse(client)
        pulse.stamp("run1", ahead_s=86_400)  # the clock stepped back since
        assert pulse.silent_s("run1") == float("inf")

    def test_a_sign_of_life_that_is_none_is_replaced_by_the_next_one(self, client: redis.Redis) -> None:
        pulse = Pulse(client)
        client.set(keys.alive("run1"), "just now")
        client.rpush(keys.alive("run2"), "a list")
        for run_id in ("run1", "run2"):
            assert pulse.silent_s(run_id) == float("inf")
            pulse.stamp(run_id)
            assert pulse.silent_s(run_id) < 5

    def test_a_name_that_is_no_text_keeps_nobody_from_the_others(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        ledger.open(RUN)
        client.sadd(keys.OPEN, b"\xff")
        client.zadd(keys.RUNS, {b"\xff": 0})
        assert ledger.open_runs() == [RUN.run_id, "\ufffd"]
        assert ledger.newest(2) == [RUN.run_id, "\ufffd"]

    def test_one_watchdog_looks_after_a_run_at_a_time(self, client: redis.Redis) -> None:
        pulse = Pulse(client)
        assert [
            pulse.watch("run1", 0.2),
            pulse.watch("run1", 0.2),
            pulse.watch("run2", 0.2),
        ] == [True, False, True]

    def test_a_step_cannot_be_taken_for_the_plan_or_the_summary(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        ledger.open(RUN)
        lease = taken(client)
        Outcomes(client).record(RUN.run_id, "summary", LoadOutcome(), lease)
        Outcomes(client).record(RUN.run_id, "plan", LoadOutcome(), lease)
        assert ledger.run(RUN.run_id) == RUN
        assert ledger.summary(RUN.run_id) is None

    def test_the_newest_runs_come_first(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        for days in (3, 1, 2):
            ledger.open(replace(RUN, run_id=f"run{days}", started_at=NOW + timedelta(days=days)))
        assert ledger.newest(10) == ["run3", "run2", "run1"]
        assert ledger.newest(2) == ["run3", "run2"]
        assert ledger.count() == 3

    def test_a_run_that_is_opened_again_is_one_run(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        ledger.open(RUN)
        ledger.open(RUN)
        assert ledger.newest(10) == [RUN.run_id]

    def test_events_come_in_their_order_from_the_start_and_as_they_happen(self, client: redis.Redis) -> None:
        events = Events(client)
        events.emit("run1", "fetched", account="1800000000000001", rows=2)
        events.emit("run1", "loaded", created=3)
        events.emit("run2", "other")
        followed = ({name: one[name] for name in one if name != "at"} for one in events.follow("run1"))
        assert list(islice(followed, 2)) == [
            {"event": "fetched", "account": "1800000000000001", "rows": "2"},
            {"event": "loaded", "created": "3"},
        ]
        events.emit("run1", "verified")
        assert next(followed) == {"event": "verified"}
        assert next(followed) == {}
        events.emit("run1", "finished")
        assert next(followed) == {"event": "finished"}

    def test_an_event_says_when_it_happened_however_late_it_is_looked_at(self, client: redis.Redis) -> None:
        events = Events(client)
        events.emit("run1", "planned")
        events.emit("run1", "loaded")
        early, late = (int(event["at"]) for event in islice(events.follow("run1"), 2))
        seconds: Any = client.time()
        assert abs(early - seconds[0] * 1000) < 60_000
        assert early <= late

    def test_many_events_come_once_each(self, client: redis.Redis) -> None:
        events = Events(client)

        def write() -> None:
            for n in range(200):
                events.emit("run1", "e", n=n)

        writer = threading.Thread(target=write)
        writer.start()
        seen = list(takewhile(lambda one: one.get("n") != "199", (one for one in events.follow("run1") if one)))
        writer.join()
        assert [one["n"] for one in seen] == [str(n) for n in range(199)]

    def test_the_events_of_a_run_stay_with_it_when_it_has_ended(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        ledger.open(RUN)
        Events(client).emit(RUN.run_id, "planned", accounts=2)
        before = Events(client).events(RUN.run_id)
        assert [{**one, "at": ""} for one in before] == [{"at": "", "event": "planned", "accounts": "2"}]
        Events(client).archive(RUN.run_id)
        client.delete(keys.events(RUN.run_id))
        assert Events(client).events(RUN.run_id) == before
        Events(client).archive(RUN.run_id)  # a second delivery of the end, days later
        assert Events(client).events(RUN.run_id) == before

    def test_of_very_many_events_the_first_and_the_newest_are_read_before_and_after_the_end(
        self, client: redis.Redis, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(keys, "EVENTS_KEPT", 3)
        events = Events(client)
        assert events.kept(RUN.run_id) == []
        for n in range(9):
            events.emit(RUN.run_id, "fetched", rows=n)
        before = events.kept(RUN.run_id)
        assert [one["rows"] for one in before] == ["0", "6", "7", "8"]
        events.archive(RUN.run_id)
        assert events.kept(RUN.run_id) == before

    def test_each_key_lives_as_long_as_the_table_of_keys_says(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        ledger.open(RUN)
        Events(client).emit(RUN.run_id, "e")
        Coverage(client, only("tbl1")).learn({AccountDay("18", DAY): Loaded(0, "0", "", NOW)})
        names = [keys.run(RUN.run_id), keys.events(RUN.run_id), keys.RUNS, keys.coverage("tbl1", "18")]
        assert [int(client.ttl(name)) for name in names] == pytest.approx([400 * 86400, 3 * 86400, -1, -1], abs=2)
