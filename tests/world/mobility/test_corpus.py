from __future__ import annotations

import itertools
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from qvecsim.cli import main
from qvecsim.errors import TraceError
from qvecsim.world.mobility.reader import read_trace
from qvecsim.world.mobility.trace import info

from .corpus import BAD, DEFAULT, ODD, written

SECONDS, MEGABYTES = 1.0, 200
ALONE = """
import sys
from pathlib import Path
from qvecsim.errors import TraceError
from qvecsim.world.mobility.reader import read_trace
for path in sys.argv[1:]:
    try:
        read_trace(path)
    except TraceError:
        print("refused")
print(next(line for line in Path("/proc/self/status").read_text().splitlines() if "VmHWM" in line).split()[1])
"""


def test_there_are_enough():
    assert len(BAD) >= 60
    assert len(ODD) >= 50
    assert len({case.name for case in (*BAD, *ODD)}) == len(BAD) + len(ODD)


@pytest.mark.parametrize("case", BAD, ids=[case.name for case in BAD])
def test_a_bad_one_is_refused_in_one_line_and_leaves_nothing(case, tmp_path, capsys):
    path = written(case, tmp_path)
    before = sorted(os.listdir(tmp_path))
    began = time.process_time()
    with pytest.raises(TraceError) as caught:
        read_trace(path, reading=case.reading)
    assert time.process_time() - began < SECONDS
    message = str(caught.value)
    where = f"{path}:{case.line}: " if case.line else str(path)
    assert message.startswith(where), message
    assert case.told in message, message
    assert len(message.splitlines()) == 1
    assert len(message) < 400 + 2 * len(str(path))
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    assert sorted(os.listdir(tmp_path)) == before
    if case.reading == DEFAULT:
        assert main(["trace", "info", str(path)]) == 2
        told = capsys.readouterr()
        assert (told.out, told.err) == ("", message + "\n")


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="only Linux tells the peak of one process")
def test_the_worst_take_little_memory(tmp_path):
    heavy = [case for case in BAD if case.heavy]
    paths = []
    for number, case in enumerate(heavy):
        (tmp_path / str(number)).mkdir()
        paths.append(str(written(case, tmp_path / str(number))))
    done = subprocess.run([sys.executable, "-c", ALONE, *paths], capture_output=True, text=True, check=True, timeout=60)
    *verdicts, peak_kb = done.stdout.split()
    assert verdicts == ["refused"] * len(heavy)
    assert int(peak_kb) < MEGABYTES * 1024


@pytest.mark.parametrize("case", ODD, ids=[case.name for case in ODD])
def test_an_odd_one_is_read_right_and_its_copy_too(case, tmp_path):
    path = written(case, tmp_path)
    first, second = (read_trace(path, reading=case.reading) for _ in range(2))
    for trace in (first, second):
        assert trace.ids == case.ids
        assert tuple(np.diff(trace.offset).tolist()) == case.steps
        facts = info(trace)
        assert {name: facts[name] for name in case.facts} == case.facts
    assert info(first) == info(second)
    assert len(list(Path(tmp_path).iterdir())) == 2  # the file, and its copy


def test_equal_statements_are_equal_traces(tmp_path):
    told = set()
    for number, case in enumerate(
        itertools.islice((c for c in ODD if (c.ids, c.steps) == (("a", "b"), (2, 2, 2))), 99)
    ):
        (tmp_path / str(number)).mkdir()
        told.add(read_trace(written(case, tmp_path / str(number))).sha256)
    assert number > 25
    assert len(told) == 1
