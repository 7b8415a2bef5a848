"""What the admin centre changes of the settings; an index that finds the people of a role in order"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.create_table(
        "options",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("seal", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_options")),
    )
    op.drop_index("ix_user_role_role", table_name="user_role")
    op.create_index("ix_user_role_role_user", "user_role", ["role", "user"])


def downgrade() -> None:
    op.drop_index("ix_user_role_role_user", table_name="user_role")
    op.create_index("ix_user_role_role", "user_role", ["role"])
    op.drop_table("options")
