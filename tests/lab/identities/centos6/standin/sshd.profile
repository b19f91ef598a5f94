VERSION='OpenSSH_5.3p1, OpenSSL 1.0.1e-fips 11 Feb 2013'
UNKNOWN='include|pubkeyacceptedalgorithms|hostbasedacceptedalgorithms|casignaturealgorithms|logverbose|requiredrsasize|modulifile|persourcemaxstartups|persourcenetblocksize|pubkeyauthoptions|securitykeyprovider|permitlisten|setenv|rdomain|unusedconnectiontimeout|channeltimeout|hostkeyalgorithms|pubkeyacceptedkeytypes|hostbasedacceptedkeytypes|fingerprinthash|streamlocal[a-z]*|disableforwarding|exposeauthinfo|rekeylimit|permittty|permituserrc|revokedkeys|trustedusercakeys|ipqos|versionaddendum'
# A modern client has no key exchange in common with 5.3, so that one default stays modern.
DEFAULTS='PermitRootLogin yes
Ciphers aes128-ctr,aes192-ctr,aes256-ctr,aes128-cbc,3des-cbc,aes192-cbc,aes256-cbc
MACs hmac-md5,hmac-sha1,umac-64@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-sha1-96,hmac-md5-96
'
SHOWN='ciphers aes128-ctr,aes192-ctr,aes256-ctr,arcfour256,arcfour128,aes128-cbc,3des-cbc,blowfish-cbc,cast128-cbc,aes192-cbc,aes256-cbc,arcfour,rijndael-cbc@lysator.liu.se
macs hmac-md5,hmac-sha1,umac-64@openssh.com,hmac-sha2-256,hmac-sha2-512,hmac-ripemd160,hmac-ripemd160@openssh.com,hmac-sha1-96,hmac-md5-96
kexalgorithms diffie-hellman-group-exchange-sha256,diffie-hellman-group-exchange-sha1,diffie-hellman-group14-sha1,diffie-hellman-group1-sha1
protocol 2
usedns yes'
RENAME='s/^pubkeyacceptedalgorithms /pubkeyacceptedkeytypes /;s/^hostbasedacceptedalgorithms /hostbasedacceptedkeytypes /;/^persource/d;/^requiredrsasize/d;/^modulifile/d;/^pubkeyauthoptions/d;/^securitykeyprovider/d;/^logverbose/d;/^unusedconnectiontimeout/d;/^channeltimeout/d;s/^kbdinteractiveauthentication \(.*\)/kbdinteractiveauthentication \1\nchallengeresponseauthentication \1/;/^hostkeyalgorithms/d;/^fingerprinthash/d;/^streamlocal/d;/^disableforwarding/d;/^exposeauthinfo/d;/^rekeylimit/d;/^permittty/d;/^permituserrc/d;/^versionaddendum/d;/^ipqos/d;/^port /i protocol 2'
