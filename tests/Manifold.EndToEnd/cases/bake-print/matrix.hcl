group "default" {
  targets = ["app", "other"]
}
target "app" {
  name = "app-${tgt}-${replace(version, ".", "_")}-${item.name}"
  matrix = {
    tgt     = ["lint", "build"]
    version = ["1.20", "1.21"]
    item    = [{ name = "a", value = 1 }, { name = "b", value = 2.5 }]
  }
  target = tgt
  args   = { GO_VERSION = version, VALUE = item.value }
  tags   = ["example.com/app:${tgt}-${version}-${item.name}"]
}
target "other" {
  args = { X = "y" }
}
