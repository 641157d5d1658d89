"""Load and read back a batch piece by piece: each in its own table, so that one in trouble holds up no other."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import structlog

from pipeline.clients.feishu.codes import TABLE_NOT_FOUND
from pipeline.context import Context
from pipeline.core.errors import Busy, LaikeError
from pipeline.core.outcome import Doubt, LoadOutcome, Run, VerifyOutcome
from pipeline.core.runs.pieces import doubts_of, joined_loads, joined_read_backs, pieces
from pipeline.steps.rollover.check import stop_loading
from pipeline.steps.runs.ready import every_fetch, fetches

log = structlog.get_logger()


def load_pieces(ctx: Context, part: Run, load: Callable[[Context, Run], LoadOutcome]) -> LoadOutcome:
    """Load each piece into its table; one in trouble leaves its own days in doubt, and fails the batch if it is all.

    Raises:
        LaikeError: Nothing could be loaded.
        Busy: As `load` says.
    """
    done, doubts, troubles = dict[Run, LoadOutcome](), list[Doubt](), list[LaikeError]()
    for piece in _fetched_pieces(ctx, part):
        try:
            done[piece] = load(ctx.of(piece), piece)
        except Busy:
            raise
        except LaikeError as failure:
            log.warning("piece_failed", run=part.run_id, table=piece.table_id, error=failure.message)
            error = _lost_table(ctx, piece, failure)
            doubts += doubts_of(fetches(ctx, piece).read_at(), error.trouble())
            troubles.append(error)
    if not done:
        raise troubles[0]
    return joined_loads(done, doubts)


def verify_pieces(
    ctx: Context, part: Run, load: LoadOutcome, verify: Callable[[Context, Run, LoadOutcome], VerifyOutcome]
) -> VerifyOutcome:
    """Read the loaded pieces back, all at once; an error of one leaves what the others found.

    Raises:
        LaikeError: As `verify` says, if the batch is in one table.
    """
    cut = pieces(part, load.days) if load.days else ()
    if len(cut) == 1:
        return verify(ctx.of(cut[0]), cut[0], load)
    loaded = [piece for piece in cut if piece.table_id in load.loaded]

    def read_back(piece: Run) -> VerifyOutcome:
        try:
            return verify(ctx.of(piece), piece, load)
        except LaikeError as error:
            log.warning("piece_not_read_back", run=piece.run_id, table=piece.table_id, error=error.message)
            return VerifyOutcome(trouble=error.trouble())

    with ThreadPoolExecutor(max_workers=max(1, len(loaded))) as pool:
        done = list(pool.map(read_back, loaded))
    return joined_read_backs(done, whole=len(loaded) == len(cut))


def _fetched_pieces(ctx: Context, part: Run) -> tuple[Run, ...]:
    """A batch cut by the tables that hold what was fetched."""
    if part.chain is None:
        return (part,)
    return pieces(part, {at.day for at in every_fetch(ctx, part).read_at()})


def _lost_table(ctx: Context, piece: Run, failure: LaikeError) -> LaikeError:
    """The same, or where a table of the registry is gone, that loading is stopped."""
    if piece.chain is None or failure.code != TABLE_NOT_FOUND:
        return failure
    return stop_loading(ctx, f"table {piece.table_id}, which is registered, is not in the base")
