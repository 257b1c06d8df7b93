group "default" { targets = ["app"] }
target "base" {
  dockerfile-inline = "FROM busybox"
  args = { FROM_BASE = "1" }
}
target "app" {
  contexts = {
    base   = "target:base"
    image  = "docker-image://alpine:3.20"
    folder = "./folder"
    none   = ""
    dir    = "${BAKE_CMD_CONTEXT}"
  }
  platforms = [BAKE_LOCAL_PLATFORM]
}
