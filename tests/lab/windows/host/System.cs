// WMI classes, directory objects and event logs, as far as scripts read them.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Linq;
using System.Management.Automation;

namespace Unjam.Lab;

public class PerformanceOfSystem { public ulong SystemUpTime { get; init; } }
public class LogicalDisk { public string DeviceID { get; init; } public uint DriveType { get; init; } public ulong? FreeSpace { get; init; } }
public class ComputerSystem { public string Name { get; init; } public string Domain { get; init; } public uint DomainRole { get; init; } }
public class OperatingSystem { public string Version { get; init; } public string LastBootUpTime { get; init; } }

[Cmdlet(VerbsCommon.Get, "WmiObject")]
public class GetWmiObject : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string Class;
    protected override void EndProcessing()
    {
        var view = World.See();
        var hub = view.Text("role") == "hub";
        switch (Class.ToLowerInvariant())
        {
            case "win32_perfformatteddata_perfos_system": WriteObject(new PerformanceOfSystem { SystemUpTime = (ulong)view.Number("up") }); break;
            case "win32_logicaldisk":
                WriteObject(new LogicalDisk { DeviceID = "C:", DriveType = 3, FreeSpace = 40_000_000_000 });
                WriteObject(new LogicalDisk { DeviceID = "D:", DriveType = 5, FreeSpace = null });
                break;
            case "win32_computersystem": WriteObject(new ComputerSystem { Name = World.Host.ToUpperInvariant(), Domain = World.Domain, DomainRole = hub ? 3u : 4u }); break;
            // Moves with the wall clock, which is why nobody may conclude a reboot from it.
            case "win32_operatingsystem": WriteObject(new OperatingSystem { Version = World.Exchange == 2010 ? "6.1.7601" : "10.0.17763",
                LastBootUpTime = view.LocalNow.AddSeconds(-view.Number("up")).ToString("yyyyMMddHHmmss.ffffff+000") }); break;
            default: ThrowTerminatingError(new ErrorRecord(new ArgumentException("Invalid class \"" + Class + "\""), "GetWMIManagementException,Microsoft.PowerShell.Commands.GetWmiObjectCommand", ErrorCategory.InvalidType, Class)); break;
        }
    }
}

// [ADSI]'LDAP://..': the root of a controller, and the settings object that it names.
public class DirectoryEntry
{
    readonly Dictionary<string, object> values_ = new(StringComparer.OrdinalIgnoreCase);
    public DirectoryEntry(string path)
    {
        var parts = path.Replace("LDAP://", "").Split('/');
        var view = World.See();
        var local = View.Same(parts[0], "localhost");
        var dc = local ? view.Find(World.Host) : view.Find(parts[0]);
        if (dc == null || dc.Role != "dc" || !dc.Serves) throw new InvalidOperationException("The server is not operational.");
        if (!local && !World.HasCredentials) throw new UnauthorizedAccessException("Logon failure: unknown user name or bad password.");
        if (parts.Length > 1 && View.Same(parts[1], "RootDSE"))
        {
            values_["dsServiceName"] = "CN=NTDS Settings,CN=" + dc.Name.ToUpperInvariant() + ",CN=Servers,CN=" + dc.Site + ",CN=Sites,CN=Configuration,DC=lab,DC=example";
            values_["dnsHostName"] = dc.Name + "." + World.Domain;
        }
        else values_["options"] = 1 + (dc.InboundOff ? 2 : 0) + (dc.OutboundOff ? 4 : 0);
    }
    public Values Properties => new Values(values_);
    public class Values
    {
        readonly Dictionary<string, object> values_;
        public Values(Dictionary<string, object> values) { values_ = values; }
        public ValueCollection this[string name] => new ValueCollection { Value = values_.TryGetValue(name, out var v) ? v : null };
    }
    public class ValueCollection { public object Value { get; init; } }
}

public class EventProperty { public object Value { get; init; } }
public class EventLogRecord
{
    public int Id { get; init; }
    public long? RecordId { get; init; }
    public string ProviderName { get; init; }
    public string LogName { get; init; }
    public DateTime? TimeCreated { get; init; }
    public byte? Level { get; init; }
    public IList<EventProperty> Properties { get; init; }
    public string Message { get; init; }
}

static class EventLogs
{
    static EventLogRecord Make(string log, string provider, int id, long record, DateTime when, byte level, string message, params object[] data) =>
        new EventLogRecord { LogName = log, ProviderName = provider, Id = id, RecordId = record, TimeCreated = when, Level = level, Message = message,
            Properties = data.Select(d => new EventProperty { Value = d }).ToList() };

    // Newest first. A boot writes 12 (kernel) and 6005 (log started); a wanted shutdown 1074 with the text of /c, then 6006.
    public static List<EventLogRecord> System()
    {
        var view = World.See();
        var all = new List<EventLogRecord>();
        var booted = view.LocalNow.AddSeconds(-view.Number("up"));
        for (long boot = 1; boot <= view.Boots; boot++)
        {
            var at = booted.AddHours(boot - view.Boots);
            all.Add(Make("System", "Microsoft-Windows-Kernel-General", 12, boot * 1000 + 1, at, 4, "The operating system started.", 10, 0));
            all.Add(Make("System", "EventLog", 6005, boot * 1000 + 2, at, 4, World.Japanese ? "イベント ログ サービスが開始されました。" : "The Event log service was started."));
            if (boot - 1 < view.Comments.Length && boot < view.Boots)
            {
                all.Add(Make("System", "USER32", 1074, boot * 1000 + 900, at, 4, "", "shutdown.exe", World.Host.ToUpperInvariant(), "", "0x80040001", "restart", view.Comments[boot - 1], "LAB\\svc"));
                all.Add(Make("System", "EventLog", 6006, boot * 1000 + 901, at, 4, ""));
            }
        }
        all.Reverse();
        return all;
    }

