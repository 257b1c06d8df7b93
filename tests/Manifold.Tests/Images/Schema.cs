using Manifold.Tests.EndToEnd;

namespace Manifold.Tests.Images;

/// <summary>The JSON schemas of the OCI image specification; python3-jsonschema applies them.</summary>
internal static class Schema
{
    // The schemas are draft 4 and name each other by file; their ids lead to a server.
    private const string Validate = """
        import json, os, sys
        from jsonschema import Draft4Validator, RefResolver
        def load(uri):
            with open(os.path.join(folder, os.path.basename(uri))) as f:
                schema = json.load(f)
            schema.pop("id", None)
            return schema
        folder, name, document = sys.argv[1:]
        class Files(RefResolver):
            def resolve_remote(self, uri): return load(uri)
        schema = load(name)
        Draft4Validator(schema, resolver=Files("https://files/" + name, schema)).validate(json.load(open(document)))
        """;

    public static async Task ValidateAsync(string schema, string document)
    {
        var folder = Path.Combine(Oracle.Shared(), "schemas", "oci-image");
        Assert.SkipUnless(Directory.Exists(folder), $"'{folder}' is not there; MANIFOLD_SHARED says where the folder 'shared' is.");
        await Tool.Run("python3", "-W", "ignore", "-c", Validate, folder, schema, document);
    }
}
