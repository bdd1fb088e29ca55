"""Dask as the worker: the same bytes, and a worker that is killed loses nothing and doubles nothing."""

from __future__ import annotations

import os
import signal
import sys

import pytest

import qvecsim
from qvecsim.errors import QvecsimError

from .example import PLAN, RUNS, lasting

distributed = pytest.importorskip("distributed", reason="Dask is not installed: pip install 'qvecsim[cluster]'")


@pytest.fixture
def cluster(here):
    """Two workers of one thread on this machine, in the current folder."""
    with distributed.LocalCluster(n_workers=2, threads_per_worker=1, dashboard_address=None) as found:
        yield found


def with_a_kill(cluster, after, *arguments, **options):
    """The ids that a batch yields; one worker is killed once ``after`` of them have come."""
    found = []
    for result in qvecsim.batch(*arguments, cluster=cluster.scheduler_address, **options):
        found.append(result.summary["run_id"])
        if len(found) == after:
            with distributed.Client(cluster, set_as_default=False) as client:
                victim = sorted(client.run(os.getpid).values())[0]
            os.kill(victim, signal.SIGKILL)
    return found


def test_a_killed_worker_loses_nothing_and_doubles_nothing(cluster, here, tmp_path):
    found = with_a_kill(cluster, 2, "plan.yaml", out=tmp_path / "study")
    assert len(found) == len(set(found)) == RUNS
    assert lasting(tmp_path / "study") == lasting(here / "whole")


@pytest.mark.slow
def test_a_killed_worker_in_a_batch_of_two_hundred(cluster, here, tmp_path):
    (here / "many.yaml").write_text(PLAN.replace("replications: 2", "replications: 50"))
    found = with_a_kill(cluster, 40, "many.yaml", out=tmp_path / "study")
    assert len(found) == len(set(found)) == 200
    study = qvecsim.read(tmp_path / "study")
    assert len(study) == study.index["run_id"].nunique() == study.runs["run_id"].nunique() == 200
    list(qvecsim.batch("many.yaml", out=tmp_path / "unbroken", jobs=2))
    assert lasting(tmp_path / "study") == lasting(tmp_path / "unbroken")


def test_an_address_without_a_scheduler_is_told(here, tmp_path, monkeypatch):
    monkeypatch.setattr("qvecsim.study.cluster.WAIT_S", 0.2)
    with pytest.raises(QvecsimError, match=r"^'cluster' must be the address of a Dask scheduler \(got 'tcp:"):
        list(qvecsim.batch("plan.yaml", out=tmp_path / "study", cluster="tcp://127.0.0.1:1"))
    assert not (tmp_path / "study").exists()


def test_a_missing_dask_is_told(here, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "distributed", None)
    with pytest.raises(QvecsimError, match=r"pip install 'qvecsim\[cluster\]'\.$"):
        list(qvecsim.batch("plan.yaml", out=tmp_path / "study", cluster="tcp://127.0.0.1:1"))
