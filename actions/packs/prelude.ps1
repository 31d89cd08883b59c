# Shared functions of all PowerShell scripts; see PROTOCOL.md. Runs on Windows PowerShell 2.0 (Exchange 2010's) and later. In front of it stands
#   $UnjamInput = @{ 'unjam_token' = '<base64>'; 'in_to' = '<base64>'; .. }
# Every value is base64 of UTF-8: nothing has to be escaped, and no quote of any kind can end a string.
$ErrorActionPreference = 'Stop'
$ProgressPreference = 'SilentlyContinue'
Set-StrictMode -Version 2

$UnjamMost = 10000      # items of a list
$UnjamRecords = 200     # intents that are remembered
$UnjamState = @{ Outputs = @{}; Before = @{}; After = @{}; Fenced = $false; Folder = '' }

function Get-In([string]$Name) {  # the text of an input; $null if it was not given
    if (-not $UnjamInput.ContainsKey($Name)) { return $null }
    return [Text.Encoding]::UTF8.GetString([Convert]::FromBase64String([string]$UnjamInput[$Name]))
}
function Get-Lines([string]$Name) {  # a list or set, one item per line; always an array: @(Get-Lines x)
    $text = Get-In $Name
    if ([string]::IsNullOrEmpty($text)) { return }
    foreach ($line in $text.Split([char]10)) { if ($line -ne '') { $line } }
}
function Wait-Seconds([int]$Seconds) { [Threading.Thread]::Sleep($Seconds * 1000) }
function Get-Field([string]$Line, [int]$Number) {  # of a host line: 1 name, 2 address, 3 site, 4 role
    $parts = $Line.Split([char]9)
    if ($parts.Length -ge $Number) { return $parts[$Number - 1] }
    return ''
}

# JSON of strings, integers, Booleans, null, arrays and hashtables, in ASCII only. Anything else is an error: no enum becomes a number by accident.
function ConvertTo-UnjamText([string]$Text) {
    $out = New-Object Text.StringBuilder
    [void]$out.Append('"')
    for ($i = 0; $i -lt $Text.Length; $i++) {
        $code = [int]$Text[$i]
        if ($code -eq 34) { [void]$out.Append('\"') }
        elseif ($code -eq 92) { [void]$out.Append('\\') }
        elseif ($code -ge 0xD800 -and $code -le 0xDFFF) {  # half of a pair alone is no character
            $next = 0
            if ($i + 1 -lt $Text.Length) { $next = [int]$Text[$i + 1] }
            if ($code -le 0xDBFF -and $next -ge 0xDC00 -and $next -le 0xDFFF) {
                [void]$out.Append('\u' + $code.ToString('x4') + '\u' + $next.ToString('x4'))
                $i++
            } else { [void]$out.Append('\ufffd') }
        }
        elseif ($code -lt 32 -or $code -gt 126) { [void]$out.Append('\u' + $code.ToString('x4')) }
        else { [void]$out.Append($Text[$i]) }
    }
    [void]$out.Append('"')
    return $out.ToString()
}
function ConvertTo-UnjamJson($Value) {
    if ($null -eq $Value) { return 'null' }
    if ($Value -is [bool]) { if ($Value) { return 'true' } else { return 'false' } }
    if ($Value -is [string] -or $Value -is [char]) { return ConvertTo-UnjamText ([string]$Value) }
    if ($Value -is [byte] -or $Value -is [int16] -or $Value -is [uint16] -or $Value -is [int] -or $Value -is [uint32] -or $Value -is [long]) {
        return ([long]$Value).ToString([Globalization.CultureInfo]::InvariantCulture)
    }
    if ($Value -is [double] -or $Value -is [single] -or $Value -is [decimal]) {
        $text = ([decimal]$Value).ToString([Globalization.CultureInfo]::InvariantCulture)
        if ($text.IndexOf('.') -lt 0) { $text += '.0' }
        return $text
    }
    if ($Value -is [Collections.IDictionary]) {
        $parts = @()
        foreach ($key in $Value.Keys) { $parts += ((ConvertTo-UnjamText ([string]$key)) + ':' + (ConvertTo-UnjamJson $Value[$key])) }
        return '{' + [string]::Join(',', [string[]]$parts) + '}'
    }
    if ($Value -is [array] -or $Value -is [Collections.ArrayList]) {
        $parts = @()
        foreach ($item in $Value) { $parts += (ConvertTo-UnjamJson $item) }
        return '[' + [string]::Join(',', [string[]]$parts) + ']'
    }
    throw ('a value of type ' + $Value.GetType().FullName + ' has no form in an answer')
}

