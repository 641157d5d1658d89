"""Reads `.env`, secret files and `laike.toml` into values by variable or field; `pipeline.settings` checks them."""

import os
import tomllib
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path
from typing import Any

from pipeline.base_address import APP_TOKEN, TABLE_ID, from_address
from pipeline.core.accounts.account_options import options_of
from pipeline.core.errors import WrongInput
from pipeline.core.rollover.split import split_of
from pipeline.core.tables.further import further_tables_of
from pipeline.core.tables.presets import columns_for
from pipeline.core.telling.thresholds import thresholds_of
from pipeline.core.text import encodable
from pipeline.env_lines import EnvLines, parse
from pipeline.file_input import NoFile, path_of, read_filled, read_text

ENV = Path(".env")
CONFIG = Path("laike.toml")  # not secret, and too long for a variable
PREFIX = "LAIKE_"
TABLE_FILE = "LAIKE_TABLE_FILE"
OLD_NAMES = {
    "LAIKE_OCEANENGINE_APP_ID": "JULIANG_APP_ID",
    "LAIKE_OCEANENGINE_SECRET": "JULIANG_SECRET",
    "LAIKE_FEISHU_APP_ID": "FEISHU_APP_ID",
    "LAIKE_FEISHU_APP_SECRET": "FEISHU_APP_SECRET",
    "LAIKE_BITABLE_APP_TOKEN": "FEISHU_APP_TOKEN",
    "LAIKE_BITABLE_TABLE_ID": "FEISHU_TABLE_ID",
    "LAIKE_FEISHU_WEBHOOK_URL": "FEISHU_WEBHOOK_URL",
}
# `<name>_FILE` may name a file that holds it instead
SECRETS = (
    "LAIKE_REDIS_URL",
    "LAIKE_OCEANENGINE_SECRET",
    "LAIKE_FEISHU_APP_SECRET",
    "LAIKE_TOKEN_KEYS",
    "LAIKE_FEISHU_WEBHOOK_URL",
    "LAIKE_FEISHU_WEBHOOK_SECRET",
    "LAIKE_FLOWER_LOGIN",
    "LAIKE_CONSOLE_LOGIN",
    "LAIKE_CONSOLE_VIEWER",
    "LAIKE_METRICS_TOKEN",
    "LAIKE_HEARTBEAT_URL",
)


# key of laike.toml → its field, and the function that parses it
_KEYS: Mapping[str, tuple[str, Callable[[Any], object]]] = {
    "columns": ("columns", columns_for),
    "anomalies": ("anomalies", thresholds_of),
    "accounts": ("account_options", options_of),
    "split": ("table_split", split_of),
    "tables": ("tables", further_tables_of),
}


def overridden() -> list[str]:
    """A note for each old name that is ignored, since the new one is set."""
    given = seen()
    return [f"{old} is ignored: {new} is set" for new, old in OLD_NAMES.items() if given.get(new) and given.get(old)]


def unset(names: Iterable[str]) -> list[str]:
    """The variables that are set neither by name, nor by old name, nor by a file."""
    given, (kept, _) = from_address(seen()), from_table_file()
    return [name for name in names if not (_is_set(given, name) or field_of(name) in kept)]


def _is_set(given: Mapping[str, str | None], name: str) -> bool:
    return any(map(given.get, (name, OLD_NAMES.get(name, name), f"{name}_FILE")))


def seen() -> dict[str, str | None]:
    """Every variable of `.env` and the environment; the environment wins.

    Raises:
        WrongInput: There is a `.env` that cannot be read, or one of our variables is not UTF-8.
    """
    _check_encoding(_environment())
    return {**env_file().values, **_environment()}


def _check_encoding(environment: Mapping[str, str]) -> None:
    """Refuse our variables that are not UTF-8."""
    ours = (name for name in environment if name.upper().startswith(PREFIX) or name in OLD_NAMES.values())
    wrong = sorted(name for name in ours if encodable(name + environment[name]) != name + environment[name])
    if wrong:
        raise WrongInput(f"{', '.join(wrong)} is not UTF-8 (GBK?): write it anew in a terminal that is")


