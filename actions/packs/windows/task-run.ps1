# Not a provider: what the scheduled task of `via: scheduled-task` runs (docs/windows-hosts.md tells how it is registered). It takes the calls that the
# SSH session has laid down, one after the other, and leaves what each printed. Whoever can write into that folder can have things done by the task's
# account: only SYSTEM and administrators may.
$ErrorActionPreference = 'Stop'
$folder = $env:ProgramData + '/Unjam/task'
# The same lines as in a direct call.
$bootstrap = @'
$ProgressPreference='SilentlyContinue'
$ErrorActionPreference='Stop'
try{Set-ExecutionPolicy Bypass -Scope Process -Force}catch{}
try{[Console]::InputEncoding=[Text.Encoding]::UTF8}catch{}
try{[Console]::OutputEncoding=[Text.Encoding]::UTF8}catch{}
$d=($input|Out-String) -replace '[^A-Za-z0-9+/=]',''
$t=[Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($d))
& ([scriptblock]::Create($t))
'@
$encoded = [Convert]::ToBase64String([Text.Encoding]::Unicode.GetBytes($bootstrap))
for ($calls = 0; $calls -lt 100; $calls++) {
    $taken = ''
    foreach ($file in [IO.Directory]::GetFiles($folder, '*.in')) {
        if ($taken -ne '') { continue }
        $run = $file.Substring(0, $file.Length - 3)
        try { [IO.File]::Move($file, $run + '.run'); $taken = $run } catch { $null = $_ } # another instance was first
    }
    if ($taken -eq '') { break }
    $said = ''
    try { $said = [string]::Join("`n", [string[]]@([IO.File]::ReadAllText($taken + '.run') | & powershell.exe -NoProfile -NonInteractive -EncodedCommand $encoded 2>$null)) }
    finally {
        [IO.File]::Delete($taken + '.run')
        [IO.File]::WriteAllText($taken + '.part', $said)
        [IO.File]::Move($taken + '.part', $taken + '.out')
    }
}
