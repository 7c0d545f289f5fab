"""Opens an explanation in a headless Chromium and reads numbers off its pictures.

Argument: the page's file. Standard input: the facts that the page must show.
"""

import json
import pathlib
import sys

from browser import Page, chromium
from looks import readable


def pictures(page, facts):
    assert int(page.one("#summary").get_attribute("data-rows")) == facts["rows"]
    assert page.attributes("#importance .row", "data-feature") == facts["features"]
    widths = page.tab.locator("#importance rect").evaluate_all("(found) => found.map((bar) => bar.getBBox().width)")
    assert widths == sorted(widths, reverse=True) and widths[0] > 300, widths
    swarms = page.attributes("section[data-output] .swarm", "data-feature")
    assert swarms == facts["features"] * facts["outputs"], swarms
    # Each dot is a step of a path that leads nowhere.
    dots = page.tab.locator("path.dots").evaluate_all(
        "(found) => found.map((path) => path.getAttribute('d').split('M').length - 1)"
    )
    assert sum(dots) == facts["rows"] * len(facts["features"]) * facts["outputs"], sum(dots)
    line = page.one("path.zero").first.bounding_box()
    first = page.one(".swarm").first
    sides = [first.locator(f"path.c{colour}").bounding_box() for colour in (0, 8)]
    assert sides[0]["x"] < line["x"] < sides[1]["x"], "low values lower the answers, high ones raise them"


def colours(page):
    """Low and high values differ in light and in dark."""
    for scheme in ["light", "dark"]:
        page.tab.emulate_media(color_scheme=scheme)
        strokes = [
            page.one(f"path.c{colour}").first.evaluate("(path) => getComputedStyle(path).stroke") for colour in (0, 8)
        ]
        assert len(set(strokes)) == 2, strokes


def text_only(page, facts):
    """What users named is text."""
    assert len(page.all("script")) == 1 and not page.all("img") and not page.all("b")
    shown = page.one("body").text_content()
    assert all(name[:20] in shown for name in facts["features"])


with chromium() as browser:
    page = Page(browser, pathlib.Path(sys.argv[1]))
    facts = json.load(sys.stdin)
    pictures(page, facts)
    colours(page)
    text_only(page, facts)
    readable(page)
    page.quiet()
