"""A training as it goes (Algorithm 2): its episodes, and its evaluations on the same worlds each time."""

from __future__ import annotations

from qvecsim.results.schema.core import Table, count, maybe, number, text
from qvecsim.results.schema.run import OF_A_RUN

_LEARNER = (text("training_id", "the training; a digest of everything that decides what is learned"),)
_LESSON = (
    number("replication", "branch of the seed tree: below 0, where no run draws"),
    OF_A_RUN["slots"],
    count("tasks", "tasks that ended"),
    *(OF_A_RUN[name] for name in ("return", "deadline_miss_rate", "mean_latency_s")),
)

TRAINING = Table(
    "training",
    "one row an episode of `qvecsim train`; what the learner has counted is that of all worlds of a round, at its end",
    "",
    (
        *_LEARNER,
        number("episode", "index of the episode, from 0"),
        number("round", "episodes of a round are simulated in step"),
        number("world", "index within the round"),
        *_LESSON,
        maybe("decisions", "1", "decisions learned from so far"),
        maybe("updates", "1", "steps of the optimiser so far"),
        maybe("epsilon", "1", "share of the decisions that explores, or what else the learner calls so"),
        maybe("loss", "1", "mean loss of the updates of the round"),
    ),
)

EVALUATION = Table(
    "evaluation",
    "one row a world of an evaluation during training: the policy decides by what it knows, on the same worlds each "
    "time",
    "",
    (*_LEARNER, count("episodes", "episodes learned from until then"), *_LESSON),
)
