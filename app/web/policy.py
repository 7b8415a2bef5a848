"""A route's policy: who may ask for it, and what of a form is kept when its token is missing."""

from __future__ import annotations

from collections.abc import Callable, Container
from dataclasses import dataclass
from typing import Any, TypeVar

View = TypeVar("View", bound=Callable[..., Any])

Keeps = Callable[..., Container[str]]
"""Takes the view's arguments; returns the names of the public fields that may be shown again."""


class Everything:
    """Contains every name: for a form without secret values whose fields are named by ids."""

    def __contains__(self, name: object) -> bool:
        return True


EVERYTHING = Everything()


@dataclass(frozen=True)
class Policy:
    """permission None: anybody signed in; public: everybody."""

    public: bool = False
    permission: str | None = None
    keeps: Keeps | None = None


def public(*, keeps: Keeps | None = None) -> Callable[[View], View]:
    """Declare that everybody may ask for this route."""
    return _declare(Policy(public=True, keeps=keeps))


def signed_in(*, keeps: Keeps | None = None) -> Callable[[View], View]:
    """Declare that every signed-in person may ask for this route."""
    return _declare(Policy(keeps=keeps))


def requires(permission: str, *, keeps: Keeps | None = None) -> Callable[[View], View]:
    """Declare that this route needs a permission; without it the answer is 403 before anything is looked up."""
    return _declare(Policy(permission=permission, keeps=keeps))


def policy_of(view: Callable[..., Any]) -> Policy | None:
    """Return what a view declared."""
    found: Policy | None = getattr(view, "policy", None)
    return found


def _declare(policy: Policy) -> Callable[[View], View]:
    def mark(view: View) -> View:
        view.policy = policy  # type: ignore[attr-defined]  # functions take attributes
        return view

    return mark
