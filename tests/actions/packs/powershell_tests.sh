# The PowerShell packs, one by one; see powershell_lib.sh.
. "$here/powershell_lib.sh"

if [ -z "$engine" ]; then
  skip 'PowerShell packs (no .NET SDK, or its package registry cannot be reached)'
else
  title 'Every script is correct, and Windows PowerShell 2.0 knows all that it uses'
  got=$("$engine" check 2.0 "$packs/prelude.ps1" "$packs"/windows/*.ps1 "$packs"/exchange/*.ps1)
  is ''
  printf '%s' "$bootstrap" | base64 -d | iconv -f UTF-16LE -t UTF-8 >"$T/bootstrap.ps1"
  printf '%s' "$task_bootstrap" | base64 -d | iconv -f UTF-16LE -t UTF-8 | sed "s/@TASK@/Unjam/g; s/@POLLS@/300/" >"$T/task_bootstrap.ps1"
  holds grep -q 'Out-String' "$T/bootstrap.ps1" "$T/task_bootstrap.ps1"
  got=$("$engine" check 2.0 "$T/bootstrap.ps1" "$T/task_bootstrap.ps1")
  is ''
  printf 'if (\n' >"$T/a.ps1"
  printf '$x = [pscustomobject]@{}\n$y = 1 -in @(1)\n@() | Where-Object Name -eq 1\n$null | ConvertTo-Json\n[Text.StringBuilder]::new()\n' >"$T/b.ps1"
  got=$("$engine" check 2.0 "$T/a.ps1" | wc -l)$("$engine" check 2.0 "$T/b.ps1" | wc -l)
  holds test "${got#0}" = "$got"
  holds test "$("$engine" check 2.0 "$T/b.ps1" | wc -l)" -ge 5
  printf '$x = [pscustomobject]@{}\n$y = 1 -in @(1)\n@() | Where-Object Name -eq 1\n' >"$T/three.ps1"
  got=$("$engine" check 3.0 "$T/three.ps1")
  is ''
  for line in '$a ? 1 : 2' '$a && $b' '$a ?? 1' '$a ??= 1' '${a}?.b' 'Get-Service -Name x &' 'class A {}' '[Text.StringBuilder]::new()' 'Get-Service -DisplayName x' 'Start-Job {}' \
    'Get-Content -Raw x' 'ConvertTo-Json 1' '1..2 | ForEach-Object -Parallel { 1 }' 'Get-Date -AsUTC' 'Test-NetConnection x' 'Get-Queue -Nonsense 1' 'Get-Command -Syntax' '[string]::IsNullOrWhiteSpace("")' '[IO.File]::ReadLines("x")'; do
    printf '%s\n' "$line" >"$T/one.ps1"
    got=$("$engine" check 3.0 "$T/one.ps1" | wc -l)
    holds test "$got" -ge 1
  done

  ptitle 'Values arrive as they are, and every character is answered in ASCII'
  script <<'END'
Set-Out 'x' (Get-In 'in_x')
Set-Out 'lines' @(Get-Lines 'in_l')
Set-Out 'one' @('a')
Set-Out 'none' @()
Set-Out 'n' 3
Set-Out 'yes' $true
Set-Out 'half' 0.5
Set-Out 'd' (Format-Seconds -600.25)
Complete-Answer
END
  quotes=$(printf "\342\200\230\342\200\231'\"; exit 9; \$(1) \`n \346\235\261\344\272\254 \360\237\246\212")
  ps "in_x=$quotes" 'in_l=a
b'
  outputs "{\"d\": \"-600.25s\", \"half\": 0.5, \"lines\": [\"a\", \"b\"], \"n\": 3, \"none\": [], \"one\": [\"a\"], \"x\": \"$(printf '%s' "$quotes" | sed 's/"/\\"/')\", \"yes\": true}"
  [ "${complete:-no}" = yes ] || holds grep -q '^#< CLIXML' "$T/err" # what Windows PowerShell always writes there; the answer does not depend on it

  if [ "${complete:-no}" = no ]; then
    ptitle 'The test host is strict: what Windows refuses, it refuses'
    for words in 'w32tm /monitr' 'w32tm /query /stats' 'net time' 'net use' 'shutdown /x' 'shutdown /r /t -1' 'setspn -Z' 'klist nonsense' 'schtasks /runn /tn x' 'nltest /dclist:a b'; do
      # shellcheck disable=SC2086  # words
      if "$engine" tool $words >/dev/null 2>&1; then bad 'an error' "$words"; else passed=$((passed + 1)); fi
    done
    script <<'END'
$taken = @()
foreach ($text in @(Get-Lines 'in_tries')) { try { & ([scriptblock]::Create($text)) | Out-Null; $taken += $text } catch { $null = $_ } }
Set-Out 'taken' $taken
Complete-Answer
END
    ps 'in_tries=Get-Queue
Get-Service -Nonsense x
Join-Path onlyone
Add-PSSnapin Microsoft.Exchange.Management.PowerShell.E2010
Get-WinEvent -FilterHashtable @{ Nonsense = 1 }
Get-WinEvent -MaxEvents x
New-Object No.Such.Type
Set-ExecutionPolicy Nonsense -Scope Process
ConvertTo-Json 1'
    outputs '{"taken": []}'
  fi

  ptitle 'What nobody caught could not look'
  script <<'END'
throw 'no way'
END
  ps
  refuses unreadable 'no way'

  ptitle 'Texts of queue errors, English on every system'
  script <<'END'
$all = @()
foreach ($text in @(Get-Lines 'in_texts')) { $all += (Get-Fault $text) }
Set-Out 'faults' $all
Complete-Answer
END
  ps 'in_texts=[{LRT=2017/01/05 12:05:59};{LED=451 4.4.0 Primary target IP address responded with: "454 4.7.0 Temporary authentication failure." Attempted failover to alternate host, but that did not succeed.};{FQDN=hub2.example.jp};{IP=192.0.2.2}]
[{LED=451 4.4.0 Primary target IP address responded with: “454 4.7.0 Temporary authentication failure.” Attempted failover};{MSG=};{FQDN=};{IP=};{LRT=11.08.2026 09:47:13}]
451 4.4.0 Primary target IP address responded with: "454 4.7.0 Temporary authentication failure."
454 4.7.0 Temporary authorization failure
454 4.7.0 Temporary authentication failure because negotiated Tls cipher strength is too weak
454 4.7.5 The certificate specified in TlsCertificateName of the SendConnector could not be found.
451 5.7.3 Cannot achieve Exchange Server authentication
[{LED=441 4.4.1 Error encountered while communicating with primary target IP address: "Failed to connect. Winsock error code: 10060, Win32 error code: 10060."};{FQDN=x}]
451 4.4.0 DNS query failed
452 4.3.1 Insufficient system resources
something else'
  outputs '{"faults": ["auth", "auth", "auth", "authorization", "tls", "tls", "refused", "unreachable", "dns", "refused", "other"]}'

  ptitle 'Stripchart: data lines only, decimal comma, errors; the sign turns'
  fakes <<'END'
function w32tm.exe { $global:LASTEXITCODE = 0
    'Tracking 192.168.100.10 [192.168.100.10:123].'; 'Collecting 5 samples.'; '現在の時刻は 2019/06/02 14:18:09 です。'
    '14:18:09, +600,0349344s'; '14:18:11, +600.0149344s'; '14:16:50, error: 0x800705B4'; '14:18:15, +600.0249344s' }
END
  script <<'END'
Set-Out 'o' (Format-Seconds (Get-ClockOffset '10.0.0.1'))
Complete-Answer
END
  ps
  outputs '{"o": "-600.050934s"}'
  fakes <<'END'
function w32tm.exe { $global:LASTEXITCODE = 0; '14:18:09, +00.0349344s'; '14:16:50, error: 0x800705B4' }
END
  script <<'END'
Set-Out 'none' ($null -eq (Get-ClockOffset '10.0.0.1'))
Set-Out 'bad' ($null -eq (Get-ClockOffset '/computer x'))
Complete-Answer
END
  ps
  outputs '{"bad": true, "none": true}'

  ptitle 'Synchronised or not, by the order of lines, in English and Japanese'
  script <<'END'
$sets = (Get-In 'in_status') -split '----'
$all = @()
foreach ($set in $sets) { $all += [string](Test-Synchronised @($set.Trim().Split([char]10))) }
Set-Out 'all' $all
Complete-Answer
END
  ps 'in_status=Leap Indicator: 0(no warning)
Stratum: 6 (secondary reference - syncd by (S)NTP)
Precision: -6 (15.625ms per tick)
Root Delay: 0.0620454s
Root Dispersion: 0.1516282s
ReferenceId: 0xC0A80107 (source IP:  192.168.1.7)
Last Successful Sync Time: 7/22/2026 2:32:00 PM
Source: DC1.example.com
Poll Interval: 10 (1024s)
----
閏インジケーター: 0 (警告なし)
階層: 3 (二次参照 - (S)NTP で同期)
精度: -23 (ティックごとに 119.209ns)
ルート遅延: 0.0312500s
ルート分散: 7.7750000s
参照 ID: 0x0A000003 (ソース IP:  10.30.0.3)
最終正常同期時刻: 2022/01/10 1:45:54
ソース: dc1.example.jp
ポーリング間隔: 10 (1024s)
----
閏インジケーター: 3 (同期未完了)
階層: 0 (未指定)
精度: -23 (ティックごとに 119.209ns)
ルート遅延: 0.0000000s
ルート分散: 0.0000000s
参照 ID: 0x00000000 (未指定)
最終正常同期時刻: 未指定
ソース: Local CMOS Clock
ポーリング間隔: 10 (1024s)
----
Leap Indicator: 0(no warning)
Stratum: 1 (primary reference - syncd by radio clock)
Precision: -6 (15.625ms per tick)
Root Delay: 0.0000000s
Root Dispersion: 10.0000000s
ReferenceId: 0x4C4F434C (source name:  "LOCL")
Last Successful Sync Time: 7/22/2026 2:32:00 PM
Source: Free-running System Clock
Poll Interval: 6 (64s)
----
The following error occurred: The service has not been started. (0x80070426)'
  outputs '{"all": ["True", "True", "False", "False", ""]}'

  ptitle 'Replication: rows of showrepl, a banner in front, names with commas; the flag decides about 8457'
  fakes <<'END'
$env:COMPUTERNAME = 'DC2'
function Get-DcOptions($Dc) { [int](Get-In 'in_options') }
function repadmin.exe { $global:LASTEXITCODE = 0; @(Get-Lines 'in_csv') }
END
  provider windows/ad-replication.ps1
  csv='Repadmin: running command /showrepl against full DC dc2
showrepl_COLUMNS,Destination DSA Site,Destination DSA,Naming Context,Source DSA Site,Source DSA,Transport Type,Number of Failures,Last Failure Time,Last Success Time,Last Failure Status
showrepl_INFO,SiteB,DC2,"CN=Configuration,DC=internal",SiteA,DC1,RPC,3,2015-07-07 09:15:37,2015-07-07 09:00:00,8457
showrepl_INFO,SiteB,DC2,"DC=internal",SiteA,DC1,RPC,0,0,2015-07-07 09:15:37,0
showrepl_INFO,SiteB,DC2,"DC=internal",SiteB,DC3,RPC,9,2015-07-07 09:15:37,0,1722'
  ps in_options=1 "in_csv=$csv"
  outputs '{"failing": [{"code": 8457, "partition": "CN=Configuration,DC=internal", "safe": true, "source": "dc1"}], "unsafe": false}'
  ps in_options=3 "in_csv=$csv"
  outputs '{"failing": [{"code": 8457, "partition": "CN=Configuration,DC=internal", "safe": false, "source": "dc1"}], "unsafe": true}'
  ps in_options=1 "in_csv=$(printf '%s' "$csv" | sed 's/,8457$/,8614/')"
  has '"unsafe": true'
  ps in_options=1 "in_csv=$csv
showrepl_ERROR,SiteB,DC2,,SiteA,DC9,RPC,0,0,0,0"
  refuses unreadable 'every link'
  # That another controller could not be asked is that controller's business.
  ps in_options=1 "in_csv=$csv
showrepl_ERROR,SiteA,DC9,,,,,,,,1722"
  has '"unsafe": false'
  ps in_options=1 in_csv=nothing
  refuses unreadable 'showed no link'

  ptitle 'Queues: the jam on 2013 and later, the look-alike with the same code, outbound mail'
  fakes <<'END'
function Connect-Exchange { }
function Get-Queue { param($Server, $ResultSize)
    foreach ($line in @(Get-Lines 'in_queues')) { $p = $line.Split('|')
        New-Object PSObject | ForEach-Object { $o = $_
            $n = 0; foreach ($k in @('Identity', 'DeliveryType', 'NextHopDomain', 'Status', 'MessageCount', 'LastError')) { $o.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty($k, $p[$n]))); $n++ }; $o } } }
function Get-Message { param($Queue, $ResultSize, $Server)
    $o = New-Object PSObject; $o.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty('InternetMessageId', ('<1@' + $Queue + '>')))); $o }
END
  provider exchange/mail-queues.ps1
  led='[{LRT=2017/01/05 12:05:59};{LED=451 4.4.0 Primary target IP address responded with: "454 4.7.0 Temporary authentication failure." Attempted failover};{FQDN=osahub1.example.jp};{IP=10.77.2.21}]'
  hosts=$(printf 'osahub1\t10.77.2.21\tosaka\thub')
  ps in_to=osaka "in_to_hosts=$hosts" "in_queues=HUB1\\7|SmtpRelayToDag|DAG2|Retry|4|$led
HUB1\\Submission|Undefined|Submission|Ready|0|
HUB1\\Shadow\\3|ShadowRedundancy|hub2|Ready|9|"
  outputs '{"fault": "auth", "ids": ["<1@HUB1\\7>"], "inside_ok": true, "outbound_ok": true, "stuck": 4}'
  ps in_to=osaka "in_to_hosts=$hosts" "in_queues=HUB1\\7|SmtpRelayToRemoteAdSite|osaka|Retry|4|$led
HUB1\\8|SmtpRelayToMailboxDeliveryGroup|Site:Osaka;Version:15|Retry|1|454 4.7.0 Temporary authentication failure because negotiated Tls cipher strength is too weak
HUB1\\9|DnsConnectorDelivery|example.org|Retry|2|441 4.4.1 Connection timed out
HUB1\\10|SmtpRelayToRemoteActiveDirectorySite|nagoya|Retry|5|$led"
  has '"fault": "tls"'
  has '"inside_ok": true, "outbound_ok": false, "stuck": 5'

  ptitle 'Event 1035: read by place, of the given hubs only; none is an answer, an unreadable log is not'
  fakes <<'END'
function Get-WinEvent { param($LogName, $FilterHashtable, $MaxEvents)
    if ($LogName) { return New-Record 900 0 @() }
    if ((Get-In 'in_case') -eq 'none') { throw (New-Object Management.Automation.ErrorRecord((New-Object Exception('選択条件に一致するイベントが見つかりませんでした。')), 'NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand', [Management.Automation.ErrorCategory]::ObjectNotFound, 'x')) }
    if ((Get-In 'in_case') -eq 'broken') { throw 'The event log service is unavailable' }
    New-Record 31 60 @('UnexpectedExchangeAuthBlob', 'Default HUB2', 'ExchangeAuth', '10.77.1.21')
    New-Record 29 7200 @('IllegalMessage', '既定の HUB2', 'ExchangeAuth', '10.77.1.22')
    New-Record 40 60 @('LogonDenied', 'Default HUB2', 'Login', '10.77.1.21')
    New-Record 41 60 @('UnexpectedExchangeAuthBlob', 'Default HUB2', 'ExchangeAuth', '192.0.2.9') }
function New-Record($Id, $Ago, $Data) { $o = New-Object PSObject
    foreach ($pair in @(@('RecordId', $Id), @('TimeCreated', ([DateTime]'2026-01-01').AddSeconds(-$Ago)))) { $o.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty($pair[0], $pair[1]))) }
    $values = @(); foreach ($d in $Data) { $v = New-Object PSObject; $v.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty('Value', $d))); $values += $v }
    $o.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty('Properties', $values))); $o }
END
  provider exchange/mail-refusals.ps1
  of=$(printf 'tyohub1\t10.77.1.21\ttokyo\thub\ntyohub2\t10.77.1.22\ttokyo\thub')
  ps in_case=some "in_of=$of" in_within=3600000
  outputs '{"last": 31, "sources": ["10.77.1.21"]}'
  ps in_case=none "in_of=$of" in_within=3600000
  outputs '{"last": 0, "sources": []}'
  ps in_case=broken "in_of=$of" in_within=3600000
  refuses unreadable 'unavailable'

  guarded() {
    ptitle "$1"
    fakes <<END
function Get-Machine { 'machine-1' }
function Get-BootSigns { \$s = @{}; foreach (\$l in @(Get-Lines 'in_signs')) { \$p = \$l.Split('='); \$s[\$p[0]] = \$p[1] }; \$s }
\$UnjamState.Folder = '$T/state'
function Join-Path(\$a, \$b) { \$a + '/' + \$b.Replace('\\', '/') }
END
    script <<'END'
Enter-Fence ''
Set-Out 'n' 1
Complete-Answer
END
  }
  signs='log=10
kernel=20
boots=30
up=500'
  enter() { ps fence_store=S fence_epoch="${3:-1}" fence_intent="$1" fence_machine=machine-1 "fence_boot=${2:-log-10.kernel-20.boots-30}" "in_signs=${4:-$signs}"; }
  guarded 'The fence: once per intent, not by a zombie, not in another boot'
  enter i1
  outputs '{"n": 1}'
  holds test "$(head -n 1 "$T/state/intents/i1")" = finished
  holds test "$(cat "$T/state/permit")" = 'S 1 i1'
  enter i1
  refuses refused 'fence: intent'
  enter i2 log-10.kernel-20.boots-30 0
  refuses refused 'fence: epoch'
  enter i2 other
  refuses refused 'fence: boot'
  enter '..\x'
  refuses refused 'fence'
  guarded 'One sign alone is no new boot; two are'
  enter i1
  enter i2 log-10.kernel-20.boots-30 1 'log=11
kernel=20
boots=30
up=900'
  outputs '{"n": 1}'
  enter i3 log-10.kernel-20.boots-30 1 'log=12
kernel=21
boots=30
up=900'
  refuses refused 'fence: boot: this host runs log-12.kernel-21.boots-30'
  enter i4 log-11.kernel-20.boots-31 1 'log=11
kernel=20
boots=31
up=5'
  outputs '{"n": 1}'
  guarded 'fence again: not after a look made it void, nor after another was let through'
  script <<'END'
Enter-Fence 'again'
Set-Out 'n' 1
Complete-Answer
END
  enter i1
  outputs '{"n": 1}'
  enter i1
  outputs '{"n": 1}'
  enter i2
  outputs '{"n": 1}'
  enter i1
  refuses refused 'is over'
  printf void >"$T/state/intents/i3"
  enter i3
  refuses refused 'made void'
fi
