"""The emulator's own clock: real time plus an offset that tests set."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

SHANGHAI = ZoneInfo("Asia/Shanghai")
MILLISECONDS = 1000


class Clock:
    """Tells the time in Asia/Shanghai, where business days are counted."""

    def __init__(self, offset_s: float = 0.0) -> None:
        self.offset_s = offset_s

    def now(self) -> datetime:
        """The moment that both APIs believe in."""
        real = datetime.now(SHANGHAI)  # noqa: TID251 - the one clock of the emulator, nobody passes `now` to a server
        return real + timedelta(seconds=self.offset_s)

    def today(self) -> date:
        """The business day that is still open."""
        return self.now().date()

    def ms(self) -> int:
        """Milliseconds since the epoch, as Bitable stamps its records."""
        return int(self.now().timestamp() * MILLISECONDS)
