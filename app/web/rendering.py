"""How templates are run: the macros of a file are made once a process."""

from __future__ import annotations

from jinja2 import Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context


class SharedTemplate(Template):
    """A template whose macros see the environment's globals alone, so that every page can import the same ones.

    Jinja would compare all globals of both templates at each import, and make the macros anew if one differed.
    """

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        return super()._get_default_module()
