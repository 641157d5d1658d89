import pytest

from cli.table.export import export
from pipeline.core.errors import WrongInput
from pipeline.render.export import Format

DAYS = ("2026-01-01", "2026-01-02")


@pytest.mark.parametrize(
    ("days", "as_", "options", "said"),
    [
        (DAYS, "csv", {"by_account": True}, "goes with --format xlsx"),
        (DAYS, "xlsx", {"to": "-"}, "an Excel file does not go to stdout"),
        (DAYS, "csv", {"to": "-", "as_json": True}, "--json goes to stdout"),
        (("2026-13-01", "2026-02-01"), "csv", {}, "'2026-13-01' is not a day"),
    ],
)
def test_what_does_not_go_together_is_said_before_anything_is_opened(
    days: tuple[str, str], as_: Format, options: dict[str, object], said: str
) -> None:
    usual = {"to": None, "by_account": False, "as_json": False}
    with pytest.raises(WrongInput, match=said):
        export(*days, [], as_=as_, source="table", **{**usual, **options})  # type: ignore[arg-type]
