"""Every Redis key stands in a table of its module, with its type, its life and what is lost without it."""

import inspect
import re
from collections.abc import Callable
from types import ModuleType

from pipeline.state import keys
from pipeline.state.console import keys as of_console
from pipeline.state.runs import keys as of_runs
from pipeline.state.table import keys as of_table
from pipeline.state.vitals import keys as of_vitals

MODULES = (keys, of_console, of_runs, of_table, of_vitals)

# What the table calls the parameters of the functions.
PLACES = {
    "run_id": "<run>",
    "batch_id": "<batch>",
    "name": "<step>",
    "account_id": "<account>",
    "app_id": "<app_id>",
    "credentials": "<credentials>",
    "base": "<id>",
    "table_id": "<id>",
    "endpoint": "<endpoint>",
    "day": "<day>",
    "what": "<what>",
    "month": "<month>",
    "number": "<number>",
    "digest": "<digest>",
    "key": "<key>",
    "session_digest": "<session>",
}


def table() -> dict[str, tuple[str, str, str]]:
    """Key → type, TTL, what is lost, as the docstring's table says."""
    told = [line for module in MODULES for line in (module.__doc__ or "").splitlines()]
    lines = [line for line in told if line.startswith("| laike:")]
    rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in lines]
    return {row[0]: (row[1], row[2], row[3]) for row in rows}


def functions(module: ModuleType) -> dict[str, Callable[..., str]]:
    its_own = (one for one in inspect.getmembers(module, inspect.isfunction) if one[1].__module__ == module.__name__)
    return {name: one for name, one in its_own if not name.startswith("_")}


def made() -> dict[str, str]:
    """Every key that the modules can make, with the tables' words in the places of arguments."""
    found = {}
    for module in MODULES:
        for name, one in functions(module).items():
            found[f"{module.__name__}.{name}"] = one(*(PLACES[arg] for arg in inspect.signature(one).parameters))
        for name, value in vars(module).items():
            if isinstance(value, str) and name.isupper() and name not in ("PREFIX", "CONSOLE"):
                found[f"{module.__name__}.{name}"] = value
    return found


def test_the_tables_name_every_key_of_their_modules_and_no_other() -> None:
    assert sorted(made().values()) == sorted(table())


def test_no_two_keys_are_the_same() -> None:
    assert len(set(made().values())) == len(made())


def test_every_key_says_its_type_its_life_and_what_is_lost_without_it() -> None:
    kind = re.compile(r"(string|counter|hash|stream|set|sorted set|list|of any type)\b")
    life = re.compile(r"(none|seconds|\d+ (s|h|hours|day|days))\b")
    wrong = [key for key, (is_a, ttl, loss) in table().items() if not (kind.match(is_a) and life.match(ttl) and loss)]
    assert wrong == []


def test_every_key_stands_under_our_prefix_with_its_version() -> None:
    ours = re.compile(re.escape(keys.PREFIX))
    assert re.fullmatch(r"laike:v\d+:", keys.PREFIX)
    assert [key for key in made().values() if not ours.match(key)] == []
