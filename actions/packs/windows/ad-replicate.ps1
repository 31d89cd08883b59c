# ad.replicate: repadmin /replicate HERE SOURCE PARTITION, one pull for each link; never /force, which would override an administrator's decision.
$found = Get-FailingLinks
if (($found.Options -band 6) -ne 0) { Stop-Cannot 'refused' ('replication is switched off at this controller (options ' + $found.Options + ')') }
$wanted = @()
foreach ($line in @(Get-Lines 'in_links')) {
    $source = ''
    $partition = ''
    foreach ($part in $line.Split([char]9)) { # told apart by what they are, so the order of the fields does not matter
        if ($part -match '\A(true|false|-?\d+)\z') { continue }
        if ($part.IndexOf('=') -ge 0) { $partition = $part } else { $source = $part.ToLowerInvariant() }
    }
    if ($source -notmatch '\A[a-z0-9._-]+\z' -or $partition -eq '') { Stop-Cannot 'refused' 'not a link' }
    foreach ($link in @($found.Links)) {
        if ($link.source -eq $source -and $link.partition -eq $partition -and -not $link.safe) { Stop-Cannot 'refused' ('the link from ' + $source + ' failed with ' + $link.code + ': it must not be forced') }
    }
    $wanted += @{ Source = $source; Partition = $partition }
}
$trouble = @()
foreach ($link in $wanted) {
    $ran = Invoke-Native 'repadmin.exe' @('/replicate', $env:COMPUTERNAME, $link.Source, $link.Partition)
    if ($ran.Code -ne 0) { $trouble += ($link.Source + ', ' + $link.Partition + ': ' + $ran.Code) }
}
if ($trouble.Length -gt 0) { Stop-Cannot 'failed' ([string]::Join('; ', [string[]]$trouble)) }
Set-After 'pulled' ([string]$wanted.Length + ' links')
Complete-Answer
