"""The console's server: one process, whose pages run in threads."""

import gc
import socket
from collections.abc import Callable

import uvicorn

from console.app import build
from console.site import Site
from console.who import proxies, slow
from pipeline import settings_roles
from pipeline.settings import Settings
from worker.logs import log_as_json


def make_server(settings: Settings, load: Callable[[], Settings] = Settings.load) -> uvicorn.Server:
    """A server on the console's settings; `load` reads all of the product. No access log: addresses may hold a code."""
    config = uvicorn.Config(
        build(Site(settings, load)),
        lifespan="off",
        log_level="warning",
        access_log=False,
        server_header=False,
        **slow.LIMITS,
        **proxies.believed(settings.console_proxies),
    )
    return uvicorn.Server(config)


def serve(host: str, port: int) -> None:
    """Serve on an address until told to stop; `WrongInput` if a setting of the console is missing or wrong."""
    settings = settings_roles.load("console")
    log_as_json(settings.log_level or "info")
    server = make_server(settings)
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listening.bind((host, port))
        gc.freeze()  # what is loaded by now stays: a page need not wait until it is looked through once more
        server.run([listening])
