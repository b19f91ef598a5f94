"""What a host is, what it shall become, and the operations that lie between."""
