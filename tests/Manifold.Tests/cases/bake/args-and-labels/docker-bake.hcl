variable "VERSION" {
  default = "1.2"
}
target "default" {
  tags      = ["bake.test/args-and-labels:${VERSION}"]
  args      = { VERSION = VERSION, EMPTY = "", NUMBER = 1 + 2 }
  labels    = { "org.opencontainers.image.version" = VERSION, "quoted" = "a \"b\" $${c}" }
  platforms = ["linux/amd64", "linux/arm64"]
}
