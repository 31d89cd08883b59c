# mail.seed: hands in one small message to site `to` and leaves it in the queue, where it is delivered like any other. On a hub that has nothing
# waiting it shows whether mail from there is jammed too. Sending it again does no harm.
mail_probe_address "$in_to" "${in_to_hosts:-}"
mail_probe_send "$in_to"
after_text seed "<$unjam_mark> to $unjam_to, left in the queue"
answer
