"""What hardening's papers hold: the plan, the operation report, the change record, the report."""
