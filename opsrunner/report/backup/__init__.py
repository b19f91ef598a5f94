"""The ledger of recoverability in every format; the writers compute nothing."""
