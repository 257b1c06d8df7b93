using System.Globalization;
using Manifold.Building.Reproducing;

namespace Manifold.Tests.Projects;

public sealed class MovingTheClock
{
    [Theory]
    [InlineData("2026-11-29T09:10:00Z", "2026-11-29T09:14:00Z")]
    [InlineData("2026-11-29T11:58:00Z", "2026-11-29T12:01:00Z")]
    [InlineData("2026-11-29T00:00:00Z", "2026-11-29T23:59:00Z")]
    [InlineData("2026-11-29T23:58:00Z", "2026-11-30T00:00:00Z")]
    [InlineData("2026-11-29T23:00:00Z", "2026-11-30T00:40:00Z")]
    [InlineData("2026-11-29T09:00:00Z", "2026-11-30T08:30:00Z")]
    public void the_second_build_shows_a_day_that_no_step_of_the_first_one_saw(string began, string second)
    {
        var (start, now) = (Read(began), Read(second));
        var zone = OtherTimeZone.At(start, now);
        var sign = zone[4] == '-' ? 1 : -1; // POSIX: what has to be added to reach UTC
        var hours = zone[5..].Split(':').Select(text => int.Parse(text, CultureInfo.InvariantCulture)).ToArray();
        var shown = now.AddMinutes(sign * ((hours[0] * 60) + hours[1]));

        for (var step = start; step <= now; step = step.AddMinutes(1))
            Assert.NotEqual(step.UtcDateTime.Date, shown.UtcDateTime.Date);
        Assert.NotEqual(now.UtcDateTime.Minute, shown.UtcDateTime.Minute);
        Assert.True(hours[0] <= 24, zone);
    }

    private static DateTimeOffset Read(string text) => DateTimeOffset.Parse(text, CultureInfo.InvariantCulture);
}
