"""A call that gets no answer names what is in its way: certificate, proxy, or the network; each with its own cure."""

import ssl
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from pipeline.clients.http import Http
from pipeline.clients.retry import READ
from pipeline.core.causes import cure_of
from pipeline.core.errors import LaikeError, NeedsPerson, TransportTrouble
from tests.unit.pipeline.clients.conftest import Serve
from tests.unit.pipeline.clients.stub import told
from tests.unit.pipeline.clients.wire import reply

NOBODY = "http://canary:canary@127.0.0.1:1"


@pytest.fixture(scope="module")
def https(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[str, Path]]:
    """A server whose certificate no authority signed: its address, and the file that vouches for it."""
    folder = tmp_path_factory.mktemp("tls")
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "x")])
    began, ends = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)
    certificate = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number(), began, ends)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
        .sign(key, hashes.SHA256())
    )
    pem, secret = folder / "certificate.pem", folder / "key.pem"
    pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
    kind, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    secret.write_bytes(key.private_bytes(serialization.Encoding.PEM, kind, plain))
    server = _quiet_server()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(pem, secret)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = Thread(target=server.serve_forever, args=[0.01])
    thread.start()
    yield f"https://localhost:{server.server_port}", pem
    server.shutdown()
    thread.join()
    server.server_close()


def _quiet_server() -> HTTPServer:
    class Quiet(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(b"{}")

        def log_message(self, *_: object) -> None:
            pass

    class Server(HTTPServer):
        def handle_error(self, *_: object) -> None:
            """A client that turns its back on the certificate is what these tests are about."""

    return Server(("127.0.0.1", 0), Quiet)


def trouble(url: str) -> LaikeError:
    with pytest.raises(LaikeError) as caught:
        Http("service", url).call("GET", "/a", timeout_s=5)
    return caught.value


def test_a_trusted_certificate_is_no_trouble(https: tuple[str, Path], monkeypatch: pytest.MonkeyPatch) -> None:
    url, pem = https
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(pem))
    assert Http("service", url).call("GET", "/a").status == 200


def ca_is(make: Callable[[Path], None]) -> Callable[[pytest.MonkeyPatch, Path], None]:
    def prepare(monkeypatch: pytest.MonkeyPatch, folder: Path) -> None:
        make(folder / "ca.pem")
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(folder / "ca.pem"))

    return prepare


def proxy_is(address: str) -> Callable[[pytest.MonkeyPatch, Path], None]:
    def prepare(monkeypatch: pytest.MonkeyPatch, _: Path) -> None:
        for name in ("HTTPS_PROXY", "https_proxy"):
            monkeypatch.setenv(name, address)

    return prepare


IN_THE_WAY: dict[str, tuple[Callable[[pytest.MonkeyPatch, Path], None], str, type[LaikeError]]] = {
    # what is so: cause, error; one that needs a person is not retried
    "nobody vouches for the certificate": (lambda *_: None, "certificate", NeedsPerson),
    "the file of authorities is gone": (ca_is(lambda _: None), "ca_file", NeedsPerson),
    "the file of authorities holds none": (ca_is(lambda path: path.touch()), "ca_file", NeedsPerson),
    "the proxy is down": (proxy_is(NOBODY), "proxy", TransportTrouble),
    "the proxy has no address": (proxy_is("http://nobody.invalid:3128"), "proxy", TransportTrouble),
    "the proxy is of another kind": (proxy_is("socks5://127.0.0.1:1"), "proxy", NeedsPerson),
    "the proxy is no address": (proxy_is("http:///"), "proxy", NeedsPerson),
    "the proxy is of no kind": (proxy_is("nonsense://127.0.0.1:1"), "proxy", NeedsPerson),
}


@pytest.mark.parametrize("name", IN_THE_WAY)
def test_what_is_in_the_way_is_named_with_its_cure_and_never_had_an_effect(
    https: tuple[str, Path], monkeypatch: pytest.MonkeyPatch, tmp_path: Path, name: str
) -> None:
    prepare, cause, kind = IN_THE_WAY[name]
    prepare(monkeypatch, tmp_path)
    error = trouble(https[0])
    assert (type(error), error.reason, error.what_to_do) == (kind, cause, cure_of(cause))
    assert not error.effect_possible
    assert https[0] in error.message
    assert "canary" not in told(error)


def test_a_proxy_that_refuses_is_named_without_its_password(
    https: tuple[str, Path], serve: Serve, monkeypatch: pytest.MonkeyPatch
) -> None:
    proxy = serve(reply(407, b""))
    proxy_is(proxy.url.replace("://", "://canary:canary@"))(monkeypatch, Path())
    error = trouble(https[0])
    assert (error.reason, error.effect_possible) == ("proxy", False)
    assert f"the proxy {proxy.url.removeprefix('http://')} " in error.message
    assert "canary" not in told(error)


def test_a_certificate_that_is_not_trusted_is_asked_once(https: tuple[str, Path]) -> None:
    tried = 0

    def call() -> None:
        nonlocal tried
        tried += 1
        Http("service", https[0]).call("GET", "/a")

    with pytest.raises(NeedsPerson):
        READ.run(call, 60)
    assert tried == 1
