"""Nothing that holds a key, a name or a password's hash shows it when it is printed."""

from __future__ import annotations

from app.vault.heads import Heads
from app.vault.safe import Safe
from tests.builders import World, a_login


def test_opened_rows_and_keys_print_nothing_of_what_they_hold(world: World) -> None:
    anna = world.person("anna")
    secret = world.keep(a_login(name="Marked portal", username="marked-user"), owner=anna)
    with world.unit():
        head = world.cfg.get(Heads).load(secret)
        user = world.users.get(anna.id)
        blob = world.cfg.get(Safe).put(secret, a_login())
    assert head is not None
    assert user is not None
    printed = f"{head!r} {head.opened!r} {head.opened.content!r} {user!r} {user.account!r} {blob!r} {anna!r}"
    assert "Marked portal" not in printed
    assert "marked-user" not in printed
    assert "argon2" not in printed
    assert repr(blob.dek) not in printed
    assert repr(anna.session_hash) not in printed
