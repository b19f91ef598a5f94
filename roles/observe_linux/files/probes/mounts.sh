# probe: mounts.live
# the mounts that hold the three folders, and where a link would lead
section mounts
awk '$2 ~ /^\/(tmp|var|var\/tmp|dev|dev\/shm|run|run\/shm)?$/ { print $2, $3, $4 }' /proc/self/mounts
section paths
for f in /tmp /var/tmp /dev/shm; do echo "$f $(readlink -f $f)"; done
# probe: mounts.boot
# what mounts them at the next boot: fstab (only those lines: others may hold passwords) and units
section fstab
[ ! -e /etc/fstab ] || awk '$1 !~ /^#/ && $2 ~ /^\/(tmp|var|var\/tmp|dev\/shm)\/*$/ {
  print $1, $2, $3, $4 }' /etc/fstab || exit 126
for d in /etc/systemd/system /usr/local/lib/systemd/system /usr/lib/systemd/system; do
  for u in tmp.mount var-tmp.mount dev-shm.mount; do
    for f in $d/$u $d/$u.d/*.conf; do
      if [ -e "$f" ] && [ ! -s "$f" ]; then section masked "$f"
      elif [ -e "$f" ]; then dump "$f"; fi
    done
    for f in $d/*.wants/$u $d/*.requires/$u; do
      [ ! -e "$f" ] && [ ! -h "$f" ] || section wanted "$f"
    done
  done
done
