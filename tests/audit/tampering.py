"""What an attacker does to a run folder: change a table, and sign everything again."""

from __future__ import annotations

import hashlib
import json
import shutil

import pyarrow as pa
import pyarrow.parquet as pq

from qvecsim.results.files import MANIFEST, SUMS, TIMING
from qvecsim.results.schema import arrow


def copied(run, folder):
    """A copy of a run folder."""
    shutil.copytree(run, folder)
    return folder


def changed(folder, table, column, row, change):
    """Change one cell of a table's only part, and sign the folder again."""
    path = folder / table / "part-00000.parquet"
    whole = pq.ParquetFile(path).read()
    values = whole[column].to_pylist()
    values[row] = change(values[row])
    index, field = whole.schema.get_field_index(column), arrow(table).field(column)
    array = pa.array(values, field.type.value_type if pa.types.is_dictionary(field.type) else field.type)
    array = array.dictionary_encode() if pa.types.is_dictionary(field.type) else array
    pq.write_table(whole.set_column(index, field, array), path, write_page_checksum=True)
    sign(folder)


def sign(folder):
    """Make every digest in run.json and SHA256SUMS that of what lies there."""
    manifest = json.loads((folder / MANIFEST).read_bytes())
    for entry in manifest["tables"].values():
        entry["parts"] = {name: digest and sha256(folder / name) for name, digest in entry["parts"].items()}
    (folder / MANIFEST).write_text(json.dumps(manifest, indent=2, sort_keys=True, ensure_ascii=False) + "\n")
    names = sorted(path.relative_to(folder).as_posix() for path in folder.rglob("*") if path.is_file())
    lines = [f"{sha256(folder / name)}  {name}\n" for name in names if name not in (SUMS, TIMING)]
    (folder / SUMS).write_text("".join(lines))


def sha256(path):
    """SHA-256 of a file, in hex."""
    return hashlib.sha256(path.read_bytes()).hexdigest()
