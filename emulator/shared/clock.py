"""The emulator's own clock: real time plus an offset that tests set."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MILLISECONDS = 1000


class Clock:
    """The time in Asia/Shanghai."""

    def __init__(self, offset_s: float = 0.0) -> None:
        self.offset_s = offset_s

    def now(self) -> datetime:
        """The current time of both services."""
        real = datetime.now(SHANGHAI)  # noqa: TID251 - the emulator's one clock
        return real + timedelta(seconds=self.offset_s)

    def today(self) -> date:
        """The current business day."""
        return self.now().date()

    def ms(self) -> int:
        """Milliseconds since the epoch, as in Bitable's records."""
        return int(self.now().timestamp() * MILLISECONDS)
