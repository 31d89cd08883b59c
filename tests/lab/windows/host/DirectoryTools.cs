// repadmin, nltest, setspn, klist.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.Linq;

namespace Unjam.Lab;

static class DirectoryTools
{
    public static int Repadmin(string[] words)
    {
        if (words.Length == 0) return 1;
        return words[0] switch { "/showrepl" => Showrepl(words), "/replicate" => Replicate(words), _ => BadUsage(words[0]) };
    }
    static int BadUsage(string word)
    {
        Tools.Say("Invalid arguments.", "引数が無効です。");
        World.Note("repadmin", "refused " + word);
        return 87;
    }

    // A code that the host's fact names stands for whatever fails in the model: 8614 and its like are no states of it.
    static int CodeOf(LinkInto link) => link.Code != 0 && int.TryParse(World.Fact("link_code"), out var code) ? code : link.Code;

    static int Showrepl(string[] words)
    {
        var every = words.Contains("*");
        if (!words.Contains("/csv")) return BadUsage("/showrepl without /csv: its text is localised");
        var view = World.See();
        if (view.Text("role") != "dc") return Fail(1722);
        Tools.Say("Repadmin: running command /showrepl against full DC " + World.Host + "." + World.Domain, "Repadmin: フル DC " + World.Host + "." + World.Domain + " に対してコマンド /showrepl を実行しています");
        Tools.Say("showrepl_COLUMNS,Destination DSA Site,Destination DSA,Naming Context,Source DSA Site,Source DSA,Transport Type,Number of Failures,Last Failure Time,Last Success Time,Last Failure Status");
        var now = view.LocalNow.ToString("yyyy-MM-dd HH:mm:ss");
        foreach (var link in view.Links)
        {
            var code = CodeOf(link);
            Tools.Say("showrepl_INFO," + view.Text("site") + "," + World.Host.ToUpperInvariant() + ",\"" + link.Partition + "\"," + link.Site + "," + link.Source.ToUpperInvariant() +
                ",RPC," + (code == 0 ? "0,0," : "3," + now + ",") + now + "," + code);
        }
        if (!every) return 0;
        // Other controllers' rows: one that cannot be asked is an ERROR row, and nothing is known about it.
        foreach (var other in view.Others.Where(o => o.Role == "dc" && o.Name != World.Host && (!o.Serves || !World.HasCredentials || view.Is("wan_cut"))))
            Tools.Say("showrepl_ERROR," + other.Site + "," + other.Name.ToUpperInvariant() + ",,,,,,,,1722");
        return 0;
    }
    static int Fail(int code)
    {
        Tools.Say("Repadmin can't connect to a \"home server\". Error: " + code, "Repadmin は \"ホーム サーバー\" に接続できません。エラー: " + code);
        return code & 0xff;
    }

    static int Replicate(string[] words)
    {
        if (words.Length != 4) return BadUsage(string.Join(" ", words)); // /force and its like are not the playbook's to use
        var view = World.See();
        if (view.Text("role") != "dc" || !View.Same(words[1].Split('.')[0], World.Host)) return Fail(1722);
        var source = view.Find(words[2]);
        if (source == null || source.Role != "dc") return Fail(8452);
        World.Note("replicate-asked", words[2] + " " + words[3]);
        var link = view.Links.FirstOrDefault(l => l.Source == source.Name && l.Partition == words[3]);
        var code = link != null && World.Fact("link_code") != "" ? CodeOf(link) : (int)World.Do("replicate", ("source", source.Name), ("partition", words[3]))["code"];
        if (code == 0) { Tools.Say("Sync from " + words[2] + " to " + words[1] + " completed successfully.", words[2] + " から " + words[1] + " への同期は正常に完了しました。"); return 0; }
        Tools.Say("DsReplicaSync() failed with status " + code + " (0x" + code.ToString("x") + "):", "DsReplicaSync() は状態 " + code + " (0x" + code.ToString("x") + ") で失敗しました:");
        return code & 0xff | 1;
    }

    public static int Nltest(string[] words)
    {
        if (words.Length != 1) return 87;
        var view = World.See();
        var used = new HashSet<int>();
        if (Tools.Option(words, "dclist", used) is string domain)
        {
            var dcs = view.Others.Where(o => o.Role == "dc").ToArray();
            Tools.Say("Get list of DCs in domain '" + domain + "' from '\\\\" + dcs[0].Name.ToUpperInvariant() + "'.", "ドメイン '" + domain + "' の DC の一覧を '\\\\" + dcs[0].Name.ToUpperInvariant() + "' から取得します。");
            for (var i = 0; i < dcs.Length; i++)
                Tools.Say("    " + dcs[i].Name + "." + World.Domain + (i == 0 ? " [PDC]" : "      ") + "  [DS] Site: " + dcs[i].Site, null);
            Tools.Say(Tools.kDone, Tools.kDoneJa);
            return 0;
        }
        if (Tools.Option(words, "sc_verify", used) is string) return Verify(view);
        return 87;
    }

