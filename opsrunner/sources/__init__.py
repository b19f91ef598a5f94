"""Where observations come from, "could not read" included."""
