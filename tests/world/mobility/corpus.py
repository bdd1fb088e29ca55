"""Traces as users bring them: broken ones with the verdict they must get, odd ones with what must come out.

``python -m tests.world.mobility.corpus FOLDER`` writes them all, with a table of names and verdicts.
"""

from __future__ import annotations

import gzip
import io
import os
import sys
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from qvecsim.world.mobility.reading import Names, Reading

SUMO = "SUMO still running or killed?"
DEFAULT = Reading()


@dataclass(frozen=True)
class Bad:
    """A file that must be refused; ``told`` is in the message, ``line`` behind the path (0: none)."""

    name: str
    content: bytes | Callable[[Path], None]
    told: str
    line: int = 0
    reading: Reading = DEFAULT
    heavy: bool = False


@dataclass(frozen=True)
class Odd:
    """A file that must be read: ids, records of each step, and what else ``info`` or the columns must say."""

    name: str
    content: bytes
    ids: tuple[str, ...]
    steps: tuple[int, ...]
    facts: dict[str, Any] = field(default_factory=dict)
    reading: Reading = DEFAULT


def car(name: object = "v", x: object = 1, y: object = 2, speed: object = 3, more: str = "") -> str:
    return f'<vehicle id="{name}" x="{x}" y="{y}" speed="{speed}"{more}/>'


def doc(*steps: str, times: tuple[object, ...] | None = None, root: str = "fcd-export", head: str = "") -> bytes:
    """A file whose first step is on line 2, one line a step."""
    lines = [f'<timestep time="{k if times is None else times[k]}">{body}</timestep>' for k, body in enumerate(steps)]
    return (head + f"<{root}>\n" + "\n".join(lines) + f"\n</{root}>\n").encode()


def table(*rows: str, heading: str = "timestep_time;vehicle_id;vehicle_x;vehicle_y;vehicle_speed") -> bytes:
    return "\n".join([heading, *rows, ""]).encode()


def parquet(**columns: Any) -> bytes:
    names = {"time": "timestep_time", "id": "vehicle_id", "x": "vehicle_x", "y": "vehicle_y", "speed": "vehicle_speed"}
    buffer = io.BytesIO()
    pq.write_table(pa.table({names.get(name, name): values for name, values in columns.items()}), buffer)
    return buffer.getvalue()


def zeros(size: int, fill: bytes = b" ") -> bytes:
    """A gzip bomb, made without holding what it holds."""
    packer, parts = zlib.compressobj(9, zlib.DEFLATED, 31), []
    parts.extend(packer.compress(fill * (1 << 20)) for _ in range(size >> 20))
    return b"".join([*parts, packer.flush()])


def flipped(data: bytes, place: int) -> bytes:
    changed = bytearray(data)
    changed[place] ^= 0x5A
    return bytes(changed)


THREE = doc(*(car("a", k) + car("b", 9, k) for k in range(3)))
PACKED = gzip.compress(THREE, mtime=0)
COLUMNS = {"time": [0.0, 0.0, 1.0], "id": ["a", "b", "a"], "x": [1.0, 2.0, 3.0], "y": [0.0, 0.0, 0.0]}
ROWS = ("0;a;1;0;3", "0;b;2;0;3", "1;a;3;0;3")
MINE = Reading(names=Names("t", "car", "x", "y"))
DTD = '<!DOCTYPE fcd-export [<!ENTITY a "{}">{}]>\n'
LAUGHS = "".join(f'<!ENTITY l{k} "{f"&l{k - 1};" * 10}">' for k in range(1, 10))
PERSON = '<person id="a" x="5" y="5" speed="1" edge="e"/>'

