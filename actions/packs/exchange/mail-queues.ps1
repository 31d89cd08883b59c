# mail.queues: queues of this server by where they lead; stuck are the messages of those whose last attempt failed. Inside and outbound are judged by
# the queues alone: Exchange keeps a failed message in its queue until it expires.
Connect-Exchange
$site = Get-In 'in_to'
$hosts = @(Get-Lines 'in_to_hosts')
$stuck = 0
$faults = @{}
$ids = @()
$inside = $true
$outbound = $true
foreach ($queue in @(Get-Queue -Server $env:COMPUTERNAME -ResultSize Unlimited)) {
    if (-not (Test-Failing $queue)) { continue }
    $way = Get-QueueWay $queue $site $hosts
    if ($way -eq 'inside') { $inside = $false }
    if ($way -eq 'outside') { $outbound = $false }
    if ($way -ne 'to') { continue }
    $count = [int]$queue.MessageCount
    $stuck += $count
    $fault = Get-Fault ([string]$queue.LastError)
    if ($faults.ContainsKey($fault)) { $faults[$fault] += $count } else { $faults[$fault] = $count }
    foreach ($message in @(Get-Message -Queue ([string]$queue.Identity) -ResultSize $UnjamMost)) {
        if ($ids.Length -lt $UnjamMost) { $ids += [string]$message.InternetMessageId }
    }
}
$worst = 'none'
foreach ($fault in $faults.Keys) { if ($fault -ne 'auth' -and ($worst -eq 'none' -or $faults[$fault] -gt $faults[$worst])) { $worst = $fault } }
if ($worst -eq 'none' -and $faults.ContainsKey('auth')) { $worst = 'auth' }
Set-Out 'stuck' $stuck
Set-Out 'fault' $worst
Set-Out 'ids' @($ids)
Set-Out 'inside_ok' $inside
Set-Out 'outbound_ok' $outbound
Complete-Answer
