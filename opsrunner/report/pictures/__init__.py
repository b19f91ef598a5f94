"""Pictures for papers: data in, SVG out; nothing that a host or a person said is ever markup."""
