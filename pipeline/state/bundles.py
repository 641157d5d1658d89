"""The objects that remember, by what they are about and by the context's field."""

from collections.abc import Callable
from typing import Any

import redis

from pipeline.core.chain import Chain
from pipeline.state.coverage.absences import Absences
from pipeline.state.coverage.book import DayBook
from pipeline.state.coverage.coverage import Coverage
from pipeline.state.coverage.day_letters import DayLetters
from pipeline.state.coverage.last_outcomes import LastOutcomes
from pipeline.state.coverage.readings import Readings
from pipeline.state.coverage.spend import Spend
from pipeline.state.coverage.status_memory import StatusMemory
from pipeline.state.runs.aside import Aside
from pipeline.state.runs.day_reads import DayReads
from pipeline.state.runs.events import Events
from pipeline.state.runs.ledger import Ledger
from pipeline.state.runs.marks import Marks
from pipeline.state.runs.outcomes import Outcomes
from pipeline.state.runs.pulse import Pulse
from pipeline.state.runs.shared_reports import SharedReports
from pipeline.state.runs.staging import Staging
from pipeline.state.runs.status_ahead import StatusAhead
from pipeline.state.runs.views_owed import ViewsOwed
from pipeline.state.schema import Schema
from pipeline.state.table.base_facts import BaseFacts
from pipeline.state.table.further_ids import FurtherIds
from pipeline.state.table.revisions import Revisions
from pipeline.state.table.table_facts import TableFacts
from pipeline.state.table.visibility import Visibility
from pipeline.state.table.writes import Writes
from pipeline.state.telling.told import Told
from pipeline.state.telling.untold import Untold


def about_all(client: redis.Redis) -> dict[str, Any]:
    """State that concerns no single table."""
    return {
        "staging": Staging(client),
        "ledger": Ledger(client),
        "outcomes": Outcomes(client),
        "marks": Marks(client),
        "pulse": Pulse(client),
        "events": Events(client),
        "further_ids": FurtherIds(client),
        "shared_reports": SharedReports(client),
        "status_ahead": StatusAhead(client),
        "views_owed": ViewsOwed(client),
        "day_reads": DayReads(client),
        "spend": Spend(client),
        "absences": Absences(client),
        "told": Told(client),
        "untold": Untold(client),
        "schema": Schema(client),
        "aside": Aside(client),
    }


def about_days(client: redis.Redis, chain: Callable[[], Chain]) -> dict[str, Any]:
    """State about days; a chain says which table holds a day."""
    coverage, last_outcomes = Coverage(client, chain), LastOutcomes(client, chain)
    return {
        "read_chain": chain,
        "coverage": coverage,
        "last_outcomes": last_outcomes,
        "book": DayBook(coverage, last_outcomes),
        "day_letters": DayLetters(client, chain),
        "readings": Readings(client, chain),
        "status_memory": StatusMemory(client, chain),
    }


def about_base(client: redis.Redis, app_token: str, app_id: str) -> dict[str, Any]:
    """State about one base, by its token in the settings, for the Feishu app that writes."""
    facts = BaseFacts(client, app_token, app_id)
    return {"base_facts": facts, "writes": Writes(client, facts)}


def about_table(client: redis.Redis, table_id: str) -> dict[str, Any]:
    """State about one table."""
    return {
        "table_facts": TableFacts(client, table_id),
        "visibility": Visibility(client, table_id),
        "revisions": Revisions(client, table_id),
    }
