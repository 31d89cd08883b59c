# mail.offers, read from the orchestrator (pack.yaml: `from`). Hubs log in by X-EXPS with GSSAPI, under X-ANONYMOUSTLS. A receive connector without Exchange
# Server authentication offers no X-EXPS, and a firewall that inspects SMTP strips both: that ends in 5.7.3, not in 4.7.0.
answer_offers '^250[- ]X-EXPS (.* )?GSSAPI( |$)' '^250[- ]X-ANONYMOUSTLS( |$)'
