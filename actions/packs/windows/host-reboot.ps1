# host.reboot: shutdown /r in 30 seconds, so that the answer gets out first and a person at the console can still stop it. Planned (p:4:1), with the intent in the comment, to be found in event 1074.
# 1190: a shutdown is already scheduled, 1115: one is under way; both are somebody else's, and nothing is sent again.
Enter-Fence ''
$boot = Get-In 'fence_boot'
Set-Before 'boot' $boot
$ran = Invoke-Native 'shutdown.exe' @('/r', '/t', '30', '/d', 'p:4:1', '/c', ('unjam ' + (Get-In 'fence_intent')))
# A shell in between may have cut the exit code to a byte; the number is in the text too, whatever the language.
$text = [string]::Join(' ', [string[]]@($ran.Lines))
if (@(1190, 1115) -contains $ran.Code -or ($ran.Code -ne 0 -and $text -match '\((1190|1115)\)')) { Stop-Cannot 'refused' ('somebody else is restarting this host (shutdown: ' + $ran.Code + ' ' + $text + ')') }
if ($ran.Code -ne 0) { Stop-Cannot 'failed' ('shutdown: ' + $ran.Code + ' ' + [string]::Join(' ', [string[]]$ran.Lines)) }
Set-Out 'boot' $boot
Complete-Answer