function Set-Out([string]$Name, $Value) { $UnjamState.Outputs[$Name] = $Value }
function Set-Before([string]$Name, [string]$Value) { $UnjamState.Before[$Name] = $Value }
function Set-After([string]$Name, [string]$Value) { $UnjamState.After[$Name] = $Value }
function Format-Seconds([double]$Seconds) {  # a duration as the engine reads it
    return $Seconds.ToString('0.######', [Globalization.CultureInfo]::InvariantCulture) + 's'
}

function Write-Frame([string]$Json) {  # prints the answer, recorded first if this call is fenced; ends the script
    $body = [Convert]::ToBase64String([Text.Encoding]::ASCII.GetBytes($Json))
    if ($UnjamState.Fenced) {
        try { Write-Durably (Join-Path $UnjamState.Folder ('intents\' + (ConvertTo-FileName (Get-In 'fence_intent')))) ("finished`n" + $body) }
        catch { [Console]::Error.WriteLine('the answer could not be recorded: ' + $_.Exception.Message) }
    }
    $token = Get-In 'unjam_token'
    [Console]::Out.Write("`nUNJAM-BEGIN " + $token + "`n" + $body + "`nUNJAM-END " + $token + ' ' + $body.Length + "`n")
    [Console]::Out.Flush()
    exit 0
}
function Complete-Answer {
    Write-Frame ('{"outputs":' + (ConvertTo-UnjamJson $UnjamState.Outputs) + ',"before":' + (ConvertTo-UnjamJson $UnjamState.Before) +
        ',"after":' + (ConvertTo-UnjamJson $UnjamState.After) + '}')
}
function Stop-Cannot([string]$Kind, [string]$Text) {
    if ($Text.Length -gt 2000) { $Text = $Text.Substring(0, 2000) }
    Write-Frame (ConvertTo-UnjamJson @{ error = @{ kind = $Kind; text = $Text } })
}

# What nobody caught: a script that only looked could not look; a change that had begun has failed.
trap {
    $kind = 'unreadable'
    if ($UnjamState.Fenced) { $kind = 'failed' }
    Stop-Cannot $kind ([string]$_.Exception.Message)
}

# Windows PowerShell's own WMI, or CIM where that is gone (6 and later). One object or many.
function Get-Wmi([string]$Class) {
    if (Get-Command Get-WmiObject -ErrorAction SilentlyContinue) { return Get-WmiObject -Class $Class }
    return Get-CimInstance -ClassName $Class
}
function Get-Registry([string]$Path, [string]$Name) {  # $null if there is no such value
    if (-not (Test-Path -LiteralPath $Path)) { return $null }
    $key = Get-Item -LiteralPath $Path
    return $key.GetValue($Name, $null)
}
# A native program: its exit code and its lines, whatever it writes to stderr. Arguments are fixed words and addresses, never free text.
function Invoke-Native([string]$Program, [string[]]$Arguments) {
    $kept = $ErrorActionPreference
    $ErrorActionPreference = 'Continue'
    try { $lines = @(& $Program $Arguments 2>&1 | ForEach-Object { [string]$_ }) } finally { $ErrorActionPreference = $kept }
    return @{ Code = $LASTEXITCODE; Lines = $lines }
}

# ---- identity, boot, fence (PROTOCOL.md): %ProgramData%\Unjam\permit, intents\<intent>, boot

function Get-Folder {
    if ($UnjamState.Folder -eq '') {
        $data = $env:ProgramData
        if ([string]::IsNullOrEmpty($data)) { $data = [Environment]::GetFolderPath('CommonApplicationData') }
        $UnjamState.Folder = Join-Path $data 'Unjam'
    }
    return $UnjamState.Folder
}
function Write-Durably([string]$Path, [string]$Text) {
    $new = $Path + '.new'
    if (Test-Path -LiteralPath $new) { [IO.File]::Delete($new) }
    $bytes = [Text.Encoding]::ASCII.GetBytes($Text)
    $file = New-Object IO.FileStream($new, [IO.FileMode]::CreateNew, [IO.FileAccess]::Write, [IO.FileShare]::None, 4096, [IO.FileOptions]::WriteThrough)
    try { $file.Write($bytes, 0, $bytes.Length); $file.Flush() } finally { $file.Close() }
    if ([IO.File]::Exists($Path)) {
        [IO.File]::Replace($new, $Path, $Path + '.old') # $null would arrive as an empty name
        [IO.File]::Delete($Path + '.old')
    } else { [IO.File]::Move($new, $Path) }
}
function Test-Plain([string]$Text) { return $Text -match '\A[A-Za-z0-9_:-][A-Za-z0-9._:-]{0,127}\z' }
function ConvertTo-FileName([string]$Intent) { return $Intent.Replace(':', '_') }  # a colon in a name is a stream on NTFS
function Get-Machine { return [string](Get-Registry 'HKLM:\SOFTWARE\Microsoft\Cryptography' 'MachineGuid') }

# Signs of a boot, none of them a time of the wall clock, which this playbook moves: the newest records that the event log and the kernel wrote
# at a start, the prefetcher's counter, and the uptime, which can only grow within one boot.
function Get-BootSigns {
    $signs = @{}
    foreach ($sign in @(@('log', 'EventLog', 6005), @('kernel', 'Microsoft-Windows-Kernel-General', 12))) {
        try {
            $found = @(Get-WinEvent -FilterHashtable @{ LogName = 'System'; ProviderName = $sign[1]; Id = $sign[2] } -MaxEvents 1)
            if ($found.Length -gt 0) { $signs[$sign[0]] = [string]$found[0].RecordId }
        } catch { $null = $_ } # this sign cannot be read; the others decide
    }
    $count = Get-Registry 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters' 'BootId'
    if ($null -ne $count) { $signs['boots'] = [string]$count }
    $uptime = Get-Uptime
    if ($null -ne $uptime) { $signs['up'] = ([long]$uptime).ToString([Globalization.CultureInfo]::InvariantCulture) }
    return $signs
}
function Get-Uptime {  # seconds, from the system's own counter
    try { return [double]((Get-Wmi 'Win32_PerfFormattedData_PerfOS_System').SystemUpTime) } catch { return $null }
}
function ConvertTo-BootText($Signs) {
    $parts = @()
    foreach ($name in @('log', 'kernel', 'boots')) { if ($Signs.ContainsKey($name)) { $parts += ($name + '-' + $Signs[$name]) } }
    return [string]::Join('.', [string[]]$parts)
}
# The boot token. The fence keeps the signs of its moment with their token; as long as fewer than two signs differ from them it is the same boot.
# $null: fewer than two signs can be read, so nothing can be said.
function Get-Boot {
    $now = Get-BootSigns
    $readable = 0
    foreach ($name in @('log', 'kernel', 'boots')) { if ($now.ContainsKey($name)) { $readable++ } }
    if ($readable -lt 2) { return $null }
    $file = Join-Path (Get-Folder) 'boot'
    if (-not (Test-Path -LiteralPath $file)) { return ConvertTo-BootText $now }
    $kept = @{}
    foreach ($line in [IO.File]::ReadAllLines($file)) {
        $at = $line.IndexOf('=')
        if ($at -gt 0) { $kept[$line.Substring(0, $at)] = $line.Substring($at + 1) }
    }
    $changed = 0
    foreach ($name in @('log', 'kernel', 'boots')) {
        if ($kept.ContainsKey($name) -and $now.ContainsKey($name) -and $kept[$name] -ne $now[$name]) { $changed++ }
    }
    if ($kept.ContainsKey('up') -and $now.ContainsKey('up') -and [long]$now['up'] -lt [long]$kept['up']) { $changed++ }
    if ($changed -ge 2) { return ConvertTo-BootText $now }
    return $kept['token']
}
function Get-Permit {  # store, epoch, intent; $null if there is none
    $file = Join-Path (Get-Folder) 'permit'
    if (-not (Test-Path -LiteralPath $file)) { return $null }
    $parts = ([IO.File]::ReadAllText($file)).Trim().Split(' ')
    if ($parts.Length -ne 3 -or $parts[1] -notmatch '\A[0-9]+\z') { throw ($file + ' is damaged') }
    return @{ Store = $parts[0]; Epoch = [long]$parts[1]; Intent = $parts[2] }
}

function Get-FenceLock {  # a stream to close; $null if another call holds it for long
    [void][IO.Directory]::CreateDirectory((Join-Path (Get-Folder) 'intents'))
    for ($try = 0; $try -lt 100; $try++) {
        try { return [IO.File]::Open((Join-Path (Get-Folder) 'lock'), [IO.FileMode]::OpenOrCreate, [IO.FileAccess]::ReadWrite, [IO.FileShare]::None) }
        catch { [Threading.Thread]::Sleep(200) }
    }
    return $null
}
function Add-Record([string]$Intent, [string]$Text) {  # under the lock; the newest 200 records are kept, by order of writing
    $name = ConvertTo-FileName $Intent
    $record = Join-Path (Get-Folder) ('intents\' + $name)
    $order = Join-Path (Get-Folder) 'order'
    $known = @()
    if ([IO.File]::Exists($order)) { $known = @([IO.File]::ReadAllLines($order) | Where-Object { $_ -ne '' }) }
    if (-not [IO.File]::Exists($record)) { $known += $name }
    while ($known.Length -gt $UnjamRecords) {
        if (Test-Plain $known[0]) { [IO.File]::Delete((Join-Path (Get-Folder) ('intents\' + $known[0]))) }
        $known = @($known[1..($known.Length - 1)])
    }
    Write-Durably $order ([string]::Join("`n", [string[]]$known))
    Write-Durably $record $Text
}

function Enter-Fence([string]$Mode) {  # '' or 'again'
    $intent = Get-In 'fence_intent'
    if ($Mode -eq 'again' -and [string]::IsNullOrEmpty($intent)) { return }
    foreach ($name in @('store', 'epoch', 'intent', 'machine', 'boot')) {
        if (-not (Test-Plain ([string](Get-In ('fence_' + $name))))) { Stop-Cannot 'refused' ('fence: none or malformed: ' + $name) }
    }
    $store = Get-In 'fence_store'
    $epoch = [long](Get-In 'fence_epoch')
    if ((Get-Machine) -ne (Get-In 'fence_machine')) { Stop-Cannot 'refused' ('fence: machine: this is ' + (Get-Machine)) }
    $boot = Get-Boot
    if ($Mode -ne 'again' -and $boot -ne (Get-In 'fence_boot')) { Stop-Cannot 'refused' ('fence: boot: this host runs ' + $boot) }

    $folder = Get-Folder
    $lock = Get-FenceLock
    if ($null -eq $lock) { Stop-Cannot 'failed' 'fence: another call holds the lock' }
    try {
        $permit = Get-Permit
        $record = Join-Path $folder ('intents\' + (ConvertTo-FileName $intent))
        if ($null -ne $permit) {
            if ($permit.Store -ne $store) { Stop-Cannot 'refused' ('fence: store: the permit is of ' + $permit.Store + '; a person must adopt this host') }
            if ($permit.Epoch -gt $epoch) { Stop-Cannot 'refused' ('fence: epoch: the permit has ' + $permit.Epoch) }
            if ($Mode -ne 'again' -and $permit.Intent -eq $intent) { Stop-Cannot 'refused' ('fence: intent: ' + $intent + ' was begun before') }
        }
        if ($Mode -eq 'again' -and [IO.File]::Exists($record)) {
            if (@([IO.File]::ReadAllLines($record))[0] -eq 'void') { Stop-Cannot 'refused' ('fence: intent: ' + $intent + ' was made void by a look') }
            # Only the latest may come again: a copy of an earlier drain would undo what was done since.
            if ($null -eq $permit -or $permit.Intent -ne $intent) { Stop-Cannot 'refused' ('fence: intent: ' + $intent + ' is over: another one has been let through since') }
        }
        if ($Mode -ne 'again' -and (Test-Path -LiteralPath $record)) { Stop-Cannot 'refused' ('fence: intent: ' + $intent + ' was begun before') }
        $signs = Get-BootSigns
        $lines = @('token=' + $boot)
        foreach ($name in $signs.Keys) { $lines += ($name + '=' + $signs[$name]) }
        Write-Durably (Join-Path $folder 'boot') ([string]::Join("`n", [string[]]$lines))
        Write-Durably (Join-Path $folder 'permit') ($store + ' ' + $epoch + ' ' + $intent)
        Add-Record $intent 'started'
    } finally { $lock.Close() }
    $UnjamState.Fenced = $true
}

# ---- clocks, by w32tm

# Lines of `w32tm /stripchart /dataonly`: only data lines count, the others are localised; some languages write a decimal comma. The number is what
# is to be added to this clock. Returns the offsets of this host (this minus the other), in seconds.
function ConvertFrom-Stripchart($Lines) {
    foreach ($line in $Lines) {
        if ($line -match '^\s*\d{1,2}:\d{2}:\d{2},?\s+(?:d:\S+\s+o:)?([+-]\d+)[.,](\d+)s') {
            -([double]::Parse(($matches[1] + '.' + $matches[2]), [Globalization.CultureInfo]::InvariantCulture))
        }
    }
}
# Median of five samples, moved away from 0 by half their spread and the resolution; $null if fewer than three came, or if they differ by more than 2 s.
function Get-ClockOffset([string]$Address) {
    if ($Address -notmatch '\A[A-Za-z0-9.:_-]{1,255}\z') { return $null }
    $ran = Invoke-Native 'w32tm.exe' @('/stripchart', ('/computer:' + $Address), '/samples:5', '/period:1', '/dataonly')
    $samples = [double[]]@(ConvertFrom-Stripchart $ran.Lines)
    if ($samples.Length -lt 3) { return $null }
    [Array]::Sort($samples)
    $spread = $samples[$samples.Length - 1] - $samples[0]
    if ($spread -gt 2) { return $null }
    $middle = $samples[[int][Math]::Floor(($samples.Length - 1) / 2)]
    $doubt = $spread / 2 + 0.016 # one tick of the clock
    if ($middle -lt 0) { return $middle - $doubt }
    return $middle + $doubt
}
# `w32tm /query /status`, by the order of its lines and their numbers, since the labels are localised: leap, stratum, .., source (the line before the
# last). $null if it cannot be told.
function Test-Synchronised($Lines) {
    $values = @()
    foreach ($line in $Lines) {
        if ($line -match '^[^:\uFF1A]+[:\uFF1A]\s*(.*)$') { $values += $matches[1] }
    }
    if ($values.Length -lt 8) { return $null }
    if ($values[0] -notmatch '^(\d)') { return $null }
    $leap = [int]$matches[1]
    if ($values[1] -notmatch '^(\d+)') { return $null }
    $stratum = [int]$matches[1]
    $own = $false
    foreach ($value in $values) {
        if ($value -match '^(Local CMOS Clock|Free-running System Clock|VM IC Time Synchronization Provider)') { $own = $true }
    }
    if ($values[4] -match '0x4C4F434C') { $own = $true } # reference id LOCL
    return ($leap -ne 3 -and $stratum -ge 1 -and $stratum -le 15 -and -not $own)
}

# ---- Active Directory, by repadmin

# Rows of `repadmin /showrepl /csv`: hashtables Row, DestinationSite, Destination, Partition, SourceSite, Source, Failures, Status. Fields may be quoted.
function ConvertFrom-Showrepl($Lines) {
    foreach ($line in $Lines) {
        if ($line -notmatch '^showrepl_(INFO|ERROR),') { continue }
        $fields = @()
        foreach ($m in [regex]::Matches($line, '("(?:[^"]|"")*"|[^,]*)(?:,|$)')) {
            $field = $m.Groups[1].Value
            if ($field.Length -ge 2 -and $field[0] -eq '"') { $field = $field.Substring(1, $field.Length - 2).Replace('""', '"') }
            $fields += $field
        }
        if ($fields.Length -lt 11) { @{ Row = 'showrepl_ERROR'; Destination = '' }; continue }
        $status = 0
        if (-not [int]::TryParse($fields[10], [ref]$status)) { @{ Row = 'showrepl_ERROR'; Destination = $fields[2] }; continue }
        @{ Row = $fields[0]; DestinationSite = $fields[1]; Destination = $fields[2]; Partition = $fields[3]; SourceSite = $fields[4]; Source = $fields[5]
            Failures = $fields[7]; Status = $status }
    }
}
# Codes for which forcing replication spreads damage, or that ask for a person (windows-domain facts, 4.6): every directory code but a few; and broken
# disks or memory. Network, names, time and login are safe: forcing them at most fails again.
function Test-SafeCode([int]$Code) {
    if (@(8, 14, 23, 112, 1117, 1127, 1392, 1393) -contains $Code) { return $false }
    if ($Code -ge 8200 -and $Code -le 8999) { return (@(8438, 8453, 8524, 8589, 8456, 8457) -contains $Code) }
    return $true
}
# Option flags of a controller's settings object, $null if unreadable: 2 inbound, 4 outbound replication switched off.
function Get-DcOptions([string]$Dc) {
    try {
        $root = [ADSI]('LDAP://' + $Dc + '/RootDSE')
        $settings = [ADSI]('LDAP://' + $Dc + '/' + [string]$root.Properties['dsServiceName'].Value)
        $value = $settings.Properties['options'].Value
        if ($null -eq $value) { return 0 }
        return [int]$value
    } catch { return $null }
}
# Inbound links of this controller from other sites that fail now, as link records; and its own options.
function Get-FailingLinks {
    $ran = Invoke-Native 'repadmin.exe' @('/showrepl', '*', '/csv')
    $rows = @(ConvertFrom-Showrepl $ran.Lines)
    $seen = 0
    $links = @()
    $options = Get-DcOptions 'localhost'
    if ($null -eq $options) { Stop-Cannot 'unreadable' 'the option flags of this controller' }
    foreach ($row in $rows) {
        # Rows of the others are theirs to tell. An ERROR row is a controller that could not be asked: nothing is known about it.
        $mine = $row.Destination -eq $env:COMPUTERNAME
        if ($row.Row -ne 'showrepl_INFO' -and ($mine -or [string]::IsNullOrEmpty([string]$row.Destination))) { Stop-Cannot 'unreadable' 'repadmin could not read every link' }
        if ($row.Row -ne 'showrepl_INFO' -or -not $mine) { continue }
        $seen++
        if ($row.Status -eq 0 -or $row.Status -eq 8477 -or $row.Status -eq 8464 -or $row.SourceSite -eq $row.DestinationSite) { continue }
        $safe = (Test-SafeCode $row.Status) -and (($options -band 2) -eq 0)
        if ($row.Status -eq 8456 -and $safe) {
            $theirs = Get-DcOptions $row.Source
            $safe = $null -ne $theirs -and ($theirs -band 4) -eq 0
        }
        $links += @{ source = $row.Source.ToLowerInvariant(); partition = $row.Partition; code = $row.Status; safe = $safe }
    }
    if ($seen -eq 0) { Stop-Cannot 'unreadable' ('repadmin showed no link: ' + [string]::Join(' ', [string[]]@($ran.Lines))) }
    return @{ Links = $links; Options = $options }
}

# ---- Exchange

function Get-ExchangeFolder {  # '' if Exchange is not installed here
    foreach ($version in @('v15', 'v14', 'v8.0')) {
        $folder = Get-Registry ('HKLM:\SOFTWARE\Microsoft\ExchangeServer\' + $version + '\Setup') 'MsiInstallPath'
        if ($null -ne $folder) { return [string]$folder }
    }
    return ''
}
# Loads the management shell: the supported way first, then the snap-in, which also works where the local shell cannot log in (it is remote
# PowerShell, and that is Kerberos: it can fail for the reason that the mail fails for).
function Connect-Exchange {
    if (Get-Command Get-Queue -ErrorAction SilentlyContinue) { return }
    $folder = Get-ExchangeFolder
    if ($folder -eq '') { Stop-Cannot 'absent' 'Exchange is not installed here' }
    $script:UnjamTrouble = ''
    try {
        Import-Module (Join-Path $folder 'bin\RemoteExchange.ps1') -Global | Out-Null
        $more = @{}
        $connect = Get-Command Connect-ExchangeServer
        if ($connect.Parameters.ContainsKey('ClientApplication')) { $more['ClientApplication'] = 'ManagementShell' } # 2013 and later
        Connect-ExchangeServer -Auto @more | Out-Null
    } catch {
        $script:UnjamTrouble = $_.Exception.Message
        [Console]::Error.WriteLine('management shell: ' + $_.Exception.Message)
    }
    if (Get-Command Get-Queue -ErrorAction SilentlyContinue) { return }
    Test-Credentials
    foreach ($name in @('SnapIn', 'E2010', 'Admin')) {
        try { Add-PSSnapin ('Microsoft.Exchange.Management.PowerShell.' + $name); return } catch { $null = $_ } # another version
    }
    Stop-Cannot 'unreadable' ('no Exchange management shell can be loaded here: ' + $script:UnjamTrouble)
}
# A logon by key has no credentials for other machines: Exchange's and the directory's commands then fail with texts that say anything but that. The
# ticket cache of such a session is empty; its number is the only one in brackets, in every language.
function Test-Credentials {
    if ([string]::IsNullOrEmpty($env:SSH_CONNECTION)) { return }
    $tickets = Invoke-Native 'klist.exe' @()
    foreach ($line in $tickets.Lines) {
        if ($line -match '\(0\)\s*\z') {
            Stop-Cannot 'unreadable' ('this logon has no network credentials (it was made with a key, and has no Kerberos ticket), so Exchange and the directory refuse it. ' +
                'Ways out: `password:` instead of `key:` in the inventory; `via: scheduled-task`, a task that runs as SYSTEM or a gMSA. See docs/windows-hosts.md')
        }
    }
}

# The error text inside Get-Queue's LastError: `[{LRT=..};{LED=<text>};{FQDN=..};{IP=..}]` in any order, or plain text. By key, not by place.
function Get-LastErrorPart([string]$Text, [string]$Key) {
    $at = $Text.IndexOf('{' + $Key + '=')
    if ($at -lt 0) { if ($Key -eq 'LED' -and -not $Text.StartsWith('[{')) { return $Text } else { return '' } }
    $rest = $Text.Substring($at + $Key.Length + 2)
    $end = $rest.IndexOf('}')
    if ($end -ge 0) { $rest = $rest.Substring(0, $end) }
    return $rest
}
# What a queue's error is. These texts are English on every system. The code 454 4.7.0 alone says nothing: weak TLS and authorisation have it too.
function Get-Fault([string]$LastError) {
    $text = (Get-LastErrorPart $LastError 'LED').ToLowerInvariant()
    if ($text -match 'tls cipher strength|tlscertificatename|\btls\b|certificate') { return 'tls' }
    if ($text -match 'temporary authentication failure') { return 'auth' }
    if ($text -match 'authorization failure|5\.7\.1\b') { return 'authorization' }
    if ($text -match 'cannot achieve exchange server authentication') { return 'refused' } # a connector without Exchange authentication, or a firewall
    if ($text -match 'dns query failed|nonexistentdomain|infodomainnonexistent') { return 'dns' }
    if ($text -match 'winsock error|failed to connect|connection timed out|4\.4\.1\b|unable to connect|connection was dropped') { return 'unreachable' }
    if ($text -match '\b[45]\d\d [45]\.\d+\.\d+') { return 'refused' }
    return 'other'
}
# Where a queue leads: to (the site), inside, outside, or none (shadow, poison, submission). Names of 2007 to 2019, and both spellings of the site type.
function Get-QueueWay($Queue, [string]$Site, $Hosts) {
    $type = [string]$Queue.DeliveryType
    $domain = [string]$Queue.NextHopDomain
    if (@('SmtpRelayToRemoteAdSite', 'SmtpRelayToRemoteActiveDirectorySite', 'SmtpRelayToDag', 'SmtpRelayToMailboxDeliveryGroup', 'SmtpRelayToServers',
            'SmtpRelayToConnectorSourceServers', 'SmtpRelayToTiRg') -contains $type) {
        if ($domain -eq $Site -or $domain -match ('(?i)\Asite:\s*' + [regex]::Escape($Site) + '\s*(;|\z)')) { return 'to' }
        if ($domain -match '(?i)\Asite:' -or $type -match '\ASmtpRelayToRemoteA') { return 'elsewhere' } # it names another site
        $text = [string]$Queue.LastError
        foreach ($line in $Hosts) {
            $address = [regex]::Escape((Get-Field $line 2))
            $name = [regex]::Escape((Get-Field $line 1))
            if ($text -match ('(?<![\d.])' + $address + '(?![\d.])') -or $text -match ('(?i)\{FQDN=' + $name + '[.}]') -or $domain -match ('(?i)\A' + $name + '(\.|\z)')) { return 'to' }
        }
        return 'elsewhere'
    }
    if (@('MapiDelivery', 'SmtpDeliveryToMailbox', 'SmtpRelayWithinAdSite') -contains $type) { return 'inside' }
    if (@('DnsConnectorDelivery', 'SmartHostConnectorDelivery', 'SmtpRelayWithinAdSiteToEdge', 'NonSmtpGatewayDelivery', 'DeliveryAgent', 'SmtpRelayToRemoteForest') -contains $type) { return 'outside' }
    return 'none'
}
function Test-Failing($Queue) {  # its last attempt failed
    $status = [string]$Queue.Status
    return ($status -eq 'Retry' -or ($status -eq 'Connecting' -and -not [string]::IsNullOrEmpty([string]$Queue.LastError))) -and [int]$Queue.MessageCount -gt 0
}
function Get-SmtpCodes([string]$Address, [string]$Recipient) {  # codes of greeting, EHLO, MAIL, RCPT, as far as they came
    $codes = @()
    $client = New-Object Net.Sockets.TcpClient
    try {
        $begun = $client.BeginConnect($Address, 25, $null, $null)
        if (-not $begun.AsyncWaitHandle.WaitOne(4000, $false)) { return $codes }
        $client.EndConnect($begun)
        $client.ReceiveTimeout = 8000
        $stream = $client.GetStream()
        $reader = New-Object IO.StreamReader($stream, [Text.Encoding]::ASCII)
        foreach ($say in @('', 'EHLO unjam.probe.invalid', 'MAIL FROM:<>', ('RCPT TO:<' + $Recipient + '>'), 'QUIT')) {
            if ($say -eq 'RCPT TO:<>') { continue }
            if ($say -ne '') {
                $bytes = [Text.Encoding]::ASCII.GetBytes($say + "`r`n")
                $stream.Write($bytes, 0, $bytes.Length)
            }
            do { $line = $reader.ReadLine() } while ($null -ne $line -and $line -match '^\d\d\d-')
            if ($null -eq $line -or $line -notmatch '^(\d\d\d)') { return $codes }
            $codes += [int]$matches[1]
            if ([int]$matches[1] -ge 400) { return $codes }
        }
    } catch { [Console]::Error.WriteLine($_.Exception.Message) } finally { $client.Close() }
    return $codes
}
function Get-ProbeAddress([string]$Site) {  # %ProgramData%\Unjam\probe: lines SITE ADDRESS
    $file = Join-Path (Get-Folder) 'probe'
    if (-not [IO.File]::Exists($file)) { return '' }
    foreach ($line in [IO.File]::ReadAllLines($file)) {
        $parts = @($line.Trim() -split '\s+')
        if ($parts.Length -eq 2 -and $parts[0] -eq $Site -and $parts[1] -match '\A[A-Za-z0-9._+=-]+@[A-Za-z0-9.-]+\z') { return $parts[1] }
    }
    return ''
}
# Hands in one small message for the address that the probe file names for the site, at this server's own port 25; returns its Message-ID.
function Send-ProbeMessage([string]$Site) {
    $to = Get-ProbeAddress $Site
    if ($to -eq '') { Stop-Cannot 'unreadable' ('no address to probe: ' + (Join-Path (Get-Folder) 'probe') + ' has no line for ' + $Site) }
    $token = Get-In 'unjam_token'
    $id = '<unjam-probe-' + $token + '@' + $env:COMPUTERNAME + '>'
    $message = New-Object Net.Mail.MailMessage($to, $to, ('Unjam probe ' + $token), 'A test message: does mail flow?')
    $message.Headers.Add('Message-ID', $id)
    $message.Headers.Add('Auto-Submitted', 'auto-generated')
    $smtp = New-Object Net.Mail.SmtpClient((Get-Field (Get-In 'unjam_self') 2), 25)
    $smtp.Send($message)
    return $id
}
