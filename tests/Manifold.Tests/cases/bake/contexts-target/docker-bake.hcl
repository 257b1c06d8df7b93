group "default" {
  targets = ["app"]
}
target "base" {
  context = "base"
  platforms = ["linux/amd64", "linux/arm64"]
}
target "app" {
  context   = "app"
  contexts  = { base = "target:base" }
  tags      = ["bake.test/contexts-target:1"]
  platforms = ["linux/amd64", "linux/arm64"]
}
