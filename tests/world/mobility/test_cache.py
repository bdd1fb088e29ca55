"""The copy beside a trace: made once, believed only while its source is the same, never in the way."""

from __future__ import annotations

import multiprocessing
import os
import pickle
import shutil

import numpy as np
import pytest

from qvecsim.errors import TraceError
from qvecsim.world.mobility import cache
from qvecsim.world.mobility.reader import read_trace
from qvecsim.world.mobility.reading import Reading
from qvecsim.world.mobility.trace import KEPT_ROWS, info

STEP = (
    '<timestep time="{}"><vehicle id="a" x="{}" y="0" speed="1"/><vehicle id="b" x="9" y="0" speed="1"/></timestep>\n'
)


def text(first=1.0):
    return "<fcd-export>\n" + "".join(STEP.format(k, first + k) for k in range(50)) + "</fcd-export>\n"


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "t.fcd.xml"
    path.write_text(text())
    return path


@pytest.fixture
def parsed(monkeypatch):
    """How often a source was parsed."""
    calls, original = [], cache.Builder
    monkeypatch.setattr(cache, "Builder", lambda folder: calls.append(folder) or original(folder))
    return calls


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def same(one, two):
    return (
        one.ids == two.ids
        and info(one) == info(two)
        and all(
            np.array_equal(getattr(one, name), getattr(two, name))
            for name in ("time_ns", "offset", "vehicle", "x_m", "y_m", "speed_m_s")
        )
    )


def test_the_second_reading_maps_what_the_first_has_made(source, parsed):
    first = read_trace(source)
    assert files(source.parent) == ["t.fcd.xml", "t.fcd.xml.qvc"]
    second = read_trace(source)
    assert len(parsed) == 1
    assert same(first, second)
    assert not second.x_m.flags.writeable
    assert second.x_m.base is not None


def change_content(source):
    source.write_text(text(first=2.0))


def change_in_secret(source):
    """Same length, same modification time."""
    stat = source.stat()
    source.write_text(text().replace('x="9"', 'x="8"'))
    os.utime(source, ns=(stat.st_atime_ns, stat.st_mtime_ns))


def grow(source):
    source.write_text(text().replace("</fcd-export>", STEP.format(50, 51) + "</fcd-export>"))


@pytest.mark.parametrize("change", [change_content, change_in_secret, grow])
def test_a_changed_source_is_read_again(source, parsed, change):
    first = read_trace(source)
    change(source)
    second = read_trace(source)
    assert len(parsed) == 2
    assert second.sha256 != first.sha256
    assert same(second, read_trace(source))
    assert len(parsed) == 2
    assert files(source.parent) == ["t.fcd.xml", "t.fcd.xml.qvc"]


def test_what_was_mapped_stays_when_its_copy_is_replaced(source):
    first = read_trace(source)
    before = first.x_m.copy()
    change_content(source)
    read_trace(source)
    (source.parent / "t.fcd.xml.qvc").unlink()
    assert np.array_equal(first.x_m, before)


def replace(copy, content):
    """A new file in its place, as every program that saves well does: the old one is still mapped."""
    copy.unlink()
    copy.write_bytes(content)


def cut_short(copy):
    replace(copy, copy.read_bytes()[:-100])


def flip_header(copy):
    whole = bytearray(copy.read_bytes())
    whole[30] ^= 1
    replace(copy, whole)


def lie_about_size(copy):
    replace(copy, copy.read_bytes().replace(b'"x_m": [', b'"x_m": [9', 1))


def empty(copy):
    replace(copy, b"")


def foreign(copy):
    replace(copy, b"qvecsim1" + b"\xff" * 200)


def become_folder(copy):
    copy.unlink()
    copy.mkdir()


def deep(copy):
    text = b"[" * 200_000
    replace(copy, b"qvecsim1" + len(text).to_bytes(8, "little") + text)


def become_pipe(copy):
    copy.unlink()
    os.mkfifo(copy)


@pytest.mark.parametrize(
    "damage", [deep, become_pipe, cut_short, flip_header, lie_about_size, empty, foreign, become_folder]
)
def test_a_damaged_copy_is_not_believed(source, parsed, damage):
    first = read_trace(source)
    damage(source.parent / "t.fcd.xml.qvc")
    assert same(first, read_trace(source))
    assert len(parsed) >= 2
    assert files(source.parent) == ["t.fcd.xml", "t.fcd.xml.qvc"]


def test_a_read_only_folder_stays_as_it_is(source, parsed):
    source.parent.chmod(0o555)
    try:
        assert read_trace(source).records == 100
        assert files(source.parent) == ["t.fcd.xml"]
        assert parsed == [None]
    finally:
        source.parent.chmod(0o755)


def test_copies_can_be_switched_off(source, monkeypatch, parsed):
    monkeypatch.setenv("QVECSIM_CACHE", "off")
    assert same(read_trace(source), read_trace(source))
    assert files(source.parent) == ["t.fcd.xml"]
    assert parsed == [None, None]


def test_a_full_disk_is_no_obstacle(source, monkeypatch):
    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cache.os, "replace", full)
    assert read_trace(source).records == 100
    assert files(source.parent) == ["t.fcd.xml"]
    monkeypatch.setattr(cache.Builder, "finish", full)
    with pytest.raises(
        TraceError, match=r"t.fcd.xml: has no room for its columns in .* \(No space left on device\)\.$"
    ):
        read_trace(source)


def test_a_broken_source_leaves_nothing(source):
    source.write_text(text()[:-30])
    with pytest.raises(TraceError):
        read_trace(source)
    assert files(source.parent) == ["t.fcd.xml"]


def test_another_reading_has_another_copy(source, parsed):
    read_trace(source)
    read_trace(source, reading=Reading(coords="xy"))
    assert read_trace(source, reading=Reading(coords="xy")).records == 100
    assert len(parsed) == 2
    assert len(files(source.parent)) == 3


def test_a_moved_copy_belongs_to_nobody(source, parsed, tmp_path):
    read_trace(source)
    (tmp_path / "there").mkdir()
    for path in list(tmp_path.glob("t.*")):
        shutil.copy2(path, tmp_path / "there")
    read_trace(tmp_path / "there" / "t.fcd.xml")
    assert len(parsed) == 2  # times of change differ


def _read(path, done):
    done.put(read_trace(path).sha256)


def test_processes_may_build_it_at_once(source):
    context = multiprocessing.get_context("spawn")
    done = context.Queue()
    workers = [context.Process(target=_read, args=(source, done)) for _ in range(3)]
    for worker in workers:
        worker.start()
    found = {done.get(timeout=60) for _ in workers}
    for worker in workers:
        worker.join(timeout=60)
    assert found == {read_trace(source).sha256}
    assert files(source.parent) == ["t.fcd.xml", "t.fcd.xml.qvc"]


def test_a_trace_can_be_sent_to_another_process(source):
    trace = read_trace(source)
    assert same(trace, pickle.loads(pickle.dumps(trace)))


def test_pages_are_given_back_and_read_again(source):
    trace = read_trace(source)
    expected = np.array([*range(1, 51)], dtype=float)
    for _ in range(3):
        trace.pages.passed(KEPT_ROWS + 1)
        assert np.array_equal(trace.x_m[::2], expected)
    assert sum(len(part.vehicle) for part in trace.parts()) == 100
    assert trace.bounds == (1.0, 50.0, 0.0, 0.0)
