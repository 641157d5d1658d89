"""Answers too large to read, made piece by piece, as broken gateways send them."""

import zlib
from collections.abc import Iterator

PIECE = b"0" * (1 << 16)
PIECES_PER_MIB = (1 << 20) // len(PIECE)
GZIP = 31  # zlib's `wbits`: the largest window, in a gzip file


def swollen(mib: int, encoding: str) -> Iterator[bytes]:
    """A JSON object of `mib` MiB, with `gzip` compressed."""
    return _zipped(_plain(mib)) if encoding == "gzip" else _plain(mib)


def _plain(mib: int) -> Iterator[bytes]:
    yield b'{"code": 0, "data": "'
    for _ in range(mib * PIECES_PER_MIB):
        yield PIECE
    yield b'"}'


def _zipped(pieces: Iterator[bytes]) -> Iterator[bytes]:
    packer = zlib.compressobj(wbits=GZIP)
    for piece in pieces:
        if packed := packer.compress(piece):
            yield packed
    yield packer.flush()
