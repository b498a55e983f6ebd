"""A Chromium for the tests of pages: one that is installed, never a download."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, sync_playwright

_NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def chromium(own: str) -> str | None:
    """The program: that of the variable CHROMIUM, one in the path, or *own*, which Playwright installs."""
    named = os.environ.get("CHROMIUM")
    found = [named] if named else [each for name in _NAMES if (each := shutil.which(name))]
    return next((each for each in [*found, own] if each and Path(each).exists()), None)


@contextmanager
def opened_browser() -> Iterator[Browser]:
    """A browser; a test without Chromium is skipped."""
    with sync_playwright() as playwright:
        program = chromium(playwright.chromium.executable_path)
        if program is None:
            pytest.skip("no Chromium is installed: apt-get install chromium, or name one with CHROMIUM=...")
        # Chromium refuses to run as root in its sandbox, and CI runs as root.
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


@dataclass
class Visit:
    """A page in a browser, with what went wrong in it and what it loaded."""

    page: Page
    errors: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)

    @classmethod
    def of(cls, browser: Browser, file: Path) -> Visit:
        """Open a file."""
        visit = cls(browser.new_page())
        visit.page.set_default_timeout(20_000)
        visit.page.on("console", lambda each: visit.errors.append(each.text))
        visit.page.on("pageerror", lambda each: visit.errors.append(str(each)))
        visit.page.on("request", lambda each: visit.requests.append(each.url))
        visit.page.goto(file.as_uri())
        return visit

    def rows(self) -> list[str]:
        """The text of the arrows that are shown, each on one line."""
        return [" ".join(each.split()) for each in self.page.locator("main summary").all_inner_texts()]

    def main(self) -> str:
        """The text of the view."""
        return self.page.inner_text("main")

    def choose(self, name: str) -> None:
        """Click a side in the list."""
        self.page.locator("#sides").get_by_role("link", name=name, exact=True).click()
        self.page.locator("main h2", has_text=name).wait_for()
