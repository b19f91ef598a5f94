#!/bin/sh
# Build one identity layer. Runs in mount and pid namespaces of its own, so that nothing
# stays mounted whatever happens.
# In: lab folder, identity, base root, scratch folder (layer/ work/ merged/ in it), prefix and
# series of the old Python ("" for none), its path on the host ("" for none).
# Out: scratch/layer.
set -eu
lab=$1 identity=$2 base=$3 scratch=$4 prefix=$5 series=$6 interpreter=$7
merged=$scratch/merged
mount -t overlay build -o "lowerdir=$base,upperdir=$scratch/layer,workdir=$scratch/work,volatile" "$merged"

if [ -n "$prefix" ]; then
    target=$merged/usr/lib/lab-standin/python$series
    mkdir -p "$target"
    # No tests, no compiled caches, no packages: what a distribution's own Python brings.
    tar -C "$prefix" --exclude='*/test' --exclude='*/tests' --exclude='*/__pycache__' \
        --exclude='*/idlelib' --exclude='*/tkinter' --exclude='*/lib-tk' --exclude='*.pyc' \
        --exclude='*/config-*' --exclude='*/config' --exclude='*.a' --exclude='*/site-packages/*' \
        -cf - "bin/python$series" lib | tar -C "$target" --no-same-owner -xf -
    patchelf --set-rpath '$ORIGIN/../lib' "$target/bin/python$series" 2>/dev/null || true
fi

mount --bind "$lab" "$merged/mnt"
mount -t proc proc "$merged/proc"
mount --rbind /dev "$merged/dev"
mount -t tmpfs tmpfs "$merged/tmp"
env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin LC_ALL=C HOME=/root \
    SERIES="$series" INTERPRETER="$interpreter" \
    chroot "$merged" /bin/sh /mnt/identities/build/inside.sh "$identity"
umount -R "$merged/dev" "$merged/proc" "$merged/mnt" "$merged/tmp"
umount "$merged"
