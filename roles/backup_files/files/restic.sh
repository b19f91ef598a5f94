# What backup-files and verify-files share: how restic is called, and what its answer means. POSIX sh.
LC_ALL=C
PATH=/usr/sbin:/usr/bin:/sbin:/bin:/usr/local/bin
export LC_ALL PATH

# Repository and password are read from files of mode 0600, never from an argument.
call_restic() {
    restic --repository-file "$repository_file" --password-file "$password_file" --no-cache "$@"
}

# Given restic's words in a file: why nothing can be said about the repository, or nothing.
why_not_reached() {
    if grep -q 'wrong password or no key found' "$1"; then
        echo "the repository's password is wrong: this says nothing about its content"
    elif grep -q 'Is there a repository at' "$1"; then
        echo "there is no repository: install with backup_files_initialize, once"
    elif grep -q 'already locked' "$1"; then
        echo "the repository is locked by another process"
    else
        grep -m 1 -iE 'unable to open repo|connection (refused|reset)|dial tcp|timeout|no space left' "$1"
    fi
}

# Given restic's words in a file: succeed when they speak of damage. Whatever else went wrong (killed,
# no memory, a connection) says nothing about the backup.
speaks_of_damage() {
    grep -qiE 'ciphertext verification failed|does not match|hash mismatch|not found in (repository|index)|pack [0-9a-f]+.* (does not exist|contains)|data/.*(does not exist|no such file)|invalid (file|data)|unexpected (eof|file size)|wrong (data|id|hash)|error for tree' "$1"
}
