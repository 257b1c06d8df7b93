target "default" {
  tags = ["bake.test/inline-dockerfile:1"]
  dockerfile-inline = <<-EOT
    FROM localhost:5001/busybox:1
    COPY file /copied
    RUN echo "$${HOME}" >/home-of
  EOT
  platforms = ["linux/amd64", "linux/arm64"]
}
