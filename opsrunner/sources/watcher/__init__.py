"""A clocked prober in a process of its own: how long was the service not there.

``aim`` is what is asked and how often; ``process`` the runner's side (start, wait, stop, find
again after a crash), ``__main__`` and ``loop`` the prober's; ``journal`` has each attempt on disk
as it happens. ``lines`` (bytes <-> attempts), ``outage`` and ``accounting`` (attempts -> figures)
are pure. ``kinds/`` has one module for each kind of question.
"""
