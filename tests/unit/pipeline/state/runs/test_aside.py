"""Runs that nobody can read are told from those that can be, and put aside once."""

from collections.abc import Callable

import pytest
import redis

from pipeline.core.unforeseen import Defect
from pipeline.state import keys
from pipeline.state.runs.aside import Aside
from pipeline.state.runs.ledger import Ledger
from tests.unit.pipeline.state.runs.test_ledger import RUN, SUMMARY, TROUBLE

KEY = keys.run(RUN.run_id)
SPOILS: list[tuple[Callable[[redis.Redis], object], Defect]] = [
    (lambda client: client.delete(KEY), Defect.GONE),
    (lambda client: client.hdel(KEY, "plan"), Defect.GONE),
    (lambda client: client.hset(KEY, "plan", "{"), Defect.UNREADABLE),
    (lambda client: client.hset(KEY, "summary", "{}"), Defect.UNREADABLE),
    (lambda client: client.hset(KEY, "given_up", "5"), Defect.UNREADABLE),
    (lambda client: client.delete(KEY) and client.set(KEY, "5"), Defect.WRONG_TYPE),
]


class TestAside:
    def test_a_run_that_can_be_read_has_no_defect(self, client: redis.Redis) -> None:
        ledger = Ledger(client)
        ledger.open(RUN)
        assert Aside(client).defect(RUN.run_id) is None
        ledger.give_up(RUN.run_id, TROUBLE)
        ledger.close(SUMMARY)
        assert Aside(client).defect(RUN.run_id) is None

    @pytest.mark.parametrize(("spoil", "defect"), SPOILS)
    def test_what_keeps_a_run_from_being_read_is_named(
        self, client: redis.Redis, spoil: Callable[[redis.Redis], object], defect: Defect
    ) -> None:
        Ledger(client).open(RUN)
        spoil(client)
        assert Aside(client).defect(RUN.run_id) == defect

    def test_a_run_is_put_aside_by_one_and_is_open_no_longer(self, client: redis.Redis) -> None:
        ledger, aside = Ledger(client), Aside(client)
        ledger.open(RUN)
        assert [aside.put(RUN.run_id, Defect.GONE), Aside(client).put(RUN.run_id, Defect.GONE)] == [True, False]
        assert ledger.open_runs() == []
        assert client.ttl(keys.ASIDE) == pytest.approx(30 * 86400, abs=2)

    def test_what_was_told_is_told_once(self, client: redis.Redis) -> None:
        aside = Aside(client)
        aside.put("one", Defect.GONE)
        aside.put("two", Defect.WRONG_TYPE)
        aside.learn_told(["one", "never put aside"])
        assert aside.untold() == {"two": Defect.WRONG_TYPE}


def test_an_answer_of_redis_that_is_not_about_the_run_is_no_defect_of_it() -> None:
    class Refusing(redis.Redis):
        def pipeline(self, *_: object, **__: object) -> "Refusing":  # type: ignore[override]
            return self

        def hmget(self, *_: object) -> None:  # type: ignore[override]
            """Goes into the pipeline."""

        def execute(self, **_: object) -> list[object]:
            return [redis.exceptions.NoPermissionError("no permissions to run the 'hmget' command")]

    with pytest.raises(redis.exceptions.NoPermissionError):
        Aside(Refusing()).defect(RUN.run_id)
