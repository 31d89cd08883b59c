# hub.drain: no new mail, what is queued goes on. 2013 and later, as Microsoft's procedure says: component HubTransport to Draining and a restart of the
# transport; UMCallRouter too where there is one (2013, 2016); a member of a DAG by the DAG's own script; waiting mail to another hub of the site that is in service; ServerWideOffline to Inactive. All under
# requester Maintenance. 2010: the transport is paused; a restart of Windows ends that by itself. The record `drain` keeps what was there before, and is
# written first.
Enter-Fence 'again'
Connect-Exchange
$record = Join-Path (Get-Folder) 'drain'
$components = $null -ne (Get-Command Set-ServerComponentState -ErrorAction SilentlyContinue)
$dag = ''
$policy = ''
foreach ($server in @(Get-MailboxServer -Identity $env:COMPUTERNAME -ErrorAction SilentlyContinue)) {
    if ($null -eq $server) { continue }
    $dag = [string]$server.DatabaseAvailabilityGroup
    $policy = [string]$server.DatabaseCopyAutoActivationPolicy
}
$script = Join-Path (Join-Path (Get-ExchangeFolder) 'scripts') 'StartDagServerMaintenance.ps1'
if (-not [IO.File]::Exists($record)) {
    if ($dag -ne '' -and -not [IO.File]::Exists($script)) { Stop-Cannot 'refused' ('this server is a member of the DAG ' + $dag + ' and has no ' + $script + ': it has to be put into maintenance by hand') }
    $lines = @()
    if ($components) {
        $calls = @() # mail does not need them: what another holds is no reason to refuse, and is left alone
        foreach ($component in @(Get-ServerComponentState -Identity $env:COMPUTERNAME)) {
            if ([string]$component.Component -eq 'UMCallRouter' -and [string]$component.State -eq 'Active') { $calls = @('UMCallRouter Active') }
            if (@('HubTransport', 'ServerWideOffline') -notcontains [string]$component.Component) { continue }
            if ([string]$component.State -ne 'Active') { Stop-Cannot 'refused' ('somebody else holds this server: ' + [string]$component.Component + ' is ' + [string]$component.State) }
            $lines += ([string]$component.Component + ' ' + [string]$component.State)
        }
        if ($lines.Length -ne 2) { Stop-Cannot 'unreadable' 'the states of HubTransport and ServerWideOffline' }
        $lines += $calls
        if ($dag -ne '') { $lines += ('DatabaseCopyAutoActivationPolicy ' + $policy) }
    } else {
        foreach ($service in @(Get-Service | Where-Object { $_.Name -eq 'MSExchangeTransport' })) { $lines += ('MSExchangeTransport ' + [string]$service.Status) }
        if ($lines.Length -ne 1 -or $lines[0] -ne 'MSExchangeTransport Running') { Stop-Cannot 'refused' ('somebody else holds this server: ' + [string]::Join(', ', [string[]]$lines)) }
    }
    [void][IO.Directory]::CreateDirectory((Get-Folder))
    Write-Durably $record ([string]::Join("`n", [string[]]$lines))
}
$kept = @([IO.File]::ReadAllLines($record))
$before = [string]::Join(', ', [string[]]$kept)
Set-Before 'policy' $before

# A hub of the same site that is in service, by its DNS name; '' if there is none.
function Find-OtherHub {
    $site = ''
    foreach ($server in @(Get-ExchangeServer -Identity $env:COMPUTERNAME)) { $site = [string]$server.Site }
    foreach ($server in @(Get-ExchangeServer)) {
        if ([string]$server.Name -eq $env:COMPUTERNAME -or $site -eq '' -or [string]$server.Site -ne $site) { continue }
        $active = 0
        foreach ($component in @(Get-ServerComponentState -Identity ([string]$server.Name))) {
            if (@('HubTransport', 'ServerWideOffline') -contains [string]$component.Component -and [string]$component.State -eq 'Active') { $active++ }
        }
        if ($active -eq 2) { return [string]$server.Fqdn }
    }
    return ''
}

if ($components) {
    Set-ServerComponentState -Identity $env:COMPUTERNAME -Component HubTransport -State Draining -Requester Maintenance
    Restart-Service -Name MSExchangeTransport
    if ($kept -contains 'UMCallRouter Active') { Set-ServerComponentState -Identity $env:COMPUTERNAME -Component UMCallRouter -State Draining -Requester Maintenance }
    if ($dag -ne '') { & $script -ServerName $env:COMPUTERNAME -MoveComment 'Unjam' -PauseClusterNode | Out-Null }
    # What waits is safe on disk: that nobody can take it now is no reason not to go on.
    $moved = 'nowhere'
    try {
        $to = Find-OtherHub
        if ($to -ne '') { Redirect-Message -Server $env:COMPUTERNAME -Target $to -Confirm:$false; $moved = $to }
    } catch { $moved = 'nowhere: ' + $_.Exception.Message }
    Set-After 'redirected' $moved
    Set-ServerComponentState -Identity $env:COMPUTERNAME -Component ServerWideOffline -State Inactive -Requester Maintenance
} else {
    foreach ($service in @(Get-Service | Where-Object { $_.Name -eq 'MSExchangeTransport' })) {
        if ([string]$service.Status -eq 'Running') { Suspend-Service -Name MSExchangeTransport }
    }
}
Set-Out 'policy_before' $before
Set-After 'policy' 'drained'
Complete-Answer
