"""The keyring's row, and sealed rows: one mechanism for everything in the database that decides."""
