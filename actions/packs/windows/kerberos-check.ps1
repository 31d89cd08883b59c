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
    # All at once: a firewall that drops would cost as many seconds for each of them.
    $tries = @()
    foreach ($dc in $dcs) {
        foreach ($port in @(88, 464, 389)) { # Kerberos, password changes, LDAP
            $client = New-Object Net.Sockets.TcpClient
            $begun = $null
            try { $begun = $client.BeginConnect($dc, $port, $null, $null) } catch { $null = $_ } # a name that nobody knows
            $tries += @{ Where = $dc + ':' + $port; Port = $port; Client = $client; Begun = $begun }
        }
    }
    $watch = [Diagnostics.Stopwatch]::StartNew()
    $open = $true
    $closed = @()
    foreach ($one in $tries) {
        $answers = $false
        try {
            $left = [int][Math]::Max(0, 5000 - $watch.ElapsedMilliseconds)
            if ($null -ne $one.Begun -and $one.Begun.AsyncWaitHandle.WaitOne($left, $false)) { $one.Client.EndConnect($one.Begun); $answers = $true }
        } catch { $null = $_ } finally { $one.Client.Close() } # refused
        if ($answers) { continue }
        $closed += $one.Where
        if ($one.Port -eq 88) { $open = $false }
    }
    Set-Out 'kdc_port' $open
    Set-Out 'closed' $closed
}

# Who holds the service's names; the distinguished names that setspn -Q prints begin with CN=. SMTPSVC/<fqdn> is the one that hubs ask tickets for; two
# holders of any of them are a fault.
$holders = @()
$spn = ''
foreach ($service in @(('SMTPSVC/' + $fqdn), ('SMTPSVC/' + $name), ('SMTP/' + $fqdn), ('SMTP/' + $name))) {
    $asked = Invoke-Native 'setspn.exe' @('-Q', $service)
    $found = @($asked.Lines | Where-Object { $_ -match '^CN=' })
    foreach ($holder in $found) { if (-not ($holders -contains $holder)) { $holders += $holder } }
    if ($found.Length -gt 1) { $spn = 'duplicate' }
    if ($spn -ne '' -or $service -ne ('SMTPSVC/' + $fqdn)) { continue }
    if ($found.Length -eq 1) { if ($found[0] -match ('(?i)^CN=' + [regex]::Escape($name) + ',')) { $spn = 'ok' } else { $spn = 'missing' } }
    elseif ($asked.Code -eq 0 -and @($asked.Lines | Where-Object { $_ -match 'DC=' }).Length -gt 0) { $spn = 'missing' } # it did search
    else { break } # nobody can be asked: nothing is known
}
if ($spn -ne '') { Set-Out 'spn' $spn; Set-Out 'holders' $holders }

# The secure channel: the numbers behind `Status =`, never the closing sentence, which says success for a broken trust too. 5 is a lack of rights, 1311
# and 1722 are no controller within reach: nothing is known then.
$channel = Invoke-Native 'nltest.exe' @(('/sc_verify:' + $domain))
$codes = @()
foreach ($line in $channel.Lines) { if ($line -match 'Status = (\d+) 0x') { $codes += [int]$matches[1] } }
$blind = @($codes | Where-Object { @(5, 1311, 1722) -contains $_ }).Length -gt 0
if ($codes.Length -gt 0) {
    $telling = @(@($codes | Where-Object { $_ -ne 0 }) + 0)
    Set-Out 'status' $telling[0]
}
if ($codes.Length -gt 0 -and -not $blind) {
    Set-Out 'own_key' (-not ($codes -contains 1786))
    Set-Out 'trust' (@($codes | Where-Object { $_ -ne 0 }).Length -eq 0)
}
Complete-Answer
