// pshost check FILE..          syntax errors, and what Windows PowerShell 2.0 does not know, with line numbers; exit code 1 if any
// pshost run                   runs the script on stdin; `exit N` is the process's exit code
using System;
using System.Collections.Generic;
using System.Globalization;
using System.IO;
using System.Linq;
using System.Management.Automation;
using System.Management.Automation.Host;
using System.Management.Automation.Language;
using System.Management.Automation.Runspaces;
using System.Threading;

class Host : PSHost
{
    public int Code;
    public override void SetShouldExit(int exitCode) { Code = exitCode; }
    public override CultureInfo CurrentCulture => CultureInfo.InvariantCulture;
    public override CultureInfo CurrentUICulture => CultureInfo.InvariantCulture;
    public override Guid InstanceId { get; } = Guid.NewGuid();
    public override string Name => "pshost";
    public override PSHostUserInterface UI => null;
    public override Version Version => new Version(1, 0);
    public override void EnterNestedPrompt() { throw new NotSupportedException(); }
    public override void ExitNestedPrompt() { }
    public override void NotifyBeginApplication() { }
    public override void NotifyEndApplication() { }
}

// The documented behaviour of the few commands of the missing modules that the scripts use.
[Cmdlet(VerbsCommon.New, "Object")]
public class NewObject : PSCmdlet
{
    [Parameter(Position = 0, Mandatory = true)] public string TypeName;
    [Parameter(Position = 1)] public object[] ArgumentList;
    protected override void EndProcessing()
    {
        var type = LanguagePrimitives.ConvertTo<Type>(TypeName);
        var arguments = (ArgumentList ?? new object[0]).Select(a => a is PSObject o ? o.BaseObject : a).ToArray();
        WriteObject(Activator.CreateInstance(type, System.Reflection.BindingFlags.CreateInstance | System.Reflection.BindingFlags.Public |
            System.Reflection.BindingFlags.Instance | System.Reflection.BindingFlags.OptionalParamBinding, null, arguments, CultureInfo.InvariantCulture), false);
    }
}
[Cmdlet(VerbsDiagnostic.Test, "Path")]
public class TestPath : PSCmdlet
{
    [Parameter(Position = 0)] public string Path;
    [Parameter] public string LiteralPath;
    protected override void EndProcessing() { var p = LiteralPath ?? Path; WriteObject(File.Exists(p) || Directory.Exists(p)); }
}
[Cmdlet(VerbsCommon.Join, "Path")]
public class JoinPath : PSCmdlet
{
    [Parameter(Position = 0)] public string Path;
    [Parameter(Position = 1)] public string ChildPath;
    protected override void EndProcessing() { WriteObject(System.IO.Path.Combine(Path, ChildPath.Replace('\\', '/'))); }
}

static class Program
{
    static readonly HashSet<string> kTooNew = new HashSet<string>(StringComparer.OrdinalIgnoreCase) {
        "ConvertTo-Json", "ConvertFrom-Json", "Invoke-RestMethod", "Invoke-WebRequest", "Test-NetConnection", "Get-Error", "Join-String", "Get-FileHash" };

    static IEnumerable<(int, string)> Faults(string text, string file)
    {
        var tree = Parser.ParseInput(text, file, out _, out var errors);
        foreach (var e in errors) yield return (e.Extent.StartLineNumber, e.Message);
        foreach (var n in tree.FindAll(_ => true, true))
        {
            string what = null;
            switch (n)
            {
                case TernaryExpressionAst: what = "?: is of PowerShell 7"; break;
                case PipelineChainAst: what = "&& and || are of PowerShell 7"; break;
                case TypeDefinitionAst: what = "classes are of 5.0"; break;
                case BinaryExpressionAst b when b.Operator is TokenKind.In or TokenKind.Inotin or TokenKind.Iin or TokenKind.Cin or TokenKind.Cnotin: what = "-in is of 3.0"; break;
                case BinaryExpressionAst b when b.Operator == TokenKind.QuestionQuestion: what = "?? is of PowerShell 7"; break;
                case AssignmentStatementAst a when a.Operator == TokenKind.QuestionQuestionEquals: what = "??= is of PowerShell 7"; break;
                case MemberExpressionAst m when m.NullConditional: what = "?. is of PowerShell 7"; break;
                case InvokeMemberExpressionAst i when i.Static && i.Member.Extent.Text.Equals("new", StringComparison.OrdinalIgnoreCase): what = "::new() is of 5.0"; break;
                case ConvertExpressionAst c when c.Type.TypeName.FullName is "ordered" or "pscustomobject": what = "[" + c.Type.TypeName.FullName + "] is of 3.0"; break;
                case VariableExpressionAst v when v.VariablePath.UserPath == "PSItem": what = "$PSItem is of 3.0"; break;
                case FileRedirectionAst f when f.FromStream == RedirectionStream.All: what = "*> is of 3.0"; break;
                case CommandAst k when kTooNew.Contains(k.GetCommandName() ?? ""): what = k.GetCommandName() + " is not in 2.0"; break;
                case CommandAst k when (k.GetCommandName() ?? "").Equals("Where-Object", StringComparison.OrdinalIgnoreCase) && k.CommandElements.Count > 1 &&
                    k.CommandElements[1] is not ScriptBlockExpressionAst: what = "Where-Object without braces is of 3.0"; break;
                case CommandParameterAst p when p.ParameterName is "Raw" or "Parallel" or "AsHashtable" or "AsUTC": what = "-" + p.ParameterName + " is not in 2.0"; break;
            }
            if (what != null) yield return (n.Extent.StartLineNumber, what);
        }
    }

    static int Main(string[] words)
    {
        if (words.Length > 1 && words[0] == "check")
        {
            var bad = 0;
            foreach (var file in words.Skip(1))
                foreach (var (line, what) in Faults(File.ReadAllText(file), file)) { Console.WriteLine($"{file}:{line}: {what}"); bad++; }
            return bad == 0 ? 0 : 1;
        }
        var state = InitialSessionState.CreateDefault2();
        state.Commands.Add(new SessionStateCmdletEntry("New-Object", typeof(NewObject), null));
        state.Commands.Add(new SessionStateCmdletEntry("Test-Path", typeof(TestPath), null));
        state.Commands.Add(new SessionStateCmdletEntry("Join-Path", typeof(JoinPath), null));
        var host = new Host();
        using var space = RunspaceFactory.CreateRunspace(host, state);
        space.Open();
        using var shell = PowerShell.Create();
        shell.Runspace = space;
        shell.AddScript(Console.In.ReadToEnd(), false);
        try { foreach (var o in shell.Invoke()) Console.WriteLine(o); }
        catch (RuntimeException e) { Console.Error.WriteLine(e.Message + " " + e.ErrorRecord?.ScriptStackTrace); return 1; }
        foreach (var e in shell.Streams.Error) Console.Error.WriteLine(e);
        return host.Code;
    }
}
