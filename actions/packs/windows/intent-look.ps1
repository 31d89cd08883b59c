# intent.look: what came of a change whose answer did not arrive. An intent that left no trace is made void here, under the fence's own lock: a late copy of
# it, still under way in a dead session, is then refused, so `absent` is final and the engine may send anew.
$intent = Get-In 'in_intent'
if (-not (Test-Plain ([string]$intent))) { Stop-Cannot 'refused' 'no intent' }
$machine = Get-Machine
if ($machine -ne '') { Set-Out 'machine' $machine }
$boot = Get-Boot
if ($null -ne $boot) { Set-Out 'boot' $boot }

# A time.sync that was cut off between stopping the time service and starting it leaves its mark.
$mark = Join-Path (Get-Folder) 'time-stopped'
if ([IO.File]::Exists($mark) -and [IO.File]::ReadAllText($mark).Trim() -eq $intent) {
    Start-Service -Name W32Time
    [IO.File]::Delete($mark)
}

$permit = Get-Permit
$last = ''
if ($null -ne $permit) { $last = $permit.Intent }
Set-Out 'permit' $last
$record = Join-Path (Get-Folder) ('intents\' + (ConvertTo-FileName $intent))
$lines = @()
if ([IO.File]::Exists($record)) { $lines = @([IO.File]::ReadAllLines($record)) }
elseif ($last -eq $intent) { $lines = @('started') } # a crash between permit and record
else {
    $lock = Get-FenceLock
    if ($null -eq $lock) { Stop-Cannot 'unreadable' 'another call holds the lock' }
    try {
        if ([IO.File]::Exists($record)) { Stop-Cannot 'unreadable' 'it began this very moment' }
        Add-Record $intent 'void'
    } finally { $lock.Close() }
    $lines = @('void')
}
if ($lines.Length -eq 1 -and $lines[0] -eq 'started') { Set-Out 'state' 'started' }
elseif ($lines.Length -eq 1 -and $lines[0] -eq 'void') { Set-Out 'state' 'absent' }
elseif ($lines.Length -eq 2 -and $lines[0] -eq 'finished') { Set-Out 'state' 'finished'; Set-Out 'answer' $lines[1] }
else { Stop-Cannot 'unreadable' ($record + ' is damaged') }
Complete-Answer
