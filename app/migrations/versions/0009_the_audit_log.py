"""Events are found by action, automation and time; a check of the chain tells how far it came"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    automations = sa.text("actor IS NOT NULL")
    op.create_index("ix_audit_action_number", "audit", ["action", "number"])
    op.create_index(
        "ix_audit_actor", "audit", ["actor", "number"], sqlite_where=automations, postgresql_where=automations
    )
    op.create_index("ix_audit_time", "audit", ["time"])
    op.create_index("ix_secret_type_deleted_at", "secret", ["type", "deleted_at"])
    op.create_table(
        "audit_check",
        sa.Column("id", sa.Integer(), nullable=False, autoincrement=False),
        sa.Column("holder", sa.Uuid(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.Column("total", sa.BigInteger(), nullable=False),
        sa.Column("seen_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_audit_check")),
    )


def downgrade() -> None:
    op.drop_table("audit_check")
    op.drop_index("ix_secret_type_deleted_at", table_name="secret")
    op.drop_index("ix_audit_time", table_name="audit")
    op.drop_index("ix_audit_actor", table_name="audit")
    op.drop_index("ix_audit_action_number", table_name="audit")
