# time.sync, for members (a domain controller's clock is a person's business): first the time service itself (w32tm /resync /rediscover), which is what
# Microsoft recommends; if the clock is still off after a minute, `net time \\from /set /y`. Neither exit codes nor words prove anything: what counts
# is how far the clock is off afterwards. The largest step is checked before.
Enter-Fence ''
$from = Get-In 'in_from'
$address = Get-Field $from 2
$name = Get-Field $from 1
if ($name -eq (Get-Field (Get-In 'unjam_self') 1)) { Stop-Cannot 'refused' 'a host cannot be its own source of time' }
$before = Get-ClockOffset $address
if ($null -eq $before) { Stop-Cannot 'refused' ('no time from ' + $name + ': nothing was moved') }
if ([Math]::Abs($before) * 1000 -gt [double](Get-In 'in_max_step')) { Stop-Cannot 'refused' ('the clock is off by ' + (Format-Seconds $before) + ', more than max_step') }
Set-Before 'offset' ((Format-Seconds $before) + ' from ' + $name)

$watch = [Diagnostics.Stopwatch]::StartNew()
$start = [DateTime]::UtcNow
$way = 'w32tm /resync'
$null = Invoke-Native 'w32tm.exe' @('/resync', '/rediscover')
$after = Get-ClockOffset $address
for ($look = 0; $look -lt 6 -and ($null -eq $after -or [Math]::Abs($after) -gt 5); $look++) {
    [Threading.Thread]::Sleep(10000)
    $after = Get-ClockOffset $address
}
if ($null -eq $after -or [Math]::Abs($after) -gt 5) {
    $way = 'net time /set'
    $null = Invoke-Native 'net.exe' @('time', ('\\' + $address), '/set', '/y')
    $after = Get-ClockOffset $address
}
$moved = ([DateTime]::UtcNow - $start).TotalSeconds - $watch.Elapsed.TotalSeconds
Set-After 'moved' (Format-Seconds $moved)
if ($null -eq $after) { Stop-Cannot 'failed' ('the clock moved by ' + (Format-Seconds $moved) + ', and ' + $name + ' does not answer any more') }
Set-After 'offset' ((Format-Seconds $after) + ' from ' + $name + ', by ' + $way)
if ([Math]::Abs($after) -gt 5 -and [Math]::Abs($moved) -lt 0.5) { Stop-Cannot 'failed' ('neither w32tm nor net time moved the clock; it is off by ' + (Format-Seconds $after)) }
Set-Out 'moved' (Format-Seconds $moved)
Complete-Answer
