"""Words that find people"""

from __future__ import annotations

import re
import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

AT_ONCE = 1000


def upgrade() -> None:
    word = op.create_table(
        "user_word",
        sa.Column("word", sa.LargeBinary(), nullable=False),
        sa.Column("user", sa.Uuid(), nullable=False),
        sa.ForeignKeyConstraint(["user"], ["user.id"], name=op.f("fk_user_word_user")),
        sa.PrimaryKeyConstraint("word", "user", name=op.f("pk_user_word")),
    )
    op.create_index(op.f("ix_user_word_user"), "user_word", ["user"], unique=False)
    user = sa.table(
        "user", *(sa.column(name) for name in ("email", "first_name", "last_name")), sa.column("id", sa.Uuid())
    )
    found = op.get_bind().execute(sa.select(user)).all()
    rows = [
        {"word": each, "user": row.id} for row in found for each in words_of(row.first_name, row.last_name, row.email)
    ]
    for start in range(0, len(rows), AT_ONCE):
        op.bulk_insert(word, rows[start : start + AT_ONCE])


def downgrade() -> None:
    op.drop_index(op.f("ix_user_word_user"), table_name="user_word")
    op.drop_table("user_word")


def words_of(first_name: str, last_name: str, email: str) -> list[bytes]:
    """Return the words of a person as they were made when this migration was written."""
    names = [*first_name.split(), *last_name.split()]
    apart = re.compile(r"[\s\-_.'’+,;()]+")
    parts = [part for text in (*names, email.partition("@")[0]) for part in apart.split(text)]
    folded = [_folded(text) for text in (email, *names, *parts)]
    return [word for word in dict.fromkeys(folded) if word][:8]


def _folded(text: str) -> bytes:
    decomposed = unicodedata.normalize("NFKD", text[:100].casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each)).encode("utf-8", "replace")
