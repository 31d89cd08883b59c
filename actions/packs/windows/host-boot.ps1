# host.boot: identity, boot token (prelude: two of several signs, none a wall clock time), the permit's intent.
$machine = Get-Machine
if ($machine -ne '') { Set-Out 'machine' $machine }
$boot = Get-Boot
if ($null -ne $boot) { Set-Out 'boot' $boot }
$permit = Get-Permit
if ($null -eq $permit) { Set-Out 'permit' '' } else { Set-Out 'permit' $permit.Intent }
$uptime = Get-Uptime
if ($null -ne $uptime) { Set-Out 'up' (Format-Seconds $uptime) }
Complete-Answer
