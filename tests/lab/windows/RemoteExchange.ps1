# What the real one leaves in the session that loads it: Connect-ExchangeServer, and where the scripts are.
$global:exscripts = Join-Path (Join-Path $env:UNJAM_LAB $env:UNJAM_LAB_HOST) 'exchange/scripts'
function Connect-ExchangeServer {
    [CmdletBinding()]
    param([switch]$Auto, [string]$ServerFqdn, [string]$ClientApplication)
    Open-LabExchangeSession
}
