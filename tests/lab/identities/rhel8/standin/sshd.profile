VERSION='OpenSSH_8.0p1, OpenSSL 1.1.1k  FIPS 25 Mar 2021'
UNKNOWN='include|pubkeyacceptedalgorithms|hostbasedacceptedalgorithms|logverbose|requiredrsasize|modulifile|persourcemaxstartups|persourcenetblocksize|pubkeyauthoptions|securitykeyprovider|unusedconnectiontimeout|channeltimeout'
DEFAULTS='Ciphers chacha20-poly1305@openssh.com,aes128-ctr,aes192-ctr,aes256-ctr,aes128-gcm@openssh.com,aes256-gcm@openssh.com
MACs umac-64-etm@openssh.com,umac-128-etm@openssh.com,hmac-sha2-256-etm@openssh.com,hmac-sha2-512-etm@openssh.com,hmac-sha1-etm@openssh.com,umac-64@openssh.com,umac-128@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1
KexAlgorithms curve25519-sha256,curve25519-sha256@libssh.org,ecdh-sha2-nistp256,ecdh-sha2-nistp384,ecdh-sha2-nistp521,diffie-hellman-group-exchange-sha256,diffie-hellman-group16-sha512,diffie-hellman-group18-sha512,diffie-hellman-group14-sha256,diffie-hellman-group14-sha1
'
SHOWN=''
RENAME='s/^pubkeyacceptedalgorithms /pubkeyacceptedkeytypes /;s/^hostbasedacceptedalgorithms /hostbasedacceptedkeytypes /;/^persource/d;/^requiredrsasize/d;/^modulifile/d;/^pubkeyauthoptions/d;/^securitykeyprovider/d;/^logverbose/d;/^unusedconnectiontimeout/d;/^channeltimeout/d;s/^kbdinteractiveauthentication \(.*\)/kbdinteractiveauthentication \1\nchallengeresponseauthentication \1/'
