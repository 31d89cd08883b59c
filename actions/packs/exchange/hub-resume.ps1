# hub.resume: releases what hub.drain took, under the same requester, and nothing that another one holds.
Enter-Fence 'again'
Connect-Exchange
$record = Join-Path (Get-Folder) 'drain'
if (-not [IO.File]::Exists($record)) {
    Set-After 'policy' 'not drained by Unjam: nothing to put back'
    Complete-Answer
}
Set-Before 'policy' 'drained'
if (Get-Command Set-ServerComponentState -ErrorAction SilentlyContinue) {
    Set-ServerComponentState -Identity $env:COMPUTERNAME -Component HubTransport -State Active -Requester Maintenance
    Restart-Service -Name MSExchangeTransport
} else {
    foreach ($service in @(Get-Service | Where-Object { $_.Name -eq 'MSExchangeTransport' })) {
        if ([string]$service.Status -eq 'Paused') { Resume-Service -Name MSExchangeTransport }
    }
}
Set-After 'policy' ([IO.File]::ReadAllText($record))
[IO.File]::Delete($record)
Complete-Answer
