# mail.refusals: event 1035 of MSExchangeTransport. Its data are read by place (error, connector, mechanism, address), never its localised text, and
# neither level nor error name is filtered on. The record id is the bookmark; `within` is counted back from the newest record of the same log.
$addresses = @()
foreach ($line in @(Get-Lines 'in_of')) { $addresses += (Get-Field $line 2) }
$within = [double](Get-In 'in_within')
$newest = @(Get-WinEvent -LogName 'Application' -MaxEvents 1)
$events = @()
try { $events = @(Get-WinEvent -FilterHashtable @{ LogName = 'Application'; ProviderName = 'MSExchangeTransport'; Id = 1035 } -MaxEvents 2000) }
catch { if ($_.FullyQualifiedErrorId -notlike 'NoMatchingEventsFound*') { throw } } # no event is an answer; an unreadable log is none
$sources = @()
$last = 0
foreach ($record in $events) {
    $data = @($record.Properties)
    if ($data.Length -lt 4 -or [string]$data[2].Value -ne 'ExchangeAuth') { continue }
    $address = [string]$data[3].Value
    if (-not ($addresses -contains $address)) { continue }
    if ([long]$record.RecordId -gt $last) { $last = [long]$record.RecordId }
    if (($newest[0].TimeCreated - $record.TimeCreated).TotalMilliseconds -le $within -and -not ($sources -contains $address)) { $sources += $address }
}
Set-Out 'sources' @($sources)
Set-Out 'last' $last
Complete-Answer
