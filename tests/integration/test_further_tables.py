"""Further tables: projects, materials and accounts beside the promotions, in one run."""

from datetime import timedelta

from pipeline.core.outcome import RunState
from tests.further import ALL, NAMES, further, source_of, table_of
from tests.lab import WRITES, Lab


def test_a_run_loads_every_table_with_the_rows_of_its_report(lab: Lab) -> None:
    made = further(lab, *ALL)
    summary = lab.sync()
    assert summary.state is RunState.SUCCESS, summary
    assert [(one.table, one.state) for one in summary.further] == [(NAMES[one], RunState.SUCCESS) for one in ALL]
    first = lab.day - timedelta(days=6)
    lab.assert_agrees(first, lab.day)
    for report, table_id in made.items():
        wanted = source_of(lab, report, first, lab.day)
        assert table_of(lab, report, table_id) == wanted
        assert wanted


def test_a_second_run_writes_nothing_into_any_table(lab: Lab) -> None:
    further(lab, *ALL)
    lab.sync()
    before = lab.calls(*WRITES)
    assert lab.sync().state is RunState.SUCCESS
    assert lab.calls(*WRITES) == before


def test_the_account_report_is_read_once_for_all_tables(lab: Lab) -> None:
    further(lab, *ALL)
    lab.sync()
    assert lab.calls("report.account") == len(lab.accounts)
