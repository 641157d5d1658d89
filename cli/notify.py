"""`laike notify test`: whether cards arrive in the group."""

from cli import output
from cli.session import opened
from pipeline.core.errors import WrongInput
from pipeline.steps.doctor.findings import State
from pipeline.steps.doctor.surroundings import greet


def test() -> int:
    """Send a card that only says that cards arrive: 0 sent, 3 refused.

    Raises:
        WrongInput: No bot is set.
    """
    with opened() as ctx:
        bot = ctx.bot()
        if bot is None:
            msg = "LAIKE_FEISHU_WEBHOOK_URL is not set: add a 自定义机器人 to the group and put its address there"
            raise WrongInput(msg)
        found = greet(ctx, bot)
    if found.state == State.OK:
        output.out.print(found.says, highlight=False)
        return output.DONE
    output.err.print(f"[red]error:[/] {output.safe(found.says)}\n→ {output.safe(found.cure)}", highlight=False)
    return output.FAILED
