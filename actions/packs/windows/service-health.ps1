# service.health: a Windows service by its name (not by its localised display name).
$name = Get-In 'in_service'
if ($name -notmatch '\A[A-Za-z0-9._$-]{1,80}\z') { Stop-Cannot 'refused' 'not the name of a service' }
$found = @(Get-Service | Where-Object { $_.Name -eq $name })
if ($found.Length -eq 0) { Stop-Cannot 'absent' ('there is no service ' + $name) }
$states = @{ Running = 'up'; StartPending = 'starting'; ContinuePending = 'starting'; Paused = 'degraded'; PausePending = 'degraded'; Stopped = 'down'; StopPending = 'down' }
$state = $states[[string]$found[0].Status]
if ($null -eq $state) { Stop-Cannot 'unreadable' ($name + ': ' + [string]$found[0].Status) }
Set-Out 'state' $state
Set-Out 'up' ($state -eq 'up' -or $state -eq 'degraded')
Complete-Answer
