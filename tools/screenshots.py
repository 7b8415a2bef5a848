"""Take pictures of the main screens: a handful for README and docs, or all of them into a folder to look through."""

from __future__ import annotations

import argparse
import logging
import os
import shutil
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import product
from pathlib import Path
from typing import Literal

from playwright.sync_api import Browser, Page, ViewportSize, sync_playwright

from tests.journeys.scenery import Scenery, empty_scenery, scenery
from tests.journeys.screens import SCREENS, Visit, opened

ROOT = Path(__file__).resolve().parent.parent
PICTURES = ROOT / "docs/pictures"
HOST = "vault.nordwerk.example"

Theme = Literal["light", "dark"]
THEMES: tuple[Theme, ...] = ("light", "dark")
LANGUAGES = ("en", "de")
SIZES: dict[str, ViewportSize] = {"": {"width": 1280, "height": 800}, "phone": {"width": 390, "height": 844}}


@dataclass(frozen=True)
class Picture:
    """A screen as one person sees it; `size` is a key of SIZES."""

    screen: str
    language: str = "en"
    theme: Theme = "light"
    size: str = ""

    @property
    def file(self) -> str:
        return "-".join(filter(None, (self.screen, self.language, self.theme, self.size))) + ".png"


SHOWN = (
    Picture("vault"),
    Picture("vault", "de", "dark"),
    Picture("secret-revealed"),
    Picture("new-dialog", "de", "dark"),
    Picture("form-dialog"),
    Picture("sharing-dialog", "de"),
    Picture("conflict-dialog"),
    Picture("group", "en", "dark"),
    Picture("vault", "en", "light", "phone"),
    Picture("secret-revealed", "de", "dark", "phone"),
)


def every_picture() -> Iterator[Picture]:
    """Yield all screens in both languages, themes and sizes."""
    for screen, language, theme, size in product(SCREENS, LANGUAGES, THEMES, SIZES):
        yield Picture(screen, language, theme, size)


def take(pictures: Iterable[Picture], folder: Path, *, whole: bool) -> None:
    """Write pictures into `folder`, each screen visited once a language. whole: the page, not just its first view."""
    wanted = set(pictures)
    folder.mkdir(parents=True, exist_ok=True)
    with _world() as (full, empty, browser):
        for language in LANGUAGES:
            visit = opened(full, empty, browser, language)
            for screen in SCREENS:
                if here := sorted(
                    (each for each in wanted if (each.screen, each.language) == (screen, language)), key=str
                ):
                    _take_screen(visit, screen, here, folder, whole=whole)
            visit.close()


def _take_screen(visit: Visit, screen: str, pictures: list[Picture], folder: Path, *, whole: bool) -> None:
    page = SCREENS[screen](visit)
    for picture in pictures:
        page.set_viewport_size(SIZES[picture.size])
        page.emulate_media(color_scheme=picture.theme)
        _settle(page)
        page.screenshot(path=folder / picture.file, full_page=whole)
    page.set_viewport_size(SIZES[""])


def _settle(page: Page) -> None:
    page.evaluate("scrollTo(0, 0); document.activeElement?.matches('[role]') || document.activeElement?.blur()")
    page.wait_for_timeout(150)


@contextmanager
def _world() -> Iterator[tuple[Scenery, Scenery, Browser]]:
    """Serve what is shown from a temporary folder, with a browser to look at it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
    if program is None:
        sys.exit("Chromium is missing: apt-get install chromium")
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    with tempfile.TemporaryDirectory() as one, tempfile.TemporaryDirectory() as other, sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--disable-dev-shm-usage", *sandbox])
        with scenery(Path(one)) as full, empty_scenery(Path(other)) as empty:
            for each in (full, empty):
                each.world.app.jinja_env.globals["site"] = HOST
            yield full, empty, browser
        browser.close()


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--all", type=Path, metavar="FOLDER", help="every screen, language, theme and size, into FOLDER"
    )
    chosen = parser.parse_args()
    logging.disable(logging.CRITICAL)  # some screens show what is damaged
    if chosen.all:
        take(every_picture(), chosen.all, whole=True)
    else:
        take(SHOWN, PICTURES, whole=False)


if __name__ == "__main__":
    main()
