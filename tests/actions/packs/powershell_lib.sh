# The PowerShell packs in the real engine (tests/lab/windows/host), where a .NET SDK is: the very bytes that a Windows host would get, on the standard
# input of the very command. Windows's own commands are stood in for by functions that replay recorded outputs; the sources of the recordings are public
# captures and Microsoft's pages. `complete=yes`: in a complete PowerShell 7.6 instead, where none of the test host's own cmdlets can be kinder than the
# real ones. Facts of Windows that a naive script trips over: powershell_traps_tests.sh.

engine=${HOST_BUILD:-$here/../../../build/windows/host}/winhost
if ! command -v dotnet >/dev/null || ! "$here/../../lab/windows/build" >/dev/null; then engine=; fi
interpreter="$engine powershell"
if [ "${complete:-no}" = yes ] && [ -n "$engine" ]; then interpreter=$("$here/../../lab/windows/complete") || engine=; fi
bootstrap_of() { # NAME: of the constant in the engine's source; as -EncodedCommand has it
  python3 - "$here/../../../actions/script_call.cc" "$1" <<'END'
import base64, re, sys
source = open(sys.argv[1]).read()
body = re.search(sys.argv[2] + r' =\n((?:\s+".*"\n?)+)', source).group(1)
text = "".join(re.findall(r'"(.*)"', body)).replace("\\n", "\n")
print(base64.b64encode(text.encode("utf-16-le")).decode())
END
}
bootstrap=$(bootstrap_of kBootstrap)
task_bootstrap=$(bootstrap_of kTaskBootstrap)

ps() {  # [NAME=VALUE ..]: $T/fakes.ps1 and $T/script.ps1 behind the prelude; the answer, its keys sorted, is in $got
  {
    echo '$UnjamInput = @{'
    for pair in unjam_token=t0ken "$@"; do printf "'%s' = '%s'\n" "${pair%%=*}" "$(printf '%s' "${pair#*=}" | base64 | tr -d '\n')"; done
    echo '}'
    cat "$packs/prelude.ps1" "$T/fakes.ps1" "$T/script.ps1"
  } >"$T/whole.ps1"
  got=$(base64 -w 0 <"$T/whole.ps1" | $interpreter -NoProfile -NonInteractive -EncodedCommand "$bootstrap" 2>"$T/err" | python3 -c '
import base64, json, re, sys
m = re.search(r"UNJAM-BEGIN t0ken\n(\S+)\nUNJAM-END t0ken (\d+)\n", sys.stdin.read())
print(json.dumps(json.loads(base64.b64decode(m.group(1))), sort_keys=True, ensure_ascii=False) if m and len(m.group(1)) == int(m.group(2)) else "no frame")')
}
script() { cat >"$T/script.ps1"; }
fakes() { cat >"$T/fakes.ps1"; }
provider() { cp "$packs/$1" "$T/script.ps1"; }
ptitle() {
  title "$1"
  : >"$T/fakes.ps1"
}
