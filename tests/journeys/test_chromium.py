"""The page in a real browser: two widths, two colour schemes, on paper."""

from __future__ import annotations

import base64
import itertools
import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from jobs.reporting.report import write_report
from tests.reporting.chromium import BINARY, Browser
from tests.reporting.conftest import load_definition, load_results

pytestmark = pytest.mark.skipif(BINARY is None, reason="no chromium or google-chrome on PATH")
LANGUAGES = ("en", "zh")
DESKTOP, PHONE = 1280, 390
SCREENS = [pytest.param(width, dark, id=f"{width}-{'dark' if dark else 'light'}")
           for width, dark in itertools.product((DESKTOP, PHONE), (False, True))]  # fmt: skip


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("page")
    # few charts, and every kind of block: the quickest of the shipped reports to draw
    write_report(load_results("win_back"), load_definition("win_back"), list(LANGUAGES), place)
    return place


@pytest.fixture(scope="module")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Browser]:
    running = Browser(tmp_path_factory.mktemp("profile"))
    yield running
    running.close()


@pytest.fixture(params=LANGUAGES)
def page(request: pytest.FixtureRequest, folder: Path) -> Path:
    return folder / f"report.{request.param}.html"


# what reaches out of the page's width, and stands in nothing that scrolls or hides it
OVERFLOWING = """[...document.querySelectorAll('body *')].filter(e => {
  const box = e.getBoundingClientRect();
  return box.width && (box.right > innerWidth + 1 && !e.closest('.scroll, pre, figure, details:not([open])')
    || e.matches('p, li, h1, h2, h3, .note') && e.scrollWidth > e.clientWidth);
}).map(e => e.tagName + '.' + e.className + ' ' + e.textContent.slice(0, 40))"""
# text and the background it stands on, of what carries text
CONTRASTS = """(() => {
  const parse = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = parse(c).slice(0, 3).map(v => (v /= 255) <= .04045 ? v / 12.92
    : ((v + .055) / 1.055) ** 2.4); return .2126 * r + .7152 * g + .0722 * b; };
  const ground = e => { for (; e; e = e.parentElement) { const c = getComputedStyle(e).backgroundColor;
    if ((parse(c)[3] ?? 1) > 0) return c; } return 'rgb(255,255,255)'; };
  const seen = {};
  for (const e of document.querySelectorAll('h1,h2,h3,p,li,a,th,td,summary,code,button,caption')) {
    const [a, b] = [light(getComputedStyle(e).color), light(ground(e))].sort((x, y) => y - x);
    const ratio = (a + .05) / (b + .05), kind = e.tagName;
    seen[kind] = Math.min(seen[kind] ?? 99, ratio);
  }
  return seen; })()"""


@pytest.mark.parametrize(("width", "dark"), SCREENS)
def test_the_page_fits_the_screen_and_complains_of_nothing(
    browser: Browser, page: Path, width: int, dark: bool
) -> None:
    browser.open(page, width=width, dark=dark)
    assert browser.evaluate("innerWidth") == width
    assert browser.evaluate("document.scrollingElement.scrollWidth") <= width
    assert browser.evaluate(OVERFLOWING) == []
    assert browser.complaints == []
    ground = browser.evaluate("getComputedStyle(document.body).backgroundColor")
    assert (sum(map(int, re.findall(r"\d+", ground))) < 3 * 128) == dark


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_every_text_stands_out_from_its_ground(browser: Browser, folder: Path, dark: bool) -> None:
    browser.open(folder / "report.en.html", width=DESKTOP, dark=dark)
    ratios = browser.evaluate(CONTRASTS)
    assert set(ratios) >= {"H1", "H2", "P", "LI", "A", "TH", "TD", "SUMMARY", "CODE", "BUTTON"}
    assert {kind: ratio for kind, ratio in ratios.items() if ratio < 4.5} == {}


def test_opened_sources_fit_a_phone_too(browser: Browser, page: Path) -> None:
    browser.open(page, width=PHONE, dark=False)
    assert browser.evaluate("document.querySelectorAll('details').forEach(d => d.open = true)") is None
    assert browser.evaluate("document.scrollingElement.scrollWidth") <= PHONE


@pytest.mark.parametrize("width", [DESKTOP, PHONE])
def test_every_picture_is_drawn_large_enough_to_read_and_scrolls_within_its_column(
    browser: Browser, page: Path, width: int
) -> None:
    browser.open(page, width=width, dark=False)
    sizes = browser.evaluate(
        "[...document.images].map(i => [i.complete && i.naturalWidth > 0, i.clientWidth, i.parentElement.clientWidth])"
    )
    assert sizes
    assert all(drawn and own >= 600 and column <= width for drawn, own, column in sizes)


def test_the_first_column_keeps_room_for_its_words_on_a_phone(browser: Browser, page: Path) -> None:
    browser.open(page, width=PHONE, dark=False)
    widths = browser.evaluate(
        "[...document.querySelectorAll('tbody th')].filter(h => h.textContent.length > 6).map(h => h.clientWidth)"
    )
    assert widths
    assert min(widths) >= 100


def test_a_click_on_a_head_sorts_by_its_numbers(browser: Browser, folder: Path) -> None:
    browser.open(folder / "report.en.html", width=DESKTOP, dark=False)
    column = """(() => { const t = [...document.querySelectorAll('table.data')].find(t => t.tBodies[0].rows.length > 3
      && t.tHead.rows[0].cells[1].classList.contains('n')); t.tHead.rows[0].cells[1].firstChild.click();
      return [...t.tBodies[0].rows].map(r => r.cells[1].textContent) })()"""
    shown = browser.evaluate(column)
    numbers = [float(m.group().replace(",", "")) for text in shown if (m := re.search(r"\d[\d,.]*", text))]
    assert len(numbers) > 2
    assert numbers == sorted(numbers)
    assert browser.complaints == []


def test_on_paper_every_chapter_is_there_on_several_pages(browser: Browser, page: Path) -> None:
    browser.open(page, width=DESKTOP, dark=True)
    chapters = browser.evaluate("[...document.querySelectorAll('main h2')].map(h => h.textContent.trim())")
    answer = browser.send("Page.printToPDF", preferCSSPageSize=True, generateDocumentOutline=True, printBackground=True)
    paper = base64.b64decode(answer["data"])
    assert len(re.findall(rb"/Type\s*/Page\b", paper)) > 1
    titles = [_text(found) for found in re.findall(rb"/Title\s*(<[^>]*>|\((?:\\.|[^\\)])*\))", paper, re.DOTALL)]
    assert len(chapters) > 5
    assert [title for title in titles if title in chapters] == chapters


def _text(title: bytes) -> str:
    """Return a text string of a PDF: hexadecimal or literal, UTF-16 where it starts with its mark."""
    if title.startswith(b"<"):
        raw = bytes.fromhex(title[1:-1].decode())
    else:
        raw = re.sub(rb"\\([0-7]{3})", lambda m: bytes([int(m.group(1), 8)]), title[1:-1])
        raw = re.sub(rb"\\(.)", rb"\1", raw, flags=re.DOTALL)
    return (raw[2:].decode("utf-16-be") if raw.startswith(b"\xfe\xff") else raw.decode("latin-1")).strip()
