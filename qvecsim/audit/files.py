"""The files of a run folder: every one listed, hashed and accounted for."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from qvecsim.audit.fault import Fault
from qvecsim.errors import QvecsimError, ResultError
from qvecsim.results.files import (
    DICTIONARY,
    MANIFEST,
    SCENARIO,
    SUMS,
    TIMING,
    dictionary,
    mapping_of,
    sealed,
    sha256_of,
    text_of,
)
from qvecsim.results.schema import UNDATED
from qvecsim.scenario import Scenario, digest, load

ALWAYS = (SCENARIO, MANIFEST, DICTIONARY, TIMING, SUMS)


def listed(root: Path) -> dict[str, str]:
    """SHA-256 by name, as ``SHA256SUMS`` has them; raises ResultError where it is not written as we write it."""
    lines = text_of(root / SUMS).splitlines()
    sums = {name: value for value, _, name in (line.partition("  ") for line in lines)}
    if "".join(f"{sums[name]}  {name}\n" for name in sorted(sums)) != text_of(root / SUMS):
        raise ResultError(f"'{root / SUMS}' must have one line a file, sorted by name. The run folder is damaged.")
    return sums


def found(root: Path) -> dict[str, str]:
    """SHA-256 of every file that lies there; of what is no plain file or cannot be read, a word instead."""
    return {
        path.relative_to(root).as_posix(): _told(path) for path in sorted(root.rglob("*")) if not _known(root, path)
    }


def _known(root: Path, path: Path) -> bool:
    """A folder that holds something is known by what it holds."""
    return path.is_dir() and not path.is_symlink() and any(path.iterdir())


def _told(path: Path) -> str:
    if path.is_symlink() or not path.is_file():
        return "no plain file"
    try:
        return sha256_of(path)
    except OSError as error:
        return f"unreadable: {error.strerror}"


def file_faults(root: Path) -> Iterator[Fault]:
    """Files that are missing, foreign, or other than what was written."""
    there = found(root)
    try:
        sums = listed(root)
    except ResultError as error:
        yield Fault(SUMS, "", "must list every file", error, "lines of SHA-256 and name")
        sums = {}
    expected = {name: sums.get(name) for name in {*sums, *ALWAYS}}
    for name in sorted({*expected, *there}):
        if name not in there:
            yield Fault(name, "", "must be there", "no file", expected[name] or "a file")
        elif name not in expected:
            yield Fault(name, "", "must be of the run", "a foreign file", "none")
        elif name not in (SUMS, TIMING) and there[name] != expected[name]:
            yield Fault(name, "", "must be what was written, by its SHA-256", there[name], expected[name])
    yield from _timing_faults(root)
    yield from _dictionary_faults(root)


def _timing_faults(root: Path) -> Iterator[Fault]:
    if not (root / TIMING).is_file():
        return  # told as missing
    try:
        whole = sealed(mapping_of(root / TIMING)) == (root / TIMING).read_bytes()
    except (ResultError, OSError, ValueError, RecursionError) as error:
        yield Fault(TIMING, "", "must be readable", error, "JSON")
        return
    if not whole:
        yield Fault(TIMING, "", "must be what was written, by the SHA-256 in it", "another", "its own")


def _dictionary_faults(root: Path) -> Iterator[Fault]:
    try:
        same = (root / DICTIONARY).read_bytes() == dictionary()
    except OSError:
        return  # told as missing or unreadable
    if not same:
        yield Fault(DICTIONARY, "", "must tell the columns of this version", "others", "those of docs/tables.md")


def part_faults(root: Path, manifest: Mapping[str, Any]) -> Iterator[Fault]:
    """Whether ``run.json`` tells the parts that are there."""
    there = {name: digest for name, digest in found(root).items() if name not in ALWAYS}
    tables = manifest["tables"]
    told = {name: digest for entry in tables.values() for name, digest in entry["parts"].items()}
    # What differs between equal runs has its digest in SHA256SUMS alone.
    undated = {name for table in tables.keys() & set(UNDATED) for name in tables[table]["parts"]} & there.keys()
    for name in sorted((there.keys() | told.keys()) - undated):
        if there.get(name) != told.get(name):
            rule = f"must list the SHA-256 of '{name}'"
            yield Fault(MANIFEST, "tables", rule, told.get(name, "nothing"), there.get(name, "no file"))


def scenario_of(root: Path, manifest: Mapping[str, Any], faults: list[Fault]) -> Scenario | None:
    """The resolved scenario; None, and a fault, where there is none."""
    try:
        scenario = load(root / SCENARIO)
    except (QvecsimError, OSError, ValueError, RecursionError) as error:
        faults.append(Fault(SCENARIO, "", "must be a scenario", error, "what the run resolved"))
        return None
    expected = {"scenario_sha256": digest(scenario), "seed": scenario.seed, "scenario": scenario.name}
    for key, value in expected.items():
        if manifest.get(key) != value:
            faults.append(Fault(MANIFEST, key, f"must fit '{SCENARIO}'", manifest.get(key), value))
    return scenario


def equal(found: Any, expected: Any) -> bool:
    """Whether two values are one JSON value: an integer is no float, true is no 1."""
    return json.dumps(found, sort_keys=True) == json.dumps(expected, sort_keys=True)
