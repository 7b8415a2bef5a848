"""When a request is due, and how often it was tried"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table anew: nothing was ever stored in the one before."""
    op.drop_table("request")
    _create(sa.Column("due_at", sa.BigInteger(), nullable=False), sa.Column("tries", sa.Integer(), nullable=False))
    op.create_index(op.f("ix_request_due_at"), "request", ["due_at"])


def downgrade() -> None:
    op.drop_table("request")
    _create()
    op.create_index(op.f("ix_request_created_at"), "request", ["created_at"])


def _create(*more: sa.Column[int]) -> None:
    op.create_table(
        "request",
        sa.Column("purpose", sa.String(), nullable=False),
        sa.Column("created_at", sa.BigInteger(), nullable=False),
        *more,
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_request")),
    )
