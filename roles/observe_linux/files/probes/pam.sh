# probe: pam.files
# the files of PAM and of its modules, which modules are installed, and which configuration files
# their binaries know of; credentials that third-party modules take as arguments are masked, and
# of comments only the place is kept
hide='s/^[[:space:]]*#.*/#/;s/\([A-Za-z_]*\(secret\|passw[a-z]*\|passwd\|pw\|token\)=\)[^][:space:]]*/\1<masked>/g'
more=$(sed -n 's/^[^#]*[[:space:]]conf=\(\/[^][:space:]]*\).*/\1/p' /etc/pam.d/* 2>/dev/null | sort -u)
full=''
for file in /etc/pam.d/* /usr/lib/pam.d/* /etc/security/faillock.conf \
  /etc/security/pwhistory.conf /etc/security/pwquality.conf /etc/security/pwquality.conf.d/*.conf \
  $more; do
  if [ ! -f "$file" ] || [ ! -r "$file" ]; then
    dump "$file"
  elif [ ! -s "$file" ]; then
    section file "$file"
  else
    case "$file" in
      *[[:space:]]*) dump "$file" | sed "$hide" ;;
      *) full="$full $file" ;;
    esac
  fi
done
awk -v mark="$OPS_MARK" 'FNR == 1 { printf "\n@%s - file %s\n", mark, FILENAME } { print }' \
  $full /dev/null | sed "$hide"
section modules
ls /lib/security /lib64/security /usr/lib/security /usr/lib64/security /lib/*/security \
  /usr/lib/*/security 2>/dev/null | sed -n 's/^\(pam_.*\)\.so$/\1/p' | sort -u
section reads
grep -oah '/etc/security/\(faillock\|pwhistory\)\.conf' /lib*/security/pam_faillock.so \
  /lib*/security/pam_pwhistory.so /lib/*/security/pam_faillock.so /lib/*/security/pam_pwhistory.so \
  /usr/lib64/security/pam_faillock.so /usr/lib64/security/pam_pwhistory.so 2>/dev/null |
  sed 's/.*\/\(.*\)\.conf/\1/' | sort -u
section sshd
grep -hi '^[[:space:]]*usepam[[:space:]=]' /etc/ssh/sshd_config.d/*.conf /etc/ssh/sshd_config \
  2>/dev/null | sed -n 1p
