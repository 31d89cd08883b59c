# The traps that a naive implementation for Windows falls into: one or more tests for each of the 26 (tests/lint/traps.py has the list), in the real engine.
# What a whole fleet is needed for is in tests/lab/windows/scenarios.sh, which names the trap beside the scenario.

. "$here/powershell_lib.sh"

if [ -z "$engine" ]; then
  skip 'traps of Windows (no .NET SDK, or its package registry cannot be reached)'
else
  # Objects and a log of calls, for fakes. Every fake notes what it was called with in $T/calls.
  objects='function New-Thing($Pairs) { $o = New-Object PSObject; foreach ($k in $Pairs.Keys) { $o.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty($k, $Pairs[$k]))) }; $o }'
  note() { printf "%s\nfunction Note([string]\$What) { [IO.File]::AppendAllText('%s/calls', \$What + [char]10) }\n" "$objects" "$T" >>"$T/fakes.ps1"; }
  more() { cat >>"$T/fakes.ps1"; }
  rung() { # WHAT
    ptitle "$1"
    : >"$T/calls"
    note
  }
  trap_() { rung "Trap $1: $2"; } # NUMBER WHAT
  called() { # TEXT: what was called, one a line
    got=$(cat "$T/calls")
    is "$1"
  }
  to=$(printf 'osahub1\t10.77.2.21\tosaka\thub')
  # A fence that lets everything through, and no real waiting.
  no_fence() {
    more <<END
\$UnjamState.Folder = '$T/state'
[void][IO.Directory]::CreateDirectory('$T/state/intents')
function Enter-Fence([string]\$Mode) { Note ('fence ' + \$Mode) }
function Wait-Seconds([int]\$Seconds) { Note ('wait ' + \$Seconds) }
END
  }
  queues() { # a queue per line: IDENTITY|TYPE|DOMAIN|STATUS|COUNT|ERROR[|VELOCITY]
    more <<'END'
function Connect-Exchange { }
function Get-Queue { param($Server, $ResultSize, $Identity)
    if ($PSBoundParameters.ContainsKey('Identity')) { Note 'Get-Queue -Identity' }
    foreach ($line in @(Get-Lines 'in_queues')) { $p = $line.Split('|')
        New-Thing @{ Identity = $p[0]; DeliveryType = $p[1]; NextHopDomain = $p[2]; Status = $p[3]; MessageCount = [int]$p[4]; LastError = $p[5]; Velocity = 0 } } }
function Get-Message { param($Queue, $Server, $ResultSize) New-Thing @{ InternetMessageId = ('<1@' + $Queue + '>') } }
function Retry-Queue { param($Identity, $Confirm) Note ('Retry-Queue ' + $Identity) }
END
  }
  auth='451 4.4.0 Primary target IP address responded with: "454 4.7.0 Temporary authentication failure." Attempted failover'

  trap_ 1 'the code 454 4.7.0 alone is not the incident'
  script <<'END'
$all = @()
foreach ($text in @(Get-Lines 'in_texts')) { $all += (Get-Fault $text) }
Set-Out 'faults' $all
Complete-Answer
END
  ps 'in_texts=454 4.7.0 Temporary authentication failure
