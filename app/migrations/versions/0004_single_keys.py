"""Preferences know whether single keys act as shortcuts; an index finds the events of what a person did"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("preferences", sa.Column("single_keys", sa.String(), nullable=True))
    somebody = sa.text("subject IS NOT NULL")
    op.create_index(
        "ix_audit_subject", "audit", ["subject", "number"], sqlite_where=somebody, postgresql_where=somebody
    )


def downgrade() -> None:
    op.drop_index("ix_audit_subject", table_name="audit")
    op.drop_column("preferences", "single_keys")
