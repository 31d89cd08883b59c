# mail.fate: by message id, from the queues and this server's tracking log.
Connect-Exchange
$open = 0
$lost = 0
$queued = @{}
foreach ($message in @(Get-Message -Server $env:COMPUTERNAME -ResultSize Unlimited)) { $queued[[string]$message.InternetMessageId] = 1 }
foreach ($id in @(Get-Lines 'in_ids')) {
    if ($queued.ContainsKey($id)) { $open++; continue }
    $sent = $false
    $bad = $false
    foreach ($record in @(Get-MessageTrackingLog -Server $env:COMPUTERNAME -MessageId $id -ResultSize Unlimited)) {
        $what = [string]$record.EventId
        if ($what -eq 'SEND' -or $what -eq 'DELIVER') { $sent = $true }
        if ($what -eq 'FAIL' -or $what -eq 'POISONMESSAGE') { $bad = $true }
    }
    if ($bad -or -not $sent) { $lost++ }
}
Set-Out 'open' $open
Set-Out 'lost' $lost
Complete-Answer
