# probe: modules.states
# what modprobe would do for each module (dry run), whether it is loaded or built in
need modprobe
modules='cramfs freevxfs jffs2 hfs hfsplus usb-storage dccp sctp rds tipc'
words=$(echo $modules | tr ' -' '|_')
kernel=/lib/modules/$(uname -r)
section loaded
[ ! -e /proc/modules ] || awk '{ print $1 }' /proc/modules | grep -xE "$words"
section tree
[ ! -e "$kernel/modules.dep" ] || echo present
section builtin
[ ! -e "$kernel/modules.builtin" ] ||
  sed 's#.*/##; s#\.ko.*##; s#-#_#g' "$kernel/modules.builtin" | grep -xE "$words"
for m in $modules; do
  section "module $m"
  modprobe -n -v "$m" 2>&1
done
exit 0
