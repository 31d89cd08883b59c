# mail.retry: an attempt now for the queues to that site that wait for their next one (Exchange would wait up to ten minutes).
Connect-Exchange
$site = Get-In 'in_to'
$hosts = @(Get-Lines 'in_to_hosts')
$count = 0
foreach ($queue in @(Get-Queue -Server $env:COMPUTERNAME -ResultSize Unlimited)) {
    if ([string]$queue.Status -ne 'Retry' -or (Get-QueueWay $queue $site $hosts) -ne 'to') { continue }
    $identity = [string]$queue.Identity
    if ($identity -eq '') { continue } # an empty identity would mean every queue
    Retry-Queue -Identity $identity -Confirm:$false
    $count++
}
Set-After 'retried' ([string]$count + ' queues')
Complete-Answer
