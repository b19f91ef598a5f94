# On the standby: this switchover is called off, also for a step that arrives late.
revoke
