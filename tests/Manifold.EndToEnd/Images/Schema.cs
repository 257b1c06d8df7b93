namespace Manifold.EndToEnd.Images;

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

    /// <summary>The folder that holds the schemas.</summary>
    public static string Folder { get; } = Path.Combine(Cases.Repository, "tests", "schemas", "oci-image");

    public static Task ValidateAsync(string schema, string document) =>
        Tool.Run("python3", "-W", "ignore", "-c", Validate, Folder, schema, document);
}
