variable "DEBUG" { default = false }
variable "NAMES" { default = ["a", "b", "c"] }
variable "PORTS" { default = { http = 80, https = 443 } }
variable "EMPTY" {}
GLOBAL = "global-${length(NAMES)}"
target "default" {
  tags = [for name in NAMES : "example.com/${name}:${GLOBAL}" if name != "b"]
  args = {
    COND      = DEBUG ? "debug" : "release"
    NESTED    = "${DEBUG ? "x" : "${upper("y")}-${1 + 2 * 3}"}"
    EMPTYCOND = EMPTY == "" ? "unset" : EMPTY
    AND       = DEBUG && true || !DEBUG
    COMPARE   = 1 < 2 && 2 >= 2 && 3 != 4
    INDEX     = NAMES[1]
    MEMBER    = PORTS.https
    INDEXED   = PORTS["http"]
    SPLAT     = join(",", [{ n = "x" }, { n = "y" }][*].n)
    FOROBJECT = jsonencode({ for k, v in PORTS : upper(k) => v + 1 })
    FORLIST   = jsonencode([for i, n in NAMES : "${i}${n}"])
    GROUPED   = jsonencode({ for n in ["ax", "ay", "bz"] : substr(n, 0, 1) => n... })
    LITERAL   = "$${NOT} %%{if} \"quoted\" \t\u00e9\\"
    TEMPLATE  = "%{ if DEBUG }yes%{ else }no%{ endif }"
    LOOP      = "%{ for n in NAMES }<${n}>%{ endfor }"
    TRIMMED   = "a   ${~ "b" ~}   c"
    NULLED    = null
    NEGATIVE  = -3
    FLOAT     = 1.50
    BIG       = 12345678901234567890
    SCIENTIFIC = 1.5e3
    EXPAND    = max([1, 9, 3]...)
    STRINGNUM = "5" + 1
    PRECEDENCE = (1 + 2) * 3 - 4 / 2
  }
  labels = {
    "dotted.name" = "a"
    ("computed-${1}") = "b"
    colon : "c"
  }
}
