"""A finished run folder: read lazily and never unchecked."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from qvecsim.errors import AbsentError, ResultError, nearest
from qvecsim.results.files import (
    DICTIONARY,
    MANIFEST,
    SCENARIO,
    STUDY,
    SUMS,
    TIMING,
    check,
    manifest_of,
    mapping_of,
    summed,
    text_of,
)
from qvecsim.results.parquet import part_of
from qvecsim.results.schema import ALL_TABLES, BESIDE, BESIDE_OF, TABLES, UNDATED

if TYPE_CHECKING:
    import pandas as pd

    from qvecsim.results.study import Study

NEITHER = f"it has neither {MANIFEST} nor {STUDY}"


def read(path: str | Path) -> Run | Study:
    """Open the run folder, or the study, at ``path``; tables are read, and checked, when they are first asked for."""
    root = Path(path)
    if not os.path.isdir(root):
        raise AbsentError(f"'{root}' must be a run folder or a study (there is no such folder).{_beside(root)}")
    if os.path.isfile(root / STUDY):
        from qvecsim.results.study import open_study

        return open_study(root)
    if not any(os.path.isfile(root / name) for name in (MANIFEST, DICTIONARY, SUMS)):
        raise AbsentError(f"'{root}' must be a run folder or a study ({NEITHER}).{_inside(root)}")
    return open_run(root)


def _beside(root: Path) -> str:
    """The folder that may be meant by a name like its own."""
    near = nearest(root.name, (folder.name for folder in _results(root.parent)))
    return f" Did you mean '{root.parent / near}'?" if near else ""


def _inside(root: Path) -> str:
    """A folder that may be meant by the one that it is in."""
    first = next(iter(_results(root)), None)
    return f" Name one that is in it, such as '{first}'." if first else ""


def _results(folder: Path) -> list[Path]:
    """The runs and studies in a folder."""
    inner = sorted(folder.iterdir()) if folder.is_dir() else []
    return [one for one in inner if any(os.path.isfile(one / name) for name in (MANIFEST, STUDY))]


def open_run(root: Path) -> Run:
    """The run in a folder that is there."""
    if not os.path.isfile(root / MANIFEST):
        raise ResultError(f"'{root}' must be a run folder (it has no {MANIFEST}).")
    _check_sums(root)
    return Run(root, manifest_of(root))


class Run:
    """A finished run as it lies on disk: its frames, the scenario's text, and what was noted about the run.

    Not every run has ``signatures`` and ``quantum``. Each frame's ``attrs["units"]`` maps its columns to their units.
    """

    def __init__(self, path: Path, manifest: dict[str, Any]) -> None:
        self.path = path
        self.manifest = manifest

    def __repr__(self) -> str:
        rows = ", ".join(f"{name} {self.manifest['tables'][name]['rows']:,}" for name in self.tables)
        return f"<Run {self.run_id} at {self.path} (rows: {rows})>"

    @property
    def run_id(self) -> str:
        """What names the run in every table."""
        return str(self.manifest["run_id"])

    @property
    def tables(self) -> tuple[str, ...]:
        """The names of the frames that there are."""
        return (*TABLES, *(name for name in BESIDE if name in self.manifest["tables"]))

    @cached_property
    def scenario(self) -> str:
        """Text of the scenario as it was resolved."""
        return text_of(self.path / SCENARIO)

    @cached_property
    def timing(self) -> dict[str, Any]:
        """Wall times, host and command: what differs between equal runs."""
        return {name: value for name, value in mapping_of(self.path / TIMING).items() if name != "sha256"}

    @cached_property
    def runs(self) -> pd.DataFrame:
        """One row: the run and its summary."""
        return self._frame("runs")

    @cached_property
    def slots(self) -> pd.DataFrame:
        """One row a slot."""
        return self._frame("slots")

    @cached_property
    def tasks(self) -> pd.DataFrame:
        """One row a task."""
        return self._frame("tasks")

    @cached_property
    def servers(self) -> pd.DataFrame:
        """One row a slot and RSU."""
        return self._frame("servers")

    @cached_property
    def links(self) -> pd.DataFrame:
        """One row a slot and QKD link."""
        return self._frame("links")

    @cached_property
    def blocks(self) -> pd.DataFrame:
        """One row a block."""
        return self._frame("blocks")

    @cached_property
    def transactions(self) -> pd.DataFrame:
        """One row a transaction."""
        return self._frame("transactions")

    @cached_property
    def records(self) -> pd.DataFrame:
        """One row a record of the ledger."""
        return self._frame("records")

    @cached_property
    def faults(self) -> pd.DataFrame:
        """One row a slot and fault under way."""
        return self._frame("faults")

    @cached_property
    def docks(self) -> pd.DataFrame:
        """One row a slot and dock."""
        return self._frame("docks")

    @cached_property
    def signatures(self) -> pd.DataFrame:
        """One row a signature; ResultError where the run has none."""
        return self._frame("signatures")

    @cached_property
    def quantum(self) -> pd.DataFrame:
        """Two rows a slot, of decisions and of training; ResultError where the scheme has no circuits."""
        return self._frame("quantum")

    def _frame(self, table: str) -> pd.DataFrame:
        frame: pd.DataFrame = self.arrow(table).to_pandas()
        frame.attrs["units"] = ALL_TABLES[table].units
        return frame

    def arrow(self, table: str) -> Any:
        """A table as ``pyarrow.Table``."""
        if table not in self.tables:
            raise ResultError(
                f"'{self.path}' has no table '{table}'. Runs {BESIDE_OF.get(table, 'of others')} have one."
            )
        return _table(self.path, table, self.manifest["tables"][table])


def _check_sums(root: Path) -> None:
    """Compare the small files with SHA256SUMS; the parts are compared when they are read."""
    sums = summed(root)
    for name in (MANIFEST, SCENARIO, DICTIONARY):
        check(root, name, sums.get(name, ""))


def _table(root: Path, table: str, entry: Mapping[str, Any]) -> Any:
    import pyarrow as pa

    digests = summed(root) if table in UNDATED else entry["parts"]
    whole = pa.concat_tables([_part(root, table, name, digests.get(name, "")) for name in sorted(entry["parts"])])
    if whole.num_rows != entry["rows"]:
        raise ResultError(f"'{root / table}' must have {entry['rows']} rows (got {whole.num_rows}).")
    return whole.unify_dictionaries()


def _part(root: Path, table: str, name: str, digest: str) -> Any:
    check(root, name, digest)
    return part_of(root, table, name)
