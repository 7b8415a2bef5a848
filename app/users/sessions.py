"""Sessions: a random token in a cookie, a row bound by HMAC, and the person that a request is made by."""

from __future__ import annotations

import hmac
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import CompoundSelect, Row, Table, bindparam, delete, insert, select, union_all, update

from app.audit.service import Audit
from app.clock import Clock
from app.crypto.keyring import random_token, token_hash
from app.database import Unit
from app.errors import Damaged, Refused
from app.keys.keyrings import Keyrings
from app.keys.sealed import Opened, SealedRows
from app.keys.trail import Note, Trail
from app.subject import GroupLevel, Subject
from app.users.acting import forget
from app.users.look import look_of
from app.users.models import Account, PreferencesRow, RoleContent, SessionRow
from app.users.permissions import Permissions
from app.users.ports import GroupProbe
from app.users.service import ACTIVE, ROLE, USER, User

SESSION: Table = SessionRow.__table__  # type: ignore[assignment]  # a mapped class's table
PREFERENCES: Table = PreferencesRow.__table__  # type: ignore[assignment]

PURPOSE = "session"
PASSWORD = "password"  # noqa: S105  # the word for a factor
DECIDING = ("token_hash", "id", "user", "generation", "issued_at", "ends_at", "confirmed_at", "factors")
BEGUN, ENDED = 1, 2
"""The revisions that the trail tells of a session."""
TOUCH = timedelta(minutes=1)
LONGEST_DEVICE = 200


@dataclass(frozen=True)
class Limits:
    """How long a session lasts without a request, and at most."""

    idle: timedelta
    absolute: timedelta


