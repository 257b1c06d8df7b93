target "default" {
  tags     = ["bake.test/override-of-images:1"]
  contexts = { "alpine:3.99" = "docker-image://localhost:5001/busybox:1" }
  platforms = ["linux/amd64", "linux/arm64"]
}
