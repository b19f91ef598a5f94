# /etc/csh.login

# System wide environment and startup programs, for login setup

#add /usr/local/sbin /usr/sbin to the path
setenv PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin"
setenv MAIL "/var/spool/mail/$USER"
limit coredumpsize unlimited
