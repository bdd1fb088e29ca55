"""The bytes of a user's file, plain or gzipped, in pieces; whatever is wrong with them is a TraceError."""

from __future__ import annotations

import gzip
import stat
import zlib
from collections.abc import Iterator
from io import BufferedReader
from pathlib import Path
from typing import NoReturn

from qvecsim.errors import TraceError

CHUNK_BYTE = 1 << 19
HEAD_BYTE = 1 << 12
IDLE_BYTE_MAX = 1 << 23  # text without a record: a gzip bomb, or an attribute without an end

GZIP = b"\x1f\x8b"
MAGICS = {
    b"\x28\xb5\x2f\xfd": "is compressed with zstd, not with gzip",
    b"PK\x03\x04": "is a zip archive",
    b"BZh": "is compressed with bzip2, not with gzip",
    b"\xfd7zXZ": "is compressed with xz, not with gzip",
}
ENDED = "SUMO still running or killed?"


class Source:
    """A file that is read once, from its beginning to its end."""

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def fail(self, what: str, hint: str = "", line: int = 0) -> NoReturn:
        """Raise the one error that users see; ``line`` counts from 1, 0 is the file as a whole."""
        path = str(self.path)
        path = path if path.isprintable() else ascii(path)[1:-1]
        raise TraceError(f"{path}{f':{line}' if line else ''}: {what}. {hint}".rstrip()) from None

    def head(self) -> bytes:
        """The first bytes, unpacked; of a broken file as many as there are."""
        with self._open() as file, self._unpacked(file) as stream:
            try:
                return stream.read1(HEAD_BYTE)
            except (OSError, EOFError, zlib.error):
                return b""

    def chunks(self) -> Iterator[bytes]:
        """The unpacked bytes; at the end of a gzip stream its check sum has been compared."""
        with self._open() as file, self._unpacked(file) as stream:
            while chunk := self._chunk(stream):
                yield chunk

    def _open(self) -> BufferedReader:
        try:
            mode = self.path.stat().st_mode
            if not stat.S_ISREG(mode):  # a pipe or a device would be read for ever
                self.fail(f"is {'a folder' if stat.S_ISDIR(mode) else 'no ordinary file'}", "Give a file.")
            return self.path.open("rb")
        except TraceError:
            raise
        except FileNotFoundError:
            self.fail("does not exist", f"Relative paths begin at {Path.cwd()}.")
        except (OSError, ValueError) as error:
            self.fail(f"cannot be opened ({getattr(error, 'strerror', None) or error})")

    def _unpacked(self, file: BufferedReader) -> gzip.GzipFile | BufferedReader:
        head = file.peek(8)[:8]
        if not head:
            self.fail("is empty", ENDED)
        for magic, what in MAGICS.items():
            if head.startswith(magic):
                self.fail(what, "Let SUMO write .xml, .xml.gz, .csv, .csv.gz or .parquet.")
        return gzip.GzipFile(fileobj=file) if head.startswith(GZIP) else file

    def _chunk(self, stream: gzip.GzipFile | BufferedReader) -> bytes:
        try:
            return stream.read(CHUNK_BYTE)
        except EOFError:
            raise TruncatedError("ends inside its gzip stream") from None
        except (gzip.BadGzipFile, zlib.error) as error:
            raise BrokenError(f"is broken gzip ({error})") from None
        except OSError as error:
            self.fail(f"cannot be read ({error})")


class BrokenError(Exception):
    """The stream cannot be unpacked; its reader knows how far it came."""


class TruncatedError(BrokenError):
    """The stream ends before its end."""
