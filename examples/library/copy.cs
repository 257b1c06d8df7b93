#:package Manifold@0.1.0
#:property PublishAot=false
using Manifold.Engine;
using Manifold.Images;

using var engine = ManifoldEngine.Open();
await engine.CopyAsync(ImageLocation.Parse(args[0]), args[1..].Select(ImageLocation.Parse));
