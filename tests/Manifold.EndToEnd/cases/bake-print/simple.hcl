# The first example of everybody.
variable "TAG" {
  default = "latest"
}
group "default" {
  targets = ["webapp"]
}
target "webapp" {
  dockerfile = "Dockerfile.webapp"
  tags       = ["docker.io/username/webapp:${TAG}"]
}
