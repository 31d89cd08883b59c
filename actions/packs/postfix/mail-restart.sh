# mail.restart: Postfix, and nothing else of the machine; its queue is on disk. By systemd where it runs there, else by its own commands. probe.hub is the
# proof that it serves again.
fence
have postfix || cannot absent 'Postfix is not installed'
running master || cannot refused 'Postfix does not run: somebody else has it in hand'
before_text transport running
if have systemctl && timeout 10 systemctl -q is-active postfix >/dev/null 2>&1; then
  said=$(timeout 90 systemctl restart postfix </dev/null 2>&1 >/dev/null) || cannot failed "systemctl restart postfix: $said"
else
  said=$(timeout 60 postfix stop </dev/null 2>&1) || cannot failed "postfix stop: $said"
  said=$(timeout 30 postfix start </dev/null 2>&1) || cannot failed "postfix start: $said"
fi
if running master; then after_text transport running; else after_text transport 'not running'; fi
answer
