# hub.drain: no new mail, what is queued goes on. 2013 and later: component HubTransport to Draining, requester Maintenance, and a restart of the
# transport, as Microsoft's procedure says. 2010: the transport is paused; a restart of Windows ends that by itself. A member of a DAG has databases to
# move first, whose settings the official scripts do not put back: refused.
Enter-Fence 'again'
Connect-Exchange
$record = Join-Path (Get-Folder) 'drain'
$components = $null -ne (Get-Command Set-ServerComponentState -ErrorAction SilentlyContinue)
if (-not [IO.File]::Exists($record)) {
    foreach ($server in @(Get-MailboxServer -Identity $env:COMPUTERNAME -ErrorAction SilentlyContinue)) {
        if ($null -ne $server -and -not [string]::IsNullOrEmpty([string]$server.DatabaseAvailabilityGroup)) { Stop-Cannot 'refused' 'this server is a member of a DAG: it has to be put into maintenance by hand' }
    }
    $before = ''
    if ($components) {
        foreach ($component in @(Get-ServerComponentState -Identity $env:COMPUTERNAME -Component HubTransport)) { $before = 'HubTransport ' + [string]$component.State }
        if ($before -ne 'HubTransport Active') { Stop-Cannot 'refused' ('somebody else holds this server: ' + $before) }
    } else {
        foreach ($service in @(Get-Service | Where-Object { $_.Name -eq 'MSExchangeTransport' })) { $before = 'MSExchangeTransport ' + [string]$service.Status }
        if ($before -ne 'MSExchangeTransport Running') { Stop-Cannot 'refused' ('somebody else holds this server: ' + $before) }
    }
    [void][IO.Directory]::CreateDirectory((Get-Folder))
    Write-Durably $record $before
}
$before = [IO.File]::ReadAllText($record)
Set-Before 'policy' $before
if ($components) {
    Set-ServerComponentState -Identity $env:COMPUTERNAME -Component HubTransport -State Draining -Requester Maintenance
    Restart-Service -Name MSExchangeTransport
} else { Suspend-Service -Name MSExchangeTransport }
Set-Out 'policy_before' $before
Set-After 'policy' 'drained'
Complete-Answer
