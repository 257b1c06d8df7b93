using System.Collections.Frozen;

namespace Manifold.Projects.Targets;

/// <summary>What a key of a target holds.</summary>
internal enum BakeKind { Text, Flag, Texts, Map, Entries }

/// <summary>What an heir's value does to the inherited one; maps are always joined member by member.</summary>
internal enum BakeInheritance { Replaces, Appends }

internal sealed record BakeKey(BakeKind Kind, BakeInheritance Inheritance = BakeInheritance.Replaces)
{
    /// <summary>Keys of newer bakes that mean nothing here; one that is not known at all is told as these are.</summary>
    public static FrozenSet<string> WithoutEffect { get; } = FrozenSet.Create("resources", "policy");

    /// <summary>The keys of a target block. Source: bake's file reference, buildx 0.13 to 0.30.</summary>
    public static FrozenDictionary<string, BakeKey> OfTargets { get; } = new Dictionary<string, BakeKey>
    {
        ["annotations"] = new(BakeKind.Texts, BakeInheritance.Appends),
        ["args"] = new(BakeKind.Map),
        ["attest"] = new(BakeKind.Entries, BakeInheritance.Appends),
        ["cache-from"] = new(BakeKind.Entries, BakeInheritance.Appends),
        ["cache-to"] = new(BakeKind.Entries),
        ["call"] = new(BakeKind.Text),
        ["context"] = new(BakeKind.Text),
        ["contexts"] = new(BakeKind.Map),
        ["description"] = new(BakeKind.Text),
        ["dockerfile"] = new(BakeKind.Text),
        ["dockerfile-inline"] = new(BakeKind.Text),
        ["entitlements"] = new(BakeKind.Texts, BakeInheritance.Appends),
        ["extra-hosts"] = new(BakeKind.Map),
        ["inherits"] = new(BakeKind.Texts),
        ["labels"] = new(BakeKind.Map),
        ["network"] = new(BakeKind.Text),
        ["no-cache"] = new(BakeKind.Flag),
        ["no-cache-filter"] = new(BakeKind.Texts, BakeInheritance.Appends),
        ["output"] = new(BakeKind.Entries),
        ["platforms"] = new(BakeKind.Texts),
        ["pull"] = new(BakeKind.Flag),
        ["secret"] = new(BakeKind.Entries, BakeInheritance.Appends),
        ["shm-size"] = new(BakeKind.Text),
        ["ssh"] = new(BakeKind.Entries, BakeInheritance.Appends),
        ["tags"] = new(BakeKind.Texts),
        ["target"] = new(BakeKind.Text),
        ["ulimits"] = new(BakeKind.Texts, BakeInheritance.Appends),
    }.ToFrozenDictionary();
}
