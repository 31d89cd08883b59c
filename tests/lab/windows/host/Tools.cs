// Windows's own commands. They print in the console's code page (932 on a Japanese system), whatever the caller expects; numbers stay numbers.
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Text;

namespace Unjam.Lab;

static class Tools
{
    public static void Say(string english, string japanese = null) => Call.Current.Said.Append(World.Japanese && japanese != null ? japanese : english).Append("\r\n");
    public const string kDone = "The command completed successfully.", kDoneJa = "コマンドは正しく完了しました。";
    public static string Number(double value, string format) => value.ToString(format, CultureInfo.InvariantCulture).Replace(".", World.Fact("decimal", "."));

    // The value of `/name:value`, null if it is not there; `used` gets the word.
    public static string Option(string[] words, string name, HashSet<int> used)
    {
        for (var i = 0; i < words.Length; i++)
            if (words[i].StartsWith("/" + name + ":", StringComparison.OrdinalIgnoreCase)) { used.Add(i); return words[i][(name.Length + 2)..]; }
        return null;
    }
    public static bool Switch(string[] words, string name, HashSet<int> used, bool exact = false)
    {
        for (var i = 0; i < words.Length; i++)
            if (exact ? words[i] == name : View.Same(words[i], name)) { used.Add(i); return true; }
        return false;
    }
    public static bool Unknown(string[] words, HashSet<int> used)
    {
        for (var i = 0; i < words.Length; i++)
            if (!used.Contains(i)) { Say("The parameter " + words[i] + " is unexpected.", "パラメーター " + words[i] + " は予期されていません。"); return true; }
        return false;
    }

    public static int Run(string name, string[] words)
    {
        var code = name switch {
            "w32tm" => TimeTools.W32tm(words), "net" => TimeTools.Net(words), "repadmin" => DirectoryTools.Repadmin(words), "nltest" => DirectoryTools.Nltest(words),
            "setspn" => DirectoryTools.Setspn(words), "klist" => DirectoryTools.Klist(words), "shutdown" => PowerTools.Shutdown(words),
            "schtasks" => PowerTools.Schtasks(words), _ => throw new ArgumentException(name) };
        var encoding = Encoding.GetEncoding(World.Japanese ? 932 : 437);
        Call.Current.Output.Write(encoding.GetBytes(Call.Current.Said.ToString()));
        return code;
    }
}

static class TimeTools
{
    const int kNotStarted = -2147023834;  // 0x80070426

    static bool Running => Services.Runs("W32Time");
    static int NotStarted()
    {
        Tools.Say("The following error occurred: The service has not been started. (0x80070426)", "次のエラーが発生しました: サービスは開始されていません。 (0x80070426)");
        return kNotStarted;
    }

    // The other clock minus this one, in seconds, as NTP measures it; null if it does not answer.
    static double? Difference(View view, string computer, Random chance)
    {
        var noise = (chance.NextDouble() - 0.5) * 0.01;
        if (View.Same(computer, "localhost") || World.Fact("ntp_blocked").Split(',').Contains(computer)) return null;
        if (computer == World.Fact("time_source")) return view.Number("reference") - view.Number("offset") + noise;
        var other = view.Find(computer);
        // Only controllers serve time, and only while their time service follows somebody.
        if (other == null || !other.AnswersTime || other.Role != "dc") return null;
        return other.Offset - view.Number("offset") + noise;
    }

    public static int W32tm(string[] words)
    {
        if (words.Length == 0) return 1;
        return words[0].ToLowerInvariant() switch { "/stripchart" => Stripchart(words), "/resync" => Resync(words), "/query" => Query(words), _ => Refuse(words[0]) };
    }
    static int Refuse(string word)
    {
        Tools.Say("The command " + word + " is unknown.", "コマンド " + word + " は不明です。");
        return 1;
    }

    static int Stripchart(string[] words)
    {
        var used = new HashSet<int> { 0 };
        var computer = Tools.Option(words, "computer", used);
        var samples = int.Parse(Tools.Option(words, "samples", used) ?? "1000000", CultureInfo.InvariantCulture);
        Tools.Option(words, "period", used);
        var data = Tools.Switch(words, "/dataonly", used);
        if (Tools.Unknown(words, used) || string.IsNullOrEmpty(computer) || samples > 100) return 1;
        Fight();
        var view = World.See();
        var chance = new Random();
        Tools.Say("Tracking " + computer + " [" + computer + ":123].", computer + " [" + computer + ":123] を追跡しています。");
        Tools.Say("Collecting " + samples + " samples.", samples + " サンプルを収集しています。");
        Tools.Say("The current time is " + view.LocalNow.ToString("MM/dd/yyyy HH:mm:ss") + ".", "現在の時刻は " + view.LocalNow.ToString("yyyy/MM/dd HH:mm:ss") + " です。");
        for (var i = 0; i < samples; i++)
        {
            var now = view.LocalNow.AddSeconds(i * 2).ToString("HH:mm:ss");
            var difference = Difference(view, computer, chance);
            // One sample in a while jumps, or is lost: seen on real servers.
            if (i == 1 && World.Fact("outlier") != "") difference += 11;
            if (difference == null || (i == 2 && World.Fact("lossy") != "")) { Tools.Say(now + ", error: 0x800705B4"); continue; }
            var text = (difference < 0 ? "-" : "+") + Tools.Number(Math.Abs(difference.Value), "00.0000000") + "s";
            Tools.Say(data ? now + ", " + text : now + " d:+00.0623991s o:" + text + " [                  *            |                               ]");
        }
        return 0;
    }

