"""Events of an object by people, and by automations, each found by an index of its own"""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    op.drop_index(op.f("ix_audit_object_id_number"), table_name="audit")
    people, automations = sa.text("actor IS NULL"), sa.text("actor IS NOT NULL")
    op.create_index("ix_audit_people", "audit", ["object_id", "number"], sqlite_where=people, postgresql_where=people)
    op.create_index(
        "ix_audit_uses", "audit", ["object_id", "number"], sqlite_where=automations, postgresql_where=automations
    )
    op.create_index(
        "ix_audit_automations",
        "audit",
        ["object_id", "actor", "number"],
        sqlite_where=automations,
        postgresql_where=automations,
    )


def downgrade() -> None:
    op.drop_index("ix_audit_uses", table_name="audit")
    op.drop_index("ix_audit_automations", table_name="audit")
    op.drop_index("ix_audit_people", table_name="audit")
    op.create_index(op.f("ix_audit_object_id_number"), "audit", ["object_id", "number"], unique=False)
