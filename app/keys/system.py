"""The key management system: where the root key comes from, and the keyring made from it."""

from __future__ import annotations

from app.configurator import Configurator, System
from app.crypto.keyring import Keyring
from app.crypto.root_key import create_root_key, load_root_key
from app.database import check_schema
from app.keys.keyrings import Emptiness, FirstStart, Keyrings
from app.keys.trail import Revised
from app.settings import Settings


class KeyManagement(System):
    """The keyring and sealed rows, which every other system stands on."""

    def activate(self, cfg: Configurator) -> None:
        self._cfg = cfg
        self._derived: tuple[Keyring, bytes] | None = None
        self.keyrings = Keyrings(
            cfg.unit,
            cfg.clock,
            root_key=lambda: root_key(cfg.settings),
            first_root_key=lambda: first_root_key(cfg.settings),
            may_begin=self._may_begin,
            first_starts=cfg.fillings(FirstStart),
        )
        cfg.provide(self.keyrings)
        cfg.fill(Revised, self.keyrings)
        cfg.site.checks["database"] = lambda: check_schema(cfg.unit)
        cfg.site.checks["keyring"] = self.keyrings.refresh
        cfg.site.form_keys.append(self)
        cfg.unit.prepare = self.start

    def start(self) -> None:
        """Open the keyring, so that tables of another time and a missing or wrong root key stop the start."""
        check_schema(self._cfg.unit)
        _ = self.keyrings.current

    def form_key(self) -> bytes:
        """Return the key of the cookie that holds the CSRF seed, derived once for each keyring."""
        keyring = self.keyrings.current
        if self._derived is None or self._derived[0] is not keyring:
            self._derived = keyring, keyring.derive("form cookie")
        return self._derived[1]

    def _may_begin(self) -> str | None:
        reasons = [reason for each in self._cfg.fillings(Emptiness) if (reason := each.why_not_empty())]
        return reasons[0] if reasons else None


def root_key(settings: Settings) -> bytes:
    """Return the root key of the settings' source. Raises Misconfigured."""
    return load_root_key(
        file=settings.root_key_file,
        value=settings.root_key.value.get_secret_value(),
        never_inside=settings.stored_folder,
    )


def first_root_key(settings: Settings) -> bytes:
    """Return the root key, made now if it is to lie in a file that does not exist."""
    file = settings.root_key_file
    if settings.root_key.value.get_secret_value() or file.exists() or file.is_symlink():
        return root_key(settings)
    return create_root_key(file, never_inside=settings.stored_folder)