class Sessions:
    """Begins, finds and ends sessions. Finding the acting person takes two statements and one seal."""

    def __init__(
        self,
        unit: Unit,
        clock: Clock,
        keyrings: Keyrings,
        users: SealedRows[Account],
        roles: SealedRows[RoleContent],
        permissions: Permissions,
        groups: list[GroupProbe],
        audit: Audit,
        trail: Trail,
        limits: Limits,
    ) -> None:
        self._unit, self._clock, self._keyrings, self._trail = unit, clock, keyrings, trail
        self._users, self._roles, self._permissions = users, roles, permissions
        self._groups, self._audit, self._limits = groups, audit, limits
        self._kept: dict[UUID, Opened[RoleContent]] = {}
        user_columns = [column.label(f"user_{column.name}") for column in USER.columns]
        self._statement = (
            select(
                SESSION,
                trail.newest(SESSION.c.id).label("newest"),
                *user_columns,
                users.newest.label("user_newest_revision"),
                PREFERENCES.c.language,
                PREFERENCES.c.theme,
                PREFERENCES.c.density,
                PREFERENCES.c.time_zone,
                PREFERENCES.c.reveal_seconds,
                PREFERENCES.c.single_keys,
            )
            .join(USER, USER.c.id == SESSION.c.user)
            .outerjoin(PREFERENCES, PREFERENCES.c.user == SESSION.c.user)
            .where(SESSION.c.token_hash == bindparam("token"))
        )
        self._user_names = [*(column.name for column in USER.columns), "newest_revision"]
        first = len(SESSION.columns) + 1
        self._user_part = slice(first, first + len(self._user_names))
        self._role_probe = select(ROLE.c.id, ROLE.c.revision, roles.newest).where(
            ROLE.c.id.in_(bindparam("roles", expanding=True))
        )

    def begin(
        self,
        user: User,
        *,
        device: str,
        action: str = "session.begin",
        factors: Collection[str] = (PASSWORD,),
        ends_at: datetime | None = None,
        confirmed_at: datetime | None = None,
    ) -> str:
        """Store a new session of a person who has just proved who they are, and return its token.

        Those of theirs that are over are removed. factors: by what they proved it, words without blanks. ends_at: its
        end in any case, if that is not the absolute limit from now on. confirmed_at: when they typed their password,
        None for just now.
        """
        now = self._clock()
        token = random_token()
        row: dict[str, Any] = {
            "token_hash": token_hash(token),
            "id": uuid4(),
            "user": user.id,
            "generation": user.account.generation,
            "issued_at": now,
            "ends_at": ends_at or now + self._limits.absolute,
            "confirmed_at": confirmed_at or now,
            "factors": " ".join(sorted(factors)),
            "device": "".join(filter(str.isprintable, device[:LONGEST_DEVICE])),
            "seen_at": now,
        }
        row["mac"] = self._mac(row)
        with self._unit.writing():
            over = (SESSION.c.user == user.id) & (SESSION.c.ends_at <= now)
            self._unit.execute(delete(SESSION).where(over))
            self._unit.execute(insert(SessionRow).values(row))
            note = Note(action, subject=user.id)
            self._trail.record(note, kind="session", object_id=row["id"], revision=BEGUN)
        return token

    def subject(self, token: str, *, counts: bool = True) -> Subject | None:
        """Return who has this session, or None if it has ended, never was, or is damaged, which is recorded.

        counts: it is the person who asks, so that the session goes on.
        """
        row = self._unit.execute(self._statement, {"token": token_hash(token)}).one_or_none()
        if row is None:
            return None
        try:
            return self._found(row, counts=counts)
        except Damaged as damage:
            self._audit.trouble(damage)
            return None

    def _found(self, row: Row[Any], *, counts: bool) -> Subject | None:
        if not self._holds(row):
            return None
        account = self._account(row)
        if account is None:
            return None
        seen_at = self._touch(row) if counts else row.seen_at
        return self._as_subject(row, account, seen_at)

    def _account(self, row: Row[Any]) -> Opened[Account] | None:
        """Return the account of a session, None if it is not active or has ended all its sessions. Raises Damaged."""
        account = self._users.open_columns(dict(zip(self._user_names, row[self._user_part], strict=True)))
        holds = account.columns["status"] == ACTIVE and account.content.generation == row.generation
        return account if holds else None

    def again(self, subject: Subject) -> Subject | None:
        """Return who makes a request as they are by now, None if they were disabled or the session was ended meanwhile.

        That it is over by time meanwhile ends no request. Raises Damaged.
        """
        row = self._unit.execute(self._statement, {"token": subject.session_hash}).one_or_none()
        if row is None or row.user != subject.id:
            return None
        self._check_begun(row)
        account = self._account(row)
        return self._as_subject(row, account, row.seen_at) if account else None

    def living(self, user: User) -> list[Row[Any]]:
        """Return the rows of a person's sessions that hold, the last used first; damaged ones are recorded."""
        issued = select(SESSION, self._trail.newest(SESSION.c.id).label("newest"))
        mine = (SESSION.c.user == user.id) & (SESSION.c.generation == user.account.generation)
        found = []
        for row in self._unit.execute(issued.where(mine).order_by(SESSION.c.seen_at.desc(), SESSION.c.id)).all():
            try:
                if self._holds(row):
                    found.append(row)
            except Damaged as damage:
                self._audit.trouble(damage)
        return found

    def is_stored(self, session_hash: bytes) -> bool:
        """Return whether a session has not been ended; it may be over all the same."""
        mine = SESSION.c.token_hash == session_hash
        return self._unit.execute(select(SESSION.c.id).where(mine)).first() is not None

    def end(self, session_hash: bytes, *, action: str = "session.end") -> None:
        """End a session. Raises Refused if it has ended before."""
        self._end(session_hash, action)

    def confirm(self, user: User, old_hash: bytes, *, device: str) -> str:
        """Replace a session by a new one whose person has just typed the password again.

        It keeps the other factors that were passed, and lasts no longer. Raises Refused, Damaged.
        """
        with self._unit.writing():
            old = self._end(old_hash, "session.end")
            self._check(old)
            factors = {*old.factors.split(), PASSWORD}
            return self.begin(user, device=device, action="user.confirm", factors=factors, ends_at=old.ends_at)

    def _end(self, session_hash: bytes, action: str) -> Row[Any]:
        """End a session and return the row that it had, not verified. Raises Refused."""
        with self._unit.writing():
            ending = delete(SESSION).where(SESSION.c.token_hash == session_hash)
            row = self._unit.execute(ending.returning(SESSION)).one_or_none()
            if row is None:
                raise Refused(action=action)
            forget(self._unit, row.user)
            self._trail.record(
                Note(action, subject=row.user), kind="session", object_id=row.id, revision=ENDED, gone=True
            )
        return row

    def _holds(self, row: Row[Any]) -> bool:
        """Return whether a row is within its limits. Raises Damaged if it is not as it was issued."""
        self._check_begun(row)
        now = self._clock()
        return bool(now < row.ends_at and now < row.seen_at + self._limits.idle)

    def _check_begun(self, row: Row[Any]) -> None:
        """Raise Damaged if a row is not as it was issued, or the trail tells of its end."""
        self._check(row)
        if row.newest != BEGUN and not (row.newest is None and self._trail.told(row.id)):
            raise _damaged(row, "the trail tells of its end, or not of it")

    def _check(self, row: Row[Any]) -> None:
        """Raise Damaged if what decides of a session is not as it was issued."""
        if not hmac.compare_digest(self._mac(row._mapping), row.mac):
            raise _damaged(row, "altered")

    def _mac(self, row: Any) -> bytes:
        return self._keyrings.current.mac(PURPOSE, *(row[name] for name in DECIDING))

    def _touch(self, row: Row[Any]) -> datetime:
        """Note that the person is there, once in a while, and return when that was last noted."""
        now = self._clock()
        if now - row.seen_at < TOUCH:
            seen_at: datetime = row.seen_at
            return seen_at
        with self._unit.writing():
            self._unit.execute(update(SESSION).where(SESSION.c.token_hash == row.token_hash).values(seen_at=now))
        self._unit.commit()
        return now

    def _as_subject(self, row: Row[Any], account: Opened[Account], seen_at: datetime) -> Subject:
        roles, groups = self._allowed(account.content)
        return Subject(
            id=account.id,
            email=account.columns["email"],
            first_name=account.columns["first_name"],
            last_name=account.columns["last_name"],
            permissions=roles,
            groups=groups,
            **vars(look_of(row)),
            session_hash=row.token_hash,
            confirmed_at=row.confirmed_at,
            must_change_password=_must_change(account.content, row.issued_at),
            factors=frozenset(row.factors.split()),
            signed_in_until=min(row.ends_at, seen_at + self._limits.idle),
        )

    def _allowed(self, account: Account) -> tuple[frozenset[str], dict[UUID, GroupLevel]]:
        """Return what the roles that exist allow, and the groups that exist, in one statement."""
        levels = {each.group: each.level for each in account.memberships}
        wanted = {"roles": account.roles}
        if levels and self._groups:
            rows = self._unit.execute(self._role_and_group_probe, {**wanted, "groups": list(levels)})
        else:
            rows = self._unit.execute(self._role_probe, wanted)
        found = [tuple(row) for row in rows]
        roles = [each for each in found if each[0] not in levels]
        groups = [each for each in found if each[0] in levels]
        existing = self._groups[0].existing(groups) if groups else frozenset()
        return self._permissions_of(roles), {group: level for group, level in levels.items() if group in existing}

    @cached_property
    def _role_and_group_probe(self) -> CompoundSelect[Any]:
        return union_all(self._role_probe, self._groups[0].probe(bindparam("groups", expanding=True)))

    def _permissions_of(self, found: Sequence[tuple[UUID, int, int | None]]) -> frozenset[str]:
        allowed: frozenset[str] = frozenset()
        for role_id, revision, newest in found:
            kept = self._kept.get(role_id)
            if kept is None or not kept.revision == revision == newest:
                try:
                    kept = self._roles.load(role_id)
                except Damaged as damage:
                    self._audit.trouble(damage)
                    continue
                if kept is None:
                    continue
                if not self._unit.is_writing:  # what is not committed may yet be rolled back
                    self._kept[role_id] = kept
            allowed |= self._permissions.of(role_id, kept.content.permissions)
        return allowed


def _must_change(account: Account, issued_at: datetime) -> bool:
    """Return whether who signed in at this moment was asked to change the password then."""
    return account.must_change_since is not None and issued_at >= account.must_change_since


def _damaged(row: Row[Any], reason: str) -> Damaged:
    return Damaged(f"session of {row.user}: {reason}", kind="user", object_id=row.user, action="session.damaged")
