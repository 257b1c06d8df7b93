target "default" {
  name   = "app-${flavour.name}-${stage}"
  matrix = {
    flavour = [{ name = "small", size = 1 }, { name = "large", size = 10 }]
    stage   = ["debug", "release"]
  }
  target    = stage
  args      = { SIZE = flavour.size }
  tags      = ["bake.test/matrix:${flavour.name}-${stage}"]
  platforms = ["linux/amd64", "linux/arm64"]
}
group "default" {
  targets = ["app-small-debug", "app-small-release", "app-large-debug", "app-large-release"]
}
