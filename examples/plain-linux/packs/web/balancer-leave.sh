# balancer.leave: takes this server out of the balancer. Doing it again changes nothing.
fence again
[ -d /srv/web ] || cannot absent 'there is no /srv/web here'
if [ -e /srv/web/in-service ]; then before_text balancer 'in'; else before_text balancer 'out'; fi
rm -f /srv/web/in-service || cannot failed 'cannot remove /srv/web/in-service'
after_text balancer 'out'
answer
