# time.sync, for members (a domain controller's clock is a person's business): first the time service itself (w32tm /resync /rediscover), which is what
# Microsoft recommends; if the clock is still off after a minute (small errors are slewed), `net time \\from /set /y`, with the time service stopped for
# as long as that takes and started again whatever happens. Neither exit codes nor words prove anything: what counts is how far the clock is off
# afterwards, and that it stays there. The largest step is checked before, and nothing is moved that is right.
Enter-Fence ''
$from = Get-In 'in_from'
$address = Get-Field $from 2
$name = Get-Field $from 1
if ($name -eq (Get-Field (Get-In 'unjam_self') 1)) { Stop-Cannot 'refused' 'a host cannot be its own source of time' }
$before = Get-ClockOffset $address
if ($null -eq $before) { Stop-Cannot 'refused' ('no time from ' + $name + ': nothing was moved') }
if ([Math]::Abs($before) * 1000 -gt [double](Get-In 'in_max_step')) { Stop-Cannot 'refused' ('the clock is off by ' + (Format-Seconds $before) + ', more than max_step') }
Set-Before 'offset' ((Format-Seconds $before) + ' from ' + $name)
$right = 5 # seconds: Kerberos allows 300, a person would call less than this right

# Looks so many times, and ends early when the clock is right.
function Wait-Right([int]$Looks) {
    $offset = Get-ClockOffset $address
    for ($look = 1; $look -lt $Looks -and ($null -eq $offset -or [Math]::Abs($offset) -gt $right); $look++) {
        Wait-Seconds 8
        $offset = Get-ClockOffset $address
    }
    return $offset
}

$watch = [Diagnostics.Stopwatch]::StartNew()
$start = [DateTime]::UtcNow
$way = 'w32tm /resync'
$said = Invoke-Native 'w32tm.exe' @('/resync', '/rediscover')
# Of an error that the service will not slew away by itself (half an hour's rate and more) nobody waits for the second look.
$looks = 5
if ([Math]::Abs($before) -gt 300) { $looks = 2 }
$after = Wait-Right $looks
if ($null -eq $after -or [Math]::Abs($after) -gt $right) {
    $way = 'net time /set'
    # Whoever finds this mark starts the time service again: intent.look, if this session is lost in between.
    [void][IO.Directory]::CreateDirectory((Get-Folder))
    Write-Durably (Join-Path (Get-Folder) 'time-stopped') (Get-In 'fence_intent')
    try {
        Stop-Service -Name W32Time -Force
        $said = Invoke-Native 'net.exe' @('time', ('\\' + $address), '/set', '/y')
    } finally {
        Start-Service -Name W32Time
        [IO.File]::Delete((Join-Path (Get-Folder) 'time-stopped'))
    }
    $after = Get-ClockOffset $address
}
$moved = ([DateTime]::UtcNow - $start).TotalSeconds - $watch.Elapsed.TotalSeconds
Set-After 'moved' (Format-Seconds $moved)
if ($null -eq $after) { Stop-Cannot 'failed' ('the clock moved by ' + (Format-Seconds $moved) + ', and ' + $name + ' does not answer any more') }
Set-After 'offset' ((Format-Seconds $after) + ' from ' + $name + ', by ' + $way)
if ([Math]::Abs($after) -gt $right) {
    if ([Math]::Abs($moved) -lt 0.5) { Stop-Cannot 'failed' ('neither w32tm nor net time moved the clock (exit code ' + $said.Code + '); it is off by ' + (Format-Seconds $after)) }
    Stop-Cannot 'failed' ('the clock moved by ' + (Format-Seconds $moved) + ' and is off by ' + (Format-Seconds $after) + ' all the same')
}
# Tools of a hypervisor or a second time source move it back within seconds: then repeating this would be a fight.
Wait-Seconds 3
$held = Get-ClockOffset $address
if ($null -ne $held -and [Math]::Abs($held) -gt $right) {
    Stop-Cannot 'failed' ('the clock was right and something else moved it away again, by ' + (Format-Seconds ($held - $after)) + ': look for tools of the hypervisor or a second time source')
}
Set-Out 'moved' (Format-Seconds $moved)
Complete-Answer
