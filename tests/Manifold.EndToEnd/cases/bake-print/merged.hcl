target "default" {
  args = { A = "1", B = "1" }
  tags = ["first"]
}
target "default" {
  args = { B = "2" }
  tags = ["second:${lower("X")}"]
}
