# mail.offers, read from the orchestrator (pack.yaml: `from`).
answer_offers '^250[- ]AUTH[ =](.* )?GSSAPI( |$)' '^250[- ]STARTTLS( |$)'
