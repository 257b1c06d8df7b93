using Manifold.Hcl;

namespace Manifold.Tests.Hcl;

/// <summary>The standard functions. The samples are those of Terraform's and go-cty's documentation, and of the RFCs.</summary>
public sealed class CallingFunctions
{
    [Theory]
    [InlineData("""format("There are %d lights", 4)""", "\"There are 4 lights\"")]
    [InlineData("""format("Hello, %s! %q %5.2f|%-4s|%04d|%x", "Ander", "q", 3.14159, "ab", 7, 255)""",
        "\"Hello, Ander! \\\"q\\\"  3.14|ab  |0007|ff\"")]
    [InlineData("""format("%[2]s %[1]s %%", "a", "b")""", "\"b a %\"")]
    [InlineData("""formatlist("Hello, %s!", ["Valentina", "Ander"])""", "[\"Hello, Valentina!\",\"Hello, Ander!\"]")]
    [InlineData("""join("-", ["foo", "bar", "baz"])""", "\"foo-bar-baz\"")]
    [InlineData("""split(",", "foo,bar,baz")""", "[\"foo\",\"bar\",\"baz\"]")]
    [InlineData("""chomp("hello\r\n\n")""", "\"hello\"")]
    [InlineData("""indent(2, "a\nb")""", "\"a\\n  b\"")]
    [InlineData("""replace("1 + 2 + 3", "+", "-")""", "\"1 - 2 - 3\"")]
    [InlineData("""title("hello world")""", "\"Hello World\"")]
    [InlineData("""substr("hello world", 1, 4)""", "\"ello\"")]
    [InlineData("""substr("hello world", -5, -1)""", "\"world\"")]
    [InlineData("""strlen("ŵ😀e\u0301")""", "3")]
    [InlineData("""reverse("hello")""", "\"olleh\"")]
    [InlineData("""trim("?!hello?!", "!?")""", "\"hello\"")]
    [InlineData("""trimprefix("helloworld", "hello")""", "\"world\"")]
    [InlineData("""trimsuffix("helloworld", "world")""", "\"hello\"")]
    [InlineData("""trimspace("  hello\n\n")""", "\"hello\"")]
    [InlineData("""basename("foo/bar/baz.txt")""", "\"baz.txt\"")]
    [InlineData("""dirname("foo/bar/baz.txt")""", "\"foo/bar\"")]
    public void strings(string call, string json) => Assert.Equal(json, Value(call));

    [Theory]
    [InlineData("""chunklist(["a", "b", "c", "d", "e"], 2)""", "[[\"a\",\"b\"],[\"c\",\"d\"],[\"e\"]]")]
    [InlineData("""compact(["a", "", "b", null, "c"])""", "[\"a\",\"b\",\"c\"]")]
    [InlineData("""concat(["a", ""], ["b", "c"])""", "[\"a\",\"\",\"b\",\"c\"]")]
    [InlineData("""distinct(["a", "b", "a", "c", "d", "b"])""", "[\"a\",\"b\",\"c\",\"d\"]")]
    [InlineData("""element(["a", "b", "c"], 3)""", "\"a\"")]
    [InlineData("""flatten([["a", "b"], [], ["c", ["d"]]])""", "[\"a\",\"b\",\"c\",\"d\"]")]
    [InlineData("""range(3)""", "[0,1,2]")]
    [InlineData("""range(1, 8, 2)""", "[1,3,5,7]")]
    [InlineData("""range(4, 1)""", "[4,3,2]")]
    [InlineData("""setproduct(["a", "b"], [1, 2])""", "[[\"a\",1],[\"a\",2],[\"b\",1],[\"b\",2]]")]
    [InlineData("""setintersection(["a", "b"], ["b", "c"], ["b", "d"])""", "[\"b\"]")]
    [InlineData("""setsubtract(["a", "b", "c"], ["a", "c"])""", "[\"b\"]")]
    [InlineData("""setunion(["a", "b"], ["b", "c"], ["d"])""", "[\"a\",\"b\",\"c\",\"d\"]")]
    [InlineData("""slice(["a", "b", "c", "d"], 1, 3)""", "[\"b\",\"c\"]")]
    [InlineData("""sort(["e", "d", "a", "x"])""", "[\"a\",\"d\",\"e\",\"x\"]")]
    [InlineData("""keys({a = 1, c = 2, d = 3})""", "[\"a\",\"c\",\"d\"]")]
    [InlineData("""values({a = 3, c = 2, d = 1})""", "[3,2,1]")]
    [InlineData("""lookup({a = "ay", b = "bee"}, "c", "what?")""", "\"what?\"")]
    [InlineData("""merge({a = "b", c = "d"}, {e = "f", c = "z"})""", "{\"a\":\"b\",\"c\":\"z\",\"e\":\"f\"}")]
    [InlineData("""zipmap(["a", "b"], [1, 2])""", "{\"a\":1,\"b\":2}")]
    [InlineData("""length({a = "b"}) + length([1, 2])""", "3")]
    public void lists_and_maps(string call, string json) => Assert.Equal(json, Value(call));

