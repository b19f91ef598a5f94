# probe: ssh.effective
# what sshd itself says it would do for root coming from an address that no Match block expects
need sshd
need_root
sshd -T -C user=root,host=probe.invalid,addr=192.0.2.1 2>/dev/null || sshd -T
# probe: ssh.files
dump /etc/ssh/sshd_config /etc/ssh/sshd_config.d/*.conf
