#!/bin/sh
# Build one extra layer: Debian packages and a setup on top of an identity. Runs in mount and pid
# namespaces of its own, so that nothing stays mounted whatever happens.
# In: the extra's folder, identity layer, base root, scratch folder (layer/ work/ merged/ in it).
# Out: scratch/layer.
set -eu
extra=$1 identity=$2 base=$3 scratch=$4
merged=$scratch/merged
mount -t overlay build -o "lowerdir=$identity:$base,upperdir=$scratch/layer,workdir=$scratch/work,volatile" "$merged"
mount --bind "$extra" "$merged/mnt"
mount -t proc proc "$merged/proc"
mount --rbind /dev "$merged/dev"
mount -t tmpfs tmpfs "$merged/tmp"
# What only the installation needs is not part of the layer: names, package lists, downloads.
mount --bind /etc/resolv.conf "$merged/etc/resolv.conf"
mkdir -p "$merged/var/cache/apt" "$merged/var/lib/apt/lists"
mount -t tmpfs tmpfs "$merged/var/cache/apt"
mount -t tmpfs tmpfs "$merged/var/lib/apt/lists"
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root DEBIAN_FRONTEND=noninteractive \
    chroot "$merged" /bin/sh -eu <<'INSIDE'
# No service starts in a chroot.
printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
chmod 0755 /usr/sbin/policy-rc.d
[ ! -x /mnt/before.sh ] || /mnt/before.sh
apt-get -qq update
sed 's/#.*//' /mnt/packages.txt | xargs apt-get -qq -y --no-install-recommends install
/mnt/setup.sh
rm -f /usr/sbin/policy-rc.d /var/log/apt/* /var/log/dpkg.log /var/log/alternatives.log
INSIDE
umount -R "$merged/var/cache/apt" "$merged/var/lib/apt/lists" "$merged/etc/resolv.conf" \
    "$merged/dev" "$merged/proc" "$merged/mnt" "$merged/tmp"
umount "$merged"
