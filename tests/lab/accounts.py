"""Sites, site link and hub accounts of the lab's domain, made in one process: each samba-tool call costs half a second.

Runs on the first domain controller, on its local database, before its services start.
Usage: accounts.py DOMAIN HUB=ADDRESS..   Writes each hub's keytabs to /root/HUB.smtp and /root/HUB.client.
"""

import base64
import os
import sys

import ldb
import samba.dckeytab  # gives Net its export_keytab
from samba.auth import system_session
from samba.credentials import Credentials
from samba.net import Net
from samba.netcmd.main import cmd_sambatool
from samba.param import LoadParm
from samba.provision.sambadns import add_host_record
from samba.samdb import SamDB

READER = "unjam-reader", "Reader.Passw0rd"  # the hubs' read-only account (actions/packs/postfix/README.md); hub.sh has it too
AES_ONLY = 24  # msDS-SupportedEncryptionTypes; without it a service name gets RC4 keys only


def samba_tool(*arguments):
    if cmd_sambatool()._run("samba-tool", *arguments):
        sys.exit("failed: samba-tool " + " ".join(arguments))


def link_sites(db):
    # `sites create` does not put the site on the link, and the KCC then drops all connections between them.
    sites = "CN=Sites,%s" % db.get_config_basedn()
    link = ldb.Message(ldb.Dn(db, "CN=DEFAULTIPSITELINK,CN=IP,CN=Inter-Site Transports,%s" % sites))
    link["siteList"] = ldb.MessageElement("CN=osaka,%s" % sites, ldb.FLAG_MOD_ADD, "siteList")
    link["replInterval"] = ldb.MessageElement("15", ldb.FLAG_MOD_REPLACE, "replInterval")
    link["options"] = ldb.MessageElement("1", ldb.FLAG_MOD_REPLACE, "options")  # notify the other site of changes
    db.modify(link)


def add_hub(db, hub, domain, address):
    zone = "DC=%s,CN=MicrosoftDNS,DC=DomainDnsZones,%s" % (domain, db.domain_dn())
    add_host_record(db, zone, "DC=%s" % hub, address, None)
    db.newcomputer(hub, service_principal_name_list=["smtp/%s.%s" % (hub, domain), "host/%s.%s" % (hub, domain)])
    account = ldb.Message(ldb.Dn(db, "CN=%s,CN=Computers,%s" % (hub, db.domain_dn())))
    account["types"] = ldb.MessageElement(str(AES_ONLY), ldb.FLAG_MOD_REPLACE, "msDS-SupportedEncryptionTypes")
    db.modify(account)
    db.setpassword("(sAMAccountName=%s$)" % hub, base64.b64encode(os.urandom(18)).decode())


def main():
    domain, hubs = sys.argv[1], sys.argv[2:]
    samba_tool("sites", "create", "osaka")
    samba_tool("sites", "subnet", "create", "10.77.1.0/24", "tokyo")
    samba_tool("sites", "subnet", "create", "10.77.2.0/24", "osaka")

    parameters = LoadParm()
    parameters.load_default()
    db = SamDB(session_info=system_session(), lp=parameters)
    link_sites(db)
    db.newuser(*READER)
    os.umask(0o077)
    net = Net(Credentials(), parameters)
    for word in hubs:
        hub, address = word.split("=")
        add_hub(db, hub, domain, address)
        net.export_keytab(keytab="/root/%s.smtp" % hub, principal="smtp/%s.%s" % (hub, domain))
        net.export_keytab(keytab="/root/%s.client" % hub, principal="%s$" % hub)


main()
