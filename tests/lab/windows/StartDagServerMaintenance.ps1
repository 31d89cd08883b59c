[CmdletBinding()]
param([Parameter(Mandatory = $true)][string]$ServerName, [string]$MoveComment, [switch]$PauseClusterNode)
Set-LabDagMaintenance -On $true
