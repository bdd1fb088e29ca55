"""One trace in every format that SUMO writes it in gives one Trace; degrees give the metres they stand for."""

from __future__ import annotations

import gzip
import math

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from scipy.integrate import quad

from qvecsim.errors import TraceError
from qvecsim.world.geodesy import Plane, around, of_network, utm
from qvecsim.world.mobility.reader import read_trace
from qvecsim.world.mobility.reading import Names, Reading
from qvecsim.world.mobility.trace import info

STEPS, VEHICLES = 40, 7
HEADING = (
    "timestep_time;vehicle_id;vehicle_x;vehicle_y;vehicle_angle;vehicle_type;vehicle_speed;vehicle_lane;vehicle_edge"
)


def rows(*, step_s=1.0, east=0.0, north=0.0):
    """(time, id, x, y, speed) of vehicles on a circle; some steps are empty, one vehicle returns."""
    found = []
    for step in range(STEPS):
        for vehicle in range(VEHICLES):
            if step in (0, 17, STEPS - 1) or (vehicle == 2 and 10 < step < 15):
                continue
            angle = vehicle + step * step_s * 10.0 / 300.0
            x, y = east + 300 * math.cos(angle), north + 300 * math.sin(angle)
            found.append((step * step_s, f"v{vehicle}", x, y, 10.0 + vehicle / 8))
    return found


def by_step(table, step_s=1.0):
    """[(time, rows)] of all steps, the empty ones too."""
    return [(step * step_s, [row for row in table if row[0] == step * step_s]) for step in range(STEPS)]


def xml(table, step_s=1.0, digits=2):
    body = "".join(
        f'    <timestep time="{time:.2f}">\n'
        + "".join(
            f'        <vehicle id="{n}" x="{x:.{digits}f}" y="{y:.{digits}f}" speed="{v:.2f}"/>\n'
            for _, n, x, y, v in part
        )
        + "    </timestep>\n"
        for time, part in by_step(table, step_s)
    )
    return f"<fcd-export>\n{body}</fcd-export>\n"


def sumo_csv(table, persons=()):
    lines = [HEADING]
    for time, part in by_step(table):
        lines += [f"{time:.2f};{n};{x:.2f};{y:.2f};0.00;car;{v:.2f};e_0;" for _, n, x, y, v in part] or [
            f"{time:.2f};;;;;;;;"
        ]
        lines += [f"{time:.2f};{n};1.00;2.00;0.00;ped;1.00;;e" for n in persons]
    return "\n".join([*lines, ""])


def parquet(path, table):
    columns = {name: [] for name in HEADING.split(";")}
    for time, part in by_step(table):
        for row in part or [(time, None, None, None, None)]:
            told = (row[0], row[1], row[2], row[3], None, None, row[4], row[1] and "e_0", None)
            for column, value in zip(columns.values(), told, strict=True):
                column.append(value)
    types = {
        "vehicle_id": pa.string(),
        "vehicle_type": pa.string(),
        "vehicle_lane": pa.string(),
        "vehicle_edge": pa.string(),
        "vehicle_speed": pa.float32(),
        "vehicle_angle": pa.float32(),
    }
    pq.write_table(
        pa.table({name: pa.array(values, types.get(name, pa.float64())) for name, values in columns.items()}),
        path,
        row_group_size=50,
    )


def columns_of(trace):
    return [trace.time_ns, trace.offset, trace.vehicle, trace.x_m, trace.y_m, trace.speed_m_s]


