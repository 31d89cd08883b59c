# mail.restart: MSExchangeTransport, which keeps its queue on disk. probe.hub is the proof that it serves again.
Enter-Fence ''
$found = @(Get-Service | Where-Object { $_.Name -eq 'MSExchangeTransport' })
if ($found.Length -eq 0) { Stop-Cannot 'absent' 'there is no MSExchangeTransport' }
$before = [string]$found[0].Status
Set-Before 'transport' $before
if ($before -ne 'Running') { Stop-Cannot 'refused' ('MSExchangeTransport is ' + $before + ': somebody else has it in hand') }
Restart-Service -Name MSExchangeTransport
foreach ($service in @(Get-Service | Where-Object { $_.Name -eq 'MSExchangeTransport' })) { Set-After 'transport' ([string]$service.Status) }
Complete-Answer
