"""The store: repositories over SQLite or PostgreSQL, the audit spool and the first-paint snapshot."""
