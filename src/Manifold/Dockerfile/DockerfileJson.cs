using System.Collections.Immutable;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;

namespace Manifold.Dockerfile;

/// <summary>A tree as JSON, for people and tools: every instruction with its flags, arguments, heredocs and lines.</summary>
/// <remarks>Deterministic. What was not written is left out. Mounts are objects once their variables have values, and text before.</remarks>
public static class DockerfileJson
{
    public static string Write(DockerfileTree tree)
    {
        using var buffer = new MemoryStream();
        var options = new JsonWriterOptions { Indented = true, Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping };
        using (var json = new Utf8JsonWriter(buffer, options))
            new TreeWriter(json).Write(tree);
        return Encoding.UTF8.GetString(buffer.GetBuffer().AsSpan(0, (int)buffer.Length)) + "\n";
    }

    private sealed class TreeWriter(Utf8JsonWriter json)
    {
        public void Write(DockerfileTree tree)
        {
            json.WriteStartObject();
            json.WriteString("file", tree.FileName);
            json.WriteString("escape", tree.Escape.ToString());
            Array("directives", tree.Directives, Write);
            Array("globalArguments", tree.GlobalArguments, Write);
            json.WriteStartArray("stages");
            foreach (var stage in tree.Stages)
                Write(stage);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        private void Write(ParserDirective directive)
        {
            json.WriteStartObject();
            json.WriteString("name", directive.Name);
            json.WriteString("value", directive.Value);
            json.WriteNumber("line", directive.Line);
            json.WriteEndObject();
        }

        private void Write(Stage stage)
        {
            json.WriteStartObject();
            json.WriteNumber("index", stage.Index);
            Text("name", stage.Name);
            Array("instructions", [stage.From, .. stage.Instructions], Write);
            json.WriteEndObject();
        }

        private void Write(Instruction instruction)
        {
            json.WriteStartObject();
            json.WriteString("instruction", instruction.Source.Keyword.ToUpperInvariant());
            json.WriteStartArray("lines");
            json.WriteNumberValue(instruction.Lines.First);
            json.WriteNumberValue(instruction.Lines.Last);
            json.WriteEndArray();
            json.WriteString("text", instruction.Source.Text);
            Array("flags", instruction.Source.Flags, Write);
            WriteArguments(instruction);
            json.WriteEndObject();
        }

        private void Write(InstructionFlag flag)
        {
            json.WriteStartObject();
            json.WriteString("name", flag.Name);
            Text("value", flag.Value);
            json.WriteEndObject();
        }

        private void WriteArguments(Instruction instruction)
        {
            switch (instruction)
            {
                case FromInstruction from:
                    Text("platform", from.Platform);
                    json.WriteString("image", from.Image);
                    Text("stage", from.StageName);
                    break;
                case ArgInstruction arg:
                    Array("arguments", arg.Arguments, each => Pair("name", each.Name, "default", each.Default));
                    break;
                case PairsInstruction pairs:
                    Array("pairs", pairs.Pairs, each => Pair("key", each.Key, "value", each.Value));
                    Flag("legacyForm", pairs.LegacyForm);
                    break;
                case RunInstruction run:
                    Write(run);
                    break;
                case FilesInstruction files:
                    Write(files);
                    break;
                case CmdInstruction cmd:
                    Write("command", cmd.Command);
                    break;
                case EntrypointInstruction entrypoint:
                    Write("command", entrypoint.Command);
                    break;
                case ShellInstruction shell:
                    Strings("words", shell.Words);
                    break;
                case HealthcheckInstruction health:
                    Write(health);
                    break;
                case OnbuildInstruction onbuild:
                    json.WritePropertyName("trigger");
                    Write(onbuild.Trigger);
                    break;
                case WorkdirInstruction workdir:
                    json.WriteString("path", workdir.Path);
                    break;
                case UserInstruction user:
                    json.WriteString("user", user.User);
                    break;
                case VolumeInstruction volume:
                    Strings("paths", volume.Paths);
                    break;
                case ExposeInstruction expose:
                    Strings("ports", expose.Ports);
                    break;
                case StopSignalInstruction stop:
                    json.WriteString("signal", stop.Signal);
                    break;
                case MaintainerInstruction maintainer:
                    json.WriteString("name", maintainer.Name);
                    break;
            }
        }

        private void Write(RunInstruction run)
        {
            Write("command", run.Command);
            Array("mounts", run.Mounts, Write);
            if (run.Network != RunNetwork.Default)
                json.WriteString("network", Lower(run.Network));
            if (run.Security != RunSecurity.Sandbox)
                json.WriteString("security", Lower(run.Security));
            Array("heredocs", run.Heredocs, Write);
        }

        private void Write(FilesInstruction files)
        {
            if (files is CopyInstruction copy)
            {
                Text("from", copy.From);
                Flag("parents", copy.Parents);
            }
            if (files is AddInstruction add)
            {
                Text("checksum", add.Checksum);
                Flag("keepGitDir", add.KeepGitDir);
                if (add.Unpack is { } unpack)
                    json.WriteBoolean("unpack", unpack);
            }
            Strings("sources", files.Sources);
            json.WriteString("destination", files.Destination);
            Text("chown", files.Chown);
            Text("chmod", files.Chmod);
            Flag("link", files.Link);
            Strings("exclude", files.Exclude);
            Array("heredocs", files.Heredocs, Write);
        }

        private void Write(HealthcheckInstruction health)
        {
            if (health.Test is null)
                json.WriteBoolean("none", true);
            else
                Write("test", health.Test);
            Number("intervalNanoseconds", health.Interval);
            Number("timeoutNanoseconds", health.Timeout);
            Number("startPeriodNanoseconds", health.StartPeriod);
            Number("startIntervalNanoseconds", health.StartInterval);
            Number("retries", health.Retries);
        }

        private void Write(Mount mount)
        {
            json.WriteStartObject();
            json.WriteString("text", mount.Text);
            if (mount.NeedsExpansion)
                json.WriteBoolean("needsExpansion", true);
            else
                WriteFields(mount);
            json.WriteEndObject();
        }

        private void WriteFields(Mount mount)
        {
            json.WriteString("type", Lower(mount.Type));
            Text("id", mount.Id);
            Text("from", mount.From);
            Text("source", mount.Source);
            Text("target", mount.Target);
            json.WriteBoolean("readOnly", mount.ReadOnly);
            Flag("required", mount.Required);
            Text("env", mount.Env);
            if (mount.Type == MountType.Cache)
                json.WriteString("sharing", Lower(mount.Sharing));
            Flag("shareArchitectures", mount.ShareArchitectures);
            Text("mode", mount.Mode is { } mode ? Convert.ToString(mode, 8) : null);
            Number("uid", mount.Uid);
            Number("gid", mount.Gid);
            Number("size", mount.Size);
        }

        private void Write(Heredoc heredoc)
        {
            json.WriteStartObject();
            json.WriteString("name", heredoc.Name);
            if (heredoc.FileDescriptor != 0)
                json.WriteNumber("fileDescriptor", heredoc.FileDescriptor);
            Flag("stripTabs", heredoc.StripTabs);
            json.WriteBoolean("expand", heredoc.Expand);
            json.WriteString("content", heredoc.Content);
            json.WriteEndObject();
        }

        private void Write(string name, CommandLine command)
        {
            json.WriteStartObject(name);
            json.WriteString("form", command.IsExec ? "exec" : "shell");
            json.WriteStartArray("words");
            foreach (var word in command.Words)
                json.WriteStringValue(word);
            json.WriteEndArray();
            json.WriteEndObject();
        }

        private void Pair(string first, string key, string second, string? value)
        {
            json.WriteStartObject();
            json.WriteString(first, key);
            Text(second, value);
            json.WriteEndObject();
        }

        private void Array<T>(string name, ImmutableArray<T> items, Action<T> write)
        {
            if (items.IsEmpty)
                return;
            json.WriteStartArray(name);
            foreach (var item in items)
                write(item);
            json.WriteEndArray();
        }

        private void Strings(string name, ImmutableArray<string> items) => Array(name, items, json.WriteStringValue);

        private void Text(string name, string? value)
        {
            if (value is not null)
                json.WriteString(name, value);
        }

        private void Flag(string name, bool value)
        {
            if (value)
                json.WriteBoolean(name, value);
        }

        private void Number(string name, long? value)
        {
            if (value is { } number and not 0)
                json.WriteNumber(name, number);
        }

        private static string Lower<T>(T value) where T : struct, Enum => value.ToString().ToLowerInvariant();
    }
}
