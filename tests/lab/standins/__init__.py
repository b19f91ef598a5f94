"""Stand-ins for what a container of another distribution cannot have; installed into lab hosts.

They run on the host's hidden Python and may use nothing but the standard library.
Which identity has which is in `standins.toml`; production code must never read that.
"""
