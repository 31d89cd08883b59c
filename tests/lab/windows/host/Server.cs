// One process for all calls of a host and logon: a start of .NET with the engine takes longer than most scripts. Each call has a runspace of its own, so
// nothing of one script is there for the next; what a process has only once is either the call's (Call) or must stay as it was.
using System;
using System.Collections;
using System.Collections.Generic;
using System.IO;
using System.Linq;
using System.Net.Sockets;
using System.Runtime.InteropServices;
using System.Text;
using System.Threading;
using System.Threading.Tasks;

namespace Unjam.Lab;

// What a process of its own would have for itself.
class Call
{
    static readonly AsyncLocal<Call> current_ = new();
    public static Call Current { get => current_.Value; set => current_.Value = value; }

    public Stream Output, Errors;
    public Func<Stream> Input;            // waits for the whole of it
    public CancellationToken Gone;        // the caller is
    public bool Remote;                   // Exchange's commands come from a remote session
    public readonly StringBuilder Said = new();  // by a tool, until it ends
}

// [Console]::Out and [Console]::Error of a script: those of its call.
class Routed : TextWriter
{
    static readonly Encoding kUtf8 = new UTF8Encoding(false);
    readonly Func<Call, Stream> where_;
    public Routed(Func<Call, Stream> where) { where_ = where; }
    public override Encoding Encoding => kUtf8;
    public override void Write(char value) => Write(value.ToString());
    public override void Write(char[] buffer, int index, int count) => Write(new string(buffer, index, count));
    public override void Write(string value) { if (value != null) where_(Call.Current).Write(kUtf8.GetBytes(value)); }
    public override void WriteLine(string value) => Write(value + Environment.NewLine);
}

// The bytes of one stream on their way to the caller, framed as client.c tells.
class ToCaller : Stream
{
    readonly Socket socket_;
    readonly byte where_;
    public ToCaller(Socket socket, byte where) { socket_ = socket; where_ = where; }
    public override void Write(byte[] buffer, int offset, int count)
    {
        if (count == 0) return;
        var frame = new byte[5 + count];
        frame[0] = where_;
        BitConverter.TryWriteBytes(frame.AsSpan(1), count);
        buffer.AsSpan(offset, count).CopyTo(frame.AsSpan(5));
        lock (socket_)
            for (var sent = 0; sent < frame.Length;) sent += socket_.Send(frame.AsSpan(sent));
    }
    public override void Flush() { }
    public override bool CanRead => false;
    public override bool CanSeek => false;
    public override bool CanWrite => true;
    public override long Length => throw new NotSupportedException();
    public override long Position { get => throw new NotSupportedException(); set => throw new NotSupportedException(); }
    public override int Read(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
    public override void SetLength(long value) => throw new NotSupportedException();
}

static class Server
{
    const int kMostCalls = 200, kMostWords = 1000, kMostBytes = 64 << 20, kStack = 16 << 20, kPatience = 10_000;
    const int kFailed = 70;

    // Socket takes no listener that another process made.
    const int kListener = 3, kCloseOnExec = 0x80000;
    [DllImport("libc", SetLastError = true)] static extern int accept4(int listener, nint address, nint size, int flags);

    static int calls_;
    static readonly Lazy<string> surroundings_ = new(Surroundings);

    // What a script could change for all others. The engine itself sets the path of modules.
    static string Surroundings() => Environment.CurrentDirectory + string.Concat(Environment.GetEnvironmentVariables().Cast<DictionaryEntry>()
        .Where(e => (string)e.Key != "PSModulePath").Select(e => "\n" + e.Key + "=" + e.Value).OrderBy(line => line, StringComparer.Ordinal));

    public static int Run()
    {
        _ = surroundings_.Value;
        var errors = Console.Error;
        Console.SetOut(new Routed(call => call.Output));
        Console.SetError(new Routed(call => call.Errors));
        while (true)
        {
            var taken = accept4(kListener, 0, 0, kCloseOnExec);
            if (taken < 0) throw new IOException("accept: " + Marshal.GetLastPInvokeErrorMessage());
            var socket = new Socket(new SafeSocketHandle(taken, true));
            new Thread(() => Serve(socket, errors), kStack).Start();
        }
    }

    static void Serve(Socket socket, TextWriter log)
    {
        using var caller = socket;
        caller.SendTimeout = kPatience;
        try
        {
            if (Interlocked.Increment(ref calls_) > kMostCalls) throw new InvalidOperationException("too many calls at once");
            var words = Words(caller);
            using var gone = new CancellationTokenSource();
            var input = new TaskCompletionSource<byte[]>();
            Call.Current = new Call { Output = new ToCaller(caller, 1), Errors = new ToCaller(caller, 2), Input = () => new MemoryStream(input.Task.GetAwaiter().GetResult()), Gone = gone.Token };
            new Thread(() => Listen(caller, input, gone)) { IsBackground = true }.Start();
            var code = Program.Begin(words) ?? kFailed;
            if (Surroundings() != surroundings_.Value) throw new InvalidOperationException("a script has changed the environment of all others");
            End(caller, code);
        }
        catch (Exception e)
        {
            log.WriteLine(e);
            try { new ToCaller(caller, 2).Write(Encoding.UTF8.GetBytes("the lab's resident PowerShell: " + e.Message + "\n")); End(caller, kFailed); }
            catch (Exception) { } // the caller is gone
        }
        finally { Interlocked.Decrement(ref calls_); }
    }

    static void End(Socket caller, int code)
    {
        lock (caller) caller.Send([0, 4, 0, 0, 0, .. BitConverter.GetBytes(code)]);
    }

    static byte[] Take(Socket socket, int size)
    {
        if (size is < 0 or > kMostBytes) throw new InvalidDataException("a length of " + size);
        var bytes = new byte[size];
        for (var got = 0; got < size;)
        {
            var now = socket.Receive(bytes.AsSpan(got));
            if (now == 0) throw new EndOfStreamException();
            got += now;
        }
        return bytes;
    }
    static int Number(Socket socket) => BitConverter.ToInt32(Take(socket, 4));

    static string[] Words(Socket caller)
    {
        var words = new string[Math.Clamp(Number(caller), 0, kMostWords)];
        for (var i = 0; i < words.Length; i++) words[i] = Encoding.UTF8.GetString(Take(caller, Number(caller)));
        return words;
    }

    // The input; then nothing comes any more but the caller's end: if that is before the script's, the script ends too.
    static void Listen(Socket caller, TaskCompletionSource<byte[]> input, CancellationTokenSource gone)
    {
        var all = new MemoryStream();
        try
        {
            for (var size = Number(caller); size > 0 && all.Length < kMostBytes; size = Number(caller)) all.Write(Take(caller, size));
            input.SetResult(all.ToArray());
            Number(caller);
        }
        catch (Exception e)
        {
            try { gone.Cancel(); } catch (ObjectDisposedException) { } // the script has ended
            input.TrySetException(e); // a script cut short must not run
        }
    }
}
