[CmdletBinding()]
param([Parameter(Mandatory = $true)][string]$ServerName)
Set-LabDagMaintenance -On $false
