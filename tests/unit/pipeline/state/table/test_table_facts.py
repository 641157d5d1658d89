import redis

from pipeline.core.table.column_changes import ColumnField
from pipeline.state import keys
from pipeline.state.table.table_facts import CheckedView, TableFacts


class TestTableFacts:
    def test_a_view_is_known_by_account_until_it_is_forgotten(self, client: redis.Redis) -> None:
        one = TableFacts(client, "tbl1")
        one.learn_view("18", CheckedView("vew1", 1.5))
        one.learn_view("19", CheckedView("vew2", 2.5))
        one.learn_view("18", CheckedView("vew1", 1770800000.25))
        assert one.views() == {"18": CheckedView("vew1", 1770800000.25), "19": CheckedView("vew2", 2.5)}
        one.forget_view("18")
        one.forget_view("20")
        assert one.views() == {"19": CheckedView("vew2", 2.5)}

    def test_the_columns_of_the_last_load_are_known_and_no_older_ones(self, client: redis.Redis) -> None:
        one = TableFacts(client, "tbl1")
        one.learn_columns({"消耗(元)": ColumnField("fld1", "消耗(元)"), "转化数": ColumnField("fld2", "转化")})
        one.learn_columns({"消耗(元)": ColumnField("fld1", "花费")})
        assert TableFacts(client, "tbl1").columns() == {"消耗(元)": ColumnField("fld1", "花费")}
        assert TableFacts(client, "tbl2").columns() == {}

    def test_views_and_columns_are_kept_and_are_those_of_their_table(self, client: redis.Redis) -> None:
        one = TableFacts(client, "tbl1")
        one.learn_view("18", CheckedView("vew1", 1.5))
        one.learn_columns({"时间": ColumnField("fld1", "时间")})
        assert [client.ttl(key) for key in (keys.views("tbl1"), keys.columns("tbl1"))] == [-1, -1]
        assert (one.beside("tbl2").views(), one.beside("tbl2").columns()) == ({}, {})