454 4.7.0 Temporary authorization failure
454 4.7.0 Temporary authentication failure because negotiated Tls cipher strength is too weak
454 4.7.0 Error: too many connections from 192.0.2.1
454 4.7.5 The certificate specified in TlsCertificateName of the SendConnector could not be found.'
  outputs '{"faults": ["auth", "authorization", "tls", "refused", "tls"]}'

  trap_ 2 'the remote-site type in one spelling is not all'
  queues
  provider exchange/mail-queues.ps1
  for way in 'SmtpRelayToRemoteAdSite|osaka' 'SmtpRelayToRemoteActiveDirectorySite|Osaka' 'smtprelaytoremoteadsite|osaka' 'SmtpRelayToMailboxDeliveryGroup|site:osaka; version: 14' \
    'SmtpRelayToMailboxDeliveryGroup|Site:Osaka;Version:15' 'SmtpRelayToDag|DAG2' 'SmtpRelayToServers|osahub1.lab.example' 'SmtpRelayToConnectorSourceServers|c1'; do
    ps in_to=osaka "in_to_hosts=$to" "in_queues=HUB1\\1|$way|Retry|4|[{LED=$auth};{FQDN=osahub1.lab.example};{IP=10.77.2.21}]"
    has '"stuck": 4'
  done
  ps in_to=osaka "in_to_hosts=$to" "in_queues=HUB1\\1|SmtpRelayToDag|DAG2|Retry|4|[{LED=$auth};{FQDN=other.lab.example};{IP=10.77.2.211}]"
  has '"stuck": 0'

  events() {
    more <<'END'
function Get-WinEvent { param($LogName, $FilterHashtable, $MaxEvents)
    if ($LogName) { return New-Thing @{ RecordId = 900; TimeCreated = ([DateTime]'2026-01-01') } }
    foreach ($line in @(Get-Lines 'in_events')) { $p = $line.Split('|'); $values = @(); foreach ($d in $p[3..($p.Length - 1)]) { $values += (New-Thing @{ Value = $d }) }
        New-Thing @{ RecordId = [long]$p[0]; TimeCreated = ([DateTime]'2026-01-01').AddSeconds([int]$p[1]); Level = [int]$p[2]; Properties = $values; Message = 'unread' } } }
END
    provider exchange/mail-refusals.ps1
  }
  of=$(printf 'tyohub1\t10.77.1.21\ttokyo\thub')
  trap_ 3 'event data are read by place: no message, no level, no error name'
  events
  ps "in_of=$of" in_within=3600000 'in_events=31|-60|2|NoAuthenticatingAuthority|既定の HUB2|ExchangeAuth|10.77.1.21'
  outputs '{"last": 31, "sources": ["10.77.1.21"]}'
  ps "in_of=$of" in_within=3600000 'in_events=31|-60|3|UnexpectedExchangeAuthBlob|Default HUB2|Login|10.77.1.21'
  outputs '{"last": 0, "sources": []}'

  trap_ 4 'events are limited in number: one is as good as many, and there is no count'
  events
  ps "in_of=$of" in_within=3600000 'in_events=31|-60|3|IllegalMessage|c|ExchangeAuth|10.77.1.21'
  one=$got
  ps "in_of=$of" in_within=3600000 'in_events=31|-60|3|IllegalMessage|c|ExchangeAuth|10.77.1.21
30|-61|3|IllegalMessage|c|ExchangeAuth|10.77.1.21
29|-62|3|IllegalMessage|c|ExchangeAuth|10.77.1.21'
  is "$one"

  trap_ 5 'no event is an answer, an unreadable log is none'
  more <<'END'
function Get-WinEvent { param($LogName, $FilterHashtable, $MaxEvents)
    if ($LogName) { return New-Thing @{ RecordId = 900; TimeCreated = ([DateTime]'2026-01-01') } }
    throw (New-Object Management.Automation.ErrorRecord((New-Object Exception('Es wurden keine Ereignisse gefunden.')), (Get-In 'in_id'), [Management.Automation.ErrorCategory]::ObjectNotFound, 'x')) }
END
  provider exchange/mail-refusals.ps1
  ps "in_of=$of" in_within=1 'in_id=NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand'
  outputs '{"last": 0, "sources": []}'
  ps "in_of=$of" in_within=1 'in_id=LogUnreadable,Microsoft.PowerShell.Commands.GetWinEventCommand'
  refuses unreadable 'keine Ereignisse'

  trap_ 6 'a wrong clock stamps events: the record id is the bookmark, and times are compared with the log itself'
  events
  ps "in_of=$of" in_within=3600000 'in_events=31|-86400|3|IllegalMessage|c|ExchangeAuth|10.77.1.21'
  outputs '{"last": 31, "sources": []}'
  ps "in_of=$of" in_within=3600000 'in_events=32|600|3|IllegalMessage|c|ExchangeAuth|10.77.1.21'
  outputs '{"last": 32, "sources": ["10.77.1.21"]}'

  trap_ 7 'a queue that is gone is healed, one that waits is not; Velocity 0 is no good sign'
  queues
  provider exchange/mail-queues.ps1
  ps in_to=osaka "in_to_hosts=$to" 'in_queues=HUB1\Submission|Undefined|Submission|Ready|0|'
  has '"stuck": 0'
  ps in_to=osaka "in_to_hosts=$to" "in_queues=HUB1\\1|SmtpRelayToRemoteAdSite|osaka|Retry|4|$auth"
  has '"stuck": 4'
  more <<'END'
