# The account that the old primary will replicate with is let in by the standby. Reads only.
# The password goes in by an option file on a descriptor: not an argument, not on the disk.
said=$(
    {
        printf '[client]\nhost = "%s"\nport = %s\nuser = "%s"\npassword = "%s"\n' \
            "$standby_address" "$port" "$option_user" "$option_password"
    } | "$client" --defaults-file=/dev/stdin --batch --skip-column-names --connect-timeout=5 \
        -e "SELECT COUNT(*) FROM information_schema.user_privileges
            WHERE privilege_type IN ('REPLICATION SLAVE', 'REPLICATION REPLICA')" 2>&1
) || { printf 'problem the standby does not let the replication account in: %s\n' "$said"; exit 0; }
[ "$said" -gt 0 ] || printf 'problem the replication account may not replicate from the standby\n'