def test_four_formats_are_one_trace(tmp_path):
    table = rows()
    (tmp_path / "t.xml").write_text(xml(table))
    (tmp_path / "packed").write_bytes(gzip.compress(xml(table).encode()))
    (tmp_path / "t.csv").write_text(sumo_csv(table))
    (tmp_path / "t.csv.gz").write_bytes(gzip.compress(sumo_csv(table).encode()))
    parquet(tmp_path / "t.parquet", table)
    first = read_trace(tmp_path / "t.xml")
    assert (first.records, len(first.ids), len(first.time_ns)) == (len(table), VEHICLES, STEPS)
    for name in ("packed", "t.csv", "t.csv.gz"):
        other = read_trace(tmp_path / name)
        assert (other.ids, other.sha256) == (first.ids, first.sha256)
        for one, two in zip(columns_of(first), columns_of(other), strict=True):
            assert np.array_equal(one, two)
    last = read_trace(tmp_path / "t.parquet")
    assert last.ids == first.ids
    for one, two in zip(columns_of(first)[:3], columns_of(last)[:3], strict=True):
        assert np.array_equal(one, two)
    for one, two in zip(columns_of(first)[3:], columns_of(last)[3:], strict=True):
        assert np.abs(one - two).max() <= 0.005 + 1e-9
    assert info(first)["reentries"] == info(last)["reentries"] == 1 + VEHICLES


@pytest.mark.parametrize("prefix", ["timestep_vehicle_", "", "vehicle_"])
def test_persons_are_no_vehicles(tmp_path, prefix):
    table = rows()
    heading = HEADING.replace("vehicle_", prefix).replace("timestep_time", "time" if not prefix else "timestep_time")
    (tmp_path / "t.csv").write_text(sumo_csv(table, persons=("v0", "7")).replace(HEADING, heading))
    (tmp_path / "t.xml").write_text(xml(table))
    with_persons = read_trace(tmp_path / "t.csv")
    assert with_persons.sha256 == read_trace(tmp_path / "t.xml").sha256
    assert info(with_persons)["persons"] == 2 * STEPS


def test_the_mesoscopic_model_has_edges_and_no_lanes(tmp_path):
    (tmp_path / "t.csv").write_text(sumo_csv(rows()).replace(";e_0;", ";;e"))
    assert read_trace(tmp_path / "t.csv").records == len(rows())
    assert info(read_trace(tmp_path / "t.csv"))["persons"] == 0


def test_tenths_of_seconds_and_large_coordinates_lose_nothing(tmp_path):
    table = rows(step_s=0.1, east=691_607.25, north=5_490_123.75)
    (tmp_path / "t.xml").write_text(xml(table, step_s=0.1))
    trace = read_trace(tmp_path / "t.xml")
    assert trace.time_ns.tolist() == [k * 10**8 for k in range(STEPS)]
    assert trace.x_m.tolist() == [float(f"{row[2]:.2f}") for row in table]
    assert trace.y_m.tolist() == [float(f"{row[3]:.2f}") for row in table]


def degrees(x, y, lon=11.3, lat=44.5):
    """Where a plane's metres are on the globe, by the radii of curvature of WGS 84 (good within a city)."""
    e2, a, phi = 0.00669437999014, 6378137.0, math.radians(lat)
    w = math.sqrt(1 - e2 * math.sin(phi) ** 2)
    return lon + math.degrees(x * w / (a * math.cos(phi))), lat + math.degrees(y * w**3 / (a * (1 - e2)))


@pytest.mark.parametrize("told", [True, False])
@pytest.mark.parametrize("lat", [44.5, -33.9, 60.2])
def test_longitude_and_latitude_are_projected(tmp_path, told, lat):
    table = rows()
    globe = [(t, n, *degrees(x, y, lat=lat), v) for t, n, x, y, v in table]
    text = xml(globe, digits=8)
    (tmp_path / "t.xml").write_text(text if told else text.replace(' speed="', ' ignored="'))
    flat, trace = np.array([row[2:4] for row in table]), read_trace(tmp_path / "t.xml")
    assert info(trace)["projected"]
    way, true = np.hypot(np.diff(trace.x_m), np.diff(trace.y_m)), np.hypot(*np.diff(flat, axis=0).T)
    assert np.abs(way / true - 1).max() < 0.001  # 0.5 % is asked for
    assert trace.speed_m_s.mean() == pytest.approx(10.375 if told else 10.0, rel=0.02)
    assert np.allclose(trace.plane.metres(*map(np.array, degrees(0.0, 0.0, lat=lat))), 0, atol=30)


