"""A headless Chromium that keeps to itself: the one that `CHROME` names.

Run as a program, this proves that it starts and draws text.
"""

import contextlib
import os
import pathlib
import sys
import time

from playwright.sync_api import Error, sync_playwright

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-dev-shm-usage""".split()
SIZE = {"width": 1500, "height": 950}
# A step of a page takes milliseconds.
PATIENCE_MS = 10_000


@contextlib.contextmanager
def chromium(program=None):
    """A running browser. Its profile is new and empty, and is removed when the browser ends."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program or os.environ["CHROME"], args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Page:
    """A file in a tab of its own, which keeps what it complains about and what it asks for."""

    def __init__(self, browser, file: pathlib.Path):
        self.tab = browser.new_page(viewport=SIZE)
        self.tab.set_default_timeout(PATIENCE_MS)
        self.complaints, self.requests = [], []
        self.tab.on("console", self._on_console)
        self.tab.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.tab.on("dialog", self._on_dialog)
        self.tab.context.on("request", lambda request: self.requests.append(request.url))
        started = time.monotonic()
        self.tab.goto(file.as_uri())
        self.loaded = time.monotonic() - started

    def _on_console(self, message):
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def _on_dialog(self, dialog):
        self.complaints.append(f"a dialog says `{dialog.message}`")
        dialog.dismiss()

    def one(self, selector):
        """The one element that fits: Playwright refuses to use a locator that fits several."""
        return self.tab.locator(selector)

    def all(self, selector):
        return self.tab.locator(selector).all()

    def attributes(self, selector, name):
        """An attribute of every element that fits."""
        script = "(found, name) => found.map((element) => element.getAttribute(name))"
        return self.tab.locator(selector).evaluate_all(script, name)

    def quiet(self):
        """Neither an error, nor a dialog, nor a request to anything but files."""
        # An answer to this comes after every event of the steps before.
        self.tab.evaluate("() => new Promise(requestAnimationFrame)")
        assert not self.complaints, self.complaints
        assert self.requests, "the list would hold a request: it holds the page's own"
        foreign = [url[:200] for url in self.requests if not url.startswith("file://")]
        assert not foreign, foreign[:5]


class Unusable(Exception):
    """What is wrong with a browser, in a few lines."""


def prove(program=None):
    """Fails where the browser does not start, or has no font to draw with."""
    try:
        with chromium(program) as browser:
            tab = browser.new_page()
            tab.set_default_timeout(PATIENCE_MS)
            tab.set_content("<p>text</p>")
            paragraph = tab.locator("p")
            drawn = paragraph.inner_text() == "text" and paragraph.bounding_box()["height"] > 0
    except Error as error:
        # Playwright's message repeats the command line, and all that was logged.
        lines = str(error).split("\nCall log:")[0].splitlines()
        lines = [line for line in lines if line and line != "Browser logs:" and not line.startswith("<launch")]
        raise Unusable("\n  ".join(lines[:1] + lines[1:][-4:])) from error
    if not drawn:
        raise Unusable("it draws no text: it has no font")


if __name__ == "__main__":
    try:
        prove()
    except Unusable as error:
        sys.exit(str(error))
