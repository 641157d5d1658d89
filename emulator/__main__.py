"""`python -m emulator`: print one line of JSON (address, ids, credentials), then serve until a signal comes."""

import argparse
import json
import signal
import sys
from datetime import date

from emulator.server import listen, make_server, url_of
from emulator.shared.unsure import FACTS
from emulator.world.world import DEFAULT_SEED, World


def main() -> None:
    """Read the options, listen, print the facts, serve."""
    options = _options()
    try:
        world = World(options.seed, options.day, dict(options.unsure))
    except ValueError as problem:
        sys.exit(str(problem))
    for wanted in (signal.SIGTERM, signal.SIGINT):
        signal.signal(wanted, lambda *_: sys.exit(0))
    sock = listen(options.host, options.port)
    server = make_server(world)
    url = url_of(options.host, sock.getsockname()[1])
    sys.stdout.write(json.dumps(world.facts(url), ensure_ascii=False) + "\n")
    sys.stdout.flush()
    server.run([sock])


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m emulator", description=__doc__)
    parser.add_argument("--host", default="127.0.0.1")
    parser.add_argument("--port", type=int, default=0, help="0: any free port")
    parser.add_argument("--seed", type=int, default=DEFAULT_SEED)
    parser.add_argument("--day", type=date.fromisoformat, help="newest day with figures (default: yesterday)")
    words = f"choose what the services are like where sources disagree; facts: {', '.join(FACTS)}"
    parser.add_argument(
        "--unsure", type=_alternative, action="append", default=[], metavar="FACT=ALTERNATIVE", help=words
    )
    return parser.parse_args()


def _alternative(text: str) -> tuple[str, str]:
    name, _, alternative = text.partition("=")
    return name, alternative


if __name__ == "__main__":
    main()
