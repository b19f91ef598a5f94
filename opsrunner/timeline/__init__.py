"""The time line of an emergency or a drill: what happened when, on disk as it happens."""
