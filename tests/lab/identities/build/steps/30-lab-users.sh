# The lab's own accounts, the same on every identity (see README, "The lab's own accounts").
groupadd -g 1001 opsadm; useradd -m -u 1001 -g 1001 -s /bin/bash -p '*' opsadm
groupadd -g 1002 opspw;  useradd -m -u 1002 -g 1002 -s /bin/bash -p '*' opspw
groupadd -g 1003 opscsh; useradd -m -u 1003 -g 1003 -s /bin/tcsh -p '*' opscsh
mkdir -p /etc/sudoers.d
cat > /etc/sudoers.d/90-lab <<'EOF'
# opsrunner lab: the accounts that tests log in with
Defaults:opsadm,opscsh,opspw !requiretty
opsadm ALL=(ALL) NOPASSWD: ALL
opscsh ALL=(ALL) NOPASSWD: ALL
opspw ALL=(ALL) ALL
EOF
chmod 0440 /etc/sudoers.d/90-lab
