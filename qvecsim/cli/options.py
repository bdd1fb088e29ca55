"""Options that several commands have, and what reads their values."""

from __future__ import annotations

import argparse
import math
import re
from collections.abc import Callable
from typing import Any, NoReturn


class Parser(argparse.ArgumentParser):
    """Takes options by their whole names, and tells an error in one line, as everything else here does."""

    def __init__(self, **settings: Any) -> None:
        super().__init__(**{"allow_abbrev": False, **settings})

    def error(self, message: str) -> NoReturn:
        """One line, and exit code 2."""
        self.exit(2, f"{self.prog}: {message}. Try {self.prog} --help.\n")


def add_overrides(command: argparse.ArgumentParser) -> None:
    """What changes a scenario, the seed with it."""
    add_set(command)
    command.add_argument("--seed", metavar="N", type=whole, help="root of every random stream")


def add_set(command: argparse.ArgumentParser) -> None:
    """``--set``, as often as wanted."""
    command.add_argument(
        "--set",
        metavar="KEY=VALUE",
        action="append",
        default=[],
        dest="overrides",
        help="override a parameter, as in keys.missing=drop; a path may lead anywhere",
    )


def count(text: str) -> int:
    """A whole number from 0 on."""
    if not text.isdecimal() or len(text) > 18:  # what the tables hold
        raise argparse.ArgumentTypeError(f"must be a whole number from 0 on, of at most 18 digits (got '{text}')")
    return int(text)


def whole(text: str) -> int:
    """A whole number."""
    if not re.fullmatch(r"[+-]?[0-9]{1,20}", text):
        raise argparse.ArgumentTypeError(f"must be a whole number (got '{text}')")
    return int(text)


def shard(text: str) -> tuple[int, int]:
    """``i/n``."""
    part, _, parts = text.partition("/")
    if not (part.isdecimal() and parts.isdecimal() and len(text) <= 12 and 1 <= int(part) <= int(parts)):
        raise argparse.ArgumentTypeError(f"must be i/n with 1 <= i <= n, as in 2/3 (got '{text}')")
    return int(part), int(parts)


def from_to(low: float, high: float, kind: Callable[[str], float] = float) -> Callable[[str], float]:
    """What reads a number between two limits, both allowed."""

    def parsed(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            value = math.nan
        if not low <= value <= high:
            whole = "whole " if kind is int else ""
            raise argparse.ArgumentTypeError(f"must be a {whole}number from {low:g} to {high:g} (got '{text}')")
        return value

    return parsed