function Get-Queue { throw 'The Microsoft Exchange Transport service is unavailable.' }
END
  ps in_to=osaka "in_to_hosts=$to"
  refuses unreadable 'unavailable'

  trap_ 8 'an empty identity means every queue: it is never sent'
  queues
  provider exchange/mail-retry.ps1
  ps in_to=osaka "in_to_hosts=$to" "in_queues=|SmtpRelayToRemoteAdSite|osaka|Retry|4|$auth
HUB1\\2|SmtpRelayToRemoteAdSite|osaka|Retry|4|$auth
HUB1\\3|SmtpRelayToRemoteAdSite|nagoya|Retry|4|$auth
HUB1\\4|DnsConnectorDelivery|example.org|Retry|4|x"
  called 'Retry-Queue HUB1\2'

  trap_ 9 'a logon by key has no credentials: said so, with the ways out'
  more <<'END'
$env:SSH_CONNECTION = '192.0.2.1 50000 192.0.2.2 22'
function Get-ExchangeFolder { '/Exchange' }
function Import-Module { throw 'Value cannot be null. Parameter name: parameters' }
function Add-PSSnapin { Note 'snap-in' }
function klist.exe { $global:LASTEXITCODE = 0; ''; '現在のログオン ID: 0:0x3a7f1'; ''; 'キャッシュされたチケット: (0)' }
END
  script <<'END'
Connect-Exchange
Complete-Answer
END
  ps
  refuses unreadable 'no network credentials'
  has 'via: scheduled-task'
  called ''

  rung 'Tickets of both logon sessions are thrown away; the exit code decides, not the sentence'
  more <<'END'
function klist.exe { $global:LASTEXITCODE = [int](Get-In 'in_code'); Note ('klist ' + [string]::Join(' ', [string[]]$args)); '現在のログオン ID: 0:0x3e4'; 'チケットを削除しました!' }
END
  provider windows/tickets-purge.ps1
  ps in_code=0
  has '"purged": "sessions 0x3e7, 0x3e4"'
  called 'klist -li 0x3e7 purge
klist -li 0x3e4 purge'
  ps in_code=1
  refuses failed 'exit code 1'

  rung 'A restart of the transport: only one that runs, and only it'
  no_fence
  more <<'END'
function Get-Service { New-Thing @{ Name = 'MSExchangeTransport'; Status = (Get-In 'in_status') }; New-Thing @{ Name = 'MSExchangeIS'; Status = 'Running' } }
function Restart-Service { param($Name) Note ('Restart-Service ' + $Name) }
END
  provider exchange/mail-restart.ps1
  ps in_status=Running
  has '"transport": "Running"'
  called 'fence 
Restart-Service MSExchangeTransport'
  ps in_status=Paused
  refuses refused 'Paused'

  clocks() { # offsets of the looks, one after the other; the last one stays
    no_fence
    more <<'END'
function Get-ClockOffset([string]$Address) {
    $all = @(Get-Lines 'in_offsets'); $n = 0
    $file = $UnjamState.Folder + '/looks'
    if ([IO.File]::Exists($file)) { $n = [int][IO.File]::ReadAllText($file) }
    [IO.File]::WriteAllText($file, [string]($n + 1))
    if ($n -ge $all.Length) { $n = $all.Length - 1 }
    Note ('look ' + $all[$n])
    if ($all[$n] -eq 'none') { return $null }
    return [double]$all[$n] }
function w32tm.exe { $global:LASTEXITCODE = 0; Note ('w32tm ' + [string]::Join(' ', [string[]]$args)); 'The command completed successfully.' }
function net.exe { $global:LASTEXITCODE = 0; Note ('net ' + [string]::Join(' ', [string[]]$args)); if ((Get-In 'in_net') -eq 'dies') { throw 'cut' } }
function Stop-Service { param($Name, [switch]$Force) Note ('stop ' + $Name) }
function Start-Service { param($Name) Note ('start ' + $Name) }
END
    provider windows/time-sync.ps1
  }
  from=$(printf 'tyodc1\t10.77.1.10\ttokyo\tdc')
  self=$(printf 'tyohub1\t10.77.1.21\ttokyo\thub')
  sync() { ps "unjam_self=$self" "in_from=$from" in_max_step=7200000 fence_intent=i1 "$@"; }

  trap_ 10 'no step without an answer from the proven source, none beyond the limit; what counts is how far it is from that source'
  clocks
  sync in_offsets=none
  refuses refused 'nothing was moved'
  sync in_offsets=-9000
  refuses refused 'more than max_step'
  called 'fence 
