"""`laike init`: show a plan, then write keys into `.env` and make table, columns, status table and views."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from cryptography.fernet import Fernet

from cli.session import log_to_stderr
from cli.terminal import output
from pipeline.composition import build
from pipeline.context import Context
from pipeline.core.coverage.status import NAME
from pipeline.core.errors import LaikeError
from pipeline.core.model import Account
from pipeline.settings import Settings
from pipeline.settings_sources import ENV, unset
from pipeline.state import envfile
from pipeline.state.store import ours
from pipeline.steps.doctor.oceanengine import accounts_of
from pipeline.steps.on_demand.init import (
    FOR_THE_TABLE,
    KEYS,
    OF_THE_SOURCE,
    TABLE,
    TABLE_NAME,
    Plan,
    carry_out,
    keep_table,
    look,
    place_of_table,
    settings_so_far,
    table_in_settings,
)
from pipeline.steps.on_demand.init_further import FurtherPlan, carry_out_further, look_further
from worker.process import refuse_cluster

LOGIN = "LAIKE_FLOWER_LOGIN"
NEEDED = (*FOR_THE_TABLE, *OF_THE_SOURCE)
_WHY = {KEYS: "a new key, which encrypts the token at rest", LOGIN: "user laike and a new password for Flower"}


@dataclass(frozen=True, slots=True)
class Site:
    """The base as found, and what it was read with."""

    ctx: Context
    accounts: Sequence[Account]
    plan: Plan
    further: tuple[FurtherPlan, ...]

    @property
    def left(self) -> list[tuple[str, LaikeError]]:
        """What only a person can mend, with the name of the table where there are several."""
        first = self.plan.name if self.further else ""
        plans = [(first, self.plan), *((one.plan.name, one.plan) for one in self.further)]
        return [(name, error) for name, plan in plans for error in plan.left]


def init(*, yes: bool) -> int:
    """Make what is missing, if a person agrees: 0 done, 1 something is left to do, 2 not agreed.

    Raises:
        LaikeError: A setting is wrong, or as a service says while the plan is carried out.
    """
    made = {name: _new(name) for name in unset((KEYS, LOGIN))}
    log_to_stderr("error")
    site, trouble = _look(made)
    lines = [*_env_lines(made), *(_lines(site.plan, place_of_table(site.ctx.settings)) if site else [])]
    lines += [line for one in (site.further if site else ()) for line in _further_lines(one)]
    for line in lines:
        output.say(f"  • {line}")
    if lines:
        if not (yes or output.agreed()):
            output.note("nothing was changed; `laike init --yes` carries this out")
            return output.WRONG_USAGE
        trouble = _carry_out(made, site) or trouble
    else:
        output.say("nothing to do")
    return _end(site, trouble)


def _look(made: dict[str, str]) -> tuple[Site | None, LaikeError | None]:
    """The base, or why it could not be read; neither while no base is set."""
    if unset(FOR_THE_TABLE):
        return None, None
    settings = settings_so_far(made)
    try:
        refuse_cluster(settings)
        with ours(settings.redis_address):
            ctx = build(settings)
            ctx.schema.is_ours()  # checks that Redis answers and holds no newer release's data
            accounts = accounts_of(ctx)
            return Site(ctx, accounts, look(ctx, table_in_settings(ctx), accounts), look_further(ctx)), None
    except LaikeError as error:
        return None, error


def _carry_out(made: dict[str, str], site: Site | None) -> LaikeError | None:
    """Carry it out; why a further table could not be made, after the others are."""
    if made or envfile.open_to_others(ENV):
        envfile.write(ENV, made)
        _say(f"{ENV}: {', '.join(made) or 'mode 0600'} written")
    trouble = None
    if site is None or (site.plan.empty and all(one.plan.empty for one in site.further)):
        return trouble
    with ours(site.ctx.settings.redis_address):
        if not site.plan.empty:
            carry_out(site.ctx, site.plan, site.accounts, partial(_keep, site.ctx.settings), _say)
        for one in site.further:
            try:
                if not one.plan.empty:
                    carry_out_further(one, _say)
            except LaikeError as error:
                output.note(("not done:", "red"), f" {one.plan.name}: {error.message}")
                trouble = error
    return trouble


def _keep(settings: Settings, table_id: str) -> None:
    try:
        keep_table(settings, table_id)
    except LaikeError as error:  # such as in a container with read-only files
        output.note(f"{error.message}; set it by hand: {TABLE}={table_id}")
    else:
        _say(f"{place_of_table(settings)}: {TABLE}={table_id} written")


def _end(site: Site | None, trouble: LaikeError | None) -> int:
    """Print what is left to a person; the exit code."""
    for name, mismatch in site.left if site else ():
        if name:
            output.note((name, "bold"))
        output.tell(mismatch)
    lacking = unset([*NEEDED, *([TABLE] if site else [])])
    if lacking:
        again = "" if site or trouble else "; then laike init again, which makes the table"
        output.note(f"still to be set in {ENV}: {', '.join(lacking)}{again}")
    if trouble:
        return output.tell(trouble)
    output.note("laike doctor checks what was set up")
    return output.IN_PART if lacking or (site and site.left) else output.DONE


def _new(name: str) -> str:
    return Fernet.generate_key().decode() if name == KEYS else f"laike:{secrets.token_urlsafe(12)}"


def _env_lines(made: dict[str, str]) -> list[str]:
    lines = [f"{ENV}: {name} ({_WHY[name]})" for name in made]
    return [*lines, f"{ENV}: readable by its owner only (0600)"] if envfile.open_to_others(ENV) else lines


def _lines(plan: Plan, place: Path) -> list[str]:
    listed = _listed(plan)
    lines = []
    if plan.table_id is None:
        lines += [f"new table {TABLE_NAME} with the columns {listed}", f"{place}: {TABLE}, the new table's id"]
    elif plan.adopted:
        lines.append(f"{place}: {TABLE}={plan.table_id}, the table {TABLE_NAME} that is there")
    if plan.table_id and plan.columns:
        lines.append(f"new columns {listed}{_others(plan)}")
    lines += [f"new table {NAME}"] if plan.status else []
    names = ", ".join(account.name for account in plan.views)
    return [*lines, f"views, made or repaired: {names}"] if names else lines


def _further_lines(one: FurtherPlan) -> list[str]:
    plan, report, listed = one.plan, one.ctx.report.name, _listed(one.plan)
    lines = []
    if plan.table_id is None:
        lines.append(f"new table {plan.name} (report {report}) with the columns {listed}")
    elif plan.adopted:
        lines.append(f"{plan.name} (report {report}): the table {plan.table_id} of this name that is there")
    if plan.table_id and plan.columns:
        lines.append(f"{plan.name}: new columns {listed}{_others(plan)}")
    lines += [f"{plan.name}: new table {NAME} in its base"] if plan.status else []
    names = ", ".join(account.name for account in plan.views)
    return [*lines, f"{plan.name}: views, made or repaired: {names}"] if names else lines


def _listed(plan: Plan) -> str:
    return ", ".join(f"{column.name} ({column.type_name})" for column in plan.columns)


def _others(plan: Plan) -> str:
    return f"; is one of these meant? then rename it instead: {', '.join(plan.nearest)}" if plan.nearest else ""


def _say(line: str) -> None:
    output.say(("✓", "green"), f" {line}")
