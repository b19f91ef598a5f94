# Out: "set NAME", what the verifying program says, "exit CODE" (124: its time was over).
printf 'set %s\n' "${newest##*/}"
timeout -k 300 "$seconds" "$program" "$newest" "$scratch" 4 replay
printf 'exit %s\n' "$?"