look none
fence 
look -9000'
  clocks
  sync 'in_offsets=600
-3000
-3000
-3000'
  refuses failed 'off by -3000s'

  trap_ 11 'net time only with the time service stopped, with /y, and the service started whatever happens'
  clocks
  sync 'in_offsets=600
600
600
0.2'
  has '"outputs": {"moved"'
  got=$(grep -A9 -n 'stop' "$T/calls" | head -n 3 | sed 's/^[0-9]*[:-]//')
  is 'stop W32Time
net time \\10.77.1.10 /set /y
start W32Time'
  rm -rf "$T/state"
  clocks
  sync in_net=dies 'in_offsets=600
600
600'
  got=$(tail -n 1 "$T/calls")
  is 'start W32Time'
  # The session is lost in between: whoever looks what came of it starts the service.
  trap_ 11 'after a lost session the look starts the time service again'
  no_fence
  more <<'END'
function Start-Service { param($Name) Note ('start ' + $Name) }
function Get-Machine { 'm' }
function Get-Boot { 'b' }
END
  provider windows/intent-look.ps1
  mkdir -p "$T/state/intents"
  printf i1 >"$T/state/time-stopped"
  printf started >"$T/state/intents/i1"
  ps in_intent=i1
  has '"state": "started"'
  called 'start W32Time'
  holds test ! -e "$T/state/time-stopped"

  trap_ 12 'a command that says success has proven nothing'
  clocks
  sync 'in_offsets=600
600
600
600'
  refuses failed 'off by 600s'
  : >"$T/fakes.ps1"
  more <<'END'
function Get-Wmi($Class) { $o = New-Object PSObject; $o.PSObject.Properties.Add((New-Object System.Management.Automation.PSNoteProperty('Domain', 'lab.example'))); $o }
function setspn.exe { $global:LASTEXITCODE = 0; 'Checking domain DC=lab,DC=example'; 'CN=X,DC=lab,DC=example' }
function nltest.exe { $global:LASTEXITCODE = 0; if ($args[0] -like '/dclist*') { return }
    'Trusted DC Connection Status Status = 0 0x0 NERR_Success'; ('Trust Verification Status = ' + (Get-In 'in_status') + ' 0x6fb X'); 'The command completed successfully' }
END
  provider windows/kerberos-check.ps1
  ps in_status=1787
  has '"own_key": true, '
  has '"trust": false'
  ps in_status=1786
  has '"own_key": false'
  ps in_status=5
  case $got in *trust* | *own_key*) bad 'unknown without rights' "$got" ;; *) passed=$((passed + 1)) ;; esac

  trap_ 13 'a good measurement does not prove that the service gets an answer; comma, sign, errors and outliers'
  more <<'END'
function w32tm.exe { $global:LASTEXITCODE = 0; @(Get-Lines 'in_chart') }
END
  script <<'END'
$o = Get-ClockOffset '10.0.0.1'
if ($null -eq $o) { Set-Out 'o' 'none' } else { Set-Out 'o' (Format-Seconds ([Math]::Round($o, 1))) }
Complete-Answer
END
  chart() { ps "in_chart=$1" && outputs "{\"o\": \"$2\"}"; }
  chart '14:18:09, +600,0349344s
