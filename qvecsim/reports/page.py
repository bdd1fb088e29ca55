"""A whole page: head, what the browser may do, style, script, and its parts."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Sequence
from functools import cache
from importlib import resources
from typing import Any

from qvecsim.reports.html import Html, element
from qvecsim.version import __version__

MARK = "<!DOCTYPE html>\n<!-- qvecsim report -->\n"


def page(title: str, contents: Sequence[tuple[str, str]], *parts: Any) -> str:
    """A page that fetches nothing and cannot: its own style and script are all that the browser may use."""
    style, script = (Html(_file(name)) for name in ("style.css", "script.js"))
    head = element(
        "head",
        element("meta", charset="utf-8"),
        element("meta", http_equiv="Content-Security-Policy", content=policy(style, script)),
        element("meta", name="viewport", content="width=device-width, initial-scale=1"),
        element("meta", name="color-scheme", content="light dark"),
        element("meta", name="generator", content=f"qvecsim {__version__}"),
        element("title", title),
        element("style", style),
    )
    links = element("nav", *(element("a", word, href=f"#{anchor}") for anchor, word in contents), aria_label="parts")
    foot = element("footer", f"Made by qvecsim {__version__}. Everything is in this file.")
    body = element("body", element("main", parts[0], links, *parts[1:]), foot, element("script", script))
    return MARK + element("html", head, body, lang="en") + "\n"


def policy(style: str, script: str) -> str:
    """The Content-Security-Policy that allows these two texts and nothing else."""
    return (
        f"default-src 'none'; style-src '{_digest(style)}'; script-src '{_digest(script)}'; "
        "base-uri 'none'; form-action 'none'"
    )


def _digest(content: str) -> str:
    return "sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()


@cache
def _file(name: str) -> str:
    return resources.files("qvecsim.reports").joinpath(name).read_text(encoding="utf-8")
