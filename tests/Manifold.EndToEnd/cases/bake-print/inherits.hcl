target "_common" {
  args = {
    GO_VERSION = "1.22"
    EMPTY      = ""
  }
  labels = { "org.example.from" = "common", "org.example.kept" = "yes" }
  platforms = ["linux/amd64", "linux/arm64"]
  annotations = ["org.example.a=1"]
  cache-from = ["type=registry,ref=example.com/cache"]
  no-cache   = true
}
target "_release" {
  args = { GO_VERSION = "1.23", RELEASE = true, LEVEL = 3 }
  platforms = ["linux/arm/v7", "linux/riscv64"]
}
target "app" {
  inherits = ["_common", "_release"]
  context  = "./app"
  labels   = { "org.example.from" = "app" }
  tags     = ["example.com/app:1", "example.com/app"]
  annotations = ["org.example.b=2"]
  no-cache = false
  pull     = true
  target   = "final"
}
target "default" {
  inherits = ["app"]
  context  = "."
}
