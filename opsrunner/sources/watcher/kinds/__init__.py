"""One module for each kind of question, found by its name: ``AIM`` and ``open_target``."""
