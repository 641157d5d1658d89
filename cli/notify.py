"""`laike notify`: tests the group's bot."""

from cli.session import log_to_stderr
from cli.terminal import output
from pipeline.composition import build
from pipeline.core.errors import LaikeError, WrongInput
from pipeline.settings import Settings
from pipeline.steps.telling.tell import bot_cure, greet


def test(*, as_json: bool) -> int:
    """Send a message to the group; needs neither Redis nor a token."""
    settings = Settings.load()
    log_to_stderr(settings.log_level or "error")
    ctx = build(settings)
    bot = ctx.bot()
    if bot is None:
        raise WrongInput("LAIKE_FEISHU_WEBHOOK_URL is not set: the group gets no cards")
    try:
        said, cure = greet(ctx, bot), None
    except LaikeError as error:
        said, cure = error.message, bot_cure(error)
    if as_json:
        output.print_json({"sent": cure is None, "said": said, "what_to_do": cure})
    elif cure is None:
        output.say(f"a message was sent to the group; the bot said: {said}")
    else:
        output.note(("error:", "red"), f" {said}")
        output.note(f"→ {cure}")
    return output.DONE if cure is None else output.FAILED
