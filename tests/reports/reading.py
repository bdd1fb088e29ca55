"""A report as a program reads it, and what its numbers should be."""

from __future__ import annotations

import json
import math
import re
from collections import Counter
from html.parser import HTMLParser

PREFIX = {"T": 1e12, "G": 1e9, "M": 1e6, "k": 1e3, "": 1.0, "m": 1e-3, "µ": 1e-6, "n": 1e-9}
QUANTILES = {"median": 0.5, "p95": 0.95, "p99": 0.99}
PARTS = ("wait_s", "key_wait_s", "uplink_s", "queue_s", "compute_s", "return_s")


class Page(HTMLParser):
    """Elements counted, numbers with their origins, the data of charts by title, and all text."""

    def __init__(self, content):
        super().__init__(convert_charrefs=True)
        self.tags, self.numbers, self.charts, self.words = Counter(), [], {}, []
        self.attributes = []
        self.map = None
        self._open, self._number, self._title, self._text = [], None, "", ""
        self.feed(content)

    def handle_starttag(self, tag, attrs):
        self.tags[tag] += 1
        self.attributes += [(tag, *one) for one in attrs]
        self._open.append((tag, dict(attrs)))
        if tag == "data":
            self._number = (dict(attrs)["value"], json.loads(dict(attrs)["data-of"]))
        if tag in ("figcaption", "data", "script"):
            self._text = ""

    def handle_endtag(self, tag):
        attrs = next(attrs for name, attrs in reversed(self._open) if name == tag)
        if tag == "figcaption":
            self._title = self._text
        if tag == "data":
            self.numbers.append((*self._number, self._text))
        if tag == "script" and attrs.get("type") == "application/json":
            told = json.loads(self._text)
            if attrs.get("class") == "map-data":
                self.map = told
            else:
                self.charts[self._title] = told

    def handle_data(self, data):
        self._text += data
        self.words.append(data)


def expected(run, origin):
    """What pandas finds in the tables for a number of this origin."""
    table, column, how, *where = origin
    if table == "run.json":
        return run.manifest["summary"][column][how]
    frame = getattr(run, table)
    if where:
        frame = frame[frame[where[0]] == where[1]]
    values = frame[column]
    if how == "only":
        [value] = values
    elif how == "count":
        value = len(values)
    elif how in QUANTILES:
        value = values.quantile(QUANTILES[how])
    elif how == "mean of results":
        value = values[frame["latency_s"].notna()].mean()
    elif how == "missed":
        ended = frame[frame["outcome"] != "in_flight"]
        value = (ended["outcome"] != "done").mean()
    elif how.startswith("share of slot"):
        value = values.mean() / run.runs["slot_s"].iloc[0]
    elif how.startswith("share "):
        value = (values == how.removeprefix("share ")).mean()
    else:
        value = getattr(values, how)()
    return value


def is_shown(text, value):
    """Whether a text such as "13.27 kbit/s" is a value rounded to four digits."""
    if not value:
        return text == "\u2013"
    if not re.match(r"-?[0-9]", text):
        return text == value
    digits, unit = re.fullmatch(r"(-?[0-9.,]+(?:e[-+][0-9]+)?) ?(.*)", text).groups()
    prefix = re.fullmatch(r"([TGMkmµn]?)(?:s|bit|bit/s|J|dB|m)", unit)
    factor = 0.01 if unit == "%" else PREFIX[prefix.group(1)] if prefix else 1.0
    return math.isclose(float(digits.replace(",", "")) * factor, float(value), rel_tol=6e-4, abs_tol=1e-12)
