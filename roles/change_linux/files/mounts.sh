# Mount options: fstab says what they shall be, the kernel what they are.

ops_changed_mounts() { # mount points in use whose line in fstab is another than in the snapshot
  [ -s "$OPS_DIR/live.fstab" ] || return 0
  awk '
    /^[[:space:]]*(#|$)/ { next }
    FILENAME == "/etc/fstab" { now[$2] = $4; next }
    FILENAME == "/proc/self/mounts" { mounted[$2] = 1; next }
    { before[$2] = $4 }
    END {
      for (point in now) if (now[point] != before[point] && (point in mounted)) print point, now[point]
    }' "$OPS_DIR/live.fstab" /etc/fstab /proc/self/mounts
}

ops_undo_mounts() { # the options of each mount as the kernel had them
  [ -s "$OPS_DIR/live.mounts" ] || return 0
  awk '
    FILENAME == "/proc/self/mounts" { now[$2] = $4; next }
    { before[$2] = $4; device[$2] = $1 }
    END {
      for (point in before) {
        if (!(point in now) || now[point] == before[point]) continue
        options = before[point]
        if (options !~ /noexec/) options = options ",exec"
        if (options !~ /nosuid/) options = options ",suid"
        if (options !~ /nodev/) options = options ",dev"
        print device[point], point, options
      }
    }' "$OPS_DIR/live.mounts" /proc/self/mounts >"$OPS_DIR/mounts.back"
  while read -r ops_device ops_point ops_options; do
    ops_run mount -o "remount,$ops_options" "$ops_device" "$ops_point"
  done <"$OPS_DIR/mounts.back"
}
