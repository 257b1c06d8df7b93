target "_platforms" {
  platforms = ["linux/amd64", "linux/arm64"]
}
target "_labels" {
  labels = { team = "build", level = "parent" }
}
target "web" {
  inherits = ["_platforms", "_labels"]
  context  = "web"
  args     = { NAME = "web" }
  tags     = ["bake.test/inherits:web"]
}
target "admin" {
  inherits = ["web"]
  args     = { NAME = "admin", EXTRA = "1" }
  labels   = { level = "child" }
  tags     = ["bake.test/inherits:admin"]
}
group "default" {
  targets = ["web", "admin"]
}
