"""The reports as data: what each is asked for, and what its rows are about."""

import pytest

from pipeline.core.reports import ACCOUNT, MATERIAL, PROJECT, PROMOTION, REPORTS, Report
from pipeline.core.table.columns import METRICS, metrics_in


def test_there_are_four_reports_under_their_names() -> None:
    assert [*REPORTS.items()] == [
        ("promotion", PROMOTION),
        ("project", PROJECT),
        ("material", MATERIAL),
        ("account", ACCOUNT),
    ]


def test_no_two_reports_have_the_same_endpoint_or_rows_or_subject() -> None:
    for told in ("path", "rows", "id_field", "name_field", "item"):
        assert len({getattr(one, told) for one in REPORTS.values()}) == len(REPORTS), told


@pytest.mark.parametrize(
    ("report", "key"),
    [
        (PROMOTION, ("day", "promotion_id")),
        (PROJECT, ("day", "project_id")),
        (MATERIAL, ("day", "material_id", "account_id")),
        (ACCOUNT, ("day", "account_id")),
    ],
)
def test_a_row_is_unique_by_its_day_and_what_it_is_about(report: Report, key: tuple[str, ...]) -> None:
    assert report.key_sources == key


def test_only_the_account_report_is_about_the_account() -> None:
    assert [one for one in REPORTS.values() if one.about_account] == [ACCOUNT]


def test_promotions_and_projects_are_each_others_witness() -> None:
    assert (REPORTS[PROMOTION.witness], REPORTS[PROJECT.witness]) == (PROJECT, PROMOTION)
    assert (MATERIAL.witness, ACCOUNT.witness) == ("", "")


def test_only_materials_need_not_sum_up_and_lack_a_metric() -> None:
    assert [one for one in REPORTS.values() if not one.sums_up] == [MATERIAL]
    assert {one.name: len(metrics_in(one)) for one in REPORTS.values()} == {
        "promotion": 72,
        "project": 72,
        "material": 71,
        "account": 72,
    }
    assert {*METRICS} - {*metrics_in(MATERIAL)} == {"poi_recommend_count"}


def test_what_a_report_lacks_is_a_metric() -> None:
    assert all(one.lacks <= METRICS.keys() for one in REPORTS.values())
