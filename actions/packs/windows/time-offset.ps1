# time.offset: measured by the host itself with w32tm /stripchart, which changes nothing. A peer that does not answer NTP is missing.
$source = Get-In 'unjam_time_source'
if (-not [string]::IsNullOrEmpty($source)) {
    $offset = Get-ClockOffset $source
    if ($null -ne $offset) { Set-Out 'offset' (Format-Seconds $offset) }
}
$own = Get-Field (Get-In 'unjam_self') 1
$peers = @{}
foreach ($line in @(Get-Lines 'in_peers')) {
    $name = Get-Field $line 1
    if ($name -eq $own) { $peers[$name] = '0s'; continue }
    $offset = Get-ClockOffset (Get-Field $line 2)
    if ($null -ne $offset) { $peers[$name] = Format-Seconds $offset }
}
Set-Out 'peers' $peers
$status = Invoke-Native 'w32tm.exe' @('/query', '/status')
if ($status.Code -eq -2147023834) { Set-Out 'synced' $false } # the service does not run
else {
    $synced = Test-Synchronised $status.Lines
    if ($null -ne $synced) { Set-Out 'synced' $synced }
}
Complete-Answer
