"""A headless Chromium that keeps to itself."""

import json
import pathlib
import time

from selenium import webdriver
from selenium.webdriver.common.action_chains import ActionChains
from selenium.webdriver.common.by import By

FLAGS = """--headless --no-sandbox --disable-gpu --disable-quic --no-first-run --disable-background-networking
    --disable-component-update --disable-sync --disable-dev-shm-usage --window-size=1500,950""".split()


def chromium(profile: str) -> webdriver.Chrome:
    """A browser with a profile in this folder, which logs what it says and asks for."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in [*FLAGS, f"--user-data-dir={profile}"]:
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
    return webdriver.Chrome(options, webdriver.ChromeService("/usr/bin/chromedriver"))


class Browser:
    """A page in a browser of its own."""

    def __init__(self, file: pathlib.Path, profile: str):
        self.browser = chromium(profile)
        # Chromium's first tab is a page of its own with requests of its own; the log begins behind it.
        self.browser.get("about:blank")
        self.browser.get_log("performance")
        started = time.monotonic()
        self.browser.get(file.as_uri())
        self.loaded = time.monotonic() - started

    def one(self, selector):
        return self.browser.find_element(By.CSS_SELECTOR, selector)

    def all(self, selector):
        return self.browser.find_elements(By.CSS_SELECTOR, selector)

    def run(self, script, *arguments):
        return self.browser.execute_script(script, *arguments)

    def press(self, key):
        ActionChains(self.browser).send_keys(key).perform()

    def quiet(self):
        """Neither an error nor a request to anything but files."""
        errors = [entry for entry in self.browser.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        assert not errors, errors
        events = [json.loads(entry["message"])["message"] for entry in self.browser.get_log("performance")]
        requests = [event["params"] for event in events if event["method"] == "Network.requestWillBeSent"]
        sent = [each["request"]["url"] for each in requests if not each["documentURL"].startswith("chrome")]
        assert sent, "the log would show a request: it shows the page's own"
        foreign = [url[:200] for url in sent if not url.startswith("file://")]
        assert not foreign, foreign[:5]
