"""Problems of settings, one for each line of the error."""

import pytest

from pipeline.core.overview.setup.problems import CURES, problems_of


def test_each_line_is_a_problem_of_its_variable() -> None:
    said = "3 settings are missing or wrong (there is no /x/.env):\n  LAIKE_FEISHU_APP_ID is missing: the App ID\n"
    said += "  LAIKE_DAILY_AT is no time\n  laike.toml: 'x' is not known"
    found = problems_of(said)
    assert [(one.variable, one.missing) for one in found] == [
        ("LAIKE_FEISHU_APP_ID", True),
        ("LAIKE_DAILY_AT", False),
        ("laike.toml", False),
    ]
    assert [one.cure for one in found] == [
        CURES["LAIKE_FEISHU_APP_ID"],
        "请在 .env 中修正 LAIKE_DAILY_AT，见 docs/settings.md。",
        "请修正文件 laike.toml。",
    ]


def test_an_error_about_the_file_alone_has_one_line() -> None:
    (only,) = problems_of(".env is not UTF-8")
    assert (only.variable, only.says, only.cure, only.missing) == (
        ".env",
        ".env is not UTF-8",
        "请修正文件 .env。",
        False,
    )


@pytest.mark.parametrize(
    ("line", "cure"), [("is missing: a Fernet key", "laike init"), ("holds something that is not a Fernet key", ".env")]
)
def test_a_key_is_made_only_where_there_is_none(line: str, cure: str) -> None:
    (only,) = problems_of(f"1 setting is missing or wrong:\n  LAIKE_TOKEN_KEYS {line}")
    assert cure in only.cure