    // Tools of a hypervisor that move the clock back: not at the first look after it was set, but at the second.
    static void Fight()
    {
        if (World.Fact("fight") == "") return;
        var rounds = World.See().Memory("fight");
        if (rounds == null) return;
        World.Keep("fight", rounds == "set" ? "looked" : null);
        if (rounds == "looked") World.Do("clock", ("by", double.Parse(World.Fact("fight"), CultureInfo.InvariantCulture)), ("who", "vmtoolsd"));
    }

    static int Resync(string[] words)
    {
        var used = new HashSet<int> { 0 };
        Tools.Switch(words, "/rediscover", used);
        var nowait = Tools.Switch(words, "/nowait", used);
        if (Tools.Unknown(words, used)) return 1;
        World.Note("resync", string.Join(" ", words));
        if (!Running) return NotStarted();
        Tools.Say("Sending resync command to local computer", "再同期コマンドをローカル コンピューターに送信しています");
        var view = World.See();
        var source = view.Controller;
        if (source == null || World.Fact("resync") == "no-data")
        {
            Tools.Say("The computer did not resync because no time data was available.", "時刻データが利用できなかったため、コンピューターは同期しませんでした");
            return 0; // exits vary in the wild; nothing may depend on them
        }
        // A correction that is slewed is announced as done, and has not happened yet.
        if (World.Fact("resync") != "slew" && !nowait) World.Do("clock", ("by", source.Offset - view.Number("offset")), ("who", "w32time"));
        World.Keep("fight", "set");
        Tools.Say(Tools.kDone, Tools.kDoneJa);
        return 0;
    }

    static int Query(string[] words)
    {
        if (words.Length != 2 || !View.Same(words[1], "/status")) return Refuse(string.Join(" ", words));
        if (!Running) return NotStarted();
        var view = World.See();
        var dc = view.Text("role") == "dc";
        var source = dc ? World.Fact("time_source") : view.Controller?.Name + "." + World.Domain;
        var good = view.Is("synced") && (dc || view.Controller != null);
        if (World.Fact("source") != "") source = World.Fact("source");
        if (!good) source = "Local CMOS Clock";
        Tools.Say("Leap Indicator: " + (good ? "0(no warning)" : "3(not synchronized)"), "閏インジケーター: " + (good ? "0 (警告なし)" : "3 (同期未完了)"));
        Tools.Say("Stratum: " + (good ? "4 (secondary reference - syncd by (S)NTP)" : "0 (unspecified)"), "階層: " + (good ? "4 (二次参照 - (S)NTP で同期)" : "0 (未指定)"));
        Tools.Say("Precision: -23 (119.209ns per tick)", "精度: -23 (ティックごとに 119.209ns)");
        Tools.Say("Root Delay: 0.0620454s", "ルート遅延: 0.0620454s");
        Tools.Say("Root Dispersion: 0.1516282s", "ルート分散: 0.1516282s");
        Tools.Say("ReferenceId: " + (good ? "0x0A4D010A (source IP:  10.77.1.10)" : "0x00000000 (unspecified)"), "参照 ID: " + (good ? "0x0A4D010A (ソース IP:  10.77.1.10)" : "0x00000000 (未指定)"));
        Tools.Say("Last Successful Sync Time: " + (good ? "7/22/2026 2:32:00 PM" : "unspecified"), "最終正常同期時刻: " + (good ? "2026/07/22 14:32:00" : "未指定"));
        Tools.Say("Source: " + source, "ソース: " + source);
        Tools.Say("Poll Interval: 10 (1024s)", "ポーリング間隔: 10 (1024s)");
        return 0;
    }

