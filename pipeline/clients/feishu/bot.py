"""The custom bot of a group. Follows 飞书: 自定义机器人使用指南.

The address is the secret: it is in no log line and no message.
"""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from urllib.parse import urlsplit

from pipeline.clients.http import Http, without_code
from pipeline.core.errors import BadRequest, Retryable, Throttled
from pipeline.core.redaction import redacted
from pipeline.core.text import one_line

# parts of a card that hold no text of others
FORM = ("tag", "type", "template", "schema", "data_type", "name", "xField", "yField")
RATE_CODES = (11232, 11233)  # system rate limit, likely at full and half hours


@dataclass(frozen=True, slots=True)
class Bot:
    """A webhook and the secret, if any, that signs its messages."""

    url: str = field(repr=False)
    secret: str | None = field(repr=False)

    def send(self, card: Mapping[str, object], now: datetime) -> str:
        """Post a card; the bot's answer.

        Raises:
            BadRequest: The bot refuses it; the message quotes the bot.
            Throttled: Too many messages at once.
            Retryable: No answer; the card may have been posted.
        """
        body: dict[str, object] = {"msg_type": "interactive", "card": _without_secrets(card)}
        if self.secret:
            stamp = str(int(now.timestamp()))
            body |= {"timestamp": stamp, "sign": sign(stamp, self.secret)}
        parts = urlsplit(self.url)
        answer = Http("feishu bot", f"{parts.scheme}://{parts.netloc}").call(
            "POST", parts.path, json=body, timeout_s=10, label="webhook"
        )
        code = answer.code
        words = f"code {code}, {one_line(answer.body.get('msg'))}"
        if code == 0:
            return words
        if code is None and isinstance(error := without_code("the bot", answer, None), Retryable):
            raise error  # from a gateway
        kind = Throttled if code in RATE_CODES else BadRequest
        raise kind(f"the bot refused the card: {words}", code=code)


def _without_secrets(part: object, name: str = "") -> object:
    if isinstance(part, Mapping):
        return {key: _without_secrets(one, key) for key, one in part.items()}
    if isinstance(part, list | tuple):
        return [_without_secrets(one, name) for one in part]
    return redacted(part) if isinstance(part, str) and name not in FORM else part


def sign(stamp: str, secret: str) -> str:
    """The signature of a message: HMAC-SHA256 of the empty text, keyed by stamp and secret."""
    key = f"{stamp}\n{secret}".encode()
    return base64.b64encode(hmac.new(key, b"", hashlib.sha256).digest()).decode()
