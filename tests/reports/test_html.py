"""Whatever a file says is text: it opens no element, ends none, and comes out of the page as it went in."""

from __future__ import annotations

import json
from html.parser import HTMLParser

from hypothesis import given, settings
from hypothesis import strategies as st

from qvecsim.reports.html import CONTROL, Html, data, element, join, name, text


class Parsed(HTMLParser):
    """What a browser would make of a piece of markup."""

    def __init__(self, markup):
        super().__init__(convert_charrefs=True)
        self.tags, self.attributes, self.words = [], [], ""
        self.feed(markup)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.attributes += attrs

    def handle_data(self, data):
        self.words += data


def clean(value):
    return CONTROL.sub("\ufffd", value)


@given(st.text())
def test_text_is_read_back_as_it_was(value):
    parsed = Parsed(element("p", value))
    assert parsed.tags == ["p"]
    assert parsed.words == clean(value)


@given(st.text())
def test_attributes_are_read_back_as_they_were(value):
    parsed = Parsed(element("p", title=value))
    assert (parsed.tags, parsed.attributes) == (["p"], [("title", clean(value))])


@settings(max_examples=40)
@given(
    st.recursive(
        st.text() | st.integers() | st.none(), lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner)
    )
)
def test_data_is_read_back_as_it_was_and_ends_nothing(value):
    written = data(value)
    body = written.removeprefix('<script type="application/json">').removesuffix("</script>")
    assert json.loads(body) == value
    assert not set("<>&") & set(body)


@given(st.text(st.characters(exclude_categories=())))
def test_every_text_can_be_written(value):
    assert text(value).encode().count(b"<") == 0


def test_markup_is_kept_and_none_is_nothing():
    assert join(Html("<br>"), None, "<br>") == "<br>&lt;br&gt;"
    assert element("a", "x", class_="b", data_of=1, hidden=True, id=None) == '<a class="b" data-of="1" hidden>x</a>'
    assert element("meta", charset="utf-8") == '<meta charset="utf-8">'
    assert name("\u202ex") == "<bdi>\u202ex</bdi>"
