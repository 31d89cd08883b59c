# The wire protocol and the prelude. Providers of its own pack stand in for real ones.

pack() {  # a pack with one provider, `try.it`, whose text is on stdin
  mkdir -p "$T/packs/mine"
  cp "$packs/prelude.sh" "$T/packs/"
  printf 'unjam: 1\npack: mine\nsummary: x\nshell: sh\nproviders:\n  try.it: { script: it.sh }\n' >"$T/packs/mine/pack.yaml"
  cat >"$T/packs/mine/it.sh"
}
try() { ask --pack-root "$T/packs" --packs mine try.it "$@"; }

title 'An input that is cut anywhere runs nothing'
pack <<END
touch "$T/ran"
answer
END
"$here/call" --render --pack-root "$T/packs" --packs mine --token aa try.it >"$T/whole"
size=$(wc -c <"$T/whole")
whole=$((size - 22)) # the last line and the line break before it
cut=1
while [ "$cut" -lt "$size" ]; do
  head -c "$cut" "$T/whole" | dash -s >/dev/null 2>&1
  if [ -e "$T/ran" ]; then
    # `unjam_main` alone, at the end of the input, is the whole call: everything before it has arrived.
    [ "$cut" -ge $((whole + 10)) ] || bad "nothing after $cut bytes of $size" 'ran'
    rm -f "$T/ran"
  fi
  if [ "$cut" -lt $((size - 300)) ]; then cut=$((cut + 211)); else cut=$((cut + 1)); fi
done
dash -s <"$T/whole" >/dev/null 2>&1
holds test -e "$T/ran"

title 'Values arrive byte for byte and are never run'
pack <<'END'
out_text back "$in_x"
answer
END
try "x=\$(touch $T/ran) \`touch $T/ran\`; '\"; touch $T/ran #"
is "{\"after\": {}, \"before\": {}, \"outputs\": {\"back\": \"\$(touch $T/ran) \`touch $T/ran\`; '\\\"; touch $T/ran #\"}}"
holds test ! -e "$T/ran"
try 'x=a\nb\tc\n\n\\d'
outputs '{"back": "a\nb\tc\n\n\\\\d"}'
try "x=$(printf 'z\303\274rich \346\235\261\344\272\254 \360\237\246\212')"
outputs "{\"back\": \"$(printf 'z\303\274rich \346\235\261\344\272\254 \360\237\246\212')\"}"

title 'Bytes that are not UTF-8 are replaced one by one, control characters escaped'
pack <<'END'
out_text a "$(printf 'x\377y\300z\355\240\200w\303')"
out_text b "$(printf 'a\001b\033[31m\177')"
out_text c "$(printf 'one\n\ntwo\n.')"
out_text d ''
answer
END
r=$(printf '\357\277\275')
try
has "\"a\": \"x${r}y${r}z${r}${r}${r}w${r}\""
has "$(printf '"b": "a\\u0001b\\u001b[31m\177"')"
has '"c": "one\n\ntwo\n."'
has '"d": ""'

title 'A value that is not of its type is left out'
pack <<'END'
out_int a 007
out_int b ''
out_int c -12
out_bool d yes
out_bool e true
out_double f 1
out_double g .5
out_duration h -600.25
out_duration i '5 s'
out_duration j +3
answer
END
try
outputs '{"c": -12, "e": true, "f": 1.0, "h": "-600.25s", "j": "3s"}'

title 'Lists, records and maps'
pack <<'END'
out_list none ''
out_list some "$(printf 'a "b"\n\nc\\')"
out_records links 'source:text code:int safe:bool' "$(printf 'dc2\t8457\ttrue\ndc3\tx\tfalse')"
out_map_duration peers "$(printf 'dc1\t0\ndc2\t-1.5\ndc3\t\n')"
answer
END
try
outputs '{"links": [{"code": 8457, "safe": true, "source": "dc2"}, {"safe": false, "source": "dc3"}], "none": [], "peers": {"dc1": "0s", "dc2": "-1.5s"}, "some": ["a \"b\"", "c\\"]}'

title 'A list has an end'
pack <<'END'
unjam_most=3
out_list l "$(printf '1\n2\n3\n4\n5')"
answer
END
try
outputs '{"l": ["1", "2", "3"]}'

title 'An error carries its kind and its words, and nothing else'
pack <<'END'
out_int a 1
cannot unreadable "no 'log' here" at all
END
try
is "{\"error\": {\"kind\": \"unreadable\", \"text\": \"no 'log' here at all\"}}"

title 'Words on stdout before the frame do no harm, and a frame of another token is none'
pack <<'END'
echo UNJAM-BEGIN 00
echo e30=
echo UNJAM-END 00 4
answer
END
try
outputs '{}'

title 'A script that dies gives no answer'
pack <<'END'
out_int a 1
: "$not_set_anywhere"
answer
END
try
has 'no frame'

for awk in gawk busybox; do
  command -v "$awk" >/dev/null || continue
  title "The prelude writes the same JSON with $awk"
  pack <<'END'
out_text a "$(printf 'x\377 "\\ \303\274')"
out_records r 'a:text b:int' "$(printf 'k\t1')"
answer
END
  rm -f "$T/bin/awk"
  printf '#!/bin/sh\nexec %s "$@"\n' "$(command -v $awk)$([ $awk != busybox ] || echo ' awk')" >"$T/bin/awk"
  chmod +x "$T/bin/awk"
  try
  outputs "{\"a\": \"x$r \\\"\\\\ $(printf '\303\274')\", \"r\": [{\"a\": \"k\", \"b\": 1}]}"
done
