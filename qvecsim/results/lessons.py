"""What training leaves in a policy folder: its facts, one row an episode, and one row an evaluation."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from qvecsim.errors import ResultError
from qvecsim.results.files import mapping_of

if TYPE_CHECKING:
    import pandas as pd

FACTS, TRAINING, EVALUATION = "policy.json", "training.parquet", "evaluation.parquet"
FORMAT = "qvecsim policy"
METRICS = ("return", "deadline_miss_rate", "mean_latency_s")
COLUMNS = {TRAINING: ("episode", *METRICS), EVALUATION: ("episodes", "replication", *METRICS)}


class Lessons(NamedTuple):
    """A policy folder as it is read; ``evaluation`` is None where nothing was evaluated."""

    facts: dict[str, Any]
    training: pd.DataFrame
    evaluation: pd.DataFrame | None


def is_policy(folder: Path) -> bool:
    """Whether a folder is one that training has left."""
    return (folder / FACTS).is_file() and (folder / TRAINING).is_file()


def read_lessons(folder: Path) -> Lessons:
    """The facts and the tables of a policy folder."""
    facts = mapping_of(folder / FACTS)
    if facts.get("format") != FORMAT:
        raise ResultError(f"'{folder / FACTS}' was not written by qvecsim.")
    evaluated = (folder / EVALUATION).is_file()
    return Lessons(facts, _frame(folder, TRAINING), _frame(folder, EVALUATION) if evaluated else None)


def _frame(folder: Path, name: str) -> pd.DataFrame:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        frame: pd.DataFrame = pq.read_table(folder / name, page_checksum_verification=True).to_pandas()
    except (pa.ArrowException, OSError, ValueError) as error:
        raise ResultError(f"'{folder / name}' cannot be read ({error}). The policy folder is damaged.") from error
    missing = [column for column in COLUMNS[name] if column not in frame]
    if missing:
        raise ResultError(f"'{folder / name}' must have the columns: {', '.join(COLUMNS[name])} (it lacks {missing}).")
    return frame
