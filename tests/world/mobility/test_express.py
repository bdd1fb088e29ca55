"""What the express takes without a parser equals what the parser would have made of it."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qvecsim.errors import TraceError
from qvecsim.world.mobility import express, fcd
from qvecsim.world.mobility.express import Express, whole_steps
from qvecsim.world.mobility.reader import read_trace

VEHICLE = '<vehicle id="{}" x="{}" y="{}" angle="90.00" type="car" speed="{}" lane="-e#1_0"/>\n'


@pytest.fixture(autouse=True)
def _no_copies(monkeypatch):
    monkeypatch.setenv("QVECSIM_CACHE", "off")


def document(*steps, head="<!-- made by hand -->\n"):
    body = "".join(f'    <timestep time="{k:.2f}">\n{step}    </timestep>\n' for k, step in enumerate(steps))
    return f'<?xml version="1.0"?>\n{head}<fcd-export a="b">\n{body}</fcd-export>\n'


def read(path, *, express_on, monkeypatch):
    """The columns, or the message; and whether the express took anything."""
    taken = []
    original = Express.steps

    def steps(self, piece):
        found = original(self, piece) if express_on else None
        taken.append(found is not None)
        return found

    with monkeypatch.context() as patch:
        patch.setattr(Express, "steps", steps)
        try:
            trace = read_trace(path)
        except TraceError as error:
            return str(error), any(taken)
    columns = (trace.time_ns, trace.offset, trace.vehicle, trace.x_m, trace.y_m, trace.speed_m_s)
    return [trace.ids, *(column.tolist() for column in columns)], any(taken)


def both(path, monkeypatch):
    """What is read, after seeing that it is the same without the express; and whether that took anything."""
    fast, taken = read(path, express_on=True, monkeypatch=monkeypatch)
    assert read(path, express_on=False, monkeypatch=monkeypatch) == (fast, False)
    return fast, taken


GOOD = [
    VEHICLE.format(f"v{k % 3}", k, -k / 4, 3) + VEHICLE.format("w&amp;x" if k == 5 else "w", 1, 2, 0) for k in range(9)
]


def test_takes_what_sumo_writes(tmp_path, monkeypatch):
    (tmp_path / "t.xml").write_text(document(*GOOD[:5]))
    found, taken = both(tmp_path / "t.xml", monkeypatch)
    assert taken
    assert found[0] == ("v0", "w", "v1", "v2")


ODD = {
    "entity": document(*GOOD),
    "comment around a step": document(*GOOD[:3])
    .replace('<timestep time="1.00">', '<!-- <timestep time="1.00">', 1)
    .replace('    </timestep>\n    <timestep time="2.00">', '    </timestep> -->\n    <timestep time="2.00">', 1),
    "comment open before the first step": document(*GOOD[:2], head="")
    .replace('<fcd-export a="b">', "<fcd-export><!--", 1)
    .replace("</fcd-export>", "--></fcd-export>"),
    "cdata": document(GOOD[0] + '<![CDATA[ <vehicle id="z" x="1" y="1"/> ]]>', GOOD[1]),
    "text between": document(GOOD[0] + "hello\n", GOOD[1]),
    "forbidden text": document(GOOD[0] + "]]>\n", GOOD[1]),
    "attribute twice": document(GOOD[0].replace('angle="90.00"', 'x="5"')),
    "newline in a name": document(GOOD[0].replace('"v0"', '"v\n0"')),
    "tab in a name": document(GOOD[0].replace('"v0"', '"v\t0"')),
    "carriage returns": document(*GOOD[:3]).replace("\n", "\r\n"),
    "no space before an attribute": document(GOOD[0].replace('" x=', '"x=')),
    "single quotes": document(*(step.replace('"', "'") for step in GOOD[:2])),
    "another order": document(
        GOOD[0], VEHICLE.replace('angle="90.00" type="car"', 'type="car" angle="90.00"').format("q", 1, 2, 3)
    ),
    "person inside": document(GOOD[0].replace("/>", '><person id="p" x="0" y="0"/></vehicle>', 1), GOOD[1]),
    "person beside": document(GOOD[0] + '<person id="v0" x="0" y="0" speed="1" edge="e"/>\n', GOOD[1]),
    "empty steps": document("", GOOD[0], "", "", GOOD[1], "").replace(
        '<timestep time="2.00">\n    </timestep>', '<timestep time="2.00"/>'
    ),
    "unclosed step": document(*GOOD[:2]).replace("</timestep>", "", 1),
    "step in a step": document(GOOD[0] + '<timestep time="0.5"></timestep>', GOOD[1]),
    "time backwards": document(*GOOD[:3]).replace("2.00", "0.50"),
    "time twice": document(*GOOD[:3]).replace('time="2.00"', 'time="1.00"'),
    "twice in a step": document(GOOD[0], GOOD[1] + GOOD[1]),
    "bad number": document(GOOD[0], GOOD[1].replace('x="1"', 'x="1_0"')),
    "bad speed": document(GOOD[0], GOOD[1].replace('speed="3"', 'speed="-3"')),
    "no speed": document(*(step.replace(' speed="3"', "") for step in GOOD[:4])),
    "two roots": document(*GOOD[:2]) + "<fcd-export/>",
    "no end": document(*GOOD[:2]).replace("</fcd-export>\n", ""),
    "step after the root": document(*GOOD[:2]).replace(
        "</fcd-export>", "</fcd-export>\n" + '<timestep time="7"></timestep>'
    ),
    "step before the root": '<timestep time="0">' + GOOD[0] + "</timestep>" + document(*GOOD[:2]),
    "wrong root": document(*GOOD[:2]).replace("fcd-export", "net"),
    "bom": "\ufeff" + document(*GOOD[:2]),
    "unicode": document(*GOOD[:2]).replace("car", "wäg"),
}


@pytest.mark.parametrize("name", ODD)
@pytest.mark.parametrize("chunk", [16, 300, 1 << 19])
def test_odd_files_are_read_as_the_parser_reads_them(tmp_path, monkeypatch, name, chunk):
    monkeypatch.setattr("qvecsim.world.source.CHUNK_BYTE", chunk)
    path = tmp_path / "t.xml"
    path.write_bytes(ODD[name].encode())
    both(path, monkeypatch)


def test_the_lines_told_are_those_of_the_file(tmp_path, monkeypatch):
    monkeypatch.setattr("qvecsim.world.source.CHUNK_BYTE", 1000)
    steps = [VEHICLE.format("a", k, k, 1) + VEHICLE.format("b", k, k, 1) for k in range(50)]
    steps[37] = steps[37].replace('x="37"', 'x="nan"', 1)
    (tmp_path / "t.xml").write_text(document(*steps))
    found, taken = both(tmp_path / "t.xml", monkeypatch)
    assert taken
    assert found.startswith(f"{tmp_path}/t.xml:{3 + 37 * 4 + 2}: 'x' must be a finite number")


@settings(max_examples=60, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    pieces=st.lists(
        st.sampled_from(
            [
                *GOOD[:3],
                "<",
                ">",
                "&",
                '"',
                "</timestep>",
                '<timestep time="9">',
                "<!--",
                "-->",
                "/>",
                " ",
                "\n",
                "</fcd-export>",
            ]
        ),
        max_size=12,
    ),
    chunk=st.sampled_from([7, 64, 1 << 19]),
)
def test_whatever_it_is_the_parser_agrees(tmp_path, monkeypatch, pieces, chunk):
    monkeypatch.setattr("qvecsim.world.source.CHUNK_BYTE", chunk)
    path = tmp_path / "t.xml"
    path.write_text(document(GOOD[0], "".join(pieces), GOOD[1]))
    both(path, monkeypatch)


@given(
    data=st.lists(st.sampled_from([b"<timestep a>", b"</timestep>", b"x", b"\n", b"<timestep/>"]), max_size=30),
    size=st.integers(1, 20),
)
@settings(derandomize=True, deadline=None)
def test_cutting_loses_nothing(data, size):
    whole = b"".join(data)
    pieces = list(whole_steps(whole[first : first + size] for first in range(0, len(whole), size)))
    assert b"".join(pieces) == whole


def test_a_step_larger_than_a_chunk_is_still_taken_whole(tmp_path, monkeypatch):
    monkeypatch.setattr("qvecsim.world.source.CHUNK_BYTE", 100)
    (tmp_path / "t.xml").write_text(document(*GOOD[:4]))
    found, taken = both(tmp_path / "t.xml", monkeypatch)
    assert taken
    assert len(found[3]) == 8


def test_blocks_join_without_a_seam(tmp_path, monkeypatch):
    monkeypatch.setattr(fcd, "BLOCK", 3)
    (tmp_path / "t.xml").write_text(document(*GOOD))
    found, _ = both(tmp_path / "t.xml", monkeypatch)
    assert [last - first for first, last in pairwise(found[2])] == [2] * 9
    assert np.array(found[1]).tolist() == [k * 10**9 for k in range(9)]
    assert express.PLAIN.isascii()
