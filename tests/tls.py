"""TLS for a server that has none: a CA of the tests' own, and a front that speaks TLS before a port of this machine."""

import ipaddress
import socket
import ssl
import threading
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

HOST = "127.0.0.1"
PIECE_BYTES = 1 << 16
SINCE, UNTIL = datetime(2020, 1, 1, tzinfo=UTC), datetime(2120, 1, 1, tzinfo=UTC)


class Front:
    """Takes TLS connections on `port` and carries them to another port; `ca` is the file of whom one has to trust."""

    def __init__(self, target: int, home: Path, names: tuple[str, ...] = (HOST,)) -> None:
        self._target, self.ca = target, home / "ca.pem"
        pair = home / "server.pem"
        _issue(self.ca, pair, names)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(pair)
        self._ear = socket.create_server((HOST, 0), backlog=256)
        self.port: int = self._ear.getsockname()[1]
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self) -> None:
        """Take no more connections."""
        self._ear.shutdown(socket.SHUT_RDWR)
        self._ear.close()

    def _listen(self) -> None:
        with suppress(OSError):  # closed
            while True:
                caller, _ = self._ear.accept()
                threading.Thread(target=self._meet, args=(caller,), daemon=True).start()

    def _meet(self, caller: socket.socket) -> None:
        with suppress(OSError):  # one that does not trust us, or speaks no TLS, is gone
            secured = self._context.wrap_socket(caller, server_side=True)
            called = socket.create_connection((HOST, self._target))
            threading.Thread(target=_carry, args=(secured, called), daemon=True).start()
            _carry(called, secured)


def _carry(one: socket.socket, other: socket.socket) -> None:
    with suppress(OSError):
        while piece := one.recv(PIECE_BYTES):
            other.sendall(piece)
    for end in (one, other):
        with suppress(OSError):
            end.shutdown(socket.SHUT_RDWR)
        end.close()


def _issue(ca: Path, pair: Path, names: tuple[str, ...]) -> None:
    """Write a CA's certificate, and key and certificate of a server that has these names."""
    root, server = ec.generate_private_key(ec.SECP256R1()), ec.generate_private_key(ec.SECP256R1())
    issuer = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "tests' own CA")])
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
    usage = x509.KeyUsage(*(name in {0, 5, 6} for name in range(9)))
    above = _blank(issuer, issuer, root.public_key()).add_extension(
        x509.BasicConstraints(ca=True, path_length=0), critical=True
    )
    trusted = above.add_extension(usage, critical=True).sign(root, hashes.SHA256())
    known = x509.SubjectAlternativeName([_name(name) for name in names])
    signed = _blank(issuer, subject, server.public_key()).add_extension(known, critical=False)
    signed_by_root = signed.sign(root, hashes.SHA256())
    key = server.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    ca.write_bytes(trusted.public_bytes(serialization.Encoding.PEM))
    pair.write_bytes(key + signed_by_root.public_bytes(serialization.Encoding.PEM))


def _blank(issuer: x509.Name, subject: x509.Name, key: ec.EllipticCurvePublicKey) -> x509.CertificateBuilder:
    made = x509.CertificateBuilder().issuer_name(issuer).subject_name(subject).public_key(key)
    made = made.serial_number(x509.random_serial_number())
    return made.not_valid_before(SINCE).not_valid_after(UNTIL)


def _name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
