"""The audit trail: who did what, numbered and chained, and the newest revision of every object."""
