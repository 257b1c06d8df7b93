global using Manifold.Tests.Support;
