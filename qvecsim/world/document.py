"""One pass over an XML file, plain or gzipped, in constant memory; whatever is wrong with it is a TraceError."""

from __future__ import annotations

import gzip
import hashlib
import zlib
from collections.abc import Callable, Iterator
from io import BufferedReader
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from qvecsim.errors import TraceError

Attributes = dict[str, str]

CHUNK_BYTE = 1 << 18
IDLE_BYTE_MAX = 1 << 23  # text without an element: a gzip bomb, or an attribute without an end
DEPTH_MAX = 10

GZIP = b"\x1f\x8b"

ROOTS = {
    "fcd-export": "SUMO floating-car data",
    "net": "a SUMO network",
    "routes": "a SUMO route file",
    "trips": "a SUMO trip file",
    "additional": "a SUMO additional file",
    "configuration": "a SUMO configuration",
    "sumoConfiguration": "a SUMO configuration",
    "emission-export": "SUMO emission output",
    "tripinfos": "SUMO trip information",
    "summary": "a SUMO summary",
    "sumo-netstate": "a SUMO network state",
    "osm": "an OpenStreetMap extract",
    "gpx": "a GPX track",
    "html": "a web page",
}
GIVE = {
    "fcd-export": "Give the file that SUMO wrote for --fcd-output.",
    "net": "Give the .net.xml file that SUMO drives on.",
}
MAGICS = {
    b"PAR1": "is Parquet, not XML",
    b"\x28\xb5\x2f\xfd": "is compressed with zstd, not with gzip",
    b"PK\x03\x04": "is a zip archive, not XML",
    b"BZh": "is compressed with bzip2, not with gzip",
    b"\xfd7zXZ": "is compressed with xz, not with gzip",
}
TRUNCATED = frozenset(
    expat.errors.codes[message]
    for message in (
        expat.errors.XML_ERROR_NO_ELEMENTS,
        expat.errors.XML_ERROR_UNCLOSED_TOKEN,
        expat.errors.XML_ERROR_PARTIAL_CHAR,
        expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION,
    )
)


class Document:
    """An XML file and the parser that is reading it; ``root`` is the only root element accepted.

    ``reached`` tells how far its reader came; an error that has no element of its own says so.
    """

    def __init__(self, path: str | Path, root: str, reached: Callable[[], str] = str) -> None:
        self.path = Path(path)
        self.root = root
        self.reached = reached
        self.parser = expat.ParserCreate()
        self._root_byte = -1  # where the root begins; -1: not met yet

    def fail(self, what: str, hint: str = "", line: int | None = None) -> NoReturn:
        """Raise the one error that users see; ``line`` is where the parser stands unless given."""
        place = self.parser.CurrentLineNumber if line is None else line
        where = f"{self.path}:{place}" if place else str(self.path)
        raise TraceError(f"{where}: {what}. {hint}".rstrip()) from None

    def read(
        self,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None],
        progress: Callable[[], int],
    ) -> str:
        """Feed every element below the root to ``start`` and ``end``; the SHA-256 from the root's first byte on.

        What stands before the root is left out of the sum because SUMO writes the date and its paths there.
        ``progress`` grows with every element; where it rests for too long, reading stops.
        """
        self._prepare(start, end)
        with self._open() as source:
            return self._feed(self._chunks(source), progress)

    def _prepare(self, start: Callable[[str, Attributes], None], end: Callable[[str], None]) -> None:
        def root(name: str, _: Attributes) -> None:
            self._root_byte = self.parser.CurrentByteIndex
            if name != self.root:
                found = ROOTS.get(name, f"an XML file with root <{name[:40]}>")
                self.fail(f"is {found}, not {ROOTS[self.root]}", GIVE[self.root])
            self.parser.StartElementHandler = start

        def doctype(name: str, *_: object) -> None:
            if name.lower() == "html":
                self.fail("is a web page, not XML", "Was the download refused?")
            self.fail("must not have a DOCTYPE or entities", "SUMO writes none; delete the declaration.")

        self.parser.StartElementHandler = root
        self.parser.EndElementHandler = end
        self.parser.StartDoctypeDeclHandler = doctype

    def _open(self) -> BufferedReader:
        if self.path.is_dir():
            self.fail("is a folder, not a file", GIVE[self.root], line=0)
        try:
            return self.path.open("rb")
        except FileNotFoundError:
            self.fail("does not exist", f"Relative paths begin at {Path.cwd()}.", line=0)
        except (OSError, ValueError) as error:
            self.fail(f"cannot be opened ({error})", line=0)

    def _chunks(self, source: BufferedReader) -> Iterator[bytes]:
        head = source.peek(8)[:8]
        if not head:
            self.fail("is empty", "SUMO still running or killed?", line=0)
        for magic, what in MAGICS.items():
            if head.startswith(magic):
                self.fail(what, "Let SUMO write .xml or .xml.gz.", line=0)
        stream = gzip.GzipFile(fileobj=source) if head.startswith(GZIP) else source
        while chunk := self._chunk(stream):
            yield chunk

    def _chunk(self, stream: gzip.GzipFile | BufferedReader) -> bytes:
        try:
            return stream.read(CHUNK_BYTE)
        except EOFError:
            self._truncated("ends inside its gzip stream")
        except (gzip.BadGzipFile, zlib.error) as error:
            self.fail(f"is broken gzip ({error})" + self.reached(), "Copy it again from where it came from.")
        except OSError as error:
            self.fail(f"cannot be read ({error})")

    def _feed(self, chunks: Iterator[bytes], progress: Callable[[], int]) -> str:
        digest = hashlib.sha256()
        head: bytearray | None = bytearray()  # everything until the root is met
        idle, before = 0, -1
        for chunk in chunks:
            self._parse(chunk)
            if head is None:
                digest.update(chunk)
            else:
                head += chunk
                if self._root_byte >= 0:
                    digest.update(head[self._root_byte :])
                    head = None
            idle = idle + len(chunk) if progress() == before else 0
            before = progress()
            if idle > IDLE_BYTE_MAX:
                self.fail(f"has {IDLE_BYTE_MAX >> 20} MB without an element", "Is it a gzip bomb?")
        self._parse(b"", final=True)
        return digest.hexdigest()

    def _parse(self, chunk: bytes, *, final: bool = False) -> None:
        try:
            self.parser.Parse(chunk, final)
        except expat.ExpatError as error:
            if final and error.code in TRUNCATED:
                self._truncated("ends too early", error.lineno)
            what = f"is not well-formed XML ({expat.ErrorString(error.code)})"
            self.fail(what + self.reached(), GIVE[self.root], error.lineno)
        except TraceError:
            raise
        except (LookupError, ValueError) as error:  # an encoding that Python does not know, or cannot map
            self.fail(f"cannot be decoded ({error})", "Save it as UTF-8.", line=1)

    def _truncated(self, what: str, line: int | None = None) -> NoReturn:
        self.fail(what + self.reached(), f"SUMO still running or killed? the file has no </{self.root}>.", line)
