from __future__ import annotations

import gzip
import os
import tracemalloc
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from qvecsim.errors import TraceError
from qvecsim.world import document, source
from qvecsim.world.mobility.reader import read_trace
from qvecsim.world.mobility.records import instant_ns
from qvecsim.world.mobility.trace import info

TRACES = os.environ.get("QVECSIM_TRACES")
URBAN = Path(__file__).parents[3] / "traces" / "urban.fcd.xml.gz"

GOOD = """<?xml version="1.0" encoding="UTF-8"?>
<!-- generated on 2024-01-01 -->
<fcd-export>
    <timestep time="25200.00">
        <vehicle id="b" x="10.00" y="-0.30" angle="90.00" type="car" speed="5.00" pos="1.00" lane="e_0" novel="1"/>
        <vehicle id="a" x="1.50" y="2.50" speed="0.00"><param key="k" value="v"/></vehicle>
    </timestep>
    <timestep time="25201.00"/>
    <timestep time="25202.00">
        <vehicle id="a" x="3.50" y="2.50" speed="1.00"/>
        <vehicle id="c" x="0.00" y="0.00" speed="2.00">
            <person id="a" x="0.00" y="0.00" speed="0.00" edge="e"/>
        </vehicle>
        <person id="0" x="7.00" y="7.00" speed="1.00" edge="e"/>
        <container id="0" x="7.00" y="7.00" speed="1.00" edge="e"/>
    </timestep>
</fcd-export>
"""


def written(folder: Path, text: str | bytes, name: str = "t.fcd.xml") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def steps(*bodies: str) -> str:
    """A file of steps 0, 1, ...; the first body is on line 2, its step included."""
    lines = [f'<timestep time="{second}">{body}</timestep>' for second, body in enumerate(bodies)]
    return "<fcd-export>\n" + "\n".join(lines) + "\n</fcd-export>\n"


def car(name: str = "v", x: object = 1, y: object = 2, speed: object = 3) -> str:
    return f'<vehicle id="{name}" x="{x}" y="{y}" speed="{speed}"/>'


def refusal(path: Path) -> str:
    """The one line after the path."""
    with pytest.raises(TraceError) as caught:
        read_trace(path)
    message = str(caught.value)
    assert message.startswith(str(path))
    assert "\n" not in message
    assert caught.value.__suppress_context__ or caught.value.__context__ is None
    return message.removeprefix(str(path))


def test_reads_a_file_written_by_hand(tmp_path):
    trace = read_trace(written(tmp_path, GOOD))
    assert trace.ids == ("b", "a", "c")
    assert trace.time_ns.tolist() == [25200 * 10**9, 25201 * 10**9, 25202 * 10**9]
    assert trace.offset.tolist() == [0, 2, 2, 4]
    assert trace.vehicle.tolist() == [0, 1, 1, 2]
    assert trace.x_m.tolist() == [10.0, 1.5, 3.5, 0.0]
    assert trace.y_m.tolist() == [-0.3, 2.5, 2.5, 0.0]
    assert trace.speed_m_s.tolist() == [5.0, 0.0, 1.0, 2.0]


def test_gzip_is_known_by_its_content(tmp_path):
    plain = read_trace(written(tmp_path, GOOD))
    packed = read_trace(written(tmp_path, gzip.compress(GOOD.encode()), "no_suffix"))
    assert packed.sha256 == plain.sha256
    assert packed.x_m.tolist() == plain.x_m.tolist()


def test_the_checksum_is_that_of_what_is_said_and_not_of_how(tmp_path):
    other = GOOD.replace("2024-01-01", "another day").replace(' angle="90.00"', "").replace('"10.00"', '"10.0"')
    first, second = read_trace(written(tmp_path, GOOD)), read_trace(written(tmp_path, other, "other"))
    third = read_trace(written(tmp_path, GOOD.replace("10.00", "10.01"), "third"))
    assert first.sha256 == second.sha256 != third.sha256


def test_rows_of_a_step_are_sorted_by_vehicle(tmp_path):
    trace = read_trace(written(tmp_path, steps(car("a") + car("b"), car("b", x=5) + car("a", x=6))))
    assert trace.vehicle.tolist() == [0, 1, 0, 1]
    assert trace.x_m.tolist() == [1.0, 1.0, 6.0, 5.0]


def test_columns_cannot_be_written(tmp_path):
    trace = read_trace(written(tmp_path, GOOD))
    with pytest.raises(ValueError, match="read-only"):
        trace.x_m[0] = 1.0


