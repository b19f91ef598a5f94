"""(rule, facts) -> finding, and clause verdicts; pure."""