def env_file() -> EnvLines:
    """The `.env` of the working folder, empty if there is none; `WrongInput` if it cannot be read."""
    try:
        return parse(read_text(ENV), _environment())
    except NoFile:
        return EnvLines()


def looked_for(problems: Iterable[str]) -> str:
    """Where `.env` would be, if a setting is missing and there is none."""
    missing = any("is missing" in line for line in problems)
    return f" (there is no {ENV.absolute()})" if missing and not ENV.exists() else ""


def from_env_file() -> dict[str, str]:
    """Values of `.env` that the environment does not set, by field; a new name wins over an old one."""
    told = {name.upper(): value for name, value in env_file().values.items() if value}
    taken = {name.upper() for name in _environment()}
    old = {new: told[old] for new, old in OLD_NAMES.items() if old in told and not {new, old} & taken}
    new = {name: value for name, value in told.items() if name.startswith(PREFIX) and name not in taken}
    return {field_of(name): value for name, value in (old | new).items()}


def field_of(name: str) -> str:
    """The field of `Settings` that a variable sets."""
    return name.removeprefix(PREFIX).lower()


def _environment() -> dict[str, str]:
    return {name: value for name, value in os.environ.items() if value}


def from_files(given_by: Mapping[str, str | None]) -> tuple[dict[str, Any], list[str]]:
    """Secrets from files by field, and problems with the others."""
    given: dict[str, Any] = {}
    problems: list[str] = []
    for name in SECRETS:
        if not (path := given_by.get(f"{name}_FILE")):
            continue
        field = field_of(name)
        try:
            given[field] = read_filled(path_of(path)).strip()
        except WrongInput as error:
            given[field] = None  # reported here, so not as missing again
            problems.append(f"{name}_FILE: {error.message}")
    return given, problems


def from_table_file() -> tuple[dict[str, str], list[str]]:
    """The table's id by field, if the set-up kept it in the file for it, and problems with that file.

    It counts while no variable names a table, and for the base that it was kept for.
    """
    given = from_address(seen())
    if not (named := given.get(TABLE_FILE)) or _is_set(given, TABLE_ID[0]):
        return {}, []
    try:
        base, _, table_id = read_text(path_of(named)).strip().partition(" ")
    except NoFile:
        return {}, []
    except WrongInput as error:
        return {}, [f"{TABLE_FILE}: {error.message}"]
    ours = next((given[name] for name in APP_TOKEN if given.get(name)), None)
    return ({field_of(TABLE_ID[0]): table_id} if base == ours else {}), []


def from_toml(given_by: Mapping[str, str | None]) -> tuple[dict[str, Any], list[str]]:
    """Values of `laike.toml` by field, and its problems; a variable wins over it."""
    named = given_by.get("LAIKE_CONFIG")
    try:
        told = tomllib.loads(read_text(path := path_of(named or CONFIG)))
    except NoFile:
        return {}, [f"LAIKE_CONFIG: there is no {path}"] if named else []
    except WrongInput as error:
        return {}, [error.message]
    except (ValueError, RecursionError) as error:
        return {}, [f"{path} cannot be read: {str(error) or 'it is nested too deeply'}"]
    keys = (*_KEYS, "report")
    problems = [f"{path}: {key!r} is not known; there are {', '.join(keys)}" for key in told if key not in keys]
    given, wrong = _report_from(told.get("report", {}), path)
    problems += wrong
    if given_by.get("LAIKE_REPORT_WEEKLY"):
        given.clear()
    for key in told.keys() & _KEYS.keys():
        field, made_of = _KEYS[key]
        if given_by.get(f"LAIKE_{field.upper()}"):
            continue
        try:
            given[field] = made_of(told[key])
        except ValueError as error:
            problems += [f"{path}: {line}" for line in str(error).splitlines()]
    return given, problems


def _report_from(told: object, path: Path) -> tuple[dict[str, Any], list[str]]:
    if isinstance(told, dict) and told.keys() <= {"weekly"} and isinstance(told.get("weekly", True), bool):
        return {f"report_{key}": value for key, value in told.items()}, []
    return {}, [f"{path}: [report] holds nothing but weekly = true or false"]
