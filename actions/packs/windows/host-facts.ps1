# host.facts: free bytes of the fullest fixed disk. Windows has no load average: `load` is left out.
$least = $null
foreach ($disk in @(Get-Wmi 'Win32_LogicalDisk')) {
    if ($disk.DriveType -ne 3 -or $null -eq $disk.FreeSpace) { continue }
    $free = [long]$disk.FreeSpace
    if ($null -eq $least -or $free -lt $least) { $least = $free }
}
if ($null -ne $least) { Set-Out 'disk_free' $least }
Complete-Answer
