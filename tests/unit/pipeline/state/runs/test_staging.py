import zlib
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
import redis

from pipeline.core.errors import Trouble
from pipeline.core.model import Key, ReportRow
from pipeline.core.outcome import DayOutcome, DayState, FetchOutcome
from pipeline.core.runs.quality import checksum
from pipeline.core.runs.source import Fetched
from pipeline.core.table.cells import Field
from pipeline.core.table.columns import Column, Kind
from pipeline.core.table.diff import Change
from pipeline.core.table.formula import Formula
from pipeline.core.table.layout import Layout
from pipeline.core.table.record import Record
from pipeline.state import codec, keys
from pipeline.state.runs.staging import PAGE, Cleared, Snapshot, Staging, packed
from tests.staged import put_fetched

DAY = date(2026, 2, 11)
NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)
ACCOUNT = "1800000000000001"
ROWS = (
    ReportRow(ACCOUNT, DAY, "7600000000000000001", "广告甲", {"stat_cost": Decimal("118.36"), "ctr": Decimal("0.10")}),
    ReportRow(ACCOUNT, DAY, "7600000000000000002", 'a "b" \\ 😀', {"stat_cost": Decimal("0.1"), "ctr": Decimal(0)}),
)
SNAPSHOT = Snapshot(
    Layout(
        (
            Column("账户名称", "account_name", Kind.TEXT),
            Column("点击率", "click_cnt / show_cnt", Kind.RATIO, 3, Formula("click_cnt / show_cnt")),
        ),
        {"账户名称": Field("fld1", "门店", 3, {"城东店": "opt1"}), "点击率": Field("fld2", "点击率", 2)},
        ZoneInfo("Asia/Shanghai"),
    ),
    packed([Record("rec1", {"单元ID": "7600000000000000001", "时间": 1770739200000, "空": None}, "ou_1", 7, 9)]),
    3,
    NOW,
    1234,
)
CHANGE = Change(
    key=Key(DAY, "7600000000000000001"),
    account_id=ACCOUNT,
    created=False,
    old={"消耗(元)": "1"},
    new={"消耗(元)": "1.50"},
)
TORN = {
    "cut short": lambda whole: whole[:-4],
    "empty": lambda _: b"",
    "something else": lambda _: b"\x00\x01pickle",
    "another object": lambda _: zlib.compress(b'{"version": 2}'),
    "not JSON": lambda _: zlib.compress(b"{"),
    "not compressed": zlib.decompress,
}
torn = pytest.mark.parametrize("tear", TORN.values(), ids=TORN.keys())


def fetched(rows: tuple[ReportRow, ...] = ROWS, *, count: int | None = None, digest: str | None = None) -> Fetched:
    trouble = Trouble(reason="incomplete", message="m", what_to_do="w", code=40002, request_id="r1")
    outcome = FetchOutcome(
        account_id=ACCOUNT,
        days=(DayOutcome(day=DAY, state=DayState.INCOMPLETE, rows=2, cost=Decimal("118.46"), trouble=trouble),),
        rows=len(rows) if count is None else count,
        checksum=checksum(rows) if digest is None else digest,
        as_of=NOW,
    )
    return Fetched(outcome, rows)


def replace(client: redis.Redis, key: str, tear: object) -> None:
    whole = client.get(key)
    assert callable(tear)
    client.set(key, tear(whole))


class TestStaging:
    def test_rows_and_their_outcome_survive_exactly(self, client: redis.Redis) -> None:
        staging = Staging(client)
        put_fetched(client, "run1", fetched())
        (back,) = staging.fetched("run1", [ACCOUNT])
        assert back == fetched()
        assert [str(row.metrics["stat_cost"]) for row in back.rows] == ["118.36", "0.1"]
        assert [str(row.metrics["ctr"]) for row in back.rows] == ["0.10", "0"]

    def test_an_account_without_rows_is_there_and_empty(self, client: redis.Redis) -> None:
        staging = Staging(client)
        put_fetched(client, "run1", fetched(()))
        assert staging.fetched("run1", [ACCOUNT]) == [fetched(())]

    def test_what_was_not_fetched_is_absent(self, client: redis.Redis) -> None:
        staging = Staging(client)
        put_fetched(client, "run1", fetched())
        assert staging.fetched("run2", [ACCOUNT]) == []
        assert staging.fetched("run1", ["1800000000000002", ACCOUNT]) == [fetched()]
        assert staging.snapshot("run1") is None
        assert staging.changes("run1") == {}

    def test_a_snapshot_survives(self, client: redis.Redis) -> None:
        staging = Staging(client)
        staging.put_snapshot("run1", SNAPSHOT)
        assert staging.snapshot("run1") == SNAPSHOT

    def test_many_records_of_a_snapshot_are_packed_by_the_page_and_come_in_their_order(
        self, client: redis.Redis
    ) -> None:
        staging, records = Staging(client), [Record(f"rec{n}", {}) for n in range(2 * PAGE + 1)]
        staging.put_snapshot("run1", Snapshot(SNAPSHOT.layout, packed(iter(records)), 0, NOW))
        back = staging.snapshot("run1")
        assert back is not None
        assert (len(back.records), len(back.records.pages), list(back.records)) == (len(records), 3, records)

    def test_an_offered_snapshot_replaces_none_that_is_there(self, client: redis.Redis) -> None:
        staging = Staging(client)
        staging.offer_snapshot("run1", SNAPSHOT)
        staging.offer_snapshot("run1", Snapshot(SNAPSHOT.layout, packed([]), 9, NOW))
        assert staging.snapshot("run1") == SNAPSHOT

    def test_figures_of_a_snapshot_keep_every_digit(self, client: redis.Redis) -> None:
        staging = Staging(client)
        record = Record("rec1", {"消耗(元)": Decimal("118.360000000000000001"), "n": 7600000000000000001})
        staging.put_snapshot("run1", Snapshot(SNAPSHOT.layout, packed([record]), 0, NOW))
        back = staging.snapshot("run1")
        assert back is not None
        assert {name: str(cell) for name, cell in next(iter(back.records)).cells.items()} == {
            "消耗(元)": "118.360000000000000001",
            "n": "7600000000000000001",
        }

    def test_by_which_fields_was_written_survives_without_the_records(self, client: redis.Redis) -> None:
        staging = Staging(client)
        staging.put_layout("run1", SNAPSHOT.layout)
        assert staging.layout("run1") == SNAPSHOT.layout
        assert staging.layout("run2") is None
        assert staging.snapshot("run1") is None

    def test_changes_survive_by_key(self, client: redis.Redis) -> None:
        staging = Staging(client)
        staging.put_changes("run1", {CHANGE.key: CHANGE})
        assert staging.changes("run1") == {CHANGE.key: CHANGE}
        staging.put_changes("run1", {})
        assert staging.changes("run1") == {}

    def test_everything_is_gone_after_three_days(self, client: redis.Redis) -> None:
        staging = Staging(client)
        staging.put_snapshot("run1", SNAPSHOT)
        staging.put_layout("run1", SNAPSHOT.layout)
        staging.put_changes("run1", {CHANGE.key: CHANGE})
        names = [keys.snapshot("run1"), keys.layout("run1"), keys.changes("run1")]
        assert [int(client.ttl(name)) for name in names] == pytest.approx([3 * 86400] * 3, abs=2)