def test_missing_speed_is_derived_from_positions(tmp_path):
    def bare(name, x):
        return f'<vehicle id="{name}" x="{x}" y="0"/>'

    trace = read_trace(written(tmp_path, steps(bare("a", 0), bare("a", 4), bare("a", 10) + car("b") + bare("c", 9))))
    assert trace.speed_m_s.tolist() == [4.0, 4.0, 6.0, 3.0, 0.0]


@pytest.mark.parametrize(
    ("text", "time_ns"),
    [
        ("0", 0),
        ("900.00", 900 * 10**9),
        ("0.1", 10**8),
        ("25200.300000001", 25_200_300_000_001),
        ("1e2", 100 * 10**9),
        ("07:00:00", 25200 * 10**9),
        ("7:00:00.50", 25_200_500_000_000),
        ("1:07:00:00", 111_600 * 10**9),
        ("-1", -(10**9)),
        ("nan", None),
        ("inf", None),
        ("1_0", None),
        ("1e9999", None),
        ("1e99999999999", None),
        ("noon", None),
        ("", None),
        ("٣", None),
    ],
)
def test_instants_are_exact(text, time_ns):
    assert instant_ns(text) == time_ns


def test_sub_second_steps(tmp_path):
    text = "<fcd-export>" + "".join(f'<timestep time="{k / 10:.1f}">{car()}</timestep>' for k in range(40))
    trace = read_trace(written(tmp_path, text + "</fcd-export>"))
    assert np.diff(trace.time_ns).tolist() == [10**8] * 39


X = "'x' must be a finite number (got {}) (step time 1 s, vehicle 'v')."


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        (car(x="nan"), X.format("'nan'")),
        (car(x="inf"), X.format("'inf'")),
        (car(x="1e400"), X.format("'1e400'")),
        (car(x="1_0"), X.format("'1_0'")),
        (car(x="١٢"), X.format("'١٢'")),
        (car(x="12m"), X.format("'12m'")),
        (car(x=""), "vehicle without 'x' (step time 1 s, vehicle 'v'). Run SUMO with x and y among"
         " --fcd-output.attributes."),
        (car(y="-inf"), X.replace("x", "y", 1).format("'-inf'")),
        (car(x="-1073741824.00"), "'x' must be within 1e+08 m (got '-1073741824.00') (step time 1 s, vehicle 'v')."
         " SUMO writes such a value for a vehicle that is nowhere."),
        (car(speed="-0.1"), "'speed' must not be negative (got '-0.1') (step time 1 s, vehicle 'v')."),
        (car(speed="nan"), "'speed' must be a finite number (got 'nan') (step time 1 s, vehicle 'v')."),
        (car(speed="1_0"), "'speed' must be a finite number (got '1_0') (step time 1 s, vehicle 'v')."),
        ('<vehicle x="1" y="1"/>', "vehicle without an 'id' (step time 1 s)."),
        (car(""), "'id' must have 1 to 256 characters (got '') (step time 1 s)."),
        (car("i" * 257), f"'id' must have 1 to 256 characters (got '{'i' * 37}...') (step time 1 s, vehicle"
         f" '{'i' * 37}...')."),
        ('<vehicle id="v" y="1"/>', "vehicle without 'x' (step time 1 s, vehicle 'v')."
         " Run SUMO with x and y among --fcd-output.attributes."),
        ('<vehicle id="v" x="1"/>', "vehicle without 'y' (step time 1 s, vehicle 'v')."
         " Run SUMO with x and y among --fcd-output.attributes."),
        (car() + car(), "vehicle twice in one step (step time 1 s, vehicle 'v'). Are these two traces in one file?"),
        (f'<vehicle id="v" x="1" y="1">{car("w")}</vehicle>', "vehicle outside a timestep (in <vehicle>)."),
        ("<timestep/>", "timestep inside <timestep>."),
        ("<a>" * 11 + "</a>" * 11, "elements are nested deeper than 10."),
    ],
)  # fmt: skip
def test_refuses_a_record_with_its_line(tmp_path, body, expected):
    path = written(tmp_path, steps(car("a") + car("b"), car("a") + body, car("a")))
    hint = " SUMO writes decimals; mend the record, or leave it out." if "finite number" in expected else ""
    assert refusal(path) == f":3: {expected}{hint}"


