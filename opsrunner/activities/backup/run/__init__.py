"""One backup now: the installed program, started, waited for, and its status read."""
