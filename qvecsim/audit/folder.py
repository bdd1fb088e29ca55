"""A run folder, audited: first its files, then its chain, its stakes, its keys and its summary."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from qvecsim.audit.books import Books
from qvecsim.audit.chain import block_faults, record_faults, transaction_faults
from qvecsim.audit.fault import Fault
from qvecsim.audit.faults import outage_faults
from qvecsim.audit.files import equal, file_faults, part_faults, scenario_of
from qvecsim.audit.keys import key_faults
from qvecsim.audit.signatures import Signed
from qvecsim.audit.stakes import stake_faults
from qvecsim.errors import AbsentError, QvecsimError, ResultError
from qvecsim.results.contents import contents
from qvecsim.results.files import MANIFEST, manifest_of
from qvecsim.results.metrics import from_tables
from qvecsim.results.schema import BESIDE, TABLES
from qvecsim.results.store import Run

RULES = (record_faults, transaction_faults, block_faults, stake_faults, key_faults, outage_faults)


@dataclass(frozen=True)
class Report:
    """What an audit came to; ``books`` is None where the tables cannot be read."""

    path: Path
    faults: list[Fault]
    books: Books | None
    signed: Signed | None = None  # where the run has signatures

    @property
    def first_bad_height(self) -> int | None:
        """The lowest height of the chain at which something is wrong."""
        return min((fault.height for fault in self.faults if fault.height is not None), default=None)

    def summary(self) -> dict[str, Any]:
        """For people and for JSON."""
        facts: dict[str, Any] = {"path": str(self.path), "faults": len(self.faults)}
        if self.first_bad_height is not None:
            facts["first_bad_height"] = self.first_bad_height
        signed = {"signatures": self.signed.plain()} if self.signed else {}
        return facts | (_counts(self.books) if self.books else {}) | signed


def audit(path: str | Path) -> Report:
    """Verify a run folder from its written files alone; raises ResultError if there is no folder."""
    root = Path(path)
    if not root.is_dir():
        raise AbsentError(f"'{root}' must be a run folder (there is no such folder).")
    faults = list(file_faults(root))
    books = _books(root, faults)
    if books is None:
        return Report(root, faults, None)
    signed = Signed(books)
    for rule in (*RULES, signed.signature_faults):
        faults += _broken(rule, books)
    faults += _summary_faults(root, books)
    return Report(root, faults, books, signed if signed.expected else None)


def _broken(rule: Any, books: Books) -> Iterator[Fault]:
    """The faults that a rule finds; what is too damaged even for the rule is one, too."""
    try:
        yield from rule(books)
    # No damage may end an audit with a traceback: the other rules still have something to say.
    except (ArithmeticError, LookupError, TypeError, ValueError, QvecsimError) as error:
        told = f"{type(error).__name__}: {error}"
        yield Fault("tables", rule.__name__.removesuffix("_faults"), "must be fit for the audit", told, "sound columns")


def _books(root: Path, faults: list[Fault]) -> Books | None:
    try:
        manifest = manifest_of(root)
    except (ResultError, ValueError) as error:
        faults.append(Fault(MANIFEST, "", "must be readable", error, "what the run wrote"))
        return None
    faults += part_faults(root, manifest)
    scenario = scenario_of(root, manifest, faults)
    tables = {name: table for name in TABLES if (table := _table(root, name, manifest, faults)) is not None}
    seeds = [manifest.get(name) for name in ("seed", "replication")]
    if not all(isinstance(seed, int) and not isinstance(seed, bool) for seed in seeds):
        faults.append(Fault(MANIFEST, "", "must have whole numbers 'seed' and 'replication'", seeds, "numbers"))
        return None
    if scenario is None or len(tables) < len(TABLES):
        return None
    for name in BESIDE.keys() & manifest["tables"].keys():
        table = _table(root, name, manifest, faults)
        tables |= {} if table is None else {name: table}
    return Books(scenario, int(seeds[0] or 0), int(seeds[1] or 0), tables)


def _table(root: Path, name: str, manifest: dict[str, Any], faults: list[Fault]) -> dict[str, Any] | None:
    entry = manifest["tables"][name]
    try:
        columns = contents(root, name, sorted(entry["parts"]))
    except (ResultError, ValueError, TypeError) as error:
        # Of a chain whose table cannot be read not even the first height can be vouched for.
        height = 1 if name in ("blocks", "transactions", "records", "signatures") else None
        faults.append(Fault(name, "", "must be readable", error, "what the run wrote", height))
        return None
    rows = len(columns["run_id"])
    if rows != entry["rows"]:
        faults.append(Fault(MANIFEST, f"tables.{name}.rows", "must count the rows", entry["rows"], rows))
    named, rule = manifest.get("run_id"), "'run_id' must be that of run.json"
    faults += [Fault(name, "", rule, run_id, named) for run_id in sorted(set(columns["run_id"]) - {named})]
    return columns


def _summary_faults(root: Path, books: Books) -> Iterator[Fault]:
    """``run.json`` and ``runs`` tell what the tables add up to."""
    manifest = manifest_of(root)
    told, row = manifest.get("summary"), dict(books.tables["runs"])
    if not isinstance(told, dict) or len(row["run_id"]) != 1:
        yield Fault("runs", "", "must be one row, and run.json must have a summary", len(row["run_id"]), 1)
        return
    for name, expected in _added(Run(root, manifest)).items():
        found = {"run.json": told.get(name), "runs": _plain(row[name][0]) if name in row else expected}
        found["run.json"] = (
            sum(found["run.json"].values()) if isinstance(found["run.json"], dict) else found["run.json"]
        )
        for where, value in found.items():
            if not _close(value, expected):
                yield Fault(where, name, "must be what the tables add up to", value, expected)
    for name in ("fingerprint", "scheme", "learned", "policy_sha256", "seed", "vehicles"):
        value = told.get(name)
        for where, other in (
            ("runs", _plain(row[name][0]) if name in row else value),
            ("run.json", manifest.get(name, value)),
        ):
            if not equal(other, value):
                yield Fault(where, name, "must be that of the summary", other, value)


def _added(run: Run) -> dict[str, Any]:
    try:
        return {name: _plain(value) for name, value in from_tables(run).items()}
    except (ResultError, LookupError, TypeError, ValueError):
        return {}  # told by the files


def _close(found: Any, expected: Any) -> bool:
    """Equal, but for the order in which floats were added."""
    if not isinstance(expected, float):
        return equal(found, expected)
    if expected != expected or found is None or isinstance(found, str | dict):
        return (expected != expected) and (found is None or found != found)
    return bool(abs(found - expected) <= 1e-9 * max(abs(found), abs(expected)))


def _plain(value: Any) -> Any:
    return value.item() if hasattr(value, "item") else value


def _counts(books: Books) -> dict[str, Any]:
    blocks = books.tables["blocks"]
    heads = [digest for digest, final in zip(blocks["hash"], blocks["final"], strict=True) if final]
    return {
        "blocks": len(heads),
        "rounds": len(blocks["hash"]),
        "transactions": len(books.tables["transactions"]["root"]),
        "pending": int((books.tables["transactions"]["height"] < 0).sum()),
        "records": len(books.kind),
        "head": heads[-1] if heads else None,
    }
