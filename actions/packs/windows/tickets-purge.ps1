# tickets.purge: of the system (0x3e7) and of Network Service (0x3e4), whose session the transport of Exchange runs in. The sentences of klist are
# localised, its exit code is not.
foreach ($session in @('0x3e7', '0x3e4')) {
    $done = Invoke-Native 'klist.exe' @('-li', $session, 'purge')
    if ($done.Code -ne 0) { Stop-Cannot 'failed' ('klist -li ' + $session + ' purge: exit code ' + [string]$done.Code + ' ' + [string]::Join(' ', [string[]]$done.Lines)) }
}
Set-After 'purged' 'sessions 0x3e7, 0x3e4'
Complete-Answer
