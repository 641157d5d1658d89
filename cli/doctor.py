"""`laike doctor`: one line for each check, with the cure below if it fails."""

from collections.abc import Sequence
from dataclasses import asdict

from cli.session import log_to_stderr, opened
from cli.terminal import output
from pipeline.composition import build
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.core.overview.setup.problems import problems_of
from pipeline.settings import Settings
from pipeline.settings_sources import overridden
from pipeline.state.store import ours
from pipeline.steps.coverage.rebuild import settle_history
from pipeline.steps.doctor.examine import examine
from pipeline.steps.doctor.findings import Finding, State, broken, worst
from pipeline.steps.doctor.probe import probe
from pipeline.steps.rollover.chosen import unblock_all
from worker.presence import workers_of

MARKS = {
    State.OK: ("✓", "green"),
    State.WARNING: ("!", "yellow"),
    State.BROKEN: ("✗", "red"),
    State.SKIPPED: ("-", "dim"),
}


def doctor(*, notify: bool, unblock: bool, history: str | None, as_json: bool) -> int:
    """Check everything: 0 all is well, 1 warnings, 3 something is broken, 4 a person must authorize.

    Args:
        unblock: First confirm that the table shows all its rows.
        history: First name the table to which the history of an older release belongs, by its id.
    """
    try:
        settings = Settings.load()
    except WrongInput as error:
        problems = problems_of(error.message)
        return _tell([broken("settings", one.says, one.cure) for one in problems], as_json=as_json)
    for line in overridden():
        output.note(("note:", "yellow"), f" {line}")
    log_to_stderr(settings.log_level or "error")
    try:
        ctx = build(settings)
    except LaikeError as error:  # the address of Redis is invalid
        return _tell([broken("redis", error.message, "请修正 LAIKE_REDIS_URL。")], as_json=as_json)
    if unblock:
        with ours(settings.redis_address):
            unblock_all(ctx)
        output.note(("note:", "yellow"), " loading resumes with the table as it is")
    if history:
        with ours(settings.redis_address):
            ctx.schema.is_ours()
            settle_history(ctx, history)
        output.note(("note:", "yellow"), f" the history of an older release belongs to {history}")
    return _tell(examine(ctx, workers_of(ctx), notify=notify), as_json=as_json)


def ask(*, as_json: bool) -> int:
    """Try what Ocean Engine's documentation leaves open, and print the answers."""
    with opened() as ctx:
        replies = probe(ctx)
    if as_json:
        output.print_json([asdict(reply) for reply in replies])
        return output.DONE
    for reply in replies:
        output.say(reply.question)
        output.say(f"  → {reply.answer}")
    return output.DONE


def _tell(findings: Sequence[Finding], *, as_json: bool) -> int:
    if as_json:
        output.print_json([asdict(finding) for finding in findings])
    else:
        _print(findings)
    if any(finding.needs_person for finding in findings):
        return output.PERSON_NEEDED
    return {State.BROKEN: output.FAILED, State.WARNING: output.IN_PART}.get(worst(findings), output.DONE)


def _print(findings: Sequence[Finding]) -> None:
    for one in findings:
        output.say(MARKS[one.state], f" {one.check}: {one.says}")
        if one.cure:
            output.say(f"  → {one.cure}")
        if one.link:
            output.say(f"    {one.link}")
    counts = {state: sum(one.state == state for one in findings) for state in State}
    told = ", ".join(f"{count} {state}" for state, count in counts.items() if count)
    output.say(f"{len(findings)} checks: {told}")
