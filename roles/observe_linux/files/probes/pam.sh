# probe: pam.files
# the files of PAM and of its modules, which modules are installed, and which configuration files
# their binaries know of; credentials that third-party modules take as arguments are masked, and
# of comments only the place is kept
hide='s/^[[:space:]]*#.*/#/;s/\([A-Za-z_]*\(secret\|passw[a-z]*\|passwd\|pw\|token\)=\)[^][:space:]]*/\1<masked>/g'
more=$(sed -n 's/^[^#]*[[:space:]]conf=\(\/[^][:space:]]*\).*/\1/p' /etc/pam.d/* 2>/dev/null | sort -u)
dump /etc/pam.d/* /usr/lib/pam.d/* /etc/security/faillock.conf /etc/security/pwhistory.conf \
  /etc/security/pwquality.conf /etc/security/pwquality.conf.d/*.conf /etc/default/login $more |
  sed "$hide"
section modules
for dir in /lib/security /lib64/security /usr/lib/security /usr/lib64/security \
  /lib/*/security /usr/lib/*/security; do
  [ -d "$dir" ] && ls "$dir"
done | sed -n 's/^\(pam_.*\)\.so$/\1/p' | sort -u
section reads
for dir in /lib/security /lib64/security /usr/lib64/security /lib/*/security /usr/lib/*/security; do
  for pair in faillock:faillock pwhistory:pwhistory; do
    [ -r "$dir/pam_${pair%:*}.so" ] && grep -q "/${pair#*:}\.conf" "$dir/pam_${pair%:*}.so" &&
      echo "${pair#*:}"
  done
done | sort -u
section sshd
grep -hi '^[[:space:]]*usepam[[:space:]=]' /etc/ssh/sshd_config.d/*.conf /etc/ssh/sshd_config \
  2>/dev/null | head -n 1 || :