14:18:11, error: 0x800705B4
14:18:13, +600,0249344s
14:18:15, +600,0449344s' '-600.1s'
  chart '14:18:09, -00.5349344s
14:18:11, -00.5349344s
14:18:13, -00.5349344s' '0.6s'
  chart '14:18:09, +00.0349344s
14:18:11, +11.0349344s
14:18:13, +00.0349344s
14:18:15, +00.0349344s' none
  chart '14:18:09, error: 0x800705B4' none

  trap_ 14 'a small error is slewed: looked at again before anything else is tried'
  clocks
  sync 'in_offsets=180
120
60
2
2'
  has '"outputs": {"moved"'
  got=$(grep -c '^net\|^stop' "$T/calls")
  is 0

  trap_ 15 'replication in its narrow form: one pull per link; syncall is nowhere'
  got=$(sed 's/^ *#.*//; s/ # .*//' "$packs"/windows/*.ps1 "$packs"/exchange/*.ps1 "$packs/prelude.ps1" | grep -ciE 'syncall|/force|/p\b')
  is 0
  pulls() {
    more <<'END'
$env:COMPUTERNAME = 'OSADC2'
function Get-DcOptions($Dc) { 1 }
function repadmin.exe { $global:LASTEXITCODE = 0; Note ([string]::Join(' ', [string[]]$args))
    'showrepl_INFO,osaka,OSADC2,"DC=lab,DC=example",tokyo,TYODC1,RPC,3,0,0,' + (Get-In 'in_code')
    'showrepl_INFO,osaka,OSADC2,"CN=Configuration,DC=lab,DC=example",tokyo,TYODC1,RPC,0,0,0,0' }
END
    provider windows/ad-replicate.ps1
  }
  pulls
  ps in_code=1722 "in_links=$(printf 'tyodc1\tDC=lab,DC=example\t1722\ttrue')"
  called '/showrepl * /csv
/replicate OSADC2 tyodc1 DC=lab,DC=example'

  trap_ 16 'codes for which forcing spreads damage stop it; a row of an unreachable controller is no healthy one'
  pulls
  for code in 8614 8606 8418 8451 8446 8452 8333 8240; do
    ps in_code=$code "in_links=$(printf 'tyodc1\tDC=lab,DC=example\t%s\ttrue' $code)"
    refuses refused 'must not be forced'
  done
  got=$(grep -c '/replicate' "$T/calls")
  is 0
  : >"$T/fakes.ps1"
  more <<'END'
$env:COMPUTERNAME = 'OSADC2'
function Get-DcOptions($Dc) { 1 }
function repadmin.exe { $global:LASTEXITCODE = 0; 'showrepl_ERROR,,,,,,,,,,1722' }
END
  provider windows/ad-replication.ps1
  ps
  refuses unreadable 'every link'

  trap_ 17 'the same symptom with good clocks and replication: trust, names and ports are looked at, and told with what a person needs'
  more <<'END'
$env:COMPUTERNAME = 'HUB1'
function Get-Wmi($Class) { New-Thing @{ Domain = 'lab.example' } }
function setspn.exe { $global:LASTEXITCODE = 0; Note ('setspn ' + [string]::Join(' ', [string[]]$args)); 'ドメイン DC=lab,DC=example を確認しています'
    foreach ($line in @(Get-Lines 'in_holders')) { $line; '        HOST/HUB1' }
    '既存の SPN が見つかりました!' }
function nltest.exe { $global:LASTEXITCODE = 0
    if ($args[0] -like '/dclist*') { '    127.99.88.77 [PDC]  [DS] Site: tokyo'; return }
    ('信頼された DC 接続状態 Status = ' + (Get-In 'in_status') + ' 0x0 X'); 'コマンドは正常に完了しました' }
END
  provider windows/kerberos-check.ps1
  ps in_status=0 'in_holders=CN=HUB1,OU=Exchange,DC=lab,DC=example'
  outputs '{"closed": ["127.99.88.77:88", "127.99.88.77:464", "127.99.88.77:389"], "holders": ["CN=HUB1,OU=Exchange,DC=lab,DC=example"], "kdc_port": false, "own_key": true, "spn": "ok", "status": 0, "trust": true}'
  called 'setspn -Q SMTPSVC/HUB1.lab.example
setspn -Q SMTPSVC/HUB1
setspn -Q SMTP/HUB1.lab.example
setspn -Q SMTP/HUB1'
  ps in_status=1787 'in_holders=CN=HUB1,OU=Exchange,DC=lab,DC=example
CN=OLDHUB1,CN=Computers,DC=lab,DC=example'
  has '"holders": ["CN=HUB1,OU=Exchange,DC=lab,DC=example", "CN=OLDHUB1,CN=Computers,DC=lab,DC=example"]'
  has '"spn": "duplicate", "status": 1787, "trust": false'
  ps in_status=5 in_holders=
  has '"spn": "missing", "status": 5}'
  got=$(grep -cE '^  - (no_key|no_port|wrong_name):|^ +- no_trust:' "$here/../../../playbooks/catalog/heal-intersite-queue.yaml")
  is 4

  trap_ 18 'a queue that is stuck cannot be waited for before the reboot'
  no_fence
  queues
  more <<'END'
$env:COMPUTERNAME = 'HUB1'
function Get-ExchangeFolder { '/Exchange' }
function Get-MailboxServer { }
function Get-Command { }
function Get-Service { New-Thing @{ Name = 'MSExchangeTransport'; Status = 'Running' } }
function Suspend-Service { param($Name) Note ('suspend ' + $Name) }
END
  provider exchange/hub-drain.ps1
  ps "in_queues=HUB1\\1|SmtpRelayToRemoteAdSite|osaka|Retry|400|$auth"
  has '"policy_before": "MSExchangeTransport Running"'
  called 'fence again
suspend MSExchangeTransport'

  trap_ 19 'a reboot is proven by two signs of which none is a time of day; SSH that answers is none'
  more <<'END'
function Get-Registry($Path, $Name) { if ($Name -eq 'BootId') { return [int](Get-In 'in_boots') } }
function Get-Wmi($Class) { if ($Class -like '*OperatingSystem') { throw 'LastBootUpTime moves with the clock' }; New-Thing @{ SystemUpTime = [long](Get-In 'in_up') } }
function Get-WinEvent { param($FilterHashtable, $MaxEvents) if ($FilterHashtable.ContainsKey('StartTime')) { throw 'a time' }; New-Thing @{ RecordId = [long](Get-In 'in_record') } }
END
  more <<END
\$UnjamState.Folder = '$T/state'
END
  script <<'END'
Set-Out 'boot' (Get-Boot)
Complete-Answer
END
  mkdir -p "$T/state"
  printf 'token=T\nlog=7\nkernel=7\nboots=3\nup=500\n' >"$T/state/boot"
  ps in_boots=3 in_up=900 in_record=7
  outputs '{"boot": "T"}'
  ps in_boots=4 in_up=900 in_record=7
  outputs '{"boot": "T"}'
  ps in_boots=4 in_up=20 in_record=7
  has '"boot": "log-7.kernel-7.boots-4"'

  server() {
    no_fence
    more <<'END'
$env:COMPUTERNAME = 'HUB1'
function Connect-Exchange { }
function Get-ExchangeFolder { Join-Path $UnjamState.Folder 'exchange' }
function Get-MailboxServer { New-Thing @{ DatabaseAvailabilityGroup = (Get-In 'in_dag'); DatabaseCopyAutoActivationPolicy = 'IntrasiteOnly' } }
function Get-ServerComponentState { param($Identity, $Component)
    foreach ($c in @('HubTransport', 'ServerWideOffline', 'Monitoring')) { New-Thing @{ Component = $c; State = (Get-In 'in_state') } }
    $calls = Get-In 'in_calls'
    if ($calls) { New-Thing @{ Component = 'UMCallRouter'; State = $calls } } }
function Set-ServerComponentState { param($Identity, $Component, $State, $Requester) Note ($Component + ' ' + $State + ' ' + $Requester) }
function Restart-Service { param($Name) Note ('restart ' + $Name) }
function Get-ExchangeServer { param($Identity) }
function Redirect-Message { param($Server, $Target, $Confirm) Note ('redirect ' + $Target) }
function Set-MailboxServer { param($Identity, $DatabaseCopyAutoActivationPolicy) Note ('policy ' + $DatabaseCopyAutoActivationPolicy) }
END
    mkdir -p "$T/state/exchange/scripts"
    printf 'param([string]$ServerName, [string]$MoveComment, [switch]$PauseClusterNode)\nNote ("start-dag " + $ServerName)\n' >"$T/state/exchange/scripts/StartDagServerMaintenance.ps1"
    printf 'param([string]$ServerName)\nNote ("stop-dag " + $ServerName)\n' >"$T/state/exchange/scripts/StopDagServerMaintenance.ps1"
  }
  trap_ 20 'all that was taken is released, the activation policy is put back, and what another holds is left alone'
  server
  provider exchange/hub-drain.ps1
  ps in_state=Active in_dag=DAG1
  provider exchange/hub-resume.ps1
  ps in_state=Inactive in_dag=DAG1
  called 'fence again
HubTransport Draining Maintenance
restart MSExchangeTransport
start-dag HUB1
ServerWideOffline Inactive Maintenance
fence again
ServerWideOffline Active Maintenance
stop-dag HUB1
policy IntrasiteOnly
HubTransport Active Maintenance
restart MSExchangeTransport'
  trap_ 20 'calls are drained where they are routed, and only what was taken is given back'
  for calls in Active Inactive; do
    server
    provider exchange/hub-drain.ps1
    ps in_state=Active in_dag= "in_calls=$calls"
    provider exchange/hub-resume.ps1
    ps in_state=Inactive in_dag= in_calls=Draining
  done
  got=$(grep UMCallRouter "$T/calls")
  is 'UMCallRouter Draining Maintenance
UMCallRouter Active Maintenance'
  trap_ 20 'a server that somebody else holds is not taken, and nothing is released that was not taken'
  server
  provider exchange/hub-drain.ps1
  ps in_state=Inactive in_dag=
  refuses refused 'somebody else holds'
  provider exchange/hub-resume.ps1
  ps in_state=Inactive in_dag=
  called 'fence again
fence again'

  hub() {
    more <<'END'
$env:COMPUTERNAME = 'HUB1'
function Connect-Exchange { }
function Get-Service { foreach ($n in @('MSExchangeTransport', 'MSExchangeADTopology')) { New-Thing @{ Name = $n; Status = 'Running' } } }
function Get-SmtpCodes { 220; 250; 250; 250 }
function Get-ServerComponentState { New-Thing @{ Component = 'HubTransport'; State = 'Active' } }
function Get-Queue { }
function Test-Path { param($LiteralPath) $false }
function Get-Registry($Path, $Name) { if ($Name -eq 'Flags' -and (Get-In 'in_pending') -eq 'yes') { return 1 } }
function Get-WinEvent { param($LogName, $MaxEvents)
    if ($LogName -eq 'Application') { return New-Thing @{ RecordId = 1; TimeCreated = ([DateTime]'2026-01-01') } }
    $act = Get-In 'in_act'
    if ($act -eq 'unreadable') { throw 'Attempted to perform an unauthorized operation.' }
    if ($act -eq 'none') { throw (New-Object Management.Automation.ErrorRecord((New-Object Exception('x')), 'NoMatchingLogsFound,Microsoft.PowerShell.Commands.GetWinEventCommand', [Management.Automation.ErrorCategory]::ObjectNotFound, 'x')) }
    New-Thing @{ RecordId = 5; TimeCreated = ([DateTime]'2026-01-01').AddMinutes(-[int](Get-In 'in_ago')); Message = ''; Properties = @((New-Thing @{ Value = $act })) } }
END
    more <<END
\$UnjamState.Folder = '$T/state'
END
    provider exchange/probe-hub.ps1
  }
  trap_ 21 "Managed Availability's own restarts count as ours"
  hub
  probe() { ps "unjam_self=$self" "$@"; }
  probe in_act=none
  has '"recovering": false'
  probe in_act=RestartService in_ago=10
  has '"recovering": true'
  probe in_act=ForceReboot in_ago=600
  has '"recovering": true'
  probe in_act=RestartService in_ago=100
  has '"recovering": false'
  # After three hours of absence the others send the shadow copies of what a hub still has: its turn is over before, whatever its limits are set to.
  got=$(sed -n '/^        - roll:/,/^      else:/p' "$here/../../../playbooks/catalog/heal-intersite-queue.yaml" |
    sed -n 's/^.*limit: \([0-9]*\)m.*/\1/p' | awk '{ all += $1 } END { print all + 60 < 180 }')
  is 1
  holds grep -q '^  boot: .*max: 1h' "$here/../../../playbooks/catalog/heal-intersite-queue.yaml"
  probe in_act=unreadable
  case $got in *recovering*) bad 'unknown' "$got" ;; *) passed=$((passed + 1)) ;; esac

  trap_ 22 'a pending update is seen; a shutdown of somebody else is not answered with another one'
  hub
  probe in_act=none in_pending=yes
  has '"reboot_pending": true'
  probe in_act=none
  has '"reboot_pending": false'
  for code in 1190 1115; do
    : >"$T/calls"
    : >"$T/fakes.ps1"
    note
    no_fence
    more <<END
