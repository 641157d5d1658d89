"""The console: `python -m console`. It starts without the product's settings: its set-up page says what is missing."""

import argparse
import os
import sys

os.environ["LAIKE_ROLE"] = "console"  # before the Celery application reads its settings
sys.modules["rich"] = None  # type: ignore[assignment]  # structlog would load it, 5 MiB, for traces that nobody prints
from console.server import serve  # noqa: E402 after the lines above
from pipeline.outgoing import guarded  # noqa: E402


def main() -> None:
    """Serve until told to stop."""
    parser = argparse.ArgumentParser(prog="python -m console", description="The pages of laike-sync.")
    parser.add_argument("--host", default="127.0.0.1", help="the address to listen on; 0.0.0.0: every one")
    parser.add_argument("--port", type=int, default=8000, help="the port to listen on")
    given = parser.parse_args()
    with guarded():
        serve(given.host, given.port)


if __name__ == "__main__":
    main()
