# PAM: no tool checks a stack without logging in, so this walks every stack of every service as
# libpam would, with each module once successful and once not, and says
#   - which module files, included files and words of control do not exist,
#   - which stacks have no way to succeed: nobody could log in,
#   - which auth stacks succeed although every module that asks for a proof fails: an open door.
# Only what was not so before the change is held against it.

validate_pam() {
  ops_shown='check of the PAM stacks'
  ops_dirs=''
  for ops_path in /lib64/security /usr/lib64/security /lib/security /usr/lib/security \
    /lib/*/security /usr/lib/*/security; do
    [ ! -d "$ops_path" ] || ops_dirs="$ops_dirs $ops_path"
  done
  ops_pam_report >"$OPS_DIR/pam.after"
  if [ -d "$OPS_STAGE" ]; then
    ops_unstaged ops_pam_report >"$OPS_DIR/pam.before"
  else
    # What the change found stays allowed at its confirmation.
    [ -f "$OPS_DIR/pam.before" ] || true >"$OPS_DIR/pam.before"
  fi
  ops_told=$(grep -v -x -F -f "$OPS_DIR/pam.before" "$OPS_DIR/pam.after" | head -n 20)
  [ -z "$ops_told" ]
}

ops_pam_report() { # what is wrong with the stacks, one a line
  rm -rf "$OPS_TREE"
  ops_tree /etc/pam.d || return 1
  for ops_leaf in $(ls -A "$OPS_TREE/etc/pam.d"); do
    case $ops_leaf in .* | *~ | *.rpmnew | *.rpmsave) ;; *) echo "$OPS_TREE/etc/pam.d/$ops_leaf" ;; esac
  done | xargs awk -v dirs="$ops_dirs" "$OPS_PAM" | sort -u
}

