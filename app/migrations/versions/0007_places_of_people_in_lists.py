"""Places of people in lists: by name, last sign-in and beginning"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0005"
branch_labels = None
depends_on = None

AT_ONCE = 1000
INDEXES = (
    ("name", "user"),
    ("status", "name", "user"),
    ("signed_in_at", "user"),
    ("status", "signed_in_at", "user"),
    ("created_at", "user"),
    ("status", "created_at", "user"),
)


def upgrade() -> None:
    listed = op.create_table(
        "listed",
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.Column("name", sa.LargeBinary(), nullable=False),
        sa.Column("status", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        sa.Column("signed_in_at", sa.BigInteger(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("fk_listed_user")),
        sa.PrimaryKeyConstraint("user", name=op.f("pk_listed")),
    )
    for columns in INDEXES:
        op.create_index(op.f(f"ix_listed_{'_'.join(columns)}"), "listed", list(columns), unique=False)
    user = sa.table(
        "user",
        sa.column("id", sa.Uuid()),
        *(sa.column(name) for name in ("email", "first_name", "last_name", "status", "created_at")),
    )
    preferences = sa.table("preferences", sa.column("user", sa.Uuid()), sa.column("last_sign_in"))
    signed_in = user.outerjoin(preferences, preferences.c.user == user.c.id)
    found = op.get_bind().execute(sa.select(user, preferences.c.last_sign_in).select_from(signed_in)).all()
    rows = [
        {
            "user": row.id,
            "name": _name(f"{row.first_name} {row.last_name}".strip() or row.email),
            "status": row.status,
            "created_at": row.created_at,
            "signed_in_at": row.last_sign_in or 0,
        }
        for row in found
    ]
    for start in range(0, len(rows), AT_ONCE):
        op.bulk_insert(listed, rows[start : start + AT_ONCE])


def downgrade() -> None:
    op.drop_table("listed")


def _name(text: str) -> bytes:
    apart = unicodedata.normalize("NFKD", text[:100].casefold())
    return "".join(each for each in apart if not unicodedata.combining(each)).encode("utf-8", "replace")[:200]
