"""What a group may be called and described as, and when two names are one."""

from __future__ import annotations

import re
import unicodedata

from flask_babel import gettext as _

from app.errors import Invalid

LONGEST_NAME, LONGEST_DESCRIPTION = 100, 500
LIKE_SYSTEM = frozenset({"system", "systemgroup", "systemgruppe", "thesystemgroup", "diesystemgruppe"})
"""What pages and commands call the system group, as `_shape` leaves it: no team looks like that."""

LOOKS_LIKE = str.maketrans(
    "аеорсухѕмтгіӏүʏɡᴍᴛᴇꜱᴜᴘᴏʀɢυορετμγσϲ053$€ƨƽʂɛ",
    "aeopcyxsmtrilyygmtesuporguopetmyocosesessse",
)
"""Cyrillic, Greek and phonetic letters and figures that pass for Latin ones, as far as those names have them."""
UNSEEN = frozenset("\u115f\u1160\u3164\uffa0\u2800\u034f\u17b4\u17b5")
"""Letters and signs that Unicode calls visible and that show nothing."""
TURNS = re.compile("[\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""What changes the direction of the text around it."""


def read_name(text: str) -> str:
    """Return a new name for a team. Raises Invalid."""
    name = " ".join(unicodedata.normalize("NFC", text[: 4 * LONGEST_NAME]).split(" ")).strip()
    if not name or len(name) > LONGEST_NAME or len(text) > 4 * LONGEST_NAME:
        raise Invalid(_("A name has 1 to %(most)s letters.", most=LONGEST_NAME), field="name")
    if not name.isprintable() or UNSEEN & {*name} or all(unicodedata.category(each)[0] == "M" for each in name):
        raise Invalid(_("A name holds only what can be seen: no control characters, no invisible ones."), field="name")
    if _shape(name) in LIKE_SYSTEM:
        raise Invalid(_("This looks like the system group. Choose another name."), field="name")
    return name


def read_description(text: str) -> str:
    """Return a new description, which may have several lines. Raises Invalid."""
    plain = text.replace("\r\n", "\n").strip()
    if len(plain) > LONGEST_DESCRIPTION:
        raise Invalid(_("At most %(most)s letters.", most=LONGEST_DESCRIPTION), field="description")
    if TURNS.search(plain) or any(unicodedata.category(each) in {"Cc", "Cs"} for each in plain if each not in "\n\t"):
        raise Invalid(_("Control characters and turns of direction are not allowed here."), field="description")
    return plain


def key_of(name: str) -> str:
    """Return a name as it is compared: no two groups have the same."""
    return unicodedata.normalize("NFKC", name).strip().casefold()


def _shape(name: str) -> str:
    """Return what a name looks like to somebody who does not look closely."""
    apart = unicodedata.normalize("NFKD", unicodedata.normalize("NFKC", name).casefold())
    plain = apart.translate(LOOKS_LIKE).replace("rn", "m").replace("vv", "w")
    return "".join(each for each in plain if each.isalnum())
