# mail.probe: one message from this server to the address that %ProgramData%\Unjam\probe names for the site, handed in at this server's own port 25;
# it has arrived when the tracking log says that it was sent on, or delivered. Looks for a minute.
Connect-Exchange
$to = Get-ProbeAddress (Get-In 'in_to')
if ($to -eq '') { Stop-Cannot 'unreadable' ('no address to probe: ' + (Join-Path (Get-Folder) 'probe') + ' has no line for ' + (Get-In 'in_to')) }
$token = Get-In 'unjam_token'
$id = '<unjam-probe-' + $token + '@' + $env:COMPUTERNAME + '>'
$message = New-Object Net.Mail.MailMessage($to, $to, ('Unjam probe ' + $token), 'A test message: does mail flow?')
$message.Headers.Add('Message-ID', $id)
$message.Headers.Add('Auto-Submitted', 'auto-generated')
$watch = [Diagnostics.Stopwatch]::StartNew()
$smtp = New-Object Net.Mail.SmtpClient((Get-Field (Get-In 'unjam_self') 2), 25)
$smtp.Send($message)
$arrived = $false
while (-not $arrived -and $watch.Elapsed.TotalSeconds -lt 60) {
    foreach ($record in @(Get-MessageTrackingLog -Server $env:COMPUTERNAME -MessageId $id -ResultSize 100)) {
        if (@('SEND', 'DELIVER') -contains [string]$record.EventId) { $arrived = $true }
    }
    if (-not $arrived) { [Threading.Thread]::Sleep(2000) }
}
Set-Out 'arrived' $arrived
if ($arrived) { Set-Out 'took' (Format-Seconds $watch.Elapsed.TotalSeconds) }
Complete-Answer
