"""Is this control node fit to run, and does every host let us look."""
