"""What of the settings of sessions and passwords the page of settings shows."""

from __future__ import annotations

from collections.abc import Sequence

from babel.units import format_unit
from flask_babel import get_locale, ngettext
from flask_babel import gettext as _

from app.options.ports import Fixed
from app.settings import Settings

UNITS = ((24 * 60, "duration-day"), (60, "duration-hour"), (1, "duration-minute"))


class FixedHere:
    """Fills options.FixedSettings."""

    def __init__(self, settings: Settings) -> None:
        self._sessions, self._passwords = settings.sessions, settings.passwords

    def fixed_settings(self) -> Sequence[Fixed]:
        """Return how long sessions last, and what passwords must be."""
        sessions, least = self._sessions, self._passwords.minimum_length
        length = ngettext("at least %(num)s character", "at least %(num)s characters", least)
        return [
            Fixed("sessions.idle_minutes", _("Signed out without a request after"), _lasting(sessions.idle_minutes)),
            Fixed("sessions.absolute_hours", _("Signed out in any case after"), _lasting(sessions.absolute_hours * 60)),
            Fixed(
                "sessions.confirmed_minutes",
                _("Password asked again for sensitive acts after"),
                _lasting(sessions.confirmed_minutes),
            ),
            Fixed("passwords.minimum_length", _("Passwords"), length),
        ]


def _lasting(minutes: int) -> str:
    """Return a span of time in words, in the largest unit that tells it exactly."""
    per, unit = next((per, unit) for per, unit in UNITS if minutes % per == 0)
    return format_unit(minutes // per, unit, locale=str(get_locale()))
