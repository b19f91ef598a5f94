"""A switchover of MariaDB as a drill: the pair asked, switched by one play, watched."""
