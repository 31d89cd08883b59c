# mail.seed: one message as mail.probe sends it, left in the queue, where it is delivered like any other. On a server that has nothing waiting it
# shows whether mail from there is jammed too.
$id = Send-ProbeMessage (Get-In 'in_to')
Set-After 'seed' ($id + ', left in the queue')
Complete-Answer
