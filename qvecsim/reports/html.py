"""Elements of a page as text. Whatever is no ``Html`` already is escaped: names come from files of anybody."""

from __future__ import annotations

import html
import json
import re
from typing import Any

CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufffe\uffff]")
VOID = ("meta", "input", "br", "link")
UNSAFE = {ord(sign): f"\\u{ord(sign):04x}" for sign in "<>&\u2028\u2029"}


class Html(str):
    """Markup, as opposed to text."""

    __slots__ = ()


def text(value: Any) -> Html:
    """A value as text; what no page may hold becomes the replacement character."""
    return value if isinstance(value, Html) else Html(html.escape(CONTROL.sub("\ufffd", str(value)), quote=True))


def name(value: Any) -> Html:
    """What somebody called something: its writing direction does not spread to what stands beside it."""
    return element("bdi", value)


def element(tag: str, *children: Any, **attributes: Any) -> Html:
    """An element; ``class_`` is class, ``data_of`` is data-of, and an attribute that is None or False is left out."""
    told = "".join(
        _attribute(key, value) for key, value in attributes.items() if value is not None and value is not False
    )
    if tag in VOID:
        return Html(f"<{tag}{told}>")
    return Html(f"<{tag}{told}>{join(*children)}</{tag}>")


def join(*children: Any) -> Html:
    """One thing after the other; None is nothing."""
    return Html("".join(text(child) for child in children if child is not None))


def data(value: Any, **attributes: Any) -> Html:
    """JSON that the page's script reads, and that ends no element whatever it says."""
    written = json.dumps(value, separators=(",", ":"), allow_nan=False).translate(UNSAFE)
    return element("script", Html(written), type="application/json", **attributes)


def _attribute(key: str, value: Any) -> str:
    key = key.rstrip("_").replace("_", "-")
    return f" {key}" if value is True else f' {key}="{text(value)}"'