    [Theory]
    [InlineData("""max(12, 54, 3)""", "54")]
    [InlineData("""min([12, 54, 3]...)""", "3")]
    [InlineData("""ceil(5.1) + floor(4.9)""", "10")]
    [InlineData("""pow(3, 2)""", "9")]
    [InlineData("""signum(-13)""", "-1")]
    [InlineData("""parseint("FF", 16)""", "255")]
    [InlineData("""parseint("1011111011101111", 2)""", "48879")]
    public void numbers(string call, string json) => Assert.Equal(json, Value(call));

    [Theory]
    [InlineData("""base64encode("Hello World")""", "\"SGVsbG8gV29ybGQ=\"")]
    [InlineData("""base64decode("SGVsbG8gV29ybGQ=")""", "\"Hello World\"")]
    [InlineData("""jsonencode({"hello" = "world", n = [1, null, true, "<"]})""",
        "\"{\\\"hello\\\":\\\"world\\\",\\\"n\\\":[1,null,true,\\\"\\\\u003c\\\"]}\"")]
    [InlineData("""jsondecode("{\"hello\": \"world\", \"n\": [1.5, null]}")""", "{\"hello\":\"world\",\"n\":[1.5,null]}")]
    [InlineData("""csvdecode("a,b\n1,\"2,\"\"x\"\"\"\n")""", "[{\"a\":\"1\",\"b\":\"2,\\\"x\\\"\"}]")]
    [InlineData("""urlencode("Hello World!")""", "\"Hello+World%21\"")]
    [InlineData("""md5("message digest")""", "\"f96b697d7cb7938d525a2f31aaf161d0\"")] // RFC 1321
    [InlineData("""sha1("abc")""", "\"a9993e364706816aba3e25717850c26c9cd0d89d\"")] // RFC 3174
    [InlineData("""sha256("abc")""", "\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\"")] // FIPS 180-4
    public void encodings(string call, string json) => Assert.Equal(json, Value(call));

    [Theory]
    [InlineData("""regex("[a-z]+", "53453453.345345aaabbbccc23454")""", "\"aaabbbccc\"")]
    [InlineData("""regex("(\\d\\d\\d\\d)-(\\d\\d)-(\\d\\d)", "2019-02-01")""", "[\"2019\",\"02\",\"01\"]")]
    [InlineData("""regex("^(?:(?P<scheme>[^:/?#]+):)?(?://(?P<authority>[^/?#]*))?", "https://terraform.io/docs/")""",
        "{\"authority\":\"terraform.io\",\"scheme\":\"https\"}")]
    [InlineData("""regexall("[a-z]+", "1234abcd5678efgh9")""", "[\"abcd\",\"efgh\"]")]
    [InlineData("""regex_replace("-ab-axxb-", "a(x*)b", "${1}W")""", "\"-W-xxW-\"", "$${1}W")] // Go's regexp documentation
    public void patterns(string call, string json, string? written = null) =>
        Assert.Equal(json, Value(written is null ? call : call.Replace("${1}W", written, StringComparison.Ordinal)));

