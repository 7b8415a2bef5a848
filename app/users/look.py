"""How a person likes pages: what there is to choose, and what of a stored row counts.

The row is not sealed, because it decides nothing; so what another hand wrote into it counts as not chosen.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

THEMES = ("system", "light", "dark")
DENSITIES = ("comfortable", "compact")
REVEALS = (10, 30, 120, 0)
"""Seconds that a value is shown; 0: until it is hidden by hand."""
KEYS = ("on", "off")
"""Whether single keys act as shortcuts."""

ZONES = {
    "150": (
        "Europe/Amsterdam", "Europe/Athens", "Europe/Belgrade", "Europe/Berlin", "Europe/Brussels", "Europe/Bucharest",
        "Europe/Budapest", "Europe/Copenhagen", "Europe/Dublin", "Europe/Helsinki", "Europe/Istanbul", "Europe/Kyiv",
        "Europe/Lisbon", "Europe/Ljubljana", "Europe/London", "Europe/Luxembourg", "Europe/Madrid", "Europe/Minsk",
        "Europe/Moscow", "Europe/Oslo", "Europe/Paris", "Europe/Prague", "Europe/Riga", "Europe/Rome",
        "Europe/Samara", "Europe/Sofia", "Europe/Stockholm", "Europe/Tallinn", "Europe/Vienna", "Europe/Vilnius",
        "Europe/Warsaw", "Europe/Zagreb", "Europe/Zurich", "Atlantic/Azores", "Atlantic/Canary", "Atlantic/Reykjavik",
    ),
    "019": (
        "America/Anchorage", "America/Argentina/Buenos_Aires", "America/Bogota", "America/Caracas", "America/Chicago",
        "America/Denver", "America/Edmonton", "America/Guatemala", "America/Halifax", "America/Havana",
        "America/Lima", "America/Los_Angeles", "America/Mexico_City", "America/Montevideo", "America/New_York",
        "America/Panama", "America/Phoenix", "America/Puerto_Rico", "America/Santiago", "America/Sao_Paulo",
        "America/St_Johns", "America/Toronto", "America/Vancouver", "America/Winnipeg",
    ),
    "142": (
        "Asia/Almaty", "Asia/Baku", "Asia/Bangkok", "Asia/Beirut", "Asia/Colombo", "Asia/Dhaka", "Asia/Dubai",
        "Asia/Ho_Chi_Minh", "Asia/Hong_Kong", "Asia/Jakarta", "Asia/Jerusalem", "Asia/Kabul", "Asia/Karachi",
        "Asia/Kathmandu", "Asia/Kolkata", "Asia/Kuala_Lumpur", "Asia/Kuwait", "Asia/Manila", "Asia/Novosibirsk",
        "Asia/Qatar", "Asia/Riyadh", "Asia/Seoul", "Asia/Shanghai", "Asia/Singapore", "Asia/Taipei", "Asia/Tashkent",
        "Asia/Tbilisi", "Asia/Tehran", "Asia/Tokyo", "Asia/Vladivostok", "Asia/Yangon", "Asia/Yekaterinburg",
        "Asia/Yerevan",
    ),
    "002": (
        "Africa/Abidjan", "Africa/Accra", "Africa/Addis_Ababa", "Africa/Algiers", "Africa/Cairo", "Africa/Casablanca",
        "Africa/Johannesburg", "Africa/Khartoum", "Africa/Kinshasa", "Africa/Lagos", "Africa/Maputo",
        "Africa/Nairobi", "Africa/Tunis", "Africa/Windhoek",
    ),
    "009": (
        "Australia/Adelaide", "Australia/Brisbane", "Australia/Darwin", "Australia/Hobart", "Australia/Melbourne",
        "Australia/Perth", "Australia/Sydney", "Pacific/Auckland", "Pacific/Fiji", "Pacific/Guam", "Pacific/Honolulu",
        "Pacific/Port_Moresby",
    ),
}  # fmt: skip
"""Time zones to choose from, under the codes that CLDR gives to continents; one each for those that keep one time."""
UTC = "UTC"
KNOWN_ZONES = frozenset({UTC, *(zone for zones in ZONES.values() for zone in zones)})


@dataclass(frozen=True)
class Look:
    """What a person chose. None: nothing, so the browser or the settings decide."""

    language: str | None = None
    theme: str | None = None
    density: str | None = None
    time_zone: str | None = None
    reveal_seconds: int = REVEALS[0]
    single_keys: bool = True


def look_of(row: Any) -> Look:
    """Return what of a row of preferences counts; it may be missing, and hold anything."""
    return Look(
        language=row.language if isinstance(row.language, str) else None,
        theme=row.theme if row.theme in THEMES else None,
        density=row.density if row.density in DENSITIES else None,
        time_zone=row.time_zone if row.time_zone in KNOWN_ZONES else None,
        reveal_seconds=row.reveal_seconds if row.reveal_seconds in REVEALS else REVEALS[0],
        single_keys=row.single_keys != "off",
    )