def test_coords_can_be_told(tmp_path):
    steps = "".join(
        f'<timestep time="{k}"><vehicle id="a" x="11.{k}" y="44.5" speed="10"/></timestep>' for k in range(3)
    )
    (tmp_path / "t.xml").write_text(f"<fcd-export>{steps}</fcd-export>")
    assert read_trace(tmp_path / "t.xml").x_m.tolist() == [11.0, 11.1, 11.2]
    geo = read_trace(tmp_path / "t.xml", reading=Reading(coords="geo"))
    assert np.diff(geo.x_m) == pytest.approx([7953.3, 7953.3], abs=1)  # a tenth of a degree on the 44.5th parallel
    assert geo.plane.lon == pytest.approx(11.1)
    (tmp_path / "far.xml").write_text((tmp_path / "t.xml").read_text().replace("11.2", "181"))
    with pytest.raises(TraceError, match=r"far.xml:1: 'x' must be within 180 degrees \(got '181'\)"):
        read_trace(tmp_path / "far.xml", reading=Reading(coords="geo"))


def test_a_network_says_where_degrees_go(tmp_path):
    (tmp_path / "t.xml").write_text(xml([(t, n, *degrees(x, y), v) for t, n, x, y, v in rows()], digits=8))
    plane = of_network("+proj=utm +zone=32 +ellps=WGS84 +datum=WGS84 +units=m +no_defs", (-680_000.0, -4_920_000.0))
    trace = read_trace(tmp_path / "t.xml", reading=Reading(plane=plane))
    centre = np.array([(trace.bounds[0] + trace.bounds[1]) / 2, (trace.bounds[2] + trace.bounds[3]) / 2])
    assert np.allclose(centre, plane.metres(np.array([11.3]), np.array([44.5]))[0:2][0], atol=1e5)
    assert trace.plane == plane


def test_planes_against_published_coordinates():
    # CN Tower, UTM 17T 630084 E 4833438 N (Wikipedia, "Universal Transverse Mercator coordinate system").
    x, y = utm(17).metres(np.array([-79.387139]), np.array([43.642567]))
    assert (float(x[0]), float(y[0])) == pytest.approx((630084, 4833438), abs=1)
    # The meridian from the equator to 45 degrees on WGS 84, by numerical integration of its radius of curvature.
    north = quad(
        lambda phi: 6378137 * (1 - 0.00669437999014) / (1 - 0.00669437999014 * math.sin(phi) ** 2) ** 1.5,
        0,
        math.pi / 4,
    )
    assert float(Plane(0.0).metres(np.array([0.0]), np.array([45.0]))[1][0]) == pytest.approx(north[0], abs=0.001)
    assert float(around(5.0, 0.0).metres(np.array([6.0]), np.array([0.0]))[0][0]) == pytest.approx(111_325.1, abs=10)
    north, south = (utm(33, south=sign < 0).metres(np.array([15.0]), np.array([sign * 30.0]))[1][0] for sign in (1, -1))
    assert north + south == pytest.approx(1e7)
    known = "+proj=tmerc +lat_0=0 +lon_0=9 +k=1 +x_0=3500000 +y_0=0 +ellps=GRS80"
    assert of_network(known, (1.0, 2.0)) == Plane(9.0, 1.0, 3_500_001.0, 2.0)
    for text in (
        "!",
        "+proj=utm +zone=17 +datum=NAD27",
        "+proj=utm +zone=17 +units=us-ft",
        known.replace("k=1", "k=nan"),
    ):
        assert of_network(text, (0.0, 0.0)) is None


MAPPED = Reading(names=Names("frame", "car", "X", "Y", "v"), metre=0.3048, metre_per_s=1 / 3.6, time_unit_s=0.04)


