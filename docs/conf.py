"""The documentation as a site: `tox -e docs` builds it, and a warning is an error.

The pages of this folder, the project's other texts, and pages made from the code itself. Nothing is fetched.
"""

from __future__ import annotations

import argparse
import inspect
import os
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

os.environ["COLUMNS"] = "100"  # how wide argparse writes its help

import qvecsim
from qvecsim import show
from qvecsim.cli import parser
from qvecsim.version import __version__

ROOT = Path(__file__).parents[1]
MADE = Path(__file__).parent / "made"  # pages that the build writes; not committed

project, author, release = "qvecsim", "The qvecsim developers", __version__
extensions = ["myst_parser", "sphinx.ext.autodoc", "sphinx_copybutton"]
root_doc = "site"
exclude_patterns = ["conf.py"]
html_theme, html_title = "furo", f"qvecsim {__version__}"
html_copy_source = html_show_copyright = False
myst_heading_anchors = 4
myst_enable_extensions = ["dollarmath"]
autodoc_typehints = "none"  # the signatures have them
autodoc_member_order = "bysource"
python_display_short_literal_types = True
nitpicky = False

# Pages of the site that are files elsewhere in the project.
ELSEWHERE = {
    "README.md": "first-run.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changes.md",
    "traces/README.md": "shipped-traces.md",
    "benchmarks/README.md": "benchmarks.md",
}
LINK = re.compile(r"(!?)\[([^\]]*)\]\((?!https?:|#|mailto:)([^)#\s]+)(#[^)\s]*)?\)")


def made() -> Iterator[tuple[str, str]]:
    """Name and text of each page that is not a file of this folder."""
    for place, name in ELSEWHERE.items():
        yield name, moved((ROOT / place).read_text(encoding="utf-8"), (ROOT / place).parent, MADE)
    yield "command-line.md", command_line()
    yield "equations.md", f"# Equations\n\nMade by `qvecsim show equations`.\n\n{fenced(show.equations())}"
    yield "python.md", python()


def moved(text: str, beside: Path, to: Path) -> str:
    """A text with its links as they are on the site, where code has no page and loses its link."""
    pages = {(ROOT / place).resolve(): MADE / name for place, name in ELSEWHERE.items()}

    def led(match: re.Match[str]) -> str:
        picture, words, target, anchor = match[1], match[2], (beside / match[3]).resolve(), match[4] or ""
        page = pages.get(target, target)
        if page.is_relative_to(ROOT / "docs") or not target.exists():
            return f"{picture}[{words}]({os.path.relpath(page, to)}{anchor})"
        return words

    return LINK.sub(led, text)


def command_line() -> str:
    """Every command with its help."""
    parts = [f"## qvecsim {name}\n\n{fenced(command.format_help())}" for name, command in commands(parser())]
    return "\n".join(["# Command line\n", fenced(parser().format_help()), *parts])


def commands(of: argparse.ArgumentParser, before: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Name and parser of every command, verbs of commands after them."""
    for action in of._actions:
        if isinstance(action, argparse._SubParsersAction):
            for name, command in action.choices.items():
                yield before + name, command
                yield from commands(command, f"{before}{name} ")


def python() -> str:
    """What the package has for programs, from its docstrings."""
    parts = ["# Python\n", fenced(inspect.getdoc(qvecsim) or "")]
    for name in qvecsim.__all__:
        thing = getattr(qvecsim, name)
        parts.append(f"## qvecsim.{name}\n\n```{{eval-rst}}\n{directive(thing)}\n```\n")
    return "\n".join(parts)


def directive(thing: Any) -> str:
    """What documents it."""
    if inspect.ismodule(thing):
        return f".. automodule:: {thing.__name__}\n   :members:"
    kind = "autoclass" if inspect.isclass(thing) else "autofunction"
    more = "\n   :members:" if inspect.isclass(thing) and not issubclass(thing, Exception) else ""
    return f".. {kind}:: {thing.__module__}.{thing.__qualname__}{more}"


def fenced(text: str) -> str:
    """As it is, in a block."""
    return f"```text\n{text.rstrip()}\n```\n"


def setup(app: Any) -> None:
    """Write the pages before any is read, and mend the links of those that are there."""
    MADE.mkdir(exist_ok=True)
    for name, text in made():
        if not (MADE / name).exists() or (MADE / name).read_text(encoding="utf-8") != text:
            (MADE / name).write_text(text, encoding="utf-8")

    def read(_: Any, name: str, source: list[str]) -> None:
        if not name.startswith(MADE.name):
            source[0] = moved(source[0], ROOT / "docs", ROOT / "docs")

    app.connect("source-read", read)
