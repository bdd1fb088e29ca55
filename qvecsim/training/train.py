"""Scenario to policy: the one function behind ``qvecsim train`` and notebooks."""

from __future__ import annotations

import shlex
import tempfile
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol

from qvecsim.decision.policy import Learner
from qvecsim.decision.schemes import with_overrides
from qvecsim.errors import ScenarioError
from qvecsim.runner import blaming
from qvecsim.scenario import digest
from qvecsim.scenario import load as load_scenario
from qvecsim.scenario.parameters import LEARNED, Scenario
from qvecsim.training.course import Course
from qvecsim.training.diary import Diary
from qvecsim.training.folder import Folder
from qvecsim.training.lesson import lesson
from qvecsim.validation import check_scenario
from qvecsim.version import __version__
from qvecsim.world.mobility.trace import Trace
from qvecsim.world.sumo.network import read_network
from qvecsim.world.world import World, replayed


class Progress(Protocol):
    """Takes the slots that are over, of how many, and how it goes in words."""

    def __call__(self, done: int, total: int, /, note: str = "") -> None:
        """Take note."""


@dataclass(frozen=True)
class Training:
    """A finished training: its summary, where it lies, and its tables as pandas frames."""

    summary: Mapping[str, Any]
    path: Path

    def __repr__(self) -> str:
        return f"<Training {self.summary['training_id']} ({self.summary['scheme']}) at {self.path}>"

    @property
    def training(self) -> Any:
        """One row an episode."""
        return Folder(self.path, "").table("training")

    @property
    def evaluation(self) -> Any:
        """One row a world of an evaluation."""
        return Folder(self.path, "").table("evaluation")


def train(
    scenario: Scenario | str | Path,
    *overrides: str,
    scheme: str | None = None,
    episodes: int,
    out: str | Path,
    seed: int | None = None,
    worlds: int = 4,
    evaluate: int = 0,
    evaluations: int = 4,
    resume: bool = False,
    keep_state: bool = False,
    progress: Progress | None = None,
) -> Training:
    """Let a scheme learn for some episodes, ``worlds`` of them in step, and write what it has learned into ``out``.

    After every round of worlds the folder has all that is needed to go on; with ``resume`` a training that was broken
    off goes on as if it had not been. ``evaluate`` K: what it knows decides, without learning, on the same
    ``evaluations`` worlds after every K episodes. A policy that the scenario names is not used.
    """
    began = time.perf_counter()
    if isinstance(scenario, Scenario) and (overrides or seed is not None):
        raise ScenarioError("overrides and seed must go to qvecsim.load when the scenario is loaded already.")
    own = scenario if isinstance(scenario, Scenario) else load_scenario(scenario, *overrides, seed=seed, scheme=scheme)
    own = own.with_policy(None)
    own = own if scheme in (None, own.scheme) else own.with_scheme(str(scheme))
    own = with_overrides(own, own.scheme)
    course = Course(own, own.scheme, episodes, worlds, evaluate, evaluations)
    course.check()
    check_scenario(own)
    trace = replayed(own, read_network(own.file("world.network")).plane if own.world.network else None)
    folder = Folder(Path(out), course.identity(trace))
    folder.begin(resume=resume)
    if not folder.is_finished:
        source = None if isinstance(scenario, Scenario) else str(scenario)
        facts = _facts(course, trace, _command(course, source, overrides, seed))
        with blaming(course.scheme):
            _taught(course, trace, folder, facts, keep_state, progress)
    return Training(_summary(course, folder) | {"wall_s": time.perf_counter() - began}, folder.path)


