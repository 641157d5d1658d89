"""Somebody with a browser, who notes each thing that they do by its name, so that these can be counted."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from playwright.sync_api import Page


@dataclass
class Person:
    """A person at the pages of the console."""

    page: Page
    did: list[str] = field(default_factory=list)

    def press(self, words: str) -> None:
        """Press a button or follow a link."""
        self.did.append(words)
        self.page.locator("main").get_by_role("button", name=words, exact=True).or_(
            self.page.locator("main").get_by_role("link", name=words, exact=True)
        ).click()

    def log_in(self, url: str, login: str) -> None:
        """Log in, and be led to the set-up."""
        name, _, password = login.partition(":")
        self.page.goto(f"{url}/login?next=/setup")
        self.page.get_by_label("用户名").fill(name)
        self.page.get_by_label("密码").fill(password)
        self.press("登录")

    def state(self, step: str) -> str:
        """The sign and word of a step."""
        return self.page.locator(f"#{step} > details > summary .sign").inner_text()

    def filled(self, values: Mapping[str, str]) -> str:
        """The block of the page with a value behind each name that has none, as it is copied into `.env`."""
        lines = self.page.locator("#settings > details > .copy pre").inner_text().splitlines()
        return "\n".join(f"{line}'{values[line[:-1]]}'" if line.endswith("=") else line for line in lines) + "\n"
