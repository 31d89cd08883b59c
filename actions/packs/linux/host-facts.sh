# host.facts: bytes free on the fullest local file system that can be written to, and the one-minute load.
free=$(timeout 10 df -P -l -k -x tmpfs -x devtmpfs -x squashfs -x iso9660 2>/dev/null | awk '
  NR > 1 && $4 ~ /^[0-9]+$/ && (n++ == 0 || $4 < least) { least = $4 } END { if (n) printf "%.0f\n", least * 1024 }')
[ -z "$free" ] || out_int disk_free "$free"
if read -r load rest <"$unjam_root/proc/loadavg"; then out_double load "$load"; fi
answer
