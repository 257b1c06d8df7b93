variable "LIST" { default = "b,a,c" }
variable "NUMBER" {
  default = 7
}
function "tag" {
  params          = [name]
  variadic_params = rest
  result          = ["example.com/${name}:${join("-", rest)}"]
}
function "twice" {
  params = [n]
  result = multiply(n, 2)
}
target "default" {
  tags = concat(tag("one", "a", "b"), tag("two", "c"))
  args = {
    ADD        = add(NUMBER, 3)
    SUBTRACT   = NUMBER - 10
    DIVIDE     = NUMBER / 2
    MODULO     = NUMBER % 4
    TWICE      = twice(21)
    BASE64     = base64encode("hällo")
    PLAIN      = base64decode("aGVsbG8=")
    CAN        = can(LIST.x)
    TRY        = try(LIST.x, "fallback")
    CHOMP      = chomp("a\n\n")
    COALESCE   = coalesce(null, "x")
    CONTAINS   = contains(["a", "b"], "b")
    DISTINCT   = join(",", distinct(["a", "b", "a"]))
    ELEMENT    = element(["a", "b", "c"], 4)
    EQUAL      = equal("a", "a")
    FLATTEN    = join(",", flatten([["a"], ["b", ["c"]]]))
    FORMAT     = format("%s-%03d-%v-%q-%5.2f|%-5s|%x", "a", 7, true, "q", 3.14159, "ab", 255)
    FORMATLIST = join(",", formatlist("%s=%d", ["a", "b"], [1, 2]))
    FORMATDATE = formatdate("EEE, DD MMM YYYY hh:mm:ss 'at' ZZZ", "2024-02-29T13:04:05Z")
    GREATER    = greaterthan(3, 2)
    INDENT     = indent(2, "a\nb")
    INT        = int(3.9)
    JSON       = jsonencode({ b = [1, true, null], a = "<x>" })
    JSONDECODE = jsondecode("{\"a\": [1, \"two\"]}").a[1]
    KEYS       = join(",", keys({ b = 1, a = 2 }))
    VALUES     = join(",", values({ b = "1", a = "2" }))
    LENGTH     = length(["a", "b"])
    LOOKUP     = lookup({ a = "x" }, "b", "none")
    LOWER      = lower("ABC")
    UPPER      = upper("abc")
    TITLE      = title("hello world-wide")
    MAX        = max(1, 5, 3)
    MIN        = min(4, 2)
    MD5        = md5("x")
    SHA1       = sha1("x")
    SHA256     = sha256("x")
    SHA512     = sha512("x")
    MERGE      = jsonencode(merge({ a = 1, b = 1 }, { b = 2 }))
    PARSEINT   = parseint("ff", 16)
    RANGE      = join(",", formatlist("%d", range(1, 7, 2)))
    REGEX      = regex("[a-z]+", "123abc456")
    REGEXGROUP = regex("(\\d+)\\.(\\d+)", "v1.22.3")[1]
    REGEXNAMED = regex("(?P<major>\\d+)\\.(?P<minor>\\d+)", "v1.22").minor
    REGEXALL   = join(",", regexall("\\d", "a1b2c3"))
    REGEX_REPLACE = regex_replace("feature/x y", "[^a-z]+", "-")
    REPLACE    = replace("1.2.3", ".", "-")
    REVERSE    = reverse("abc")
    REVERSELIST = join(",", reverselist(["a", "b"]))
    SLICE      = join(",", slice(["a", "b", "c", "d"], 1, 3))
    SORT       = join(",", sort(split(",", LIST)))
    STRLEN     = strlen("häß")
    SUBSTR     = substr("hello", 1, 3)
    SUBSTREND  = substr("hello", -3, -1)
    TIMEADD    = timeadd("2024-01-01T00:00:00Z", "1h30m")
    TRIM       = trim("xxaxx", "x")
    TRIMPREFIX = trimprefix("v1.2", "v")
    TRIMSUFFIX = trimsuffix("a.txt", ".txt")
    TRIMSPACE  = trimspace("  a ")
    URLENCODE  = urlencode("a b&c=d/e")
    ZIPMAP     = jsonencode(zipmap(["a", "b"], [1, 2]))
    CSV        = csvdecode("a,b\n1,\"2,3\"")[0].b
    SETPRODUCT = jsonencode(setproduct(["a", "b"], ["1"]))
    SETUNION   = join(",", setunion(["b"], ["a", "b"]))
    COMPACT    = join(",", compact(["a", "", "b"]))
    CHUNK      = jsonencode(chunklist(["a", "b", "c"], 2))
    POW        = pow(2, 10)
    SIGNUM     = signum(-3)
    ABSOLUTE   = absolute(-3)
    CEIL       = ceil(1.2)
    FLOOR      = floor(1.8)
    HASINDEX   = hasindex(["a"], 1)
    INDEX      = index(["a", "b"], 1)
    NOT        = not(false)
    NEGATE     = negate(3)
  }
}
