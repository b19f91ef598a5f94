"""One interface for secrets, whatever keeps them."""
