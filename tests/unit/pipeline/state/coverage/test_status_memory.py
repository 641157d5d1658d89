import redis

from pipeline.state import keys
from pipeline.state.coverage.status_memory import StatusMemory, WrittenRow
from tests.chains import only

PLACE = "18 2026-02-11"  # an account and a day among the status rows


class TestStatusMemory:
    def test_status_rows_are_known_by_place_and_the_last_word_counts(self, client: redis.Redis) -> None:
        one, row = StatusMemory(client, only("tbl1")), WrittenRow("rec1", "digest")
        one.learn_status_rows({PLACE: row, "19 2026-02-11": row, "20 2026-02-11": row})
        one.learn_status_rows({PLACE: WrittenRow("rec1", "other")})
        asked = [PLACE, "19 2026-02-11", "21 2026-02-11"]
        assert one.status_rows(asked) == {PLACE: WrittenRow("rec1", "other"), "19 2026-02-11": row}

    def test_learning_no_status_rows_changes_nothing(self, client: redis.Redis) -> None:
        one = StatusMemory(client, only("tbl1"))
        one.learn_status_rows({})
        assert one.status_rows([PLACE]) == {}
        assert one.status_rows([]) == {}

    def test_a_status_table_that_is_not_as_remembered_is_forgotten_with_its_rows(self, client: redis.Redis) -> None:
        one = StatusMemory(client, only("tbl1"))
        one.learn_status_table("tbl9")
        one.learn_status_rows({PLACE: WrittenRow("rec1", "d")})
        one.forget_status()
        assert (one.status_table(), one.status_rows([PLACE])) == (None, {})

    def test_the_table_is_kept_and_its_rows_for_400_days(self, client: redis.Redis) -> None:
        one = StatusMemory(client, only("tbl1"))
        one.learn_status_table("tbl9")
        one.learn_status_rows({PLACE: WrittenRow("rec1", "d")})
        assert client.ttl(keys.status_table("tbl1")) == -1
        assert 400 * 86400 - 2 <= client.ttl(keys.status_rows("tbl1")) <= 400 * 86400
        assert one.beside("tbl2").status_table() is None
