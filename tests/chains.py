"""Chains of tables for tests."""

from collections.abc import Callable
from datetime import date

from pipeline.core.chain import Chain, PhysicalTable, alone


def only(table_id: str) -> Callable[[], Chain]:
    """A table without a successor, as state asks for it."""
    return lambda: alone(table_id)


def chained(*tables: tuple[str, date | None]) -> Chain:
    """A chain of tables, each with its first day."""
    return Chain(tuple(PhysicalTable(table_id, first) for table_id, first in tables))
