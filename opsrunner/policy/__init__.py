"""YAML under policies/ -> rules, controls, profiles, waivers; all problems at once."""
