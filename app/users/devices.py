"""What a browser says of itself, in two words that its owner knows again."""

from __future__ import annotations

from dataclasses import dataclass

from flask_babel import gettext as _

BROWSERS = (
    ("Edg", "Edge"), ("OPR/", "Opera"), ("SamsungBrowser/", "Samsung Internet"), ("Vivaldi/", "Vivaldi"),
    ("Firefox/", "Firefox"), ("FxiOS/", "Firefox"), ("CriOS/", "Chrome"), ("Chrome/", "Chrome"),
    ("Safari/", "Safari"), ("curl/", "curl"),
)  # fmt: skip
"""The first that is found: Chrome calls itself Safari, and Edge calls itself Chrome."""
SYSTEMS = (
    ("iPhone", "iPhone"), ("iPad", "iPad"), ("Android", "Android"), ("CrOS", "ChromeOS"), ("Windows", "Windows"),
    ("Mac OS X", "Mac"), ("Macintosh", "Mac"), ("Linux", "Linux"),
)  # fmt: skip
CARRIED = frozenset({"iPhone", "iPad", "Android"})


@dataclass(frozen=True)
class Device:
    """A browser and the system it runs on, as a person calls them; carried: in a pocket or a bag."""

    name: str
    carried: bool


def device_of(agent: object) -> Device:
    """Return what sent this User-Agent header; somebody may have written anything into it."""
    text = str(agent)
    browser = next((name for sign, name in BROWSERS if sign in text), "")
    system = next((name for sign, name in SYSTEMS if sign in text), "")
    if browser and system:
        return Device(_("%(browser)s on %(system)s", browser=browser, system=system), system in CARRIED)
    return Device(browser or system or _("Unknown browser"), system in CARRIED)
