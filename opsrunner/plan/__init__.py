"""What every change of a host walks through: plan, approval, journal, execution, undo."""