def test_a_table_of_somebody_else(tmp_path):
    table = rows(step_s=0.04)
    lines = [f"{n},{round(t / 0.04)},{x / 0.3048!r},{y / 0.3048!r},lorry,{v * 3.6!r}" for t, n, x, y, v in table]
    lines.sort()  # by vehicle, as such files often are
    (tmp_path / "t.csv").write_text("\n".join(["car,frame,X,Y,kind,v", *lines, ""]))
    trace = read_trace(tmp_path / "t.csv", reading=MAPPED)
    assert sorted(trace.ids) == [f"v{k}" for k in range(VEHICLES)]
    assert set(np.diff(trace.time_ns)) == {40_000_000, 80_000_000}  # an empty step has no row here
    order = sorted(table, key=lambda row: (row[0], trace.ids.index(row[1])))
    for index, column in ((2, trace.x_m), (3, trace.y_m), (4, trace.speed_m_s)):
        assert np.allclose(column, [row[index] for row in order], rtol=1e-12)


def test_gps_points_put_on_a_grid_of_time(tmp_path):
    # Each taxi has its own instants; one is silent for five minutes.
    lines = [
        "1,2008-02-02 15:36:08,116.50,39.90",
        "2,2008-02-02 15:36:10,116.60,39.90",
        "1,2008-02-02 15:36:18,116.51,39.90",
        "2,2008-02-02 15:36:30,116.60,39.91",
        "1,2008-02-02 15:41:18,116.55,39.90",
        "1,2008-02-02 15:41:28,116.56,39.90",
    ]
    (tmp_path / "taxis.txt").write_text("\n".join(reversed(lines)))
    reading = Reading(
        coords="geo", names=Names("#2", "#1", "#3", "#4"), time_format="%Y-%m-%d %H:%M:%S", resample_s=5, gap_s=60
    )
    trace = read_trace(tmp_path / "taxis.txt", reading=reading)
    seen = [[trace.ids[row] for row in trace.at(int(instant)).vehicle] for instant in trace.time_ns]
    clock = ((trace.time_ns - trace.time_ns[0]) / 1e9).tolist()
    assert clock == [0, 5, 10, 15, 20, 310, 315]
    assert [sorted(who) for who in seen] == [["1", "2"], ["1", "2"], ["2"], ["2"], ["2"], ["1"], ["1"]]
    assert np.median(trace.speed_m_s) > 50
    first, second = (trace.at(int(trace.time_ns[step])) for step in (0, 1))
    number = trace.ids.index("1")
    east = second.x_m[second.vehicle == number] - first.x_m[first.vehicle == number]
    assert float(east[0]) == pytest.approx(0.5 * 854.4, rel=0.003)  # half a hundredth of a degree


@pytest.mark.parametrize(
    ("heading", "names", "expected"),
    [
        (
            "t,id,x,y",
            None,
            ":1: has no column 'time' in its heading (t, id, x, y). Name the columns with world.columns",
        ),
        (
            "t,car,x,y",
            Names("t", "cra", "x", "y"),
            ":1: 'world.columns.id' must name one column (got 'cra'). Did you mean 'car'?",
        ),
        ("a,a,x,y", Names("a", "x", "x", "y"), ":1: 'world.columns.time' must name one column (got 'a')."),
        ("1,2,3,4", Names("#1", "#2", "#3", "#5"), ":1: 'world.columns.y' must be a place from #1 to #4 (got '#5')"),
        ("time;id;x;x;y", None, ":1: has two columns 'x'."),
    ],
)
def test_refuses_a_heading(tmp_path, heading, names, expected):
    (tmp_path / "t.csv").write_text(f"{heading}\n" + "1,1,1,1\n" * 3)
    with pytest.raises(TraceError) as caught:
        read_trace(tmp_path / "t.csv", reading=Reading(names=names))
    assert str(caught.value).startswith(f"{tmp_path}/t.csv{expected}")


def test_a_table_of_somebody_else_may_not_say_a_thing_twice(tmp_path):
    (tmp_path / "t.csv").write_text("t,car,x,y\n5,a,1,1\n6,a,2,1\n5,a,1,2\n")
    for resample_s in (None, 1.0):
        reading = Reading(names=Names("t", "car", "x", "y"), resample_s=resample_s)
        with pytest.raises(TraceError, match=r"t.csv:4: vehicle twice in one step \((step )?time 5 s, vehicle 'a'\)"):
            read_trace(tmp_path / "t.csv", reading=reading)