    // Event 1035 and the everyday ones beside it. EventData keeps its order in every language; the message does not.
    public static List<EventLogRecord> Application()
    {
        var view = World.See();
        var all = new List<EventLogRecord> { Make("Application", "MSExchangeTransport", 16025, 1, view.LocalNow.AddDays(-1), 4, "") };
        var connector = (World.Japanese ? "既定の " : "Default ") + World.Host.ToUpperInvariant();
        foreach (var r in view.Refusals)
        {
            var error = r.Id % 3 == 0 ? "IllegalMessage" : "UnexpectedExchangeAuthBlob";
            var message = World.Japanese
                ? "受信コネクタ " + connector + " に対するエラー " + error + " が発生したため、受信認証に失敗しました。認証機構は ExchangeAuth です。"
                : "Inbound authentication failed with error " + error + " for Receive connector " + connector + ". The authentication mechanism is ExchangeAuth.";
            all.Add(Make("Application", "MSExchangeTransport", 1035, 10 + r.Id * 2, r.When, (byte)(World.Exchange == 2010 ? 3 : 2), message, error, connector, "ExchangeAuth", r.Address));
        }
        all.Add(Make("Application", "MSExchangeTransport", 1035, 11 + (view.Refusals.Count > 0 ? view.Refusals[^1].Id : 0) * 2, view.LocalNow, 3, "", "LogonDenied", connector, "Login", "192.0.2.99"));
        all.Reverse();
        return all;
    }

    // Managed Availability's own actions (2013 and later): the fact `recovering` makes one of a moment ago.
    public static List<EventLogRecord> Recovery()
    {
        var all = new List<EventLogRecord>();
        var text = World.Fact("recovering");
        if (text != "") all.Add(Make("Microsoft-Exchange-ManagedAvailability/RecoveryActionResults", "Microsoft-Exchange-ManagedAvailability", 500, 77, World.See().LocalNow.AddMinutes(-1), 4, "", text));
        return all;
    }
}

[Cmdlet(VerbsCommon.Get, "WinEvent")]
public class GetWinEvent : PSCmdlet
{
    [Parameter] public string[] LogName;
    [Parameter] public Hashtable[] FilterHashtable;
    [Parameter] public long MaxEvents;

    ErrorRecord None() => new ErrorRecord(
        new Exception(World.Japanese ? "選択条件に一致するイベントが見つかりませんでした。" : "No events were found that match the specified selection criteria."),
        "NoMatchingEventsFound,Microsoft.PowerShell.Commands.GetWinEventCommand", ErrorCategory.ObjectNotFound, null);

    protected override void EndProcessing()
    {
        var keys = FilterHashtable != null && FilterHashtable.Length > 0 ? FilterHashtable[0] : new Hashtable();
        foreach (string key in keys.Keys)
            if (!new[] { "LogName", "ProviderName", "Id", "Level", "StartTime", "EndTime", "UserID", "Data", "Path", "Keywords" }.Contains(key, StringComparer.OrdinalIgnoreCase))
                ThrowTerminatingError(new ErrorRecord(new Exception("The key " + key + " is not known to Windows PowerShell's Get-WinEvent."), "UnknownKey", ErrorCategory.InvalidArgument, key));
        var log = LogName != null ? LogName[0] : Convert.ToString(keys["LogName"]);
        if (World.Fact("log_unreadable") == log)
            ThrowTerminatingError(new ErrorRecord(new UnauthorizedAccessException(World.Japanese ? "許可されていない操作を実行しようとしました。" : "Attempted to perform an unauthorized operation."), "LogUnreadable,Microsoft.PowerShell.Commands.GetWinEventCommand", ErrorCategory.PermissionDenied, log));
        IEnumerable<EventLogRecord> all = log switch {
            "System" => EventLogs.System(), "Application" => EventLogs.Application(),
            "Microsoft-Exchange-ManagedAvailability/RecoveryActionResults" when World.Exchange >= 2013 => EventLogs.Recovery(), _ => null };
        if (all == null)
        {
            WriteError(new ErrorRecord(new Exception("There is not an event log on the localhost computer that matches \"" + log + "\"."), "NoMatchingLogsFound,Microsoft.PowerShell.Commands.GetWinEventCommand", ErrorCategory.ObjectNotFound, log));
            return;
        }
        if (keys["ProviderName"] != null) all = all.Where(e => View.Same(e.ProviderName, Convert.ToString(keys["ProviderName"])));
        if (keys["Id"] != null)
        {
            var ids = LanguagePrimitives.ConvertTo<int[]>(keys["Id"]);
            all = all.Where(e => ids.Contains(e.Id));
        }
        if (keys["StartTime"] != null) { var from = LanguagePrimitives.ConvertTo<DateTime>(keys["StartTime"]); all = all.Where(e => e.TimeCreated >= from); }
        if (MaxEvents > 0) all = all.Take((int)MaxEvents);
        var found = all.ToArray();
        if (found.Length == 0) WriteError(None());
        WriteObject(found, true);
    }
}