    [Theory]
    [InlineData("""formatdate("DD MMM YYYY hh:mm ZZZ", "2018-01-02T23:12:01Z")""", "\"02 Jan 2018 23:12 UTC\"")]
    [InlineData("""formatdate("EEEE, DD-MMM-YY hh:mm:ss ZZZ", "2018-01-02T23:12:01Z")""", "\"Tuesday, 02-Jan-18 23:12:01 UTC\"")]
    [InlineData("""formatdate("EEE, DD MMM YYYY hh:mm:ss ZZZ", "2018-01-02T23:12:01-08:00")""", "\"Tue, 02 Jan 2018 23:12:01 -0800\"")]
    [InlineData("""formatdate("MMM DD, YYYY", "2018-01-02T23:12:01Z")""", "\"Jan 02, 2018\"")]
    [InlineData("""formatdate("HH:mmaa", "2018-01-02T23:12:01Z")""", "\"11:12pm\"")]
    [InlineData("""formatdate("h'h'm'm'", "2018-01-02T23:12:01Z")""", "\"23h12m\"")]
    [InlineData("""timeadd("2017-11-22T00:00:00Z", "10m")""", "\"2017-11-22T00:10:00Z\"")]
    [InlineData("""timeadd("2017-11-22T00:00:00Z", "-1.5h")""", "\"2017-11-21T22:30:00Z\"")]
    [InlineData("""timeadd("2017-11-22T00:00:00Z", "1h15m30.918s")""", "\"2017-11-22T01:15:30Z\"")] // Go's time.ParseDuration
    [InlineData("""timeadd("2017-11-22T00:00:00Z", "0")""", "\"2017-11-22T00:00:00Z\"")]
    public void times(string call, string json) => Assert.Equal(json, Value(call));

    [Theory]
    [InlineData("""timeadd("2017-11-22T00:00:00Z", "10")""")]
    [InlineData("""timeadd("2017-11-22T00:00:00Z", "10 m")""")]
    [InlineData("""timeadd("2017-11-22T00:00:00Z", "10m\n")""")]
    [InlineData("""timeadd("2017-11-22T00:00:00Z", ".h")""")]
    [InlineData("""timeadd("2017-11-22T00:00:00Z", "99999999999999999999999h")""")]
    [InlineData("""timeadd("2017-11-22", "1h")""")]
    [InlineData("""base64decode("?")""")]
    [InlineData("""jsondecode("{")""")]
    [InlineData("""jsondecode("1e99")""")]
    [InlineData("""csvdecode("a,b\n1")""")]
    [InlineData("""regex("(", "a")""")]
    [InlineData("""regex("x", "a")""")]
    [InlineData("""parseint("12", 2)""")]
    [InlineData("""range(1, 5, -1)""")]
    [InlineData("""range(5000)""")]
    [InlineData("""setproduct(range(500), range(500))""")]
    [InlineData("""format("%99999999d", 1)""")]
    [InlineData("""format("%s")""")]
    [InlineData("""format("a", 1)""")]
    [InlineData("""pow(10, 99)""")]
    [InlineData("""slice(["a"], 1, 3)""")]
    [InlineData("""base64decode("AA==")""")] // a null character
    [InlineData("""bcrypt("x")""")]
    public void arguments_that_do_not_fit_are_refused(string call) => Assert.Throws<HclException>(() => Value(call));

    [Fact]
    public void what_fails_can_be_tried()
    {
        Assert.Equal("2", Value("try(missing, 1 / 0, 2)"));
        Assert.Equal("[false,true]", Value("[can(missing), can(1)]"));
    }

    [Fact]
    public void the_time_and_random_names_differ_from_call_to_call()
    {
        Assert.NotEqual(Value("uuidv4()"), Value("uuidv4()"));
        Assert.True(HclParser.ParseExpression("timestamp()").Evaluate(new HclScope()).AsText!.EndsWith('Z'));
    }

    private static string Value(string call) => HclParser.ParseExpression(call).Evaluate(new HclScope()).ToJson();
}
