"""What the project must reach, measured in one run: ``make bench``."""
