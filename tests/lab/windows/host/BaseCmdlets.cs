// The few commands of PowerShell's own modules that the scripts use, with their documented behaviour; those modules are no packages of their own.
using System;
using System.Collections;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Reflection;

namespace Unjam.Lab;

[Cmdlet(VerbsCommon.New, "Object")]
public class NewObject : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string TypeName;
    [Parameter(Position = 1)] public object[] ArgumentList;
    protected override void EndProcessing()
    {
        var type = LanguagePrimitives.ConvertTo<Type>(TypeName);
        var arguments = (ArgumentList ?? Array.Empty<object>()).Select(a => a is PSObject o ? o.BaseObject : a).ToArray();
        WriteObject(Activator.CreateInstance(type, BindingFlags.CreateInstance | BindingFlags.Public | BindingFlags.Instance |
            BindingFlags.OptionalParamBinding, null, arguments, CultureInfo.InvariantCulture), false);
    }
}

[Cmdlet(VerbsCommon.Join, "Path")]
public class JoinPath : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string Path;
    [Parameter(Position = 1, Mandatory = true)] [AllowEmptyString] public string ChildPath;
    protected override void EndProcessing()
    {
        // Both separators are one on Windows.
        WriteObject(Path.Replace('\\', '/').TrimEnd('/') + "/" + ChildPath.Replace('\\', '/').TrimStart('/'));
    }
}

[Cmdlet(VerbsData.Out, "String")]
public class OutString : PSCmdlet
{
    [Parameter(ValueFromPipeline = true)] public PSObject InputObject;
    [Parameter] public SwitchParameter Stream;
    [Parameter] public int Width = 120;
    readonly List<string> lines_ = new();
    protected override void ProcessRecord() { if (InputObject != null) lines_.Add(InputObject.ToString()); }
    protected override void EndProcessing()
    {
        if (Stream) WriteObject(lines_, true);
        else WriteObject(string.Concat(lines_.Select(l => l + "\r\n")));
    }
}

[Cmdlet(VerbsCommon.Set, "ExecutionPolicy")]
public class SetExecutionPolicy : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] [ValidateSet("Bypass", "Unrestricted", "RemoteSigned", "AllSigned", "Restricted", "Undefined")] public string ExecutionPolicy;
    [Parameter(Position = 1)] [ValidateSet("Process", "CurrentUser", "LocalMachine")] public string Scope;
    [Parameter] public SwitchParameter Force;
    protected override void EndProcessing()
    {
        if (World.Fact("execution_policy_by_group") != "")
            ThrowTerminatingError(new ErrorRecord(new System.Security.SecurityException("Windows PowerShell updated your execution policy successfully, but the setting is overridden by a policy defined at a more specific scope."),
                "ExecutionPolicyOverride,Microsoft.PowerShell.Commands.SetExecutionPolicyCommand", ErrorCategory.PermissionDenied, null));
    }
}

// The registry, as far as scripts read it: keys of this host and their values. A key is there if it has a value.
static class Registry
{
    public static bool Is(string path) => path.StartsWith("HKLM:", StringComparison.OrdinalIgnoreCase);

    public static Dictionary<string, object> Find(string path)
    {
        var key = path[5..].Trim('\\').ToLowerInvariant();
        var found = All().Where(v => v.Item1.ToLowerInvariant() == key).ToArray();
        return found.Length == 0 ? null : found.ToDictionary(v => v.Item2, v => v.Item3, StringComparer.OrdinalIgnoreCase);
    }

    static IEnumerable<(string, string, object)> All()
    {
        var view = World.See();
        yield return (@"SOFTWARE\Microsoft\Cryptography", "MachineGuid", view.Text("machine"));
        yield return (@"SYSTEM\CurrentControlSet\Control\Session Manager\Memory Management\PrefetchParameters", "BootId", (int)view.Boots);
        yield return (@"SYSTEM\CurrentControlSet\Control\Session Manager", "BootExecute", new[] { "autocheck autochk *" });
        if (view.Is("reboot_pending"))
            yield return (@"SOFTWARE\Microsoft\Windows\CurrentVersion\Component Based Servicing\RebootPending", "pending", "1");
        if (World.Fact("rename_pending") != "")
            yield return (@"SYSTEM\CurrentControlSet\Control\Session Manager", "PendingFileRenameOperations", new[] { @"\??\C:\a", "" });
        if (World.Exchange == 0) yield break;
        var setup = @"SOFTWARE\Microsoft\ExchangeServer\" + (World.Exchange == 2010 ? "v14" : "v15") + @"\Setup";
        yield return (setup, "MsiInstallPath", Path.Combine(World.Folder, World.Host, "exchange"));
        yield return (setup, "MsiProductMajor", World.Exchange == 2010 ? 14 : 15);
        yield return (setup, "MsiProductMinor", World.Exchange switch { 2010 => 3, 2016 => 1, _ => 2 });
    }
}

public class RegistryKey
{
    readonly Dictionary<string, object> values_;
    public RegistryKey(Dictionary<string, object> values) { values_ = values; }
    public object GetValue(string name) => GetValue(name, null);
    public object GetValue(string name, object otherwise) => values_.TryGetValue(name, out var value) ? value : otherwise;
    public string[] GetValueNames() => values_.Keys.ToArray();
}

[Cmdlet(VerbsDiagnostic.Test, "Path")]
public class TestPath : PSCmdlet
{
    [Parameter(Position = 0)] public string Path;
    [Parameter] public string LiteralPath;
    protected override void EndProcessing()
    {
        var p = LiteralPath ?? Path;
        if (string.IsNullOrEmpty(p)) ThrowTerminatingError(new ErrorRecord(new ArgumentException("Cannot bind argument to parameter because it is an empty string."), "ParameterArgumentValidationErrorEmptyStringNotAllowed", ErrorCategory.InvalidData, p));
        WriteObject(Registry.Is(p) ? Registry.Find(p) != null : File.Exists(p) || Directory.Exists(p));
    }
}

[Cmdlet(VerbsCommon.Get, "Item")]
public class GetItem : PSCmdlet
{
    [Parameter(Position = 0)] public string Path;
    [Parameter] public string LiteralPath;
    protected override void EndProcessing()
    {
        var p = LiteralPath ?? Path;
        var values = Registry.Is(p) ? Registry.Find(p) : null;
        if (values == null)
            ThrowTerminatingError(new ErrorRecord(new ItemNotFoundException("Cannot find path '" + p + "' because it does not exist."),
                "PathNotFound,Microsoft.PowerShell.Commands.GetItemCommand", ErrorCategory.ObjectNotFound, p));
        WriteObject(new RegistryKey(values));
    }
}
