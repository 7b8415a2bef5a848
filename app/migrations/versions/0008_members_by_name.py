"""Members of a group by level and name, what one of them published there, groups by age"""

from __future__ import annotations

import unicodedata

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

AT_ONCE = 1000


def upgrade() -> None:
    op.add_column("membership", sa.Column("sort", sa.LargeBinary(), nullable=False, server_default=sa.text("''")))
    names = ("email", "first_name", "last_name")
    user = sa.table("user", sa.column("id", sa.Uuid()), *(sa.column(name, sa.String()) for name in names))
    membership = sa.table("membership", sa.column("user", sa.Uuid()), sa.column("sort", sa.LargeBinary()))
    here = op.get_bind()
    found = here.execute(sa.select(user).where(user.c.id.in_(sa.select(membership.c.user)))).all()
    rows = [{"who": row.id, "place": _place(row.first_name, row.last_name, row.email)} for row in found]
    update = sa.update(membership).where(membership.c.user == sa.bindparam("who")).values(sort=sa.bindparam("place"))
    for start in range(0, len(rows), AT_ONCE):
        here.execute(update, rows[start : start + AT_ONCE])
    op.drop_index(op.f("ix_membership_group"), table_name="membership")
    op.create_index(op.f("ix_membership_group_level_sort_user"), "membership", ["group", "level", "sort", "user"])
    op.create_index(op.f("ix_publication_group_by"), "publication", ["group", "by"])
    op.create_index(op.f("ix_group_created_at"), "group", ["created_at"])


def downgrade() -> None:
    op.drop_index(op.f("ix_group_created_at"), table_name="group")
    op.drop_index(op.f("ix_publication_group_by"), table_name="publication")
    op.drop_index(op.f("ix_membership_group_level_sort_user"), table_name="membership")
    op.create_index(op.f("ix_membership_group"), "membership", ["group"])
    op.drop_column("membership", "sort")


def _place(first_name: str, last_name: str, email: str) -> bytes:
    """Return a person's place among the members as it was made when this migration was written."""
    name = f"{first_name} {last_name}".strip() or email
    decomposed = unicodedata.normalize("NFKD", name[:100].casefold())
    return "".join(each for each in decomposed if not unicodedata.combining(each)).encode("utf-8", "replace")[:200]
