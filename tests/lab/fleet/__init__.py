"""The lab: booted systemd-nspawn hosts on one machine, for tests only."""
