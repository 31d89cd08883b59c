# kerberos.check on a member. Every sentence of nltest and setspn is localised; numbers and names are not. Nobody can look at the machine's secret:
# own_key is what the secure channel says of it (1786: there is none).
$name = $env:COMPUTERNAME
$domain = [string](Get-Wmi 'Win32_ComputerSystem').Domain
$fqdn = $name + '.' + $domain

# The controllers of the domain, by DNS name: lines `[n] name` do not exist in all versions, so names that end in the domain are taken.
$listed = Invoke-Native 'nltest.exe' @(('/dclist:' + $domain))
$dcs = @()
foreach ($line in $listed.Lines) { if ($line -match '(?i)^\s+([a-z0-9-]+\.[a-z0-9.-]+)(\s|$)') { $dcs += $matches[1] } }
if ($dcs.Length -gt 0) {
    $open = $true
    foreach ($dc in $dcs) {
        $client = New-Object Net.Sockets.TcpClient
        try {
            $begun = $client.BeginConnect($dc, 88, $null, $null)
            if (-not $begun.AsyncWaitHandle.WaitOne(3000, $false)) { $open = $false } else { $client.EndConnect($begun) }
        } catch { $open = $false } finally { $client.Close() }
    }
    Set-Out 'kdc_port' $open
}

# SMTPSVC/<fqdn>: the distinguished names that setspn -Q prints begin with CN=.
$asked = Invoke-Native 'setspn.exe' @('-Q', ('SMTPSVC/' + $fqdn))
$holders = @($asked.Lines | Where-Object { $_ -match '^CN=' })
if ($holders.Length -gt 1) { Set-Out 'spn' 'duplicate' }
elseif ($holders.Length -eq 1) { if ($holders[0] -match ('(?i)^CN=' + [regex]::Escape($name) + ',')) { Set-Out 'spn' 'ok' } else { Set-Out 'spn' 'missing' } }
elseif ($asked.Code -eq 0 -and @($asked.Lines | Where-Object { $_ -match 'DC=' }).Length -gt 0) { Set-Out 'spn' 'missing' } # it did search

# The secure channel: the numbers behind `Status =`, never the closing sentence, which says success for a broken trust too. 5 is a lack of rights, 1311
# and 1722 are no controller within reach: nothing is known then.
$channel = Invoke-Native 'nltest.exe' @(('/sc_verify:' + $domain))
$codes = @()
foreach ($line in $channel.Lines) { if ($line -match 'Status = (\d+) 0x') { $codes += [int]$matches[1] } }
$blind = @($codes | Where-Object { @(5, 1311, 1722) -contains $_ }).Length -gt 0
if ($codes.Length -gt 0 -and -not $blind) {
    Set-Out 'own_key' (-not ($codes -contains 1786))
    Set-Out 'trust' (@($codes | Where-Object { $_ -ne 0 }).Length -eq 0)
}
Complete-Answer