@pytest.mark.parametrize(
    ("attribute", "expected"),
    [
        ("", "timestep without a 'time'."),
        ('time="nan"', "'time' must be seconds or H:M:S (got 'nan')."),
        ('time=""', "'time' must be seconds or H:M:S (got '')."),
        ('time="-5"', "'time' must not be negative (got '-5')."),
        ('time="10.0"', "time repeated ('10.0' after 10 s). Are these two traces in one file?"),
        ('time="9.5"', "time backwards ('9.5' after 10 s). Are these two traces in one file?"),
    ],
)
def test_refuses_a_step_with_its_line(tmp_path, attribute, expected):
    text = (
        f'<fcd-export>\n<timestep time="10">{car()}</timestep>\n<timestep {attribute}>{car()}</timestep></fcd-export>'
    )
    assert refusal(written(tmp_path, text)) == f":3: {expected}"


def test_the_first_fault_is_the_one_told(tmp_path):
    path = written(tmp_path, steps(car("a"), car("b", x="nan"), car("c", y="nan"), "<vehicle"))
    assert refusal(path).startswith(":3: 'x' must be")


def test_a_fault_beyond_the_first_block_has_its_own_line(tmp_path):
    bodies = ["".join(car(f"v{k}", x=step) for k in range(100)) for step in range(120)]
    bodies[97] += car("v5")
    assert refusal(written(tmp_path, steps(*bodies))).startswith(
        ":99: vehicle twice in one step (step time 97 s, vehicle 'v5')"
    )


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", ": is empty. SUMO still running or killed?"),
        ("<net>\n</net>", ":1: is a SUMO network, not SUMO floating-car data. Give the file that SUMO wrote for"
         " --fcd-output."),
        ("\n<foo/>", ":2: is an XML file with root <foo>, not SUMO floating-car data. Give the file that SUMO wrote"
         " for --fcd-output."),
        ("<fcd-export/>", ": has 0 time steps and no vehicle. Did the demand depart at all?"),
        (steps("", ""), ": has 2 time steps and no vehicle. Did the demand depart at all?"),
        (f"<fcd-export>\n{car()}</fcd-export>", ":2: vehicle outside a timestep (in <fcd-export>)."),
        (f'<fcd-export><timestep time="0"/>{car()}</fcd-export>', ":1: vehicle outside a timestep (in <fcd-export>)."),
        ("<!DOCTYPE html>\n<html/>", ":1: is a web page, not XML. Was the download refused?"),
        ('<!DOCTYPE fcd-export [<!ENTITY a "b">]><fcd-export/>', ":1: must not have a DOCTYPE or entities. SUMO writes"
         " none; delete the declaration."),
        (b"PAR1....", ": is broken Parquet ("),
        (b"BZh91AY", ": is compressed with bzip2, not with gzip. Let SUMO write"),
        (gzip.compress(steps(car()).encode(), mtime=0)[:-20], ":1: ends inside its gzip stream. SUMO still running or"
         " killed? The file has no </fcd-export>."),
        ('<?xml version="1.0" encoding="klingon"?><fcd-export/>', ":1: "),
    ],
)  # fmt: skip
def test_refuses_a_file(tmp_path, text, expected):
    assert refusal(written(tmp_path, text)).startswith(expected)


@pytest.mark.parametrize(
    "text",
    [
        steps(car()) + "<fcd-export/>",
        steps(car("\0")),
        steps(car("&undefined;")),
        b'<fcd-export><timestep time="0"><vehicle id="\xff" x="1" y="1"/></timestep></fcd-export>',
    ],
)
def test_refuses_what_is_no_xml(tmp_path, text):
    message = refusal(written(tmp_path, text))
    assert "is not well-formed XML (" in message


@pytest.mark.parametrize("encoding", ["big5", "utf-7", "rot13", "hex"])
def test_refuses_encodings_that_the_parser_cannot_map(tmp_path, encoding):
    head = f'<?xml version="1.0" encoding="{encoding}"?>'
    assert refusal(written(tmp_path, head + steps(car("ä")))).startswith(":1: ")


def test_reads_other_encodings(tmp_path):
    text = '<?xml version="1.0" encoding="{}"?>\n' + steps(car("ä"))
    for encoding in ("utf-16", "iso-8859-1", "utf-8-sig"):
        name = encoding.removesuffix("-sig")
        assert read_trace(written(tmp_path, text.format(name).encode(encoding))).ids == ("ä",)


def test_refuses_broken_gzip(tmp_path):
    whole = gzip.compress(GOOD.encode())
    broken = bytearray(whole)
    broken[-6] ^= 1  # the sum of the text
    assert "is broken gzip (CRC check failed" in refusal(written(tmp_path, bytes(broken)))
    assert "is broken gzip" in refusal(written(tmp_path, whole + b"trailing"))
    assert "is broken gzip" in refusal(written(tmp_path, whole[:12] + b"\xff" * 40))


