"""Trainings as the runs of a study: a scheme that learns is trained, one that does not is evaluated on the same worlds.

A folder is that of ``qvecsim train``, with ``SHA256SUMS`` beside it, the last file to be written: so it is there whole
or known not to be.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from qvecsim.audit.files import listed
from qvecsim.decision.learned import FACTS
from qvecsim.decision.policy import Learner
from qvecsim.decision.schemes import policy_class, with_overrides
from qvecsim.errors import ResultError
from qvecsim.results.disk import saving, write_file
from qvecsim.results.files import SUMS, TIMING, as_json, mapping_of, sealed, sha256_of
from qvecsim.results.parquet import packed, part_of
from qvecsim.results.schema import LEARNING
from qvecsim.runner import blaming, made
from qvecsim.scenario.parameters import LEARNED, Scenario
from qvecsim.scenario.parts import Train
from qvecsim.training.course import Course
from qvecsim.training.diary import Diary
from qvecsim.training.lesson import lesson
from qvecsim.training.train import train
from qvecsim.world.sumo.network import read_network
from qvecsim.world.world import replayed

LASTING = (FACTS, LEARNED, *(f"{name}.parquet" for name in LEARNING))


def course_of(scenario: Scenario, asked: Train) -> Course:
    """The training of a scenario's scheme."""
    own = with_overrides(scenario.with_policy(None), scenario.scheme)
    return Course(own, own.scheme, asked.episodes, asked.worlds, asked.evaluate, asked.evaluations)


def summary(folder: Path, training_id: str) -> Mapping[str, Any] | None:
    """The summary of a training that is there whole; None where it is not."""
    try:
        facts = mapping_of(folder / FACTS)
        sums = listed(folder)
        names = {FACTS, "evaluation.parquet"}
        whole = facts["training_id"] == training_id and names <= sums.keys()
        whole = whole and all(sha256_of(folder / name) == digest for name, digest in sums.items())
        return _summary(folder, facts) if whole else None
    except (ResultError, OSError, KeyError, TypeError, ValueError):
        return None


def _summary(folder: Path, facts: Mapping[str, Any]) -> dict[str, Any]:
    told = part_of(folder, "evaluation", "evaluation.parquet").to_pandas()
    last = told[told["episodes"] == told["episodes"].max()]
    means = {name: float(last[name].mean()) for name in ("return", "deadline_miss_rate", "mean_latency_s")}
    named = {name: facts[name] for name in ("scheme", "seed", "episodes")}
    return {"run_id": facts["training_id"], **named, **means, "path": str(folder)}


def perform(scenario: Scenario, asked: Train, training_id: str, folder: Path) -> Mapping[str, Any]:
    """Train, or go on with a training that was broken off; the summary of it."""
    if (there := summary(folder, training_id)) is not None:
        return there
    course = course_of(scenario, asked)
    if issubclass(policy_class(course.scheme, course.scenario.folder, mode=course.scenario.decision.mode), Learner):
        names = {name: getattr(asked, name) for name in ("episodes", "worlds", "evaluate", "evaluations")}
        train(course.scenario, scheme=course.scheme, out=folder, resume=True, **names)
    else:
        _evaluated(course, training_id, folder)
    _seal(folder)
    if (there := summary(folder, training_id)) is None:
        raise ResultError(f"'{folder}' is another training than was planned: a file that it reads has changed.")
    return there


def _evaluated(course: Course, training_id: str, folder: Path) -> None:
    """What a scheme that learns nothing comes to: the same after any number of episodes."""
    scenario = course.scenario
    trace = replayed(scenario, read_network(scenario.file("world.network")).plane if scenario.world.network else None)
    told = []
    for world in course.examination(trace):
        with blaming(course.scheme):
            own = made(course.scheme, scenario, world.streams)
        told += lesson(own, [world], course.scheme, lambda slots: None)
    diary = Diary()
    for done in range(0, course.episodes + 1, course.evaluate):
        rows = [{"episodes": done, "replication": -(2 * index + 2), **one} for index, one in enumerate(told)]
        diary.rows["evaluation"] += rows
    with saving(folder):
        folder.mkdir(parents=True, exist_ok=True)
    facts = {"training_id": training_id, "scheme": course.scheme, "seed": scenario.seed, "episodes": course.episodes}
    write_file(folder / "evaluation.parquet", packed(LEARNING["evaluation"], training_id, diary.rows["evaluation"]))
    write_file(folder / TIMING, sealed({}))
    write_file(folder / FACTS, as_json({"format": "qvecsim evaluation", **facts}))


def _seal(folder: Path) -> None:
    names = [name for name in LASTING if (folder / name).is_file()]
    with saving(folder / SUMS):
        lines = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in sorted(names))
    write_file(folder / SUMS, lines.encode())


def clear(folder: Path) -> None:
    """Take away a training that is damaged; one that was broken off stays, to be gone on with."""
    if not (folder / FACTS).is_file() or folder.is_symlink():
        return
    with suppress(OSError):
        for name in (*LASTING, SUMS, TIMING):
            (folder / name).unlink(missing_ok=True)
        if not any(folder.iterdir()):
            shutil.rmtree(folder)
