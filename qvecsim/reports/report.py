"""One HTML file about a run, a study or a training, and where it goes: beside the folder, never in it."""

from __future__ import annotations

from pathlib import Path

from qvecsim.errors import OutputError, ResultError
from qvecsim.reports.page import MARK
from qvecsim.results.disk import saving, write_file
from qvecsim.results.files import MANIFEST, STUDY
from qvecsim.results.lessons import FACTS, Lessons, is_policy, read_lessons
from qvecsim.results.store import Run, read

SEALED = (MANIFEST, STUDY, FACTS)


def report(path: str | Path, *overrides: str, out: str | Path | None = None) -> Path:
    """Write the report of the run, the study or the trained policy in a folder; the path of the file.

    By default that is ``NAME.html`` beside the folder. The map of a run needs its trace: ``overrides`` say where it is
    now, as in ``world.trace=traces/urban.fcd.xml.gz``. Equal runs give equal bytes.
    """
    target = place(Path(path)) if out is None else Path(out)
    _check(target)
    content = _content(Path(path), overrides)
    with saving(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    write_file(target, content.encode("utf-8", "replace"))
    return target


def _content(path: Path, overrides: tuple[str, ...]) -> str:
    # Each page imports what it needs.
    found = read_lessons(path) if is_policy(path) else read(path)
    if isinstance(found, Run):
        from qvecsim.reports.run import run_page

        return run_page(found, overrides)
    if overrides:
        raise ResultError(f"'{path}' must be a run folder if its files are told (got another). Leave --set out.")
    if isinstance(found, Lessons):
        from qvecsim.reports.training import training_page

        return training_page(found)
    from qvecsim.reports.study import study_page

    return study_page(found)


def place(folder: Path) -> Path:
    """Where the report of a folder goes: beside it, or beside the study in which it is."""
    folder = folder.resolve()
    if (folder.parent / STUDY).is_file():
        return folder.parent.with_name(f"{folder.parent.name}-{folder.name}.html")
    return folder.with_name(f"{folder.name}.html")


def _check(target: Path) -> None:
    """Refuse to add to what is sealed, and to replace what is no report."""
    for folder in target.resolve().parents:
        if any((folder / name).is_file() for name in SEALED):
            raise OutputError(
                f"'{target}' must not lie in a run, study or policy folder ('{folder}'). Choose another --out."
            )
    if target.is_dir():
        raise OutputError(f"'{target}' must be a file (it is a folder). Choose another --out.")
    if target.exists() and not _is_report(target):
        raise OutputError(f"'{target}' is there, and is no report. Choose another --out.")


def _is_report(target: Path) -> bool:
    try:
        with target.open("rb") as file:
            return file.read(len(MARK)) == MARK.encode()
    except OSError:
        return False
