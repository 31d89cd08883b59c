# hub.resume: releases what hub.drain took, under the same requester, and nothing that another one holds; in the reverse order. The DAG's script sets the
# activation policy to Unrestricted, whatever it was: what the record kept is put back.
Enter-Fence 'again'
Connect-Exchange
$record = Join-Path (Get-Folder) 'drain'
if (-not [IO.File]::Exists($record)) {
    Set-After 'policy' 'not drained by Unjam: nothing to put back'
    Complete-Answer
}
Set-Before 'policy' 'drained'
$kept = @{}
foreach ($line in [IO.File]::ReadAllLines($record)) {
    $at = $line.IndexOf(' ')
    if ($at -gt 0) { $kept[$line.Substring(0, $at)] = $line.Substring($at + 1) }
}
if (Get-Command Set-ServerComponentState -ErrorAction SilentlyContinue) {
    if ($kept.ContainsKey('ServerWideOffline')) { Set-ServerComponentState -Identity $env:COMPUTERNAME -Component ServerWideOffline -State Active -Requester Maintenance }
    if ($kept.ContainsKey('UMCallRouter')) { Set-ServerComponentState -Identity $env:COMPUTERNAME -Component UMCallRouter -State Active -Requester Maintenance }
    if ($kept.ContainsKey('DatabaseCopyAutoActivationPolicy')) {
        & (Join-Path (Join-Path (Get-ExchangeFolder) 'scripts') 'StopDagServerMaintenance.ps1') -ServerName $env:COMPUTERNAME | Out-Null
        Set-MailboxServer -Identity $env:COMPUTERNAME -DatabaseCopyAutoActivationPolicy $kept['DatabaseCopyAutoActivationPolicy']
    }
    Set-ServerComponentState -Identity $env:COMPUTERNAME -Component HubTransport -State Active -Requester Maintenance
    Restart-Service -Name MSExchangeTransport
} else {
    foreach ($service in @(Get-Service | Where-Object { $_.Name -eq 'MSExchangeTransport' })) {
        if ([string]$service.Status -eq 'Paused') { Resume-Service -Name MSExchangeTransport }
    }
}
Set-After 'policy' ([string]::Join(', ', [string[]]@([IO.File]::ReadAllLines($record))))
[IO.File]::Delete($record)
Complete-Answer