@torn
def test_rows_that_are_torn_or_foreign_are_absent(fake: redis.Redis, tear: object) -> None:
    staging = Staging(fake)
    put_fetched(fake, "run1", fetched())
    replace(fake, keys.rows("run1", ACCOUNT), tear)
    assert staging.fetched("run1", [ACCOUNT]) == []


@pytest.mark.parametrize(
    "doubtful",
    [fetched(count=1), fetched(count=3), fetched(digest="0"), fetched((), count=2), fetched(ROWS[:1], count=2)],
)
def test_rows_that_are_not_what_the_outcome_says_are_absent(fake: redis.Redis, doubtful: Fetched) -> None:
    staging = Staging(fake)
    put_fetched(fake, "run1", doubtful)
    assert staging.fetched("run1", [ACCOUNT]) == []


def test_rows_whose_figures_were_changed_are_absent(fake: redis.Redis) -> None:
    staging = Staging(fake)
    put_fetched(fake, "run1", fetched())
    key = keys.rows("run1", ACCOUNT)
    replace(fake, key, lambda whole: zlib.compress(zlib.decompress(whole).replace(b"118.36", b"118.37")))
    assert staging.fetched("run1", [ACCOUNT]) == []


@torn
def test_a_snapshot_that_is_torn_or_foreign_is_absent(fake: redis.Redis, tear: object) -> None:
    staging = Staging(fake)
    staging.put_snapshot("run1", SNAPSHOT)
    replace(fake, keys.snapshot("run1"), tear)
    assert staging.snapshot("run1") is None


@torn
def test_changes_that_are_torn_or_foreign_are_absent(fake: redis.Redis, tear: object) -> None:
    staging = Staging(fake)
    staging.put_changes("run1", {CHANGE.key: CHANGE})
    replace(fake, keys.changes("run1"), tear)
    assert staging.changes("run1") == {}


def test_staged_bytes_are_compressed(fake: redis.Redis) -> None:
    rows = ROWS[:1] * 500
    put_fetched(fake, "run1", fetched(rows))
    data = fake.get(keys.rows("run1", ACCOUNT))
    assert isinstance(data, bytes)
    assert len(data) < len(codec.dump(rows, tuple[ReportRow, ...])) / 10


def test_what_was_set_out_to_be_removed_survives_and_nothing_was_at_first(fake: redis.Redis) -> None:
    staging = Staging(fake)
    assert staging.cleared("r.0") == Cleared()
    staging.put_cleared("r.0", Cleared(("rec1",), ("backups/a",)))
    assert staging.cleared("r.0") == Cleared(("rec1",), ("backups/a",))


def test_a_thousand_rows_are_staged_in_these_bytes() -> None:
    figures = ("stat_cost", "show_cnt", "click_cnt", "convert_cnt", "clue_pay_order_cnt")
    rows = tuple(
        ReportRow(
            ACCOUNT,
            DAY,
            str(7600000000000000001 + 3 * n),
            f"双人套餐_{n}",
            {
                name: Decimal(n * (place + 7) % 9973).scaleb(-2 if name == "stat_cost" else 0)
                for place, name in enumerate(figures)
            },
        )
        for n in range(1000)
    )
    value = fetched(rows)
    assert len(codec.dump(value, Fetched)) == 254_601
    assert len(codec.squeeze(value, Fetched)) < 30_000  # to the byte it is that of the machine's zlib
