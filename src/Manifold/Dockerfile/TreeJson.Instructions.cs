namespace Manifold.Dockerfile;

internal sealed partial class TreeJson
{
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
            default:
                WriteWords(instruction);
                break;
        }
    }

    private void WriteWords(Instruction instruction)
    {
        switch (instruction)
        {
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

    private void Write(RunMount mount)
    {
        json.WriteStartObject();
        json.WriteString("text", mount.Text);
        if (mount.NeedsExpansion)
            json.WriteBoolean("needsExpansion", true);
        else
            WriteFields(mount);
        json.WriteEndObject();
    }

    private void WriteFields(RunMount mount)
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
}
