"""Accounts that cannot be read."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import redis

from pipeline.core.runs.absence import Absence
from pipeline.state import keys
from pipeline.state.coverage.absences import Absences

NOW = datetime(2026, 2, 12, 7, tzinfo=UTC)


class TestAbsences:
    """Against a real Redis and against the one in memory."""

    def test_an_absence_lasts_since_its_first_notice_until_its_end(self, client: redis.Redis) -> None:
        absences = Absences(client)
        absences.begin({"18": NOW - timedelta(days=8), "19": NOW})
        absences.begin({"18": NOW})
        assert absences.all() == {"18": Absence(NOW - timedelta(days=8)), "19": Absence(NOW)}
        assert list(absences.parked(NOW)) == ["18"]
        absences.end([])
        absences.end(["18", "20"])
        assert list(absences.all()) == ["19"]

    def test_that_an_absence_was_told_is_kept(self, client: redis.Redis) -> None:
        absences, absence = Absences(client), Absence(NOW)
        absences.begin({"18": NOW})
        told = replace(absence, told=date(2026, 2, 11), told_by="run1")
        absences.learn_told("18", told)
        absences.begin({"18": NOW})
        assert absences.all() == {"18": told}

    def test_they_are_kept_until_they_end(self, client: redis.Redis) -> None:
        Absences(client).begin({"18": NOW})
        assert client.ttl(keys.ACCOUNTS_ABSENT) == -1
