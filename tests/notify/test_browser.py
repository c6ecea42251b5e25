"""The HTML of every golden mail, as a browser shows it: nothing overflows, all can be read."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium.webdriver import Chrome, ChromeOptions
from selenium.webdriver.chrome.service import Service

from tests.notify.cases import CASES, Case
from tests.notify.mails import mail_of, part

BROWSER, DRIVER = shutil.which("chromium"), shutil.which("chromedriver")

pytestmark = pytest.mark.skipif(
    BROWSER is None or DRIVER is None,
    reason="no browser: `chromium` and `chromedriver` are not installed",
)

OVERFLOWING = """
const page = document.documentElement;
return [...document.body.querySelectorAll("*")]
  .filter(one => one.getBoundingClientRect().right > page.clientWidth + 0.5)
  .map(one => one.outerHTML.slice(0, 200));
"""

CONTRASTS = """
// Contrast as WCAG 2 defines it: of every text against what is painted behind it.
const parsed = color => color.match(/[0-9.]+/g).map(Number);
const luminance = color => parsed(color).slice(0, 3)
  .map(each => each / 255)
  .map(each => each <= 0.04045 ? each / 12.92 : ((each + 0.055) / 1.055) ** 2.4)
  .reduce((sum, each, at) => sum + each * [0.2126, 0.7152, 0.0722][at], 0);
const isPainted = color => !(parsed(color)[3] < 1);
const behind = one => {
  for (let at = one; at; at = at.parentElement) {
    const color = getComputedStyle(at).backgroundColor;
    if (isPainted(color)) return color;
  }
  return "rgb(255, 255, 255)";
};
const texts = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
const found = [];
while (texts.nextNode()) {
  if (!texts.currentNode.data.trim()) continue;
  const one = texts.currentNode.parentElement;
  const ink = getComputedStyle(one).color, paper = behind(one);
  const [dark, light] = [luminance(ink), luminance(paper)].sort((a, b) => a - b);
  found.push([(light + 0.05) / (dark + 0.05), ink, paper, texts.currentNode.data.slice(0, 60)]);
}
return found;
"""


@pytest.fixture(scope="module")
def browser() -> Iterator[Chrome]:
    """A browser without a window and without the net."""
    assert BROWSER is not None
    assert DRIVER is not None
    options = ChromeOptions()
    options.binary_location = BROWSER
    for argument in (
        *("headless=new", "no-sandbox", "disable-gpu", "disable-dev-shm-usage", "hide-scrollbars"),
        *("disable-background-networking", "disable-sync", "no-first-run", "no-proxy-server"),
        # Whatever a page tries to load has no address.
        "host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
    ):
        options.add_argument(f"--{argument}")
    chrome = Chrome(options=options, service=Service(executable_path=DRIVER))
    yield chrome
    chrome.quit()


def shown(browser: Chrome, page: Path, width: int, scheme: str) -> None:
    """Show a page so wide, to a reader who wants it light or dark."""
    browser.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": 900, "deviceScaleFactor": 1, "mobile": width < 500},
    )
    browser.execute_cdp_cmd(
        "Emulation.setEmulatedMedia",
        {"features": [{"name": "prefers-color-scheme", "value": scheme}]},
    )
    browser.get(page.as_uri())


@pytest.mark.timeout(120)
@pytest.mark.parametrize("one", CASES.values(), ids=CASES)
def test_a_mail_can_be_read_on_any_screen(browser: Chrome, one: Case, tmp_path: Path) -> None:
    page = tmp_path / "mail.html"
    page.write_text(part(mail_of(one), "html"), encoding="utf-8")
    papers = set()
    for width in (320, 800):
        for scheme in ("light", "dark"):
            shown(browser, page, width, scheme)
            assert browser.execute_script("return innerWidth") == width
            wide = browser.execute_script("return document.documentElement.scrollWidth")
            assert (wide <= width, browser.execute_script(OVERFLOWING)) == (True, [])
            contrasts = browser.execute_script(CONTRASTS)
            assert contrasts
            assert [each for each in contrasts if each[0] < 4.5] == []
            papers.add(browser.execute_script("return getComputedStyle(document.body).background"))
    assert len(papers) == 2
