# intent.look: what came of a change whose answer did not arrive.
$intent = Get-In 'in_intent'
if (-not (Test-Plain ([string]$intent))) { Stop-Cannot 'refused' 'no intent' }
$machine = Get-Machine
if ($machine -ne '') { Set-Out 'machine' $machine }
$boot = Get-Boot
if ($null -ne $boot) { Set-Out 'boot' $boot }
$permit = Get-Permit
$last = ''
if ($null -ne $permit) { $last = $permit.Intent }
Set-Out 'permit' $last
$record = Join-Path (Get-Folder) ('intents\' + (ConvertTo-FileName $intent))
if (Test-Path -LiteralPath $record) {
    $lines = @([IO.File]::ReadAllLines($record))
    if ($lines.Length -gt 0 -and $lines[0] -eq 'started') { Set-Out 'state' 'started' }
    elseif ($lines.Length -gt 1 -and $lines[0] -eq 'finished') { Set-Out 'state' 'finished'; Set-Out 'answer' $lines[1] }
    else { Stop-Cannot 'unreadable' ($record + ' is damaged') }
} elseif ($last -eq $intent) { Set-Out 'state' 'started' } # a crash between permit and record
else { Set-Out 'state' 'absent' }
Complete-Answer