def _taught(
    course: Course,
    trace: Trace,
    folder: Folder,
    facts: Mapping[str, Any],
    keep_state: bool,
    progress: Progress | None,
) -> None:
    """Round after round to the end."""
    learner = course.learner()
    diary, spent = folder.kept(learner)
    examination = course.examination(trace) if course.evaluate else []
    try:
        if not diary.done:
            if examination and not diary.rows["evaluation"]:
                diary.evaluation(_evaluated(course, learner, examination))
            folder.keep(learner, diary, spent)
        for episodes in course.rounds(diary.done):
            before, wall_s, cpu_s = diary.done, time.perf_counter(), time.process_time()
            _round(course, learner, diary, course.school(episodes, trace), episodes, progress)
            if course.is_evaluated(before, diary.done):
                diary.evaluation(_evaluated(course, learner, examination))
            took = {"wall_s": time.perf_counter() - wall_s, "cpu_s": time.process_time() - cpu_s}
            spent.append({"first": episodes[0], "last": episodes[-1], **took})
            folder.keep(learner, diary, spent)
    except KeyboardInterrupt as stop:
        stop.add_note(f"{_kept(folder)} of {course.episodes} episodes are kept; add --resume to go on.")
        raise
    folder.finish(learner, diary, facts, keep_state=keep_state)


def _kept(folder: Folder) -> int:
    try:
        return len(folder.table("training"))
    except Exception:  # nothing is there yet
        return 0


def _round(
    course: Course,
    learner: Learner,
    diary: Diary,
    worlds: Sequence[World],
    episodes: range,
    progress: Progress | None,
) -> None:
    """Some episodes in step."""
    total = course.episodes * worlds[0].slots
    note = _words(course, diary)

    def tell(slots: int) -> None:
        if progress is not None:
            progress(episodes[0] * worlds[0].slots + slots * len(episodes), total, note=note)

    learner.restart(course.streams(episodes[0]))
    told = lesson(learner, worlds, course.scheme, tell)
    diary.episodes(episodes, course.worlds, told, learner)


def _words(course: Course, diary: Diary) -> str:
    """How it goes."""
    if not diary.done:
        return f"episode 0/{course.episodes}"
    mean, missed = diary.smoothed("return"), diary.smoothed("deadline_miss_rate")
    return f"episode {diary.done}/{course.episodes}, return {mean:,.0f}, missed {missed:.1%}"


def _evaluated(course: Course, learner: Learner, worlds: Sequence[World]) -> list[dict[str, Any]]:
    """What it knows decides, as it will in a run: saved, and loaded by another that learns nothing."""
    other = course.learner(worlds[0].streams)
    with tempfile.TemporaryDirectory() as scratch:
        learner.save(Path(scratch) / LEARNED)
        other.load(Path(scratch) / LEARNED)
    return lesson(other, worlds, course.scheme, lambda slots: None)


def _facts(course: Course, trace: Trace, command: str | None) -> dict[str, Any]:
    """How it was learned; nothing that differs by machine."""
    scenario = course.scenario
    return {
        "qvecsim": __version__,
        "scheme": course.scheme,
        "mode": scenario.decision.mode,
        "scenario": scenario.name,
        "scenario_sha256": digest(scenario),
        "trace_sha256": trace.sha256,
        "seed": scenario.seed,
        "episodes": course.episodes,
        "worlds": course.worlds,
        "evaluate": course.evaluate,
        "evaluations": course.evaluations if course.evaluate else 0,
        "command": command,
    }


def _command(course: Course, source: str | None, overrides: Sequence[str], seed: int | None) -> str | None:
    """The command that does the same again, but for where to."""
    if source is None:
        return None
    words = ["qvecsim", "train", source, "--scheme", course.scheme, "--episodes", course.episodes]
    words += ["--worlds", course.worlds]
    words += [] if seed is None else ["--seed", seed]
    words += ["--evaluate", course.evaluate, "--evaluations", course.evaluations] if course.evaluate else []
    words += [word for text in overrides for word in ("--set", text)]
    return shlex.join(str(word) for word in words)


def _summary(course: Course, folder: Folder) -> dict[str, Any]:
    """In a few facts; means are those of the last episodes."""
    facts, rows = folder.facts(), folder.table("training")
    last = rows.tail(10)
    names = ("training_id", "scheme", "mode", "seed", "episodes", "worlds", "sha256")
    return {
        "path": str(folder.path),
        **{name: facts[name] for name in names},
        "slots": int(rows["slots"].sum()),
        "decisions": float(rows["decisions"].iloc[-1]),
        "updates": float(rows["updates"].iloc[-1]),
        "return": float(last["return"].mean()),
        "deadline_miss_rate": float(last["deadline_miss_rate"].mean()),
        "mean_latency_s": float(last["mean_latency_s"].mean()),
    }
