# Empty host keys with the right modes; each host's seed layer fills them.
rm -f /etc/ssh/ssh_host_*
for kind in rsa ecdsa ed25519; do
    install -m 0600 /dev/null "/etc/ssh/ssh_host_${kind}_key"
    install -m 0644 /dev/null "/etc/ssh/ssh_host_${kind}_key.pub"
done
