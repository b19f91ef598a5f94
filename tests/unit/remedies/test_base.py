"""Which remedies could cut everybody off: each new one has to be put on a side."""

from __future__ import annotations

from opsrunner.remedies.base import PREFIX, cuts_access, remedies

HARMLESS = {
    "audit_backlog", "audit_daemon", "audit_locked", "audit_permissions", "audit_rule_sets",
    "auditd_options", "backup_jobs", "boot_file_mode", "core_limit", "coredump_storage",
    "cron_allow", "ctrl_alt_del", "files_home_mode", "files_modes", "files_private_keys",
    "history", "integrity_check_schedule", "kernel_arguments", "log_file_mode", "log_retention",
    "log_server", "logging_rules", "logging_service", "login_defs", "malware_scan_schedule",
    "modules_disabled", "mount_options", "rescue_authentication", "screen_lock_seconds",
    "secrets_history_mode", "secrets_offline_days", "secrets_tmp_days", "secrets_var_tmp_days",
    "services_disabled", "shell_timeout", "software_gpgcheck", "sysctl", "time_servers", "umask",
    "useradd",
}
WAYS_IN = {
    "account_max_days", "accounts_locked", "faillock", "firewall_enabled", "firewall_ssh_sources",
    "lock_empty_passwords", "pam_nullok", "password_hash", "password_min_days",
    "password_quality", "password_remember", "password_warn_days", "sshd_options", "su_group",
    "sudo_defaults", "tcp_wrappers_ssh_sources",
}


def test_what_touches_sshd_pam_sudo_accounts_or_the_firewall_could_cut_access() -> None:
    found = {name.removeprefix(PREFIX): cuts_access([name]) for name in remedies()}
    assert {name for name, cuts in found.items() if cuts} == WAYS_IN
    assert {name for name, cuts in found.items() if not cuts} == HARMLESS


def test_one_is_enough_and_what_nobody_knows_counts() -> None:
    assert cuts_access([f"{PREFIX}umask", f"{PREFIX}sshd_options"])
    assert cuts_access([f"{PREFIX}of_another_version"])
    assert not cuts_access([f"{PREFIX}umask", f"{PREFIX}sysctl"])
    assert not cuts_access([])
