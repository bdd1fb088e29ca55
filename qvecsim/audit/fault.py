"""What an audit finds, one line each."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True)
class Fault:
    """One broken rule: in which file or table, at which row, height or slot, what was found and what was expected."""

    where: str
    place: str
    rule: str
    found: Any
    expected: Any
    height: int | None = None  # of the chain, where it lies there

    def __str__(self) -> str:
        place = f", {self.place}" if self.place else ""
        return f"{self.where}{place}: {self.rule} (found {_short(self.found)}, expected {_short(self.expected)})."

    def plain(self) -> dict[str, Any]:
        """For JSON."""
        return asdict(self) | {"found": _short(self.found), "expected": _short(self.expected)}


def _short(value: Any) -> str:
    text = " ".join(str(value).split())
    return text if len(text) <= 300 else f"{text[:297]}..."
