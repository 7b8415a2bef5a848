"""What a person was told of and dismissed"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.add_column("preferences", sa.Column("told_up_to", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    op.drop_column("preferences", "told_up_to")
