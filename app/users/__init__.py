"""People: who they are, what their roles allow, their groups, their sessions."""
