"""The schema, from the first table on: Alembic's migrations and the way to run them."""
