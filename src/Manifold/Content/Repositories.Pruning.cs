using Manifold.Oci;

namespace Manifold.Content;

/// <content>What a prune asks about the records of pushes.</content>
internal sealed partial class Repositories
{
    /// <summary>What clients pushed, or learnt to be here, after that moment: its name may be on its way.</summary>
    internal IEnumerable<Digest> RecordedSince(DateTimeOffset moment) =>
        from file in store.Layout.Pushed.Files()
        where file.LastWriteTimeUtc > moment.UtcDateTime
        let digest = DigestOf(file)
        where digest is not null
        select digest.Value;

    /// <summary>What points to each subject.</summary>
    internal ILookup<Digest, Digest> ReferrersBySubject() =>
        (from file in store.Layout.Pushed.Files()
         where file.Directory!.Parent?.Name == Referrers
         let subject = FromDashed(file.Directory!.Name)
         let referrer = FromDashed(file.Name)
         where subject is not null && referrer is not null
         select (subject, referrer)).ToLookup(pair => pair.subject!.Value, pair => pair.referrer!.Value);

    /// <summary>The digest that a record is about: <c>_blobs/sha256/HEX</c>, <c>_referrers/…/sha256-HEX</c>.</summary>
    internal static Digest? DigestOf(FileInfo file) =>
        FromDashed(file.Directory!.Parent?.Name is Blobs or Manifests ? $"{file.Directory.Name}-{file.Name}" : file.Name);

    internal static bool IsUpload(FileInfo file) => file.Directory!.Name == Uploads;

    private static Digest? FromDashed(string name) => Digest.TryParse(name.Replace('-', ':'), out var digest) ? digest : null;
}
