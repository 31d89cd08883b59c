# service.restart: one service, with those that depend on it.
Enter-Fence ''
$name = Get-In 'in_service'
if ($name -notmatch '\A[A-Za-z0-9._$-]{1,80}\z') { Stop-Cannot 'refused' 'not the name of a service' }
$found = @(Get-Service | Where-Object { $_.Name -eq $name })
if ($found.Length -eq 0) { Stop-Cannot 'absent' ('there is no service ' + $name) }
Set-Before 'state' ([string]$found[0].Status)
Restart-Service -Name $name -Force
$after = @(Get-Service | Where-Object { $_.Name -eq $name })
Set-After 'state' ([string]$after[0].Status)
Complete-Answer
