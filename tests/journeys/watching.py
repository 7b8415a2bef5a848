"""Listens to browsers for what no page may ever make them say."""

from __future__ import annotations

import json
from dataclasses import dataclass, field

from playwright.sync_api import BrowserContext, ConsoleMessage, WebError

NETWORK = "Failed to load resource: "
"""The browser's own line about an answer that is an error, or about none; nobody can keep it from that."""

SIGN = "tresor-watch:"
IN_THE_PAGE = """
const tell = (kind, detail) => console.error(SIGN, JSON.stringify([kind, ...detail]));
document.addEventListener('securitypolicyviolation',
    report => tell('csp', [report.violatedDirective, report.blockedURI, report.sample]));
for (const kind of ['htmx:security:strip', 'htmx:security:violation'])
    document.addEventListener(kind, ({ detail, target }) => tell(kind, [detail.reason, target.nodeName]));
""".replace("SIGN", json.dumps(SIGN))


@dataclass
class Watch:
    """What a browser profile complained about: errors and warnings, in any of its pages."""

    complaints: list[str] = field(default_factory=list)

    def hears(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning") and not message.text.startswith(NETWORK):
            self.complaints.append(f"{message.type}: {message.text}")

    def fails(self, error: WebError) -> None:
        self.complaints.append(f"page error: {error.error}")

    def told(self, word: str) -> list[str]:
        """Return the complaints with this word in them, and strike them out: a test has made them happen."""
        found = [each for each in self.complaints if word in each]
        self.complaints = [each for each in self.complaints if word not in each]
        return found


def watched(context: BrowserContext) -> Watch:
    """Listen to all pages of a browser profile. An empty list of complaints at its end is what is asked of a test."""
    watch = Watch()
    context.add_init_script(IN_THE_PAGE)
    context.on("console", watch.hears)
    context.on("weberror", watch.fails)
    return watch
