"""Finds unknown `LAIKE_…` variables: most are misspelt, and the setting they mean stays at its default."""

from collections.abc import Collection, Iterable
from difflib import get_close_matches

from pipeline.settings_sources import PREFIX, SECRETS

OF_TESTS = ("LAIKE_REQUIRE_BROWSER", "LAIKE_REQUIRE_NGINX", "LAIKE_REQUIRE_PROMETHEUS")  # read by our own tests
LIKENESS = 0.7  # the least similarity of a suggestion


def unknown(given: Iterable[str], fields: Collection[str]) -> list[str]:
    """A line for each `LAIKE_…` name that sets nothing, with a suggestion; never a value.

    Args:
        given: Names of variables that are set.
        fields: The fields of `Settings`.
    """
    names = {*(PREFIX + field.upper() for field in fields), *(f"{name}_FILE" for name in SECRETS), *OF_TESTS}
    strange = sorted(name for name in given if name.upper().startswith(PREFIX) and name.upper() not in names)
    return [f"{name} is unknown{_meant(name, names)} (an error from the next release on)" for name in strange]


def _meant(name: str, names: Collection[str]) -> str:
    near = get_close_matches(name.upper(), sorted(names), n=1, cutoff=LIKENESS)
    return f": did you mean {near[0]}?" if near else ""