    // Says that it completed for a broken trust too; the numbers tell.
    static int Verify(View view)
    {
        if (World.Fact("rights") == "none") { Tools.Say("I_NetLogonControl failed: Status = 5 0x5 ERROR_ACCESS_DENIED"); return 5; }
        var dc = view.Controller;
        if (dc == null) { Tools.Say("I_NetLogonControl failed: Status = 1311 0x51f ERROR_NO_LOGON_SERVERS"); return 1311 & 0xff; }
        var state = view.Is("keytab_lost") ? (1786, "0x6fa ERROR_NO_TRUST_LSA_SECRET") : !view.Is("trusted") ? (1787, "0x6fb ERROR_NO_TRUST_SAM_ACCOUNT") : (0, "0x0 NERR_Success");
        Tools.Say("Flags: b0 HAS_IP  HAS_TIMESERV ", "フラグ: b0 HAS_IP  HAS_TIMESERV ");
        Tools.Say("Trusted DC Name \\\\" + dc.Name + "." + World.Domain, "信頼された DC 名 \\\\" + dc.Name + "." + World.Domain);
        Tools.Say("Trusted DC Connection Status Status = " + state.Item1 + " " + state.Item2, "信頼された DC 接続状態 Status = " + state.Item1 + " " + state.Item2);
        Tools.Say("Trust Verification Status = " + state.Item1 + " " + state.Item2, "信頼の検証 Status = " + state.Item1 + " " + state.Item2);
        Tools.Say("The command completed successfully", "コマンドは正常に完了しました");
        return 0;
    }

    public static int Setspn(string[] words)
    {
        if (words.Length != 2 || !View.Same(words[0], "-Q")) { Tools.Say("Usage: setspn [modifiers switch data] computername"); return 1; }
        var view = World.See();
        if (!World.HasCredentials) { Tools.Say("Ldap Error(0x31 -- Invalid Credentials): ldap_bind_sW", "Ldap エラー (0x31 -- 資格情報が無効です): ldap_bind_sW"); return 1; }
        var at = words[1].IndexOf('/');
        var host = at > 0 ? view.Find(words[1][(at + 1)..]) : null;
        Tools.Say("Checking domain DC=lab,DC=example", "ドメイン DC=lab,DC=example を確認しています");
        var state = host != null && host.Name == World.Host ? view.Text("spn") : host == null ? "missing" : "ok";
        if (state != "missing")
        {
            Tools.Say("CN=" + host.Name.ToUpperInvariant() + ",OU=Exchange,DC=lab,DC=example\r\n\t" + words[1] + "\r\n\tHOST/" + host.Name);
            if (state == "duplicate") Tools.Say("CN=OLD" + host.Name.ToUpperInvariant() + ",CN=Computers,DC=lab,DC=example\r\n\t" + words[1]);
            Tools.Say("\r\nExisting SPN found!", "\r\n既存の SPN が見つかりました!");
            return 0;
        }
        Tools.Say("\r\nNo such SPN found.", "\r\nそのような SPN は見つかりませんでした。");
        return 0; // the same as when one is found
    }

    public static int Klist(string[] words)
    {
        Tools.Say("", "");
        if (words.Length == 0) // a logon by key has none
        {
            Tools.Say("Current LogonId is 0:0x3a7f1", "現在のログオン ID: 0:0x3a7f1");
            Tools.Say("\r\nCached Tickets: (" + (World.HasCredentials ? 2 : 0) + ")", "\r\nキャッシュされたチケット: (" + (World.HasCredentials ? 2 : 0) + ")");
            return 0;
        }
        if (words.Length == 3 && words[0] == "-li" && words[2] == "purge" && words[1] is "0x3e7" or "0x3e4")
        {
            Tools.Say("Current LogonId is 0:" + words[1], "現在のログオン ID: 0:" + words[1]);
            Tools.Say("\tDeleting all tickets:\r\n\tTicket(s) purged!", "\tすべてのチケットを削除しています:\r\n\tチケットを削除しました!");
            World.Note("klist", "purge " + words[1]);
            // The transport runs as Network Service, whose session is 0x3e4: only that one's tickets are in the way of the mail.
            if (words[1] == "0x3e4") World.Do("purge");
            return 0;
        }
        Tools.Say("Usage: klist.exe [tickets | tgt | purge | sessions | get | -li <LogonId.HighPart:LowPart>]");
        return 1;
    }
}
