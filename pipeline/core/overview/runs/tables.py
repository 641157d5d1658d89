"""Which batch of a run is in which table."""

from pipeline.core.outcome import Run
from pipeline.core.runs.plan import parts
from pipeline.core.tables.ends import is_named, table_name


def tables_of_batches(run: Run) -> dict[int, str]:
    """The table of each batch, as runs call it."""
    return {part.batch: part.table for part in parts(run)}


def named_tables(run: Run) -> dict[int, str]:
    """What people call the table of each batch; nothing where a run is in the usual table alone."""
    return {batch: table_name(table) for batch, table in tables_of_batches(run).items()} if is_named(run) else {}
