target "default" {
  dockerfile-inline = <<-EOT
    FROM busybox
    ARG NAME=${upper("name")}

    RUN echo "$${NAME}" && \
        echo indented
    EOT
  args = {
    PLAIN = <<EOF
  two blanks
end
EOF
    LOOP = <<-X
      %{ for n in ["a", "b"] ~}
      item ${n}
      %{ endfor ~}
    X
  }
}
