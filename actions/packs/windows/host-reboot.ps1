# host.reboot: shutdown /r in 10 seconds, so that the answer gets out first. Planned (p:4:1), with the intent in the comment, to be found in event 1074.
# 1190: a shutdown is already scheduled, 1115: one is under way; both are somebody else's, and nothing is sent again.
Enter-Fence ''
$boot = Get-In 'fence_boot'
Set-Before 'boot' $boot
$ran = Invoke-Native 'shutdown.exe' @('/r', '/t', '10', '/d', 'p:4:1', '/c', ('unjam ' + (Get-In 'fence_intent')))
if ($ran.Code -eq 1190 -or $ran.Code -eq 1115) { Stop-Cannot 'refused' ('somebody else is restarting this host (shutdown: ' + $ran.Code + ')') }
if ($ran.Code -ne 0) { Stop-Cannot 'failed' ('shutdown: ' + $ran.Code + ' ' + [string]::Join(' ', [string[]]$ran.Lines)) }
Set-Out 'boot' $boot
Complete-Answer
