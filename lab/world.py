"""The demo's world: the emulator, a Redis and the product on them; all of it ends with the demo."""

import contextlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from datetime import time as clock
from pathlib import Path

from cryptography.fernet import Fernet

from lab import processes
from lab.commands import Commands
from lab.services import Services
from pipeline.core.errors import WrongInput
from pipeline.core.model import CHINA

LEAD = timedelta(seconds=10)  # the processes are ready by then, and nobody waits long for beat
RATE = "20"  # calls a second: the emulator allows more than the real service
LOGS = ("worker.log", "beat.log", "flower.log", "console.log")


@dataclass(frozen=True, slots=True)
class World:
    """The parts of a world; what they write is in `folder`, what they need only while they run in `home`."""

    emulator: processes.Emulator
    services: Services
    commands: Commands
    folder: Path
    home: Path
    environment: dict[str, str] = field(repr=False)

    def set_clock(self) -> None:
        """Shift the clock of emulator and product to shortly before seven, on the day after the newest figures."""
        today = date.fromisoformat(self.emulator.facts["day"]) + timedelta(days=1)
        offset_s = (datetime.combine(today, clock(7), CHINA) - LEAD - datetime.now(UTC)).total_seconds()
        self.emulator.control("settings", {"clock_offset_s": offset_s})
        self.environment["LAIKE_CLOCK_OFFSET_S"] = f"{offset_s:.3f}"


@contextlib.contextmanager
def world(folder: Path) -> Iterator[World]:
    """A world whose transcript and logs are in a folder, those of an earlier one replaced."""
    transcript = _emptied(folder)
    with contextlib.ExitStack() as started:
        redis_url = started.enter_context(processes.redis_server())
        home = Path(tempfile.mkdtemp(prefix="laike-demo-"))
        emulator = started.enter_context(processes.emulator(clean=home))
        environment = processes.settings_for(emulator.facts, redis_url, home)
        environment["LAIKE_TOKEN_KEYS"] = Fernet.generate_key().decode()
        environment["LAIKE_OCEANENGINE_RATE"] = RATE
        environment["LAIKE_BEAT_FILE"] = str(home / "beat-schedule")
        services = Services(environment, home, folder, started)
        callback = f"{services.console.url}/authorize/callback"
        emulator.control("settings", {"redirect_uri": callback})  # as registered for the app
        environment |= {"LAIKE_CONSOLE_URL": services.console.url, "LAIKE_OCEANENGINE_REDIRECT_URI": callback}
        yield World(emulator, services, Commands(environment, transcript), folder, home, environment)


def _emptied(folder: Path) -> Path:
    """The folder's empty transcript, the logs of an earlier demo gone."""
    transcript = folder / "transcript.txt"
    try:
        folder.mkdir(exist_ok=True)
        transcript.write_bytes(b"")
        for name in LOGS:
            (folder / name).unlink(missing_ok=True)
    except OSError as error:
        raise WrongInput(f"{folder}/ cannot be written ({error.strerror}): run the demo in a folder of yours") from None
    return transcript
