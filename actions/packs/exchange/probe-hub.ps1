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
# Drained by us it refuses, each version in its way: that its listener says anything is enough, and of a paused transport (2010) that its service is paused.
$ready = $running -and (($codes.Length -ge 2 -and $codes[0] -eq 220 -and $codes[1] -eq 250) -or ($drained -and ($paused -or $codes.Length -ge 1)))
Set-Out 'ready' $ready
$held = $false
if (Get-Command Get-ServerComponentState -ErrorAction SilentlyContinue) {
    foreach ($component in @(Get-ServerComponentState -Identity $env:COMPUTERNAME)) {
        if (@('HubTransport', 'FrontendTransport', 'ServerWideOffline') -contains [string]$component.Component -and [string]$component.State -ne 'Active') { $held = $true }
    }
}
if (-not $ready -or $drained -or $paused -or $held) { Set-Out 'serving' $false }
elseif ($recipient -ne '') { Set-Out 'serving' ($codes.Length -ge 4 -and $codes[3] -eq 250) }
# Managed Availability (2013 and later) restarts services and servers too. What it did a short while ago counts as ours: counted back from the newest
# record of its own log. A log that cannot be read says nothing, so `recovering` is left out; one that is not there (2010) has nothing to say.
$acting = $false
try {
    $acts = @(Get-WinEvent -LogName 'Microsoft-Exchange-ManagedAvailability/RecoveryActionResults' -MaxEvents 100)
    $newest = @(Get-WinEvent -LogName 'Application' -MaxEvents 1)
    foreach ($act in $acts) {
        $text = [string]$act.Message
        foreach ($value in @($act.Properties)) { $text += (' ' + [string]$value.Value) }
        $minutes = 0
        if ($text -match 'ForceReboot') { $minutes = 720 } elseif ($text -match 'RestartService|ServerFailover|PutDCInMM|TakeComponentOffline') { $minutes = 60 }
        if (($newest[0].TimeCreated - $act.TimeCreated).TotalMinutes -lt $minutes) { $acting = $true }
    }
} catch {
    if ($_.FullyQualifiedErrorId -notlike 'NoMatching*') { $acting = $null }
}
if ($null -ne $acting) { Set-Out 'recovering' ((($held -or $paused) -and -not $drained) -or $acting) }

$session = Get-Registry 'HKLM:\SYSTEM\CurrentControlSet\Control\Session Manager' 'PendingFileRenameOperations'
$pending = ($null -ne $session) -or (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending') -or
    (Test-Path -LiteralPath 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WindowsUpdate\Auto Update\RebootRequired') -or
    ($null -ne (Get-Registry 'HKLM:\SOFTWARE\Microsoft\Updates\UpdateExeVolatile' 'Flags'))
Set-Out 'reboot_pending' $pending
$queued = 0
foreach ($queue in @(Get-Queue -Server $env:COMPUTERNAME -ResultSize Unlimited)) { $queued += [int]$queue.MessageCount }
Set-Out 'queued' $queued
Complete-Answer
