"""What a SUMO network tells about where roadside units may stand: its traffic lights."""

from __future__ import annotations

from pathlib import Path

from qvecsim.world.document import DEPTH_MAX, Attributes, Document
from qvecsim.world.fcd import number


def traffic_lights(path: str | Path) -> list[tuple[str, float, float]]:
    """Id, x and y in metres of each signalised junction of a .net.xml file, in the order of the file."""
    scan = _Scan(Document(path, "net"))
    scan.document.read(scan.start, scan.end, lambda: scan.elements)
    if not scan.junctions:
        scan.document.fail("has no junction", line=0)
    return scan.lights


class _Scan:
    """What has been met so far on the way through a network."""

    def __init__(self, document: Document) -> None:
        self.document = document
        self.lights: list[tuple[str, float, float]] = []
        self.elements = self.junctions = 0
        self.depth = 1

    def start(self, name: str, attributes: Attributes) -> None:
        self.elements += 1
        self.depth += 1
        if self.depth > DEPTH_MAX:
            self.document.fail(f"elements are nested deeper than {DEPTH_MAX}")
        if name == "junction":
            self.junctions += 1
            # Also traffic_light_unregulated and traffic_light_right_on_red.
            if "traffic_light" in attributes.get("type", ""):
                self.lights.append(self._light(attributes))

    def end(self, _: str) -> None:
        self.depth -= 1

    def _light(self, attributes: Attributes) -> tuple[str, float, float]:
        name = attributes.get("id")
        if not name:
            self.document.fail("junction without an 'id'")
        return name, self._metres("x", attributes, name), self._metres("y", attributes, name)

    def _metres(self, key: str, attributes: Attributes, name: str) -> float:
        position_m = number(attributes.get(key, ""))
        if position_m is None:
            self.document.fail(f"'{key}' must be a finite number (got {attributes.get(key)!r}) (junction {name!r})")
        return position_m
