"""A lab whose figures moved after they were loaded, and addresses that no browser makes."""

from collections.abc import Iterator
from contextlib import contextmanager
from urllib.parse import quote

from tests.console_desk import Desk, Visitor
from tests.lab import Lab
from tests.workers import workers

STRANGE_DAYS = ("0000-00-00", "9999999-01-01", "0001-01-01", "9999-12-31", "2026-13-40", "x", "\x00", "-1", "１" * 9)
STRANGE_PAGES = ("0", "-1", "x", "9" * 30, "\x00", "1e9", "２", "99999")
STRANGE_TEXTS = ("\x00", "<script>alert(1)</script>", "'\"></b>", "%", "\u202e", "{{7*7}}", "a" * 5000, "\ud83d")
NAME = "<script>alert(1)</script>"


@contextmanager
def strangely_named(lab: Lab) -> Iterator[Desk]:
    """The console on a lab of one account, which has a hostile name; its figures were corrected and edited."""
    account = lab.accounts[0]
    lab.extra["LAIKE_ACCOUNTS"] = f'{{"{account}": "{NAME}"}}'
    moved(lab)
    with workers(lab) as working:
        yield Desk.opened(working)


def moved(lab: Lab) -> None:
    """Load a day; then the source corrects one row of an account, and a person edits one of another day or account."""
    lab.sync()
    (restated, row), *_ = lab.source(lab.day, lab.day).items()
    place = {"promotion_id": restated.item_id, "day": restated.day.isoformat()}
    lab.control("figures", {"account_id": str(row["local_account_id"]), **place, "clue_pay_order_cnt": 987})
    edited = next(record for record in reversed(lab.records()) if record["fields"].get("单元ID"))
    edit = {"table_id": lab.table_id, "record_id": edited["record_id"], "fields": lab.one_more_conversion(edited)}
    lab.control("rows/edit", {**edit, "by": "person"})
    lab.sync()


def refused(visitor: Visitor, path: str, form: dict[str, str] | None = None) -> bool:
    """Whether an act is refused to somebody who may only look."""
    return visitor.post(path, form).status_code == 403


def statuses(visitor: Visitor, path: str, name: str, values: tuple[str, ...]) -> dict[str, int]:
    """What a page answers to each strange value of a parameter; also given twice."""
    asked = {value: quote(value.encode("utf-8", "surrogatepass")) for value in values}
    found = {value: visitor.get(f"{path}?{name}={text}").status_code for value, text in asked.items()}
    return found | {
        f"twice {value}": visitor.get(f"{path}?{name}={text}&{name}=").status_code for value, text in asked.items()
    }
