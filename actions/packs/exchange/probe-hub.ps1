# probe.hub: services, listener, and a recipient of its own site (the line of its site in %ProgramData%\Unjam\probe; without one `serving` is left out).
# Drained is what hub.drain's record says; a component that is not Active without that record is somebody else's doing.
Connect-Exchange
$self = Get-In 'unjam_self'
$recipient = Get-ProbeAddress (Get-Field $self 3)
$running = $true
$paused = $false
$transport = $false
foreach ($service in @(Get-Service)) {
    if (@('MSExchangeTransport', 'MSExchangeFrontEndTransport', 'MSExchangeADTopology') -notcontains $service.Name) { continue }
    $state = [string]$service.Status
    if ($service.Name -eq 'MSExchangeTransport') { $transport = $true; $paused = $state -eq 'Paused' }
    if ($state -ne 'Running' -and $state -ne 'Paused') { $running = $false }
}
if (-not $transport) { Stop-Cannot 'absent' 'there is no MSExchangeTransport service here' }
$codes = @(Get-SmtpCodes (Get-Field $self 2) $recipient)
$drained = [IO.File]::Exists((Join-Path (Get-Folder) 'drain'))
# A paused transport (2010) closes its listener; that is how it is drained, so its service decides.
$ready = $running -and (($codes.Length -ge 2 -and $codes[0] -eq 220 -and $codes[1] -eq 250) -or ($drained -and $paused))
Set-Out 'ready' $ready
$held = $false
if (Get-Command Get-ServerComponentState -ErrorAction SilentlyContinue) {
    foreach ($component in @(Get-ServerComponentState -Identity $env:COMPUTERNAME)) {
        if (@('HubTransport', 'FrontendTransport', 'ServerWideOffline') -contains [string]$component.Component -and [string]$component.State -ne 'Active') { $held = $true }
    }
}
if (-not $ready -or $drained -or $paused -or $held) { Set-Out 'serving' $false }
elseif ($recipient -ne '') { Set-Out 'serving' ($codes.Length -ge 4 -and $codes[3] -eq 250) }
Set-Out 'recovering' (($held -or $paused) -and -not $drained)

$session = Get-Registry 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager' 'PendingFileRenameOperations'
$pending = ($null -ne $session) -or (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending') -or
    (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired')
Set-Out 'reboot_pending' $pending
$queued = 0
foreach ($queue in @(Get-Queue -Server $env:COMPUTERNAME -ResultSize Unlimited)) { $queued += [int]$queue.MessageCount }
Set-Out 'queued' $queued
Complete-Answer
