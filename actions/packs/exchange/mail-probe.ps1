# mail.probe: one message from this server to the address that %ProgramData%\Unjam\probe names for the site, handed in at this server's own port 25;
# it has arrived when the tracking log says that it was sent on, or delivered. Looks for a minute.
Connect-Exchange
$watch = [Diagnostics.Stopwatch]::StartNew()
$id = Send-ProbeMessage (Get-In 'in_to')
$arrived = $false
while (-not $arrived -and $watch.Elapsed.TotalSeconds -lt 60) {
    foreach ($record in @(Get-MessageTrackingLog -Server $env:COMPUTERNAME -MessageId $id -ResultSize 100)) {
        if (@('SEND', 'DELIVER') -contains [string]$record.EventId) { $arrived = $true }
    }
    if (-not $arrived) { [Threading.Thread]::Sleep(2000) }
}
Set-Out 'arrived' $arrived
if ($arrived) { Set-Out 'took' (Format-Seconds $watch.Elapsed.TotalSeconds) }
Complete-Answer
