"""Installing backups as a change: the roles as operations, planned, approved, taken back."""