XML_BAD = [
    Bad("truncated in the prolog", b'<?xml version="1.0" enc', SUMO),
    Bad("truncated in a tag", THREE[: THREE.rindex(b"<vehicle") + 12], SUMO),
    Bad("truncated between steps", THREE[: THREE.rindex(b"<timestep")], "after step time 1 s"),
    Bad("truncated before the last tag", THREE[: THREE.rindex(b"</fcd")], SUMO),
    Bad("gzip cut in half", PACKED[: len(PACKED) // 2], SUMO),
    Bad("gzip without its trailer", PACKED[:-8], SUMO),
    Bad("gzip with a wrong sum", flipped(PACKED, len(PACKED) - 6), "is broken gzip (CRC"),
    Bad("gzip with a flipped byte", flipped(PACKED, 40), "is broken gzip"),
    Bad("gzip header alone", PACKED[:10], SUMO),
    Bad("two roots", THREE + b"<fcd-export/>", "is not well-formed XML"),
    Bad("a network", doc(car(), root="net"), "is a SUMO network", 1),
    Bad("routes", b"<routes>\n</routes>", "is a SUMO route file", 1),
    Bad("emissions", b'<?xml version="1.0"?>\n\n<emission-export/>', "is SUMO emission output", 3),
    Bad("a map", b"<osm/>", "is an OpenStreetMap extract", 1),
    Bad("a configuration", b"<sumoConfiguration/>", "is a SUMO configuration", 1),
    Bad("a web page", b"<!DOCTYPE html>\n<html></html>", "is a web page", 1),
    Bad("a 404", b"<html><head><title>404</title></head></html>", "is a web page", 1),
    Bad("a NUL", doc(car("\0")), "is not well-formed XML", 2),
    Bad("bad UTF-8", doc(car("k")).replace(b'"k"', b'"\xff"'), "is not well-formed XML", 2),
    Bad("unknown encoding", b'<?xml version="1.0" encoding="klingon"?>' + THREE, "", 1),
    Bad("billion laughs", DTD.format("ha", LAUGHS).encode() + doc(car("&l9;")), "must not have a DOCTYPE", 1),
    Bad("quadratic entities", DTD.format("x" * 50_000, "").encode() + doc(car("&a;" * 900)), "must not have a", 1),
    Bad("external entity", b'<!DOCTYPE f SYSTEM "file:///etc/passwd">\n' + THREE, "must not have a DOCTYPE", 1),
    Bad("undefined entity", doc(car("&who;")), "is not well-formed XML", 2),
    Bad("a name of 20 MB", doc(car("n" * (20 << 20))), "", 0, heavy=True),
    Bad("a bomb of blanks", zeros(200 << 20), "Is it a gzip bomb?", heavy=True),
    Bad("a bomb after the root", gzip.compress(b"<fcd-export>")[:-8] + b"", SUMO, heavy=True),
    Bad("20,000 levels", doc("<a>" * 20_000), "elements are nested deeper than 10", 2, heavy=True),
    Bad("time missing", THREE.replace(b' time="1"', b""), "timestep without a 'time'", 3),
    Bad("time nan", doc(car(), car(), times=(0, "nan")), "'time' must be seconds or H:M:S (got 'nan')", 3),
    Bad("time noon", doc(car(), times=("noon",)), "(got 'noon')", 2),
    Bad("time 1e400", doc(car(), times=("1e400",)), "(got '1e400')", 2),
    Bad("time negative", doc(car(), times=(-1,)), "'time' must not be negative", 2),
    Bad("time backwards", doc(car(), car(), times=(5, 4)), "time backwards ('4' after 5 s)", 3),
    Bad("time twice", doc(car(), car(), times=(5, "5.0")), "time repeated ('5.0' after 5 s)", 3),
    Bad("time of a thousand digits", doc(car(), times=("9" * 1000,)), "'time' must be", 2),
    Bad("id missing", doc('<vehicle x="1" y="1"/>'), "vehicle without an 'id' (step time 0 s)", 2),
    Bad("id empty", doc(car("")), "'id' must have 1 to 256 characters", 2),
    Bad("id of 257", doc(car("i" * 257)), "'id' must have 1 to 256 characters", 2),
    Bad("vehicle twice", doc(car(), car() + car("w") + car()), "vehicle twice in one step (step time 1 s", 3),
    Bad("x missing", doc('<vehicle id="v" y="1"/>'), "vehicle without 'x' (step time 0 s, vehicle 'v'). Run SUMO", 2),
    *(
        Bad(f"x {text[:8]}", doc(car(), car(x=text)), "'x' must be a finite number", 3)
        for text in ("nan", "inf", "1e400", "1_0", "١٢", "0x10", "12m")
    ),
    Bad("x with a comma", doc(car(x="1,5")), "Write a point, not a comma.", 2),
    Bad("x nowhere", doc(car(x="-1073741824.00")), "a vehicle that is nowhere", 2),
    Bad("speed negative", doc(car(speed=-1)), "'speed' must not be negative", 2),
    Bad("speed nan", doc(car(speed="nan")), "'speed' must be a finite number", 2),
    Bad("vehicle outside a step", doc(car()).replace(b"</fcd", car().encode() + b"</fcd"), "outside a timestep", 3),
    Bad("step inside a step", doc("<timestep time='0.5'/>"), "timestep inside <timestep>", 2),
    Bad("vehicle inside a vehicle", doc(f'<vehicle id="q" x="1" y="1">{car()}</vehicle>'), "outside a timestep", 2),
    Bad("only empty steps", doc("", "", ""), "has 3 time steps and no vehicle"),
    Bad("no steps", b"<fcd-export/>", "has 0 time steps and no vehicle"),
    Bad("degrees told and metres found", doc(car(x=500)), "'x' must be within 180 degrees", 2, Reading(coords="geo")),
    Bad("columns for XML", THREE, "is no table of columns", 0, MINE),
]

OTHER_BAD = [
    Bad("empty", b"", "is empty"),
    Bad("blank", b"\n\n   \n", ""),
    Bad("empty gzip", gzip.compress(b""), ""),
    Bad("a folder", lambda path: path.mkdir(), "is a folder"),
    Bad("a pipe", lambda path: os.mkfifo(path), "is no ordinary file"),
    Bad("missing", lambda path: None, "does not exist"),
    Bad("a link to nothing", lambda path: path.symlink_to("nothing"), "does not exist"),
    Bad("a loop of links", lambda path: path.symlink_to(path.name), "cannot be opened"),
    Bad("a device", lambda path: path.symlink_to("/dev/zero"), "is no ordinary file"),
    Bad("zip", b"PK\x03\x04" + bytes(100), "is a zip archive"),
    Bad("zstd", b"\x28\xb5\x2f\xfd" + bytes(100), "is compressed with zstd"),
    Bad("bzip2", b"BZh91AY&SY" + bytes(100), "is compressed with bzip2"),
    Bad("xz", b"\xfd7zXZ\0" + bytes(100), "is compressed with xz"),
    Bad("an image", b"\x89PNG\r\n\x1a\n" + bytes(100), ""),
    Bad("a program", b"\x7fELF" + bytes(100), ""),
    Bad("JSON", b'{"time": 0, "vehicles": []}', "has no column 'time' in its heading", 1),
    Bad("plain text", b"hello\nworld\n", "has no column 'time' in its heading", 1),
]

TABLE_BAD = [
    Bad("csv without heading", table(heading="0;a;1;0;3"), "has no column 'time' in its heading", 1),
    Bad("csv without y", table("0;a;1", heading="time;id;x"), "has no column 'y'", 1),
    Bad("csv with two x", table("0;a;1;1;0", heading="time;id;x;x;y"), "has two columns 'x'", 1),
    Bad("csv heading alone", table(), "has no vehicle"),
    Bad("csv of null rows", table("0;;;;", "1;;;;"), "has no vehicle"),
    Bad("csv short row", table(*ROWS, "2;a;1"), "has 3 columns where the heading has 5", 5),
    Bad("csv long row", table("0;a;1;0;3;9"), "has 6 columns where the heading has 5", 2),
    Bad("csv open quote", table('0;"a;1;0;3', *ROWS), "is no proper CSV"),
    Bad("csv NUL", table("0;\0;nan;0;3"), "", 0),
    Bad("csv bad UTF-8", table(*ROWS) + b"2;\xff;1;0;3\n", "is no UTF-8 text"),
    Bad("csv decimal comma", table("0;a;1,5;0;3"), "Write a point, not a comma.", 2),
    Bad("csv underscore", table("0;a;1_0;0;3"), "'x' must be a finite number (got '1_0')", 2),
    Bad("csv time backwards", table("1;a;1;0;3", "0;a;1;0;3"), "time backwards (0 after 1 s)", 3),
    Bad("csv vehicle twice", table(*ROWS, "1;a;3;0;3"), "vehicle twice in one step (step time 1 s, vehicle 'a')", 5),
    Bad("csv x missing", table("0;a;;0;3"), "vehicle without 'x'", 2),
    Bad("csv id missing", table("0;;1;0;3"), "'id' must have 1 to 256", 2),
    Bad("csv time noon", table("noon;a;1;0;3"), "'time' must be seconds or H:M:S", 2),
    Bad("csv time negative", table("-1;a;1;0;3"), "not negative (got '-1')", 2),
    Bad("csv speed negative", table("0;a;1;0;-3"), "'speed' must not be negative", 2),
    Bad(
        "csv line of a megabyte", table("0;" + "a" * (1 << 20) + ";1;0;3"), "more than 65,536 characters", 2, heavy=True
    ),
    Bad("csv bomb of blanks", zeros(200 << 20, b"\n"), "", heavy=True),
    Bad("csv gzip cut", gzip.compress(table(*ROWS * 100))[:-20], ""),
    Bad("parquet cut", parquet(**COLUMNS)[:-9], "is broken Parquet"),
    Bad("parquet flipped footer", flipped(parquet(**COLUMNS), -6), ""),
    Bad("parquet without y", parquet(time=[0.0], id=["a"], x=[1.0]), "has no column 'y'", 1),
    Bad("parquet text for numbers", parquet(**COLUMNS | {"x": ["1", "2", "3"]}), "must hold numbers"),
    Bad(
        "degrees round the world",
        doc(car(x=-90, y=0), car(x=90, y=0)),
        "longitudes must be at most 6 degrees apart",
        0,
        Reading(coords="geo"),
    ),
    Bad("csv cut in a letter", table("0;a;1;0;3") + b"1;b\xc3", "is no UTF-8 text"),
    Bad("csv fault below two lines", table('0;"a\nb";1;0;3', "1;a;x;0;3"), "'x' must be a finite number", 4),
    Bad(
        "resampled without end",
        table("0,a,1,0", "4000000,a,2,0", heading="t,car,x,y"),
        "makes 4e+09 records by 'world.resample_s'",
        0,
        Reading(names=MINE.names, resample_s=0.001, gap_s=1e9),
    ),
    Bad("parquet nested id", parquet(**COLUMNS | {"id": [["a"], ["b"], ["a"]]}), "must hold text"),
    Bad("parquet time of truth", parquet(**COLUMNS | {"time": [False, False, True]}), "'time' must be"),
    Bad(
        "parquet id missing",
        parquet(**COLUMNS | {"id": ["a", None, "a"]}),
        "'id' must have 1 to 256 characters (got '')",
        2,
    ),
    Bad("a column of two lines", parquet(**{"ti\nme": [0.0], "id": ["a"], "x": [1.0], "y": [1.0]}), "(ti\\nme, "),
    Bad("parquet null x", parquet(**COLUMNS | {"x": [1.0, None, 3.0]}), "'x' must be a finite number", 2),
    Bad("parquet nan", parquet(**COLUMNS | {"y": [0.0, 0.0, float("nan")]}), "'y' must be a finite number", 3),
    Bad(
        "parquet no rows",
        parquet(
            time=pa.array([], pa.float64()),
            id=pa.array([], pa.string()),
            x=pa.array([], pa.float64()),
            y=pa.array([], pa.float64()),
        ),
        "has no vehicle",
    ),
    Bad("parquet time backwards", parquet(**COLUMNS | {"time": [1.0, 1.0, 0.0]}), "time backwards (0 after 1 s)", 3),
    Bad("parquet vehicle twice", parquet(**COLUMNS | {"id": ["a", "a", "a"]}), "vehicle twice in one step", 2),
    *(
        Bad(f"parquet {name}", parquet(**COLUMNS | {"time": pa.array([0, 0, date], pa.timestamp("s"))}), told, line)
        for name, date, told, line in (
            ("null date", None, "'time' must be a date from 1970 to 2115 (got 'NaT')", 3),
            ("date before 1970", -5, "'time' must be a date from 1970 to 2115 (got '1969-12-31T23:59:55", 3),
            ("date of 2200", 7_258_118_400, "'time' must be a date from 1970 to 2115", 3),
            ("date beyond 64 bits", 10**15, "is broken Parquet", 0),
        )
    ),
    Bad("parquet nested", parquet(**COLUMNS | {"x": [[1.0], [2.0], [3.0]]}), "must hold numbers"),
    Bad("mapping unknown", table("0,a,1,1", heading="t,auto,x,y"), "'world.columns.id' must name one column", 1, MINE),
    Bad(
        "mapping wrong date",
        table("0,a,1,1", heading="t,car,x,y"),
        "'time' must be as in '%H-%M'",
        2,
        Reading(names=MINE.names, time_format="%H-%M"),
    ),
    Bad(
        "mapping place beyond",
        table("0,a,1,1", heading="1,2,3,4"),
        "must be a place from #1 to #4",
        1,
        Reading(names=Names("#1", "#2", "#3", "#5")),
    ),
]

BAD = [*XML_BAD, *OTHER_BAD, *TABLE_BAD]


def three(name: str, content: bytes, **facts: Any) -> Odd:
    """Any file that says what THREE says."""
    return Odd(name, content, ("a", "b"), (2, 2, 2), facts)


TEXT = THREE.decode()
FAKE = '<!-- <timestep time="0.5"><vehicle id="z" x="1" y="1" speed="1"/></timestep> -->'
ODD = [
    three("as SUMO writes it", THREE, jumps=0, reentries=0, persons=0),
    three("gzip without suffix", PACKED),
    three("gzip of two members", gzip.compress(THREE[:70]) + gzip.compress(THREE[70:])),
    three("carriage returns", TEXT.replace("\n", "\r\n").encode()),
    three("byte order mark", "\ufeff".encode() + THREE),
    three("UTF-16", ('<?xml version="1.0" encoding="utf-16"?>' + TEXT).encode("utf-16")),
    three("single quotes", TEXT.replace('"', "'").encode()),
    three("one line", TEXT.replace("\n", "").encode()),
    three("indented", TEXT.replace("<vehicle", "\n\t\t<vehicle").encode()),
    three(
        "attributes in another order", TEXT.replace(' speed="3"', "").replace("<vehicle", '<vehicle speed="3"').encode()
    ),
    three("unknown attributes", TEXT.replace(' speed="3"', ' speed="3" novel="x" CO2="1.5" z="12.5"').encode()),
    three(
        "namespaces",
        TEXT.replace(
            "<fcd-export>",
            '<fcd-export xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
            ' xsi:noNamespaceSchemaLocation="http://sumo.dlr.de/xsd/fcd_file.xsd">',
            1,
        ).encode(),
    ),
    three("comments and instructions", TEXT.replace("<timestep", "<?pi x?><!-- c --><timestep").encode()),
    three("CDATA and text", TEXT.replace("<vehicle", "text<![CDATA[ <vehicle/> ]]><vehicle").encode()),
    three("a step in a comment", TEXT.replace("</timestep>", "</timestep>" + FAKE).encode()),
    three("unknown elements", TEXT.replace("<timestep", "<param key='a' value='b'/><timestep").encode()),
    three("persons beside", TEXT.replace("</timestep>", PERSON + "</timestep>").encode(), persons=3),
    three("persons inside", TEXT.replace('speed="3"/>', f'speed="3">{PERSON}</vehicle>').encode(), persons=6),
    three("containers", TEXT.replace("</timestep>", '<container id="a" x="1" y="1"/></timestep>').encode(), persons=0),
    three("csv", table(*(f"{k};a;{k};2;3\n{k};b;9;{k};3" for k in range(3)))),
    three("csv with commas", table(*(f"{k},a,{k},2,3\n{k},b,9,{k},3" for k in range(3)), heading="time,id,x,y,speed")),
    three("csv with tabs", table(*(f"{k};a;{k};2;3\n{k};b;9;{k};3" for k in range(3))).replace(b";", b"\t")),
    three("csv packed", gzip.compress(table(*(f"{k};a;{k};2;3\n{k};b;9;{k};3" for k in range(3))))),
    three("csv quoted", table(*(f'{k};"a";{k};2;3\n{k};"b";9;{k};3' for k in range(3)))),
    three(
        "csv mark and returns",
        "\ufeff".encode() + table(*(f"{k};a;{k};2;3\n{k};b;9;{k};3" for k in range(3))).replace(b"\n", b"\r\n"),
    ),
    three("csv with empty lines", table(*(f"\n{k};a;{k};2;3\n\n{k};b;9;{k};3" for k in range(3)))),
    three("csv without last line end", table(*(f"{k};a;{k};2;3\n{k};b;9;{k};3" for k in range(3))).rstrip()),
    three(
        "csv full heading",
        table(
            *(f"{k};a;{k};2;3\n{k};b;9;{k};3" for k in range(3)),
            heading=("timestep_time;timestep_vehicle_id;timestep_vehicle_x;timestep_vehicle_y;timestep_vehicle_speed"),
        ),
    ),
    three(
        "csv with persons by tag",
        table(
            *(f"{k};a;{k};2;3;vehicle\n{k};b;9;{k};3;vehicle\n{k};a;0;0;1;person" for k in range(3)),
            heading="timestep_time;vehicle_id;vehicle_x;vehicle_y;vehicle_speed;vehicle_tag",
        ),
        persons=3,
    ),
    three(
        "csv with persons by edge",
        table(
            *(f"{k};a;0;0;1;;e\n{k};a;{k};2;3;l;\n{k};b;9;{k};3;l;" for k in range(3)),
            heading="timestep_time;vehicle_id;vehicle_x;vehicle_y;vehicle_speed;vehicle_lane;vehicle_edge",
        ),
        persons=3,
    ),
    three(
        "csv mesoscopic",
        table(
            *(f"{k};a;{k};2;3;;e\n{k};b;9;{k};3;;e" for k in range(3)),
            heading="timestep_time;vehicle_id;vehicle_x;vehicle_y;vehicle_speed;vehicle_lane;vehicle_edge",
        ),
        persons=0,
    ),
    three(
        "parquet",
        parquet(
            time=[0.0, 0.0, 1.0, 1.0, 2.0, 2.0],
            id=["a", "b"] * 3,
            x=[0.0, 9.0, 1.0, 9.0, 2.0, 9.0],
            y=[2.0, 0.0, 2.0, 1.0, 2.0, 2.0],
            speed=pa.array([3.0] * 6, pa.float32()),
        ),
    ),
    three(
        "parquet of other types",
        parquet(
            time=["0", "0", "00:00:01", "00:00:01", "2.00", "2.00"],
            id=pa.array(["a", "b"] * 3).dictionary_encode(),
            x=pa.array([0, 9, 1, 9, 2, 9], pa.int32()),
            y=pa.array([2, 0, 2, 1, 2, 2], pa.float32()),
            speed=[3.0] * 6,
        ),
    ),
    Odd("first time 25200", doc(car(), car(), times=("25200.00", "25201.00")), ("v",), (1, 1), {"begin_s": 25200.0}),
    Odd(
        "tenths",
        doc(*[car()] * 4, times=("0.10", "0.20", "0.30", "0.40")),
        ("v",),
        (1,) * 4,
        {"step_s": 0.1, "end_s": 0.4},
    ),
    Odd(
        "H:M:S",
        doc(car(), car(), times=("07:00:00", "07:00:00.50")),
        ("v",),
        (1, 1),
        {"begin_s": 25200.0, "end_s": 25200.5},
    ),
    Odd("D:H:M:S", doc(car(), car(), times=("23:59:59", "1:00:00:00")), ("v",), (1, 1), {"end_s": 86400.0}),
    Odd(
        "only x and y",
        doc('<vehicle id="v" x="0" y="0"/>', '<vehicle id="v" x="3" y="4"/>'),
        ("v",),
        (1, 1),
        {"parked": 0.0},
    ),
    Odd("parked", doc(*[car(speed=0)] * 4), ("v",), (1,) * 4, {"parked": 1.0, "jumps": 0}),
    Odd("teleport", doc(car(), car(x=901)), ("v",), (1, 1), {"jumps": 1}),
    Odd("re-entry", doc(car(), "", car()), ("v",), (1, 0, 1), {"reentries": 1, "jumps": 0}),
    Odd(
        "empty steps all over", doc("", car(), "", "", car("w"), ""), ("v", "w"), (0, 1, 0, 0, 1, 0), {"at_once_max": 1}
    ),
    Odd(
        "empty steps closed at once",
        THREE.replace(b"<fcd-export>", b"<fcd-export>" + b'<timestep time="-0"/>', 1).replace(
            b'time="0"', b'time="0.5"'
        ),
        ("a", "b"),
        (0, 2, 2, 2),
    ),
    Odd(
        "negative coordinates",
        doc(car(x="-0.30", y="-1e3")),
        ("v",),
        (1,),
        {"x_m": [-0.3, -0.3], "y_m": [-1000.0, -1000.0]},
    ),
    Odd(
        "UTM", doc(car(x="691607.33", y="5490123.77")), ("v",), (1,), {"x_m": [691607.33] * 2, "y_m": [5490123.77] * 2}
    ),
    Odd(
        "degrees",
        doc(*(car(x=f"11.34{k:04d}", y="44.494900", speed="7.95") for k in range(5))),
        ("v",),
        (1,) * 5,
        {"projected": True},
    ),
    Odd(
        "degrees told to be metres",
        doc(*(car(x=f"11.34{k:04d}", y="44.494900") for k in range(5))),
        ("v",),
        (1,) * 5,
        {"projected": False, "y_m": [44.4949] * 2},
        Reading(coords="xy"),
    ),
    Odd("entities in a name", doc(car("a&amp;b&#49;")), ("a&b1",), (1,)),
    Odd("line end in a name", doc(car("a\nb")), ("a b",), (1,)),
    Odd(
        "names of every kind",
        doc("".join(car(name) for name in ("-1#2", ":n 3", "nan", "null", "ü", "車", "0"))),
        ("-1#2", ":n 3", "nan", "null", "ü", "車", "0"),
        (7,),
    ),
    Odd("name of 256", doc(car("i" * 256)), ("i" * 256,), (1,)),
    Odd(
        "exponents and signs",
        doc(car(x="+1.5e2", y="-.5", speed="1E1")),
        ("v",),
        (1,),
        {"x_m": [150.0] * 2, "y_m": [-0.5] * 2},
    ),
    Odd("near the pole", doc(*(car(x=100 + k / 1e5, y=83.9) for k in range(4))), ("v",), (1,) * 4, {"projected": True}),
    Odd(
        "beyond where planes are good",
        doc(*(car(x=100 + k / 1e5, y=90) for k in range(4))),
        ("v",),
        (1,) * 4,
        {"projected": False},
    ),
    Odd(
        "resampled with empty rows",
        table("0,a,1,2", "0,,,", "0,,,", "1,a,2,2", heading="t,car,x,y"),
        ("a",),
        (1, 1),
        {},
        Reading(names=MINE.names, resample_s=1.0),
    ),
    Odd("parquet decimals", parquet(**COLUMNS | {"x": pa.array([1, 2, 3], pa.decimal128(10, 2))}), ("a", "b"), (2, 1)),
    Odd(
        "parquet durations",
        parquet(**COLUMNS | {"time": pa.array([0, 0, 2], pa.duration("ns")).cast(pa.duration("ns"))}),
        ("a", "b"),
        (2, 1),
    ),
    Odd(
        "parquet float32 times",
        parquet(**COLUMNS | {"time": pa.array([0.1, 0.1, 0.2], pa.float32())}),
        ("a", "b"),
        (2, 1),
        {"end_s": 0.2, "begin_s": 0.1},
    ),
    Odd(
        "mapping of clocks",
        table("08:00:00,a,1,1", "08:00:02,a,2,1", heading="t,car,x,y"),
        ("a",),
        (1, 1),
        {"begin_s": 28800.0},
        Reading(names=MINE.names, time_format="%H:%M:%S"),
    ),
    Odd("csv line end in a name", table('0;"a\nb";1;0;3'), ("a\nb",), (1,)),
    Odd("one step", doc(car()), ("v",), (1,), {"step_s": 0.0}),
    Odd("5,000 vehicles", doc("".join(car(k, k) for k in range(5000))), tuple(map(str, range(5000))), (5000,)),
    Odd("csv null rows", table("0;;;;", *(row.replace("1;a", "2;a") for row in ROWS[2:]), "3;;;;"), ("a",), (0, 1, 0)),
    Odd("csv ids nan and null", table("0;nan;1;0;3", "0;null;2;0;3"), ("nan", "null"), (2,)),
    Odd(
        "parquet null rows",
        parquet(time=[0.0, 1.0, 2.0], id=[None, "a", None], x=[None, 1.0, None], y=[None, 1.0, None]),
        ("a",),
        (0, 1, 0),
    ),
    Odd(
        "parquet timestamps",
        parquet(t=pa.array([0, 500, 1000], pa.timestamp("ms")), car=["a"] * 3, x=[1.0, 2.0, 3.0], y=[0.0] * 3),
        ("a",),
        (1, 1, 1),
        {"step_s": 0.5},
        Reading(names=Names("t", "car", "vehicle_x", "vehicle_y")),
    ),
    Odd(
        "mapping in feet and km/h",
        table("0,a,10,0,36", "25,a,20,0,36", heading="f,car,x,y,v"),
        ("a",),
        (1, 1),
        {"x_m": [3.048, 6.096], "end_s": 1.0},
        Reading(names=Names("f", "car", "x", "y", "v"), metre=0.3048, metre_per_s=1 / 3.6, time_unit_s=0.04),
    ),
    Odd(
        "mapping of dates without heading",
        b"7,2008-02-02 15:36:08,11.0,44.0\n7,2008-02-02 15:36:18,11.001,44.0\n",
        ("7",),
        (1, 1),
        {"step_s": 10.0, "projected": True},
        Reading(coords="geo", names=Names("#2", "#1", "#3", "#4"), time_format="%Y-%m-%d %H:%M:%S"),
    ),
    Odd(
        "mapping in any order",
        table("2,a,3,0", "0,a,1,0", "0,b,5,0", "1,a,2,0", heading="t,car,x,y"),
        ("a", "b"),
        (2, 1, 1),
        {},
        MINE,
    ),
    Odd(
        "mapping resampled",
        table("0.5,a,0,0", "2.5,a,20,0", "90,a,0,0", "91.5,a,15,0", heading="t,car,x,y"),
        ("a",),
        (1, 1, 1, 1),
        {"x_m": [0.0, 15.0], "begin_s": 1.0, "end_s": 91.0, "reentries": 0},
        Reading(names=MINE.names, resample_s=1.0, gap_s=60.0),
    ),
]


def written(case: Bad | Odd, folder: Path) -> Path:
    """The file of a case in an empty folder."""
    path = folder / "trace"
    if callable(case.content):
        case.content(path)
    else:
        path.write_bytes(case.content)
    return path


def main(folder: Path) -> None:
    """Write all cases, each in a folder of its own, and a table of them."""
    lines = ["| folder | must be |", "|---|---|"]
    for number, case in enumerate([*BAD, *ODD]):
        place = folder / f"{number:03d} {case.name}".replace("/", "-")
        place.mkdir(parents=True)
        written(case, place)
        verdict = (
            f"refused: {case.told}" if isinstance(case, Bad) else f"read: {len(case.ids)} vehicles, {case.steps[:9]}"
        )
        lines.append(f"| {place.name} | {verdict} |")
    (folder / "README.md").write_text("\n".join([*lines, ""]))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
