using Manifold.Dockerfile;
using Manifold.Planning;
using Manifold.Projects;
using Manifold.Verification;

namespace Manifold.Building;

/// <summary>The project of a single image: what <c>manifold build</c> builds.</summary>
internal static class ImageProject
{
    /// <summary>Returns a project of one image without a name. Its events, warnings and errors do not name an image.</summary>
    /// <param name="dockerFormat">Whether the image is published in Docker's media types.</param>
    public static Project Of(BuildRequest request, VerificationPolicy verification, bool dockerFormat = false)
    {
        var source = new BuildSource
        {
            Place = new Place(request.DockerfilePath ?? "Dockerfile", 1, 1, 0),
            ContextFolder = request.ContextFolder,
            Request = request,
        };
        var component = new Component
        {
            Name = "",
            Place = source.Place,
            Platforms = [.. request.Platforms.Select(platform => new ComponentPlatform(platform, source))],
            Tags = request.Tags,
            Labels = request.Labels,
            Annotations = request.Annotations,
            WithoutIndex = request.WithoutIndex,
            Verification = new ComponentVerification { Policy = verification },
            DockerFormat = dockerFormat,
        };
        return new Project
        {
            File = source.Place.File,
            Folder = request.ContextFolder,
            Components = [component],
        };
    }
}