function shutdown.exe { \$global:LASTEXITCODE = $code; Note ('shutdown ' + [string]::Join(' ', [string[]]\$args)) }
END
    provider windows/host-reboot.ps1
    ps fence_boot=b fence_intent=r-1:i-2
    refuses refused 'somebody else'
    got=$(grep -c shutdown "$T/calls")
    is 1
    holds grep -q '^shutdown /r /t 30 /d p:4:1 /c unjam r-1:i-2$' "$T/calls"
  done

  trap_ 23 'nothing is left running behind the session; a lost session says nothing about the command'
  got=$(sed 's/#.*//' "$packs"/windows/*.ps1 "$packs"/exchange/*.ps1 "$packs/prelude.ps1" | grep -ciE 'Start-Job|Start-Process|\[Diagnostics\.Process\]|/nowait')
  is 0
  no_fence
  more <<'END'
function Get-Machine { 'm' }
function Get-Boot { 'b' }
END
  provider windows/intent-look.ps1
  ps in_intent=i7
  has '"state": "absent"'
  holds test "$(cat "$T/state/intents/i7")" = void
  printf started >"$T/state/intents/i8"
  ps in_intent=i8
  has '"state": "started"'

  trap_ 24 'one short command whatever the script, text on stderr is no failure, exit codes of programs survive'
  got=$(($(printf 'powershell.exe -NoProfile -NonInteractive -EncodedCommand %s' "$bootstrap" | wc -c) < 8191))
  is 1
  more <<END
function fails { & '$T/bin/fails' }
END
  fake fails <<'END'
echo noise >&2
exit 200
END
  { # 300 KB of it
    yes '# a line of a long script' | head -n 12000
    printf "\$ran = Invoke-Native '%s' @()\nSet-Out 'code' \$ran.Code\nComplete-Answer\n" "$T/bin/fails"
  } | script
  ps
  outputs '{"code": 200}'
  [ "${complete:-no}" = yes ] || holds test -s "$T/err"

  trap_ 25 'cp932 is not UTF-8: numbers are read, whatever becomes of the words'
  mkdir -p "$T/lab/hub1"
  fake chart.exe <<'END'
printf '\214\273\215\335\202\314\216\236\215\217\202\315 2019/06/02 14:18:09 \202\305\202\267\201B\r\n14:18:09, +600.0349344s\r\n14:18:11, +600.0349344s\r\n14:18:13, +600.0349344s\r\n'
END
  more <<END
function w32tm.exe { & '$T/bin/chart.exe' }
END
  script <<'END'
Set-Out 'o' (Format-Seconds ([Math]::Round((Get-ClockOffset '10.0.0.1'), 1)))
Complete-Answer
END
  ps
  outputs '{"o": "-600.1s"}'

  trap_ 26 'a clock that something else moves back is not set again and again'
  clocks
  sync 'in_offsets=600
0.1
599'
  refuses failed 'something else moved it away again'
  got=$(grep -c '^w32tm\|^net' "$T/calls")
  is 1
fi
