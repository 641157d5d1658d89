"""The page of changes: figures that moved after they were first loaded, the newest first, some at a time."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from pipeline.core.table.revisions import Batch, Cause, Figure, Head, Revision, Sought, revision_of

PER_PAGE = 50


@dataclass(frozen=True, slots=True)
class Changed:
    """One changed row, and what is known of the load that changed it; `account`: its name, else its id."""

    revision: Revision
    account: str
    head: Head

    @property
    def figures(self) -> tuple[Figure, ...]:
        """What changed."""
        return self.revision.figures


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangesPage:
    """Some changes.

    Attributes:
        more: Whether another page follows.
        cut_at: Changes up to then were dropped because there were too many; `None`: none of the last 90 days were.
    """

    rows: tuple[Changed, ...]
    page: int
    more: bool
    cut_at: datetime | None


def page_of(
    batches: Iterable[Batch], sought: Sought, names: Mapping[str, str], page: int, cut_at: datetime | None
) -> ChangesPage:
    """Find the changes of a page; batches beyond it are not unpacked.

    Args:
        batches: The newest first.
        names: Of the accounts, by id.
        page: The first is 1.
    """
    found = _found(batches, sought, (page - 1) * PER_PAGE)
    rows = tuple(_changed(head, line, names) for head, line in found[:PER_PAGE])
    return ChangesPage(rows=rows, page=page, more=len(found) > PER_PAGE, cut_at=cut_at)


def accounts_of(names: Mapping[str, str], text: str) -> frozenset[str] | None:
    """Ids of the accounts with a text in their name, or of that id; `None`: the text is empty, and any will do."""
    wanted = text.strip().casefold()
    if not wanted:
        return None
    return frozenset({one for one, name in names.items() if wanted in name.casefold()} | {text.strip()})


def _found(batches: Iterable[Batch], sought: Sought, skip: int) -> list[tuple[Head, str]]:
    """The lines of a page, and one more if another page follows."""
    found: list[tuple[Head, str]] = []
    for batch in batches:
        if not sought.in_batch(batch.head):
            continue
        if sought == Sought() and batch.head.rows <= skip:
            skip -= batch.head.rows
            continue
        lines = sought.among(batch.lines())
        wanted = PER_PAGE + 1 - len(found)
        found += [(batch.head, line) for line in lines[skip : skip + wanted]]
        skip = max(0, skip - len(lines))
        if len(found) > PER_PAGE:
            break
    return found


def _changed(head: Head, line: str, names: Mapping[str, str]) -> Changed:
    one = revision_of(line)
    return Changed(one, names.get(one.account_id, one.account_id), head)


def cause_named(text: str) -> Cause | None:
    """The cause of a letter; `None`: any."""
    return Cause(text) if text in set(Cause) else None
