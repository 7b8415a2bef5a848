"""The configurator: activates systems, requirements first and each once, and builds the Flask app from them."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping
from typing import Any, ClassVar, TypeVar, cast

import click
from flask import Flask
from flask.cli import ScriptInfo

from app.clock import Clock, utc_now
from app.database import Unit, create_database
from app.errors import Misconfigured
from app.settings import Settings, load_settings
from app.web.boundary import TresorFlask
from app.web.building import build_app
from app.web.site import Site

T = TypeVar("T")
S = TypeVar("S", bound="System")


class System:
    """A part that the configurator can switch on. The instance is the handle that `activate` returns."""

    requires: ClassVar[tuple[type[System], ...]] = ()

    def activate(self, cfg: Configurator) -> None:
        """Hand the configurator blueprints, commands, permissions, ports and background work."""
        raise NotImplementedError

    def start(self) -> None:
        """Check what serving needs, and begin background work. Raises Misconfigured to stop the start."""


class Configurator:
    """What the installation consists of. Activate systems, then ask once for the Flask app."""

    def __init__(self, settings: Settings, *, clock: Clock = utc_now) -> None:
        self.settings = settings
        self.clock = clock
        self.unit = Unit(create_database(settings.database_url))
        self.site = Site(settings, clock, self.unit)
        self._systems: dict[type[System], System] = {}
        self._activating: list[type[System]] = []
        self._setups: list[Callable[[Flask], None]] = []

    @classmethod
    def from_environment(cls, environment: Mapping[str, str] | None = None) -> Configurator:
        """Return a configurator with the settings of the environment. Raises Misconfigured."""
        return cls(load_settings(os.environ if environment is None else environment))

    def activate(self, system: type[S], **options: Any) -> S:
        """Switch `system` on after what it requires, and return its handle; again: the same handle.

        Raises Misconfigured for a cycle of requirements, or for options given too late.
        """
        if system in self._systems:
            if options:
                raise Misconfigured(f"{system.__name__} is active already; give its options at its first activation")
            return cast(S, self._systems[system])
        if system in self._activating:
            cycle = " → ".join(each.__name__ for each in [*self._activating, system])
            raise Misconfigured(f"systems require each other in a circle: {cycle}")
        self._activating.append(system)
        try:
            for required in system.requires:
                self.activate(required)
            handle = system(**options)
            handle.activate(self)
        finally:
            self._activating.pop()
        self._systems[system] = handle
        self.provide(handle)
        return handle

    def provide(self, service: object) -> None:
        """Offer a service to higher systems and views, under its class."""
        self.site.services[type(service)] = service

    def get(self, kind: type[T]) -> T:
        """Return the service of that class. Raises Misconfigured if no active system provides it."""
        return self.site.get(kind)

    def fill(self, port: type[T], filling: T) -> None:
        """Fill a port that a lower system declares."""
        self.site.fill(port, filling)

    def fillings(self, port: type[T]) -> list[T]:
        """Return the list of a port's fillings; it grows while higher systems are activated."""
        return self.site.fillings(port)

    def on_app(self, setup: Callable[[Flask], None]) -> None:
        """Keep `setup`, which registers blueprints, commands and hooks, for when the app is built."""
        self._setups.append(setup)

    def flask_app(self, *, serving: bool | None = None) -> TresorFlask:
        """Build the app. When it is going to serve, everything is checked and background work begins.

        serving: None finds out: inside of a command it is not.

        Raises Misconfigured if a route has no policy, or a system cannot start.
        """
        app = build_app(self.site)
        for setup in self._setups:
            setup(app)
        app.check_policies()
        if serving if serving is not None else not _inside_a_command():
            self.start()
        return app

    def start(self) -> None:
        """Start every active system, lower ones first."""
        for system in self._systems.values():
            system.start()


def _inside_a_command() -> bool:
    context = click.get_current_context(silent=True)
    return context is not None and context.find_object(ScriptInfo) is not None
