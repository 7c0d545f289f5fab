"""Opens a lineage page in a headless Chromium and uses it as a reader would.

Arguments: `story`, `awkward` or `large`, and the page's file. Standard input: the facts that the page must show.
"""

import json
import pathlib
import sys
import tempfile

from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.keys import Keys

from browser import Browser


class Page(Browser):
    """A page of lineage."""

    def node(self, name):
        """The box whose label holds the name."""
        found = [node for node in self.all("a.node") if name in node.get_attribute("aria-label")]
        assert found, f"no box is called {name}"
        return found[0]

    def bring(self, name):
        """Clicks a box where a reader sees it."""
        ActionChains(self.browser).move_to_element(self.node(name)).click().perform()

    def panel(self):
        return self.one("#panel").text

    def transform(self):
        return self.one("#scene").get_attribute("transform")

    def search(self, text):
        field = self.one("#search")
        field.clear()
        field.send_keys(text)
        return self.one("#hits").text


def story(page, facts):
    assert len(page.all("a.node")) == facts["nodes"] and len(page.all("g.edge")) == facts["edges"]
    assert not page.one("#panel").is_displayed() and not page.all("#cards")[0].is_displayed()

    page.one("#fit").click()
    page.bring(f"training job {facts['job']}")
    shown = page.panel()
    assert facts["job"] in shown, shown
    assert f"eta\n{facts['eta']}" in shown, shown
    assert page.all("a.node.picked")[0].get_attribute("aria-label").startswith(f"training job {facts['job']}")
    path = [node.get_attribute("aria-label") for node in page.all("a.node.on")]
    assert any(facts["commit_name"] in label for label in path) and len(path) < facts["nodes"], path

    link = [a for a in page.all("#panel a") if facts["data_name"] in a.text]
    assert link, shown
    link[0].click()
    assert facts["data"] in page.panel(), page.panel()

    # Others than the commit can name it.
    said = page.search(facts["commit"][:7])
    hits = [node.get_attribute("aria-label") for node in page.all("a.node.hit")]
    assert said == f"{len(hits)} hit{'s' if len(hits) > 1 else ''}", said
    assert any(label.startswith("commit") and facts["commit_name"] in label for label in hits), hits
    seen = []
    for number in range(1, len(hits) + 1):
        page.one("#search").send_keys(Keys.ENTER)
        assert page.one("#hits").text == f"{number} of {len(hits)}"
        seen.append(page.panel())
    assert any(facts["commit"] in shown and shown.split("\n")[1].startswith("commit") for shown in seen), seen
    assert page.search("no such thing") == "0 hits"

    page.one("#search").send_keys(Keys.ESCAPE)
    assert not page.one("#panel").is_displayed()
    assert not page.all(".chosen")

    before = page.transform()
    page.one("#in").click()
    zoomed = page.transform()
    assert zoomed != before
    page.one("#out").click()
    assert page.transform() != zoomed

    page.one("#fit").click()
    before = page.transform()
    # From an empty corner: the picture is never so wide and so high that it fills all four.
    figure = page.one("#graph")
    corner = (-figure.size["width"] // 2 + 8, -figure.size["height"] // 2 + 8)
    drag = ActionChains(page.browser).move_to_element_with_offset(figure, *corner).click_and_hold()
    drag.move_by_offset(60, 40).move_by_offset(20, 10).release().perform()
    assert page.transform() != before
    assert page.transform().split("scale")[1] == before.split("scale")[1]
    assert not page.one("#panel").is_displayed(), "a drag is not a click"

    tick = page.one("#tools input[value=image]")
    tick.click()
    assert page.all("a.node.image") and not any(node.is_displayed() for node in page.all("a.node.image"))
    assert page.all("g.edge.off")
    tick.click()
    assert page.all("a.node.image")[0].is_displayed() and not page.all("g.edge.off")

    page.one("#list").click()
    assert page.one("#cards").is_displayed()
    page.one("#list").click()


def awkward(page, facts):
    for name in facts["names"]:
        assert name in [title.get_attribute("textContent").removeprefix("model ") for title in page.all("a.node title")]
        assert page.search(name.split()[0]) != "0 hits"
    page.one("#search").send_keys(Keys.ENTER)
    shown = page.run("return document.getElementById('panel').textContent")
    assert all(name in shown for name in facts["names"]), shown
    assert len(page.all("script")) == 2 and not page.all("img") and not page.all("b")


def large(page, _):
    timing = page.run("const t = performance.getEntriesByType('navigation')[0]; return [t.domInteractive, t.loadEventEnd]")
    painted = page.run("return performance.getEntriesByType('paint').map((entry) => [entry.name, entry.startTime])")
    search = page.run(
        """const field = document.getElementById('search'); field.value = 'pipeline';
        const from = performance.now(); field.dispatchEvent(new Event('input')); return performance.now() - from"""
    )
    choose = page.run(
        """const from = performance.now();
        document.querySelector('a.node.training-job').dispatchEvent(new MouseEvent('click', { bubbles: true, cancelable: true }));
        document.body.getBoundingClientRect(); return performance.now() - from"""
    )
    print(f"loaded in {page.loaded:.2f} s; DOM and load event at {timing} ms; {painted}; search {search:.1f} ms; click {choose:.1f} ms")


with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as profile:
    page = Page(pathlib.Path(sys.argv[2]), profile)
    try:
        checks = {"story": story, "awkward": awkward, "large": large}
        # An open alert makes each of these steps fail.
        checks[sys.argv[1]](page, json.load(sys.stdin))
        page.quiet()
    finally:
        page.browser.quit()
