// The static test: syntax, and everything that the given version of Windows PowerShell does not know and a newer engine silently forgives. Commands
// and parameters are those of commands.tsv; anything else is refused, so that a new one is looked up before it is used.
using System;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Management.Automation.Language;

namespace Unjam.Lab;

static class Check
{
    record Known(string Since, Dictionary<string, string> Parameters);

    static readonly Dictionary<string, Known> commands_ = new(StringComparer.OrdinalIgnoreCase);
    static readonly HashSet<string> own_ = new(StringComparer.OrdinalIgnoreCase);
    static Version floor_;

    static bool TooNew(string since) => Version.TryParse(since, out var version) && version > floor_;

    static void Load(string file)
    {
        foreach (var line in File.ReadAllLines(file).Where(l => l != "" && l[0] != '#'))
        {
            var part = line.Split('\t');
            var parameters = part[2].Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(p => p.Split('@'))
                .ToDictionary(p => p[0], p => p.Length > 1 ? p[1] : part[1], StringComparer.OrdinalIgnoreCase);
            commands_[part[0]] = new Known(part[1], parameters);
        }
    }

    static string OfNode(Ast node)
    {
        switch (node)
        {
            case TernaryExpressionAst: return "?: is of PowerShell 7";
            case PipelineChainAst: return "&& and || are of PowerShell 7";
            case PipelineAst { Background: true }: return "& at the end of a line is of PowerShell 6";
            case ScriptBlockAst { CleanBlock: not null }: return "clean {} is of PowerShell 7.3";
            case TypeDefinitionAst: return "classes and enums are of 5.0";
            case UsingStatementAst: return "using is of 5.0";
            case BinaryExpressionAst b when b.Operator is TokenKind.In or TokenKind.Inotin or TokenKind.Iin or TokenKind.Cin or TokenKind.Cnotin: return TooNew("3.0") ? "-in is of 3.0" : null;
            case BinaryExpressionAst b when b.Operator is TokenKind.Shl or TokenKind.Shr: return TooNew("3.0") ? "-shl and -shr are of 3.0" : null;
            case BinaryExpressionAst b when b.Operator == TokenKind.QuestionQuestion: return "?? is of PowerShell 7";
            case AssignmentStatementAst a when a.Operator == TokenKind.QuestionQuestionEquals: return "??= is of PowerShell 7";
            case MemberExpressionAst { NullConditional: true }: return "?. is of PowerShell 7";
            // 2.0 runs on .NET 2.0 to 3.5, which lacks much that looks old: [string]::IsNullOrWhiteSpace, [IO.File]::ReadLines, ...
            case MemberExpressionAst { Static: true, Expression: TypeExpressionAst t } m when m.Member is StringConstantExpressionAst name:
                var member = "[" + t.TypeName.FullName + "]::" + name.Value;
                return commands_.TryGetValue(member, out var listed) ? (TooNew(listed.Since) ? member + " is of " + listed.Since : null) : member + " is not in commands.tsv";
            case IndexExpressionAst { NullConditional: true }: return "?[] is of PowerShell 7";
            case InvokeMemberExpressionAst i when i.Static && i.Member.Extent.Text.Equals("new", StringComparison.OrdinalIgnoreCase): return "::new() is of 5.0";
            case ConvertExpressionAst c when c.Type.TypeName.FullName is "ordered" or "pscustomobject": return TooNew("3.0") ? "[" + c.Type.TypeName.FullName + "] is of 3.0" : null;
            case VariableExpressionAst v when v.VariablePath.UserPath.Equals("PSItem", StringComparison.OrdinalIgnoreCase): return TooNew("3.0") ? "$PSItem is of 3.0" : null;
            case VariableExpressionAst v when v.VariablePath.UserPath.StartsWith("using:", StringComparison.OrdinalIgnoreCase): return TooNew("3.0") ? "$using: is of 3.0" : null;
            case VariableExpressionAst v when v.VariablePath.UserPath is "IsWindows" or "IsLinux" or "PSScriptRoot": return "$" + v.VariablePath.UserPath + " is not in 2.0";
            case FileRedirectionAst f when f.FromStream is RedirectionStream.All or RedirectionStream.Warning or RedirectionStream.Verbose: return TooNew("3.0") ? "*> is of 3.0" : null;
            case MergingRedirectionAst m when m.FromStream is not RedirectionStream.Error: return TooNew("3.0") ? "merging other streams than 2 is of 3.0" : null;
            case CommandAst k: return OfCommand(k);
        }
        return null;
    }

    static string OfCommand(CommandAst command)
    {
        var name = command.GetCommandName();
        if (name == null || own_.Contains(name)) return null; // a variable, or a function of the script itself
        if (name.EndsWith(".exe", StringComparison.OrdinalIgnoreCase)) return null;
        if (!commands_.TryGetValue(name, out var known)) return name + " is not in commands.tsv";
        // What is of a later version may be called where it was found by Get-Command, which the author says by the fallback.
        if (TooNew(known.Since) && !Guarded(command)) return name + " is of " + known.Since;
        var plain = name.Equals("Where-Object", StringComparison.OrdinalIgnoreCase) || name.Equals("ForEach-Object", StringComparison.OrdinalIgnoreCase);
        if (plain && command.CommandElements.Count > 1 && command.CommandElements[1] is not ScriptBlockExpressionAst and not CommandParameterAst)
            return TooNew("3.0") ? name + " without braces is of 3.0" : null;
        foreach (var p in command.CommandElements.OfType<CommandParameterAst>())
        {
            if (!known.Parameters.TryGetValue(p.ParameterName, out var since)) return name + " -" + p.ParameterName + " is not in commands.tsv";
            if (TooNew(since) && !Guarded(command)) return name + " -" + p.ParameterName + " is of " + since;
        }
        return null;
    }

    // In a function that asks Get-Command for another way first.
    static bool Guarded(Ast node)
    {
        for (var up = node.Parent; up != null; up = up.Parent)
            if (up is FunctionDefinitionAst f) return f.Find(a => a is CommandAst c && c.GetCommandName() == "Get-Command", true) != null;
        return false;
    }

    static IEnumerable<(int, string)> Faults(string text, string file)
    {
        var tree = Parser.ParseInput(text, file, out _, out var errors);
        foreach (var e in errors) yield return (e.Extent.StartLineNumber, e.Message);
        foreach (var n in tree.FindAll(_ => true, true))
            if (OfNode(n) is string what) yield return (n.Extent.StartLineNumber, what);
    }

    public static int Run(string floor, string[] files)
    {
        floor_ = Version.Parse(floor);
        Load(Path.Combine(AppContext.BaseDirectory, "commands.tsv"));
        foreach (var file in files)
            foreach (var f in Parser.ParseInput(File.ReadAllText(file), file, out _, out _).FindAll(n => n is FunctionDefinitionAst, true).Cast<FunctionDefinitionAst>()) own_.Add(f.Name);
        var bad = 0;
        foreach (var file in files)
            foreach (var (line, what) in Faults(File.ReadAllText(file), file)) { Console.WriteLine(file + ":" + line + ": " + what); bad++; }
        return bad == 0 ? 0 : 1;
    }
}
