# Lay the files of the identity over the root: first those all EL identities share.
# Links stay links; owner is root; modes come from step 70.
for tree in $([ $family = debian ] || echo "$shared/files") "$here/files"; do
    [ -d "$tree" ] || continue
    (cd "$tree" && find . -mindepth 1 -type d | while read -r d; do mkdir -p "/$d"; done)
    (cd "$tree" && find . \( -type f -o -type l \) ! -name .gitkeep) | while read -r f; do
        rm -rf "/$f"
        cp -P "$tree/$f" "/$f"
        chown -h root:root "/$f"
        # A checkout's umask must not show: only "executable" is taken from the tree.
        [ -h "/$f" ] || { [ -x "$tree/$f" ] && chmod 0755 "/$f" || chmod 0644 "/$f"; }
    done
done