OPS_PAM='
  function say(words) { print service " " type ": " words }
  function leaf(path) { sub(/.*\//, "", path); return path }
  function known(module,    n, i, list, junk) {
    if (module in have) return have[module]
    if (module ~ /^\//) { n = 1; list[1] = "" } else n = split(dirs, list, " ")
    have[module] = 0
    for (i = 1; i <= n; i++) {
      junk = (list[i] == "" ? "" : list[i] "/") module
      if ((getline line < junk) >= 0) { close(junk); have[module] = 1 }
    }
    return have[module]
  }
  BEGIN { for (i = 1; i < ARGC; i++) services[leaf(ARGV[i])] = 1 }
  FNR == 1 { file = leaf(FILENAME); held = "" }
  { sub(/#.*/, "") }
  held != "" { $0 = held " " $0; held = "" }
  /\\$/ { held = $0; sub(/\\$/, "", held); next }
  NF == 0 { next }
  $1 == "@include" { count[file]++; kinds[file, count[file]] = "*"; controls[file, count[file]] = "include"; modules[file, count[file]] = $2; next }
  {
    word = tolower($1); dash = sub(/^-/, "", word)
    rest = $0; sub(/^[[:space:]]*[^[:space:]]+[[:space:]]+/, "", rest)
    if (rest ~ /^\[/) { at = index(rest, "]"); control = at ? substr(rest, 1, at) : "[" ; rest = at ? substr(rest, at + 1) : "" }
    else { control = tolower(rest); sub(/[[:space:]].*/, "", control); sub(/^[^[:space:]]+/, "", rest) }
    sub(/^[[:space:]]+/, "", rest)
    i = ++count[file]
    kinds[file, i] = word; controls[file, i] = control; dashes[file, i] = dash
    modules[file, i] = rest; sub(/[[:space:]].*/, "", modules[file, i])
    arguments[file, i] = " " rest " "
  }
  function flatten(from, depth,    i, module, control) {
    if (depth > 16) { say("includes itself"); return }
    if (!(from in services)) { say("includes " from ", which does not exist"); return }
    for (i = 1; i <= count[from]; i++) {
      if (kinds[from, i] !~ /^(auth|account|password|session|\*)$/) {
        if (depth == 0 && type == "auth") say("no such type: " kinds[from, i])
        continue
      }
      if (kinds[from, i] != "*" && kinds[from, i] != type) continue
      module = modules[from, i]; control = controls[from, i]
      if (control == "include") { flatten(leaf(module), depth + 1); continue }
      if (control == "substack") {
        flat[++size] = "("; flatten(leaf(module), depth + 1); flat[++size] = ")"; continue
      }
      if (control !~ /^(required|requisite|sufficient|optional|\[([[:space:]]*[a-z_]+=(ignore|bad|die|ok|done|reset|[0-9]+))+[[:space:]]*\])$/) {
        say("no such control: " control " of " module); continue
      }
      if (module == "") { say("a line without a module"); continue }
      if (!known(module)) {
        if (!dashes[from, i]) say("no module " module)
        else continue
      }
      flat[++size] = control; names[size] = leaf(module); texts[size] = arguments[from, i]
    }
  }
  function action(control, value,    n, i, pairs, pair, other) {
    if (control == "required") return value == "success" ? "ok" : "bad"
    if (control == "requisite") return value == "success" ? "ok" : "die"
    if (control == "sufficient") return value == "success" ? "done" : "ignore"
    if (control == "optional") return value == "success" ? "ok" : "ignore"
    other = "bad"
    n = split(substr(control, 2, length(control) - 2), pairs, " ")
    for (i = 1; i <= n; i++) {
      split(pairs[i], pair, "=")
      if (pair[1] == value) return pair[2]
      if (pair[1] == "default") other = pair[2]
    }
    return other
  }
  function values(control,    n, i, pairs, all) { # what a module that fails may say here
    all = "auth_err"
    n = split(substr(control, 2, length(control) - 2), pairs, " ")
    if (control ~ /^\[/) for (i = 1; i <= n; i++) {
      sub(/=.*/, "", pairs[i])
      if (pairs[i] !~ /^(success|default|new_authtok_reqd)$/) all = all " " pairs[i]
    }
    return all
  }
  function outcomes(i) {
    if (names[i] == "pam_deny.so") return "auth_err"
    if (names[i] == "pam_permit.so") return "success"
    if (names[i] ~ /^pam_faillock|^pam_tally/ && texts[i] ~ / authfail /) return "auth_err"
    if (nothing_proven && names[i] ~ /^pam_(unix|unix2|sss|ldap|krb5|winbind|fprintd|rootok|pkcs11|u2f|systemd_home|google_authenticator|radius|tacplus|ssh_agent_auth|userdb)\.so$/) return values(flat[i])
    return "success " values(flat[i])
  }
  function after(i,    depth) { # the entry behind this one; a substack is one entry
    depth = 0
    do { if (flat[i] == "(") depth++; if (flat[i] == ")") depth--; i++ } while (depth > 0 && i <= size)
    return i
  }
  function leave(i,    depth) { # behind the substack that i stands in, or behind all
    depth = 1
    for (i++; i <= size; i++) {
      if (flat[i] == "(") depth++
      if (flat[i] == ")" && --depth == 0) return i + 1
    }
    return size + 1
  }
  function push(i, state) { if (!((i, state) in seen)) { seen[i, state] = 1; todo_i[++top] = i; todo_s[top] = state } }
  function step(i, state, what,    n) {
    if (what == "ignore") push(i + 1, state)
    else if (what == "ok") push(i + 1, state == 2 ? 2 : 1)
    else if (what == "done") { if (state == 2) push(i + 1, 2); else push(leave(i), 1) }
    else if (what == "bad") push(i + 1, 2)
    else if (what == "die") push(leave(i), 2)
    else if (what == "reset") push(i + 1, 0)
    else { n = what + 0; i++; while (n-- > 0 && i <= size && flat[i] != ")") i = after(i); push(i, state) }
  }
  function succeeds(    i, state, n, k, list) { # is there a way through with success?
    split("", seen); top = 0; push(1, 0)
    while (top > 0) {
      i = todo_i[top]; state = todo_s[top]; top--
      if (i > size) { if (state == 1) return 1; continue }
      if (flat[i] == "(" || flat[i] == ")") { push(i + 1, state); continue }
      n = split(outcomes(i), list, " ")
      for (k = 1; k <= n; k++) step(i, state, action(flat[i], list[k]))
    }
    return 0
  }
  END {
    kinds_n = split("auth account password session", stacks, " ")
    for (service in services) for (t = 1; t <= kinds_n; t++) {
      type = stacks[t]; size = 0
      flatten(service, 0)
      if (size == 0) continue
      nothing_proven = 0
      if (!succeeds()) say("has no way to succeed")
      nothing_proven = 1
      if (type == "auth" && succeeds()) say("succeeds without any proof")
    }
  }'