    // net time \\COMPUTER /set /y
    public static int Net(string[] words)
    {
        if (words.Length < 2 || !View.Same(words[0], "time") || !words[1].StartsWith("\\\\"))
        {
            Tools.Say("The syntax of this command is: NET TIME [\\\\computername | /DOMAIN[:domainname]] [/SET]");
            return 1;
        }
        var used = new HashSet<int> { 0, 1 };
        var set = Tools.Switch(words, "/set", used);
        var yes = Tools.Switch(words, "/y", used) | Tools.Switch(words, "/yes", used);
        if (Tools.Unknown(words, used)) return 1;
        var view = World.See();
        var other = view.Find(words[1]);
        if (!World.HasCredentials)
        {
            Tools.Say("System error 5 has occurred.\r\n\r\nAccess is denied.\r\n", "システム エラー 5 が発生しました。\r\n\r\nアクセスが拒否されました。\r\n");
            return 2;
        }
        if (other == null || !other.AnswersTime)
        {
            Tools.Say("System error 53 has occurred.\r\n\r\nThe network path was not found.\r\n", "システム エラー 53 が発生しました。\r\n\r\nネットワーク パスが見つかりません。\r\n");
            return 2;
        }
        var there = view.LocalNow.AddSeconds(other.Offset - view.Number("offset"));
        Tools.Say("Current time at " + words[1] + " is " + there.ToString("M/d/yyyy h:mm:ss tt") + "\r\n", words[1] + " の現在の時刻は " + there.ToString("yyyy/MM/dd H:mm:ss") + " です\r\n");
        if (set && !yes)
        {
            Tools.Say("Do you want to set the local computer's time to match the time at " + words[1] + "? (Y/N) [Y]: \r\nNo valid response was provided.");
            return 2;
        }
        if (set)
        {
            if (Running) World.Note("caution", "net-time-while-w32time-runs");
            var by = Math.Round(other.Offset - view.Number("offset")); // whole seconds
            World.Do("clock", ("by", by), ("who", "net-time"));
        }
        Tools.Say(Tools.kDone + "\r\n", Tools.kDoneJa + "\r\n");
        return 0;
    }
}

static class PowerTools
{
    public static int Shutdown(string[] words)
    {
        string comment = "", reason = "";
        var restart = false;
        var wait = 30.0;
        for (var i = 0; i < words.Length; i++)
        {
            var word = words[i].ToLowerInvariant();
            if (word == "/r") restart = true;
            else if (word == "/f") continue;
            else if (word == "/t" && i + 1 < words.Length && int.TryParse(words[i + 1], out var seconds) && seconds is >= 0 and <= 315360000) { wait = seconds; i++; }
            else if (word == "/d" && i + 1 < words.Length) reason = words[++i];
            else if (word == "/c" && i + 1 < words.Length && words[i + 1].Length <= 511) comment = words[++i];
            else { Tools.Say("Usage: shutdown [/i | /l | /s | /r | /g | /a | /p | /h | /e] [/f] [/t xxx][/d [p|u:]xx:yy [/c \"comment\"]]"); return 1; }
        }
        if (!restart || reason != "p:4:1") { Tools.Say("Usage: shutdown ..."); return 1; }
        var fact = World.Fact("shutdown"); // 1190 or 1115: somebody else was first
        if (fact != "") { Tools.Say("(" + fact + ")"); return int.Parse(fact, CultureInfo.InvariantCulture); }
        World.Note("shutdown-asked", "t=" + wait.ToString(CultureInfo.InvariantCulture) + " comment=" + comment.Replace(' ', '_'));
        // The lab's machines are quick: the delay is shortened, and is still a delay.
        var code = (int)World.Do("shutdown", ("in", Math.Min(wait, 3)), ("by", comment.Replace(' ', '_')))["code"];
        if (code == 1190) Tools.Say("A system shutdown has already been scheduled.(1190)", "システムのシャットダウンは既にスケジュールされています。(1190)");
        if (code == 1115) Tools.Say("A system shutdown is in progress.(1115)", "システムをシャットダウンしています。(1115)");
        return code & 0xff; // what arrives of 1190 through this system's exit codes; the number is in the text, as it is on Windows
    }

    // A task that somebody registered before: FOLDER/HOST/tasks/NAME is a program. It runs as SYSTEM, and apart from the session that starts it.
    public static int Schtasks(string[] words)
    {
        if (words.Length != 3 || !View.Same(words[0], "/run") || !View.Same(words[1], "/tn"))
        {
            Tools.Say("ERROR: Invalid syntax.", "エラー: 構文が正しくありません。");
            return 1;
        }
        var program = Path.Combine(World.Folder, World.Host, "tasks", words[2].Trim('\\').Replace('\\', '_'));
        if (!File.Exists(program))
        {
            Tools.Say("ERROR: The system cannot find the file specified.", "エラー: 指定されたファイルが見つかりません。");
            return 1;
        }
        var start = new System.Diagnostics.ProcessStartInfo("/usr/bin/setsid", "-f " + program) { UseShellExecute = false };
        start.Environment["UNJAM_LAB_LOGON"] = "system";
        start.Environment.Remove("SSH_CONNECTION");
        System.Diagnostics.Process.Start(start).WaitForExit();
        Tools.Say("SUCCESS: Attempted to run the scheduled task \"" + words[2] + "\".", "成功: スケジュール タスク \"" + words[2] + "\" の実行が試行されました。");
        return 0;
    }
}
