namespace Manifold.Tests.Support;

public sealed class FindingAFreePort
{
    [Fact]
    public void no_two_tests_get_the_same_one() => Assert.Distinct(Enumerable.Range(0, 400).Select(_ => FreePort.Find()));
}
