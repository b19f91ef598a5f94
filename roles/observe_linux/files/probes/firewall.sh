# probe: firewall.live
# what the kernel filters by now; nothing is asked that would load a module to answer
need_root
fw_nft() { # nf_tables is in the kernel already
  [ ! -d /sys/module/nf_tables ] || return 0
  fw_dir=/lib/modules/$(uname -r)
  if [ -f "$fw_dir/modules.builtin" ]; then grep -q '/nf_tables\.ko' "$fw_dir/modules.builtin"
  else grep -q ' nft_do_chain' /proc/kallsyms 2>/dev/null; fi
}
fw_tidy() { # the filter table only, without counters and dates
  awk '/^\*/ { on = $1 == "*filter" } on && !/^#/' | sed 's/ \[[0-9]*:[0-9]*\]$//'
}
section addresses
if command -v ip >/dev/null 2>&1; then
  ip -o addr show | awk '{ n = $2; s = ""; for (i = 3; i < NF; i++) if ($i == "scope") s = $(i + 1)
    sub(/:$/, "", n); print n, $3, s }' | sort -u
else
  ls /sys/class/net | sed 's/$/ inet global/'
fi
if fw_nft; then
  if command -v nft >/dev/null 2>&1; then
    section nft
    nft -s list ruleset | sed 's/ packets [0-9]* bytes [0-9]*//' | awk '
      /^table / { own = $2 " " $3 == "inet firewalld" }
      own && /^\tchain (nat|mangle|filter_(FWD|OUT|FORWARD))_/ { skip = 1 }
      !skip && !/^$/ { print }
      /^\t}/ { skip = 0 }'
  else
    section blind nft
  fi
fi
for fw_v in '' 6; do
  fw_save=$(command -v ip${fw_v}tables-save 2>/dev/null)
  case $(readlink -f "${fw_save:-/}") in *nft*)
    if fw_nft; then section "iptables$fw_v"; "$fw_save" 2>/dev/null | fw_tidy; fi ;;
  esac
  if [ -s "/proc/net/ip${fw_v}_tables_names" ]; then
    fw_old=$(command -v ip${fw_v}tables-legacy-save 2>/dev/null) || fw_old=$fw_save
    case $(readlink -f "${fw_old:-/}") in
      / | *nft*) section "blind legacy$fw_v" ;;
      *) section "legacy$fw_v"; "$fw_old" | fw_tidy ;;
    esac
  fi
done
true
# probe: firewall.boot
# what the next boot would load, by every service that may load it
need_root
fw_xml() { # files: without the texts for people
  for fw_file; do
    [ -e "$fw_file" ] || continue
    if [ -r "$fw_file" ]; then
      section file "$fw_file"
      sed -e '/^[[:space:]]*<description>[^<]*<\/description>[[:space:]]*$/d' \
        -e '/^[[:space:]]*<short>[^<]*<\/short>[[:space:]]*$/d' "$fw_file"
    else section denied "$fw_file"; fi
  done
}
fw_words() { # element, attribute, files: the values of that attribute
  fw_tag=$1; fw_key=$2; shift 2
  cat "$@" 2>/dev/null | tr '>' '\n' |
    sed -n "s/.*<$fw_tag[^>]*$fw_key=[\"']\([A-Za-z0-9_.-]*\)[\"'].*/\1/p" | sort -u
}
dump /etc/sysconfig/iptables /etc/sysconfig/ip6tables /etc/iptables/rules.v4 \
  /etc/iptables/rules.v6 /etc/sysconfig/nftables.conf /etc/nftables.conf /etc/ufw/ufw.conf \
  /etc/default/ufw /etc/ufw/user.rules /etc/ufw/user6.rules /etc/firewalld/direct.xml
for fw_file in /etc/nftables/*.nft /etc/nftables.d/*.nft /etc/nftables.d/*.conf; do
  [ ! -e "$fw_file" ] || dump "$fw_file"
done
if [ -r /etc/firewalld/firewalld.conf ]; then
  section file /etc/firewalld/firewalld.conf
  grep '^[[:space:]]*DefaultZone' /etc/firewalld/firewalld.conf
else dump /etc/firewalld/firewalld.conf; fi
fw_zones='/usr/lib/firewalld/zones/*.xml /etc/firewalld/zones/*.xml /etc/firewalld/policies/*.xml'
fw_xml $fw_zones
fw_names=$(fw_words service name $fw_zones)
for fw_name in $fw_names; do
  fw_names="$fw_names $(fw_words include service "/usr/lib/firewalld/services/$fw_name.xml" \
    "/etc/firewalld/services/$fw_name.xml")"
done
for fw_name in $(printf '%s\n' $fw_names | sort -u); do
  fw_xml "/usr/lib/firewalld/services/$fw_name.xml" "/etc/firewalld/services/$fw_name.xml"
done
section bindings
for fw_file in /etc/sysconfig/network-scripts/ifcfg-*; do
  [ ! -r "$fw_file" ] || sed -n 's/^[[:space:]]*ZONE=["'"'"']*\([A-Za-z0-9_-]*\).*/\1/p' "$fw_file" |
    sed "s#^#${fw_file##*/ifcfg-} #"
done
for fw_file in /etc/NetworkManager/system-connections/*; do
  [ ! -f "$fw_file" ] || awk -F= '/^interface-name=/ { n = $2 } /^zone=/ { z = $2 }
    END { if (z != "") print (n == "" ? "*" : n), z }' "$fw_file"
done
true
# probe: firewall.wrappers
# TCP wrappers: the two files, who may write them, and whether the SSH server asks them at all
dump /etc/hosts.allow /etc/hosts.deny
section modes
stat -L -c '%a|%U|%n' /etc/hosts.allow /etc/hosts.deny 2>/dev/null
section libwrap
fw_pid=$(own_processes sshd | sort -n | head -n 1)
fw_bin=''
[ -z "$fw_pid" ] || fw_bin=$(readlink "/proc/$fw_pid/exe" 2>/dev/null | sed 's/ (deleted)$//')
[ -r "$fw_bin" ] || fw_bin=$(command -v sshd 2>/dev/null)
if [ ! -r "$fw_bin" ]; then echo none
elif grep -q 'libwrap\.so' "$fw_bin"; then echo yes
else echo no; fi
# probe: firewall.session
# volatile
# the address this session's login came from; sudo drops it from the environment, so it is
# looked for in the processes above us
need_root
fw_pid=$$
while [ "${fw_pid:-0}" -gt 1 ]; do
  fw_from=$(tr '\0' '\n' <"/proc/$fw_pid/environ" 2>/dev/null | sed -n 's/^SSH_CONNECTION=//p')
  if [ -n "$fw_from" ]; then
    printf '%s\n' "${fw_from%% *}"
    exit 0
  fi
  fw_pid=$(sed -n 's/^PPid:[[:space:]]*//p' "/proc/$fw_pid/status" 2>/dev/null)
done
true
