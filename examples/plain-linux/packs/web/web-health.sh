# web.health: whether this server answers on its port, and whether the balancer may send it anything. A server whose port cannot be tried
# has no answer: unknown, never "down".
[ -d /srv/web ] || cannot absent 'there is no /srv/web here'
port=80
[ ! -r /srv/web/port ] || read -r port </srv/web/port
tcp_open 127.0.0.1 "$port"
case $? in
  0) ready=true ;;
  1) ready=false ;;
  *) cannot unreadable 'no tool to try a port with' ;;
esac
out_bool ready "$ready"
if [ "$ready" = true ] && [ -e /srv/web/in-service ]; then out_bool serving true; else out_bool serving false; fi
answer
