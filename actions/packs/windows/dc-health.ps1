# dc.health: TCP 88 at its own address and an answer from its own LDAP root. stale is false: Windows keeps no such state beyond its tickets.
function Test-Port([string]$Address, [int]$Port) {
    $client = New-Object Net.Sockets.TcpClient
    try {
        $begun = $client.BeginConnect($Address, $Port, $null, $null)
        if (-not $begun.AsyncWaitHandle.WaitOne(3000, $false)) { return $false }
        $client.EndConnect($begun)
        return $true
    } catch { return $false } finally { $client.Close() }
}
$serving = Test-Port (Get-Field (Get-In 'unjam_self') 2) 88
if ($serving) {
    try { $serving = -not [string]::IsNullOrEmpty([string]([ADSI]'LDAP://localhost/RootDSE').Properties['dnsHostName'].Value) } catch { $serving = $false }
}
Set-Out 'serving' $serving
Set-Out 'stale' $false
Complete-Answer
