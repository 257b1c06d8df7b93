#:package Manifold@0.1.0
#:property PublishAot=false
using Manifold.Engine;
using Manifold.Oci;
using Manifold.Planning;
using Manifold.Publishing;

using var engine = ManifoldEngine.Open();
var request = new BuildRequest
{
    ContextFolder = args[0],
    Platforms = [Platform.Parse("linux/amd64"), Platform.Parse("linux/arm64")],
};
var built = await engine.BuildAsync(request, new PublicationRequest { Targets = [ImageReference.Parse(args[1])] });
Console.WriteLine(built.Publication!.Tags[0]);