def test_refuses_a_folder_and_a_missing_file(tmp_path):
    assert refusal(tmp_path).startswith(": is a folder. Give a file.")
    assert refusal(tmp_path / "none.xml").startswith(": does not exist.")


@pytest.mark.parametrize("hidden", [" " * 300_000, "<fcd-export>" + " " * 300_000, '<fcd-export a="' + "x" * 300_000])
def test_refuses_bombs(tmp_path, monkeypatch, hidden):
    monkeypatch.setattr(source, "CHUNK_BYTE", 1 << 12)
    monkeypatch.setattr(document, "IDLE_BYTE_MAX", 1 << 16)
    path = written(tmp_path, gzip.compress(hidden.encode()))
    assert refusal(path).endswith("MB without an element. Is it a gzip bomb?")


@pytest.mark.parametrize("packed", [False, True])
def test_every_truncation_is_told_as_one(tmp_path, packed):
    whole = gzip.compress(GOOD.encode()) if packed else GOOD.rstrip().encode()
    for length in range(2 if packed else 1, len(whole), 7 if packed else 50):
        message = refusal(written(tmp_path, whole[:length]))
        assert "SUMO still running or killed? The file has no </fcd-export>." in message


def test_memory_does_not_grow_with_the_length(tmp_path):
    def peak(steps_):
        fleet = "".join(car(f"v{k}", x=k) for k in range(100))
        path = written(tmp_path, steps(*[fleet] * steps_), f"{steps_}.xml")
        tracemalloc.start()
        trace = read_trace(path)
        found = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        return found, trace.records * 4 * 8

    peak(10)  # warm
    (short, before), (long, columns) = peak(2000), peak(6000)
    assert columns == 3 * before > 1.5e7
    assert long < 1.2 * short < 3e7  # parts of a fixed size


number = st.integers(-(10**6), 10**6).map(lambda cents: cents / 100)
name = st.text(st.characters(exclude_categories=["C", "Z"], exclude_characters="<>&\"'"), min_size=1, max_size=6)
record = st.tuples(number, number, number.map(abs))
fleets = st.lists(st.dictionaries(name, record, max_size=6), min_size=1, max_size=6).filter(any)


@settings(max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(fleets=fleets, gap=st.integers(1, 10**10))
def test_what_was_written_is_read(tmp_path, fleets, gap):
    lines = [
        f'<timestep time="{k * gap // 10**9}.{k * gap % 10**9:09d}">'
        + "".join(car(name, *row) for name, row in fleet.items())
        + "</timestep>"
        for k, fleet in enumerate(fleets)
    ]
    trace = read_trace(written(tmp_path, f"<fcd-export>{''.join(lines)}</fcd-export>"))
    assert trace.time_ns.tolist() == [k * gap for k in range(len(fleets))]
    assert list(trace.ids) == list(dict.fromkeys(name for fleet in fleets for name in fleet))
    for (first, last), fleet in zip(pairwise(trace.offset.tolist()), fleets, strict=True):
        rows = zip(trace.vehicle[first:last], trace.x_m[first:last], trace.y_m[first:last],
                   trace.speed_m_s[first:last], strict=True)  # fmt: skip
        assert {trace.ids[vehicle]: row for vehicle, *row in rows} == {name: [*row] for name, row in fleet.items()}
        assert (np.diff(trace.vehicle[first:last]) > 0).all()


def test_the_shipped_trace_is_what_its_readme_says():
    found = info(read_trace(URBAN))
    assert found["sha256"] in (URBAN.parent / "README.md").read_text(encoding="utf-8")
    assert (found["records"], found["vehicles"], found["at_once_max"]) == (122_044, 853, 240)
    assert (found["begin_s"], found["end_s"], found["step_s"]) == (300.0, 900.0, 1.0)
    assert found["reentries"] == found["jumps"] == 0
    assert URBAN.stat().st_size < 3e6


@pytest.mark.skipif(not TRACES, reason="QVECSIM_TRACES names no folder of further traces")
def test_reads_further_traces():
    for path in sorted(Path(TRACES or "").glob("*.fcd.xml*")):
        found = info(read_trace(path))
        assert found["records"] >= found["vehicles"] >= found["at_once_max"] > 0
        if path.name == "bologna_pasubio_180s.fcd.xml.gz":
            assert (found["records"], found["vehicles"], found["at_once_max"]) == (110_458, 1_025, 632)
