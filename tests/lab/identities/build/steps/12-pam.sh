# EL's own PAM configuration only: Debian's services and common-* go. EL 6 has no postlogin.
if [ $family = el ]; then
    for file in /etc/pam.d/*; do
        name=${file##*/}
        if [ ! -e "$shared/files/etc/pam.d/$name" ] && [ ! -L "$here/files/etc/pam.d/$name" ] &&
            [ ! -e "$here/files/etc/pam.d/$name" ]; then
            rm -f "$file"
        fi
    done
    if [ "$identity" = centos6 ]; then
        rm -f /etc/pam.d/postlogin /etc/pam.d/systemd-user /etc/pam.d/vlock
    fi
    # Debian's cron asks PAM under the name "cron"; EL's under "crond".
    ln -s crond /etc/pam.d/cron
    # EL's place for modules; pam_cracklib is gone from Debian 12, pam_pwquality is its heir.
    modules=/usr/lib/x86_64-linux-gnu/security
    [ "$identity" != centos6 ] || ln -s pam_pwquality.so "$modules/pam_cracklib.so"
    ln -s "$modules" /usr/lib64/security
    case $identity in centos*) rm -f "$modules/pam_usertype.so" ;; esac
fi
