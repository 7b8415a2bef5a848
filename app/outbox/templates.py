"""What a kind of mail says, declared by the system that causes it and written in the recipient's language."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flask_babel import force_locale
from flask_babel.speaklater import LazyString


@dataclass(frozen=True)
class MailTemplate:
    """One kind of mail: plain text, in paragraphs, with values as `%(name)s`.

    one_time: it holds a link that may be used once, so that what was sent is not kept.
    """

    name: str
    subject: LazyString | str
    paragraphs: tuple[LazyString | str, ...]
    one_time: bool = False

    def written(self, language: str, values: Mapping[str, str]) -> tuple[str, str]:
        """Return subject and body in a language; no value can add a line to the subject."""
        with force_locale(language):
            subject = " ".join((str(self.subject) % values).split())
            return subject, "\n\n".join(str(each) % values for each in self.paragraphs) + "\n"
