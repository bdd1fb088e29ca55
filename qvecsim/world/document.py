"""One pass over an XML file, plain or gzipped, in constant memory; whatever is wrong with it is a TraceError."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NoReturn
from xml.parsers import expat

from qvecsim.errors import TraceError
from qvecsim.world.source import ENDED, IDLE_BYTE_MAX, BrokenError, Source, TruncatedError

Attributes = dict[str, str]

DEPTH_MAX = 10

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
    "additional": "Give a file that SUMO takes as --additional-files.",
    "configuration": "Give the .sumocfg file that SUMO runs.",
}
# SUMO does not look at the root of these, and files with another one are about.
ALIKE = {"additional": ("additionals", "routes"), "configuration": ("sumoConfiguration",)}
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
        self.source = Source(path)
        self.root = root
        self.reached = reached
        self.parser = expat.ParserCreate()
        self.skipped = 0  # lines that an express took, and the parser never saw
        self._rooted, self._tidy = False, True  # the root is open; no tag, comment or the like is half-read
        self._fed, self._verbatim = 0, False  # bytes that the parser got; it stands in a CDATA section

    @property
    def line(self) -> int:
        """Where the parser stands in the file."""
        return self.parser.CurrentLineNumber + self.skipped

    def fail(self, what: str, hint: str = "", line: int | None = None) -> NoReturn:
        """Raise the one error that users see; ``line`` is where the parser stands unless given, 0 the whole file."""
        self.source.fail(what, hint, self.line if line is None else line)

    def read(
        self,
        start: Callable[[str, Attributes], None],
        end: Callable[[str], None],
        progress: Callable[[], int],
        *,
        cut: Callable[[Iterable[bytes]], Iterable[bytes]] = iter,
        express: Callable[[bytes], bool] | None = None,
    ) -> None:
        """Feed every element below the root to ``start`` and ``end``.

        ``progress`` grows with every element; where it rests for too long, reading stops. ``cut`` may cut the pieces
        of the file anew, and ``express`` take a piece whole, as long as no tag, comment or the like is half-read.
        """
        self._prepare(start, end)
        idle, before = 0, -1
        try:
            for chunk in cut(self.source.chunks()):
                if express is not None and self._rooted and self._tidy and express(chunk):
                    self.skipped += chunk.count(b"\n")
                else:
                    self._parse(chunk)
                idle = idle + len(chunk) if progress() == before else 0
                before = progress()
                if idle > IDLE_BYTE_MAX:
                    self.fail(f"has {IDLE_BYTE_MAX >> 20} MB without an element", "Is it a gzip bomb?")
        except TruncatedError as broken:
            self._truncated(str(broken))
        except BrokenError as broken:
            self.fail(f"{broken}{self.reached()}", "Copy it again from where it came from.")
        self._parse(b"", final=True)

    def _prepare(self, start: Callable[[str, Attributes], None], end: Callable[[str], None]) -> None:
        def root(name: str, _: Attributes) -> None:
            if name not in (self.root, *ALIKE.get(self.root, ())):
                found = ROOTS.get(name, f"an XML file with root <{name[:40]}>")
                self.fail(f"is {found}, not {ROOTS[self.root]}", GIVE[self.root])
            self.parser.StartElementHandler = start
            self._rooted = True

        def doctype(name: str, *_: object) -> None:
            if name.lower() == "html":
                self.fail("is a web page, not XML", "Was the download refused?")
            self.fail("must not have a DOCTYPE or entities", "SUMO writes none; delete the declaration.")

        self.parser.StartElementHandler = root
        self.parser.EndElementHandler = end
        self.parser.StartDoctypeDeclHandler = doctype
        self.parser.StartCdataSectionHandler = lambda: setattr(self, "_verbatim", True)
        self.parser.EndCdataSectionHandler = lambda: setattr(self, "_verbatim", False)

    def _parse(self, chunk: bytes, *, final: bool = False) -> None:
        try:
            self.parser.Parse(chunk, final)
        except expat.ExpatError as error:
            if final and error.code in TRUNCATED:
                self._truncated("ends too early", error.lineno + self.skipped)
            what = f"is not well-formed XML ({expat.ErrorString(error.code)})"
            self.fail(what + self.reached(), GIVE[self.root], error.lineno + self.skipped)
        except TraceError:
            raise
        except (LookupError, ValueError) as error:  # an encoding that Python does not know, or cannot map
            self.fail(f"cannot be decoded ({error})", "Save it as UTF-8.", line=1)
        # The parser stands where the first token begins that it has not seen the end of. NUL: UTF-16, never tidy.
        self._fed += len(chunk) + (b"\0" in chunk)
        self._tidy = self.parser.CurrentByteIndex == self._fed and not self._verbatim

    def _truncated(self, what: str, line: int | None = None) -> NoReturn:
        self.fail(what + self.reached(), f"{ENDED} The file has no </{self.root}>.", line)
