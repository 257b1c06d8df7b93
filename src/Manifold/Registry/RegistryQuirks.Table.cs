using System.Collections.Immutable;
using System.Text.RegularExpressions;

namespace Manifold.Registry;

internal static partial class RegistryQuirks
{
    /// <summary>All rows, in the order in which they are tried.</summary>
    public static ImmutableArray<Quirk> Table { get; } =
    [
        new("Quay", "400 `MANIFEST_INVALID` on a push",
            "Quay returns this for every manifest that it does not accept, for example with a disabled media type, or for an OCI index "
                + "with Docker entries.",
            "Look at the manifest with: manifold inspect --raw. To push it in Docker's format, add: --format docker")
        {
            Host = QuayHosts(),
            Status = [400, 415],
            Words = Said("manifest.?invalid"),
            Writes = true,
        },

        new("Quay", "401 `UNAUTHORIZED` on a push, with a valid login",
            "Quay returns this if the repository does not exist and the account is not allowed to create it, or if a robot account has "
                + "no write permission.",
            "Create it at https://{host}/new/ or give the account write permission at "
                + "https://{host}/repository/{repository}?tab=settings; otherwise, log in again: manifold login {host}")
        {
            Host = QuayHosts(),
            Status = [401, 403],
            Writes = true,
        },

        new("Quay", "401 `UNAUTHORIZED` on a pull",
            "Quay returns this for private repositories and for repositories that do not exist.",
            "Check the name '{repository}', or log in with: manifold login {host}")
        {
            Host = QuayHosts(),
            Status = [401, 403],
            Writes = false,
        },

        new("Amazon ECR", "404 `NAME_UNKNOWN`: The repository with name … does not exist in the registry with id …",
            "ECR does not create repositories on push.",
            "Create it with: aws ecr create-repository --repository-name {repository}")
        {
            Status = [404],
            Words = Said("repository with name .* does not exist in the registry with id"),
        },

        new("Amazon ECR", "400 `TAG_INVALID`: … cannot be overwritten because the tag is immutable",
            "The ECR repository has immutable tags, and this tag already exists.",
            "Push another tag, or allow overwriting with: aws ecr put-image-tag-mutability --repository-name {repository} "
                + "--image-tag-mutability MUTABLE")
        {
            Status = [400],
            Words = Said("cannot be overwritten because the (tag|repository) is immutable"),
            Writes = true,
        },

        new("Amazon ECR", "403 `DENIED`: Your authorization token has expired",
            "ECR passwords expire after twelve hours.",
            "Log in again with: aws ecr get-login-password | manifold login {host} -u AWS --password-stdin")
        {
            Status = [400, 401, 403],
            Words = Said("authorization token has expired"),
        },

        new("Amazon ECR", "401 without an explanation",
            "ECR requires the user AWS and a password from the last twelve hours.",
            "Log in with: aws ecr get-login-password | manifold login {host} -u AWS --password-stdin")
        {
            Host = EcrHosts(),
            Status = [401],
        },

        new("GitLab, distribution", "400 `MANIFEST_BLOB_UNKNOWN`: blob unknown to registry",
            "The registry lost or deleted a blob or a manifest that was just pushed. Possible reasons: two pushes at the same time, "
                + "garbage collection, or an index whose manifests are in another repository.",
            "Push again. Existing content is not sent again. If it happens every time, check the registry's storage and replication.")
        {
            Status = [400, 404],
            Words = Said("blob unknown to registry|MANIFEST_BLOB_UNKNOWN"),
            Writes = true,
        },

        new("GitLab", "403 `DENIED`: requested access to the resource is denied, from its own registry",
            "In GitLab, the name of an image begins with the project's path, and the token needs the scopes read_registry and "
                + "write_registry.",
            "Check that '{repository}' begins with GROUP/PROJECT and that its container registry is enabled. Then run: manifold login "
                + "{host}")
        {
            Host = GitLabHosts(),
            Status = [401, 403],
        },

        new("GitHub", "403 `DENIED`: permission_denied: write_package",
            "The package exists, but the token's repository has no permission to write it.",
            "Open the package's settings at https://github.com/orgs/{owner}/packages/container/{name}/settings, and add the repository "
                + "with the role Write under 'Manage Actions access'. The workflow also needs 'permissions: packages: write'.")
        {
            Status = [403],
            Words = Said("permission_denied: ?write_package"),
        },

        new("GitHub", "403 `DENIED`: installation not allowed to Create organization package",
            "The workflow's token is not allowed to create packages in this organization.",
            "Add 'permissions: packages: write' to the workflow's job, or ask an owner to allow it in the organization's settings.")
        {
            Status = [403],
            Words = Said("installation not allowed to (create|write) organization package"),
        },

        new("GitHub", "403 `DENIED`: permission_denied: The token provided does not match expected scopes",
            "GitHub requires a classic personal access token with the scope write:packages, or read:packages for pulls.",
            "Create one at https://github.com/settings/tokens, then run: manifold login {host}")
        {
            Status = [401, 403],
            Words = Said("does not match expected scopes"),
        },

        new("Harbor", "412 `PRECONDITION`: … configured as immutable",
            "A rule of the Harbor project makes this tag immutable, and the tag already exists.",
            "Push another tag, or change the rule in the project under Policy, Tag Immutability.")
        {
            Status = [412],
            Words = Said("immutable"),
        },

        new("Harbor", "403 `DENIED`: Quota exceeded when processing the request",
            "The Harbor project has reached its quota. Logging in again does not help.",
            "Delete old artifacts and run the garbage collection, or ask an administrator to raise the quota.")
        {
            Status = [403, 412],
            Words = Said("quota exceeded"),
        },

        new("Harbor", "404 `NOT_FOUND`: project … not found",
            "Harbor creates repositories on push, but not projects.",
            "Create the project '{owner}' at https://{host}/harbor/projects, or check its name.")
        {
            Status = [404],
            Words = Said("project .*not found"),
        },

        new("Docker Hub", "429 `TOOMANYREQUESTS`: You have reached your pull rate limit",
            "Docker Hub limits pulls per account, or per IP address if you are not logged in. The limit resets after some hours.",
            "Log in with: manifold login docker.io, or configure a mirror of docker.io in registries.conf (docs/registries.md).")
        {
            Status = [429],
            Words = Said("pull rate limit|download-rate-limit|increase-rate-limit"),
        },

        new("Docker Hub", "401 `UNAUTHORIZED` or 403 `DENIED` on a push",
            "Docker Hub returns this if the account is not allowed to write to this name, or if the access token is read-only.",
            "Check that '{owner}' is your account or organization, and log in with a token that has write permission: manifold login "
                + "docker.io")
        {
            Host = DockerHosts(),
            Status = [401, 403],
            Writes = true,
        },

        new("Docker Hub", "401 `UNAUTHORIZED` on a pull",
            "Docker Hub also returns this for repositories that do not exist.",
            "Check the name '{repository}', or log in with: manifold login docker.io")
        {
            Host = DockerHosts(),
            Status = [401, 403],
            Writes = false,
        },

        new("Google Artifact Registry", "404 `NAME_UNKNOWN`: Repository … not found",
            "Artifact Registry does not create repositories on push. A name is PROJECT/REPOSITORY/IMAGE, and the region is part of the "
                + "host name.",
            "Create it with: gcloud artifacts repositories create REPOSITORY --repository-format=docker "
                + "--location=REGION --project={owner}")
        {
            Host = GoogleHosts(),
            Status = [404],
        },

        new("Google Artifact Registry", "400 `NAME_INVALID`: Missing image name",
            "A name in Artifact Registry has three parts: PROJECT/REPOSITORY/IMAGE.",
            "Add the image's name to '{host}/{repository}', e.g. {host}/{repository}/app")
        {
            Status = [400],
            Words = Said("missing image name"),
        },

        new("Google Artifact Registry",
            "403 `DENIED`: Permission \"artifactregistry.repositories.uploadArtifacts\" denied (or it may not exist)",
            "The account has no write permission, or the repository does not exist. Google does not say which.",
            "Log in with: gcloud auth print-access-token | manifold login {host} -u oauth2accesstoken --password-stdin, and list the "
                + "repositories with: gcloud artifacts repositories list --project={owner}")
        {
            Status = [401, 403],
            Words = Said("artifactregistry\\.repositories\\."),
        },

        new("Azure", "403 `DENIED`: client with IP … is not allowed access",
            "The registry's firewall blocks this machine's address. Logging in again does not help.",
            "Allow it with: az acr network-rule add --name REGISTRY --ip-address ADDRESS, or push from inside its network.")
        {
            Status = [401, 403],
            Words = Said("client with IP .* is not allowed access"),
        },

        new("Azure", "401 `UNAUTHORIZED`: authentication required",
            "The token of 'az acr login' expires after three hours, and the account needs the role AcrPush to push.",
            "Log in with: az acr login --name REGISTRY --expose-token --output tsv --query "
                + "accessToken | manifold login {host} -u 00000000-0000-0000-0000-000000000000 --password-stdin")
        {
            Host = AzureHosts(),
            Status = [401],
        },

        new("JFrog Artifactory", "403 or 400 `MANIFEST_INVALID` with the description HTTP 403 Forbidden",
            "Artifactory returns this if the tag already exists and the account is not allowed to overwrite it.",
            "Push another tag, or ask for the permission 'Delete/Overwrite' on the repository.")
        {
            Status = [400, 403, 404],
            Words = Said("manifest.?invalid.*(HTTP 40[34]|forbidden)"),
            Writes = true,
        },

        new("Sonatype Nexus", "400 `BLOB_UPLOAD_INVALID`: Repository does not allow updating assets",
            "The hosted repository's deployment policy does not allow overwriting.",
            "Push another tag, or set the policy to 'Allow redeploy' (at least for 'latest').")
        {
            Status = [400],
            Words = Said("does not allow updating assets|cannot be updated"),
        },

        new("Manifold", "405 `UNSUPPORTED`: This registry is read-only (--read-only)",
            "The registry runs 'manifold serve --read-only', which does not accept pushes.",
            "Push to another registry, or start it without --read-only.")
        {
            Status = [405],
            Words = Said("This registry is read-only \\(--read-only\\)"),
        },

        new("Sonatype Nexus", "404 or 405 on a push to a group or a proxy repository",
            "Nexus accepts pushes only on the connector of a hosted repository. Groups and proxies are read-only.",
            "Push to the port or the path of the hosted repository.")
        {
            Status = [403, 404, 405],
            Words = Said("deploying to groups|read-only|not writable|proxy repositor"),
            Writes = true,
        },

        new("nginx and other proxies", "413 Request Entity Too Large",
            "A proxy in front of the registry limits the request size. The default limit of nginx is 1 MB.",
            "Set 'client_max_body_size 0;' in nginx. On a Kubernetes ingress, set the annotation "
                + "nginx.ingress.kubernetes.io/proxy-body-size: \"0\".")
        {
            Status = [413],
        },

        new("any", "429 `TOOMANYREQUESTS`",
            "The registry limits requests from this account or address.",
            "Wait a moment, or log in for a higher limit: manifold login {host}")
        {
            Status = [429],
        },

        new("any", "405 `UNSUPPORTED` on a push",
            "A pull-through cache does not accept pushes, and neither does a registry that is read-only, for example during maintenance.",
            "Push to the registry behind the cache, or ask the administrator of '{host}'.")
        {
            Status = [405],
            Words = Said("UNSUPPORTED"),
            Writes = true,
        },

        new("any", "404 `NAME_UNKNOWN` on a push",
            "The registry does not create repositories on push, or the name is wrong.",
            "Create '{repository}' at '{host}' first, or check the name.")
        {
            Status = [404],
            Words = Said("NAME_UNKNOWN"),
            Writes = true,
        },

        new("any", "401 with `insufficient_scope`",
            "The login is valid, but the token service did not grant the access that this needs.",
            "Ask for access to this repository, or log in as another user: manifold login {host}")
        {
            Status = [401, 403],
            Words = Said("insufficient_scope"),
        },
    ];

    private static Regex Said(string pattern) =>
        new(pattern, RegexOptions.IgnoreCase | RegexOptions.CultureInvariant, TimeSpan.FromSeconds(1));

    [GeneratedRegex(@"^quay\.io\z|(^|[.-])quay[.-]", RegexOptions.IgnoreCase)]
    private static partial Regex QuayHosts();

    [GeneratedRegex(@"\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?\z|^public\.ecr\.aws\z", RegexOptions.IgnoreCase)]
    private static partial Regex EcrHosts();

    [GeneratedRegex(@"^registry\.gitlab\.com\z|(^|\.)gitlab\.", RegexOptions.IgnoreCase)]
    private static partial Regex GitLabHosts();

    [GeneratedRegex(@"^docker\.io\z")]
    private static partial Regex DockerHosts();

    [GeneratedRegex(@"-docker\.pkg\.dev\z|(^|\.)gcr\.io\z")]
    private static partial Regex GoogleHosts();

    [GeneratedRegex(@"\.azurecr\.(io|cn|us)\z")]
    private static partial Regex AzureHosts();
}
