# ad.replication: repadmin /showrepl * /csv (its values are not localised), of it the rows of this controller, per partition and source; and the option flags.
$found = Get-FailingLinks
Set-Out 'failing' @($found.Links)
$unsafe = ($found.Options -band 6) -ne 0
foreach ($link in @($found.Links)) { if (-not $link.safe) { $unsafe = $true } }
Set-Out 'unsafe' $unsafe
Complete-Answer
