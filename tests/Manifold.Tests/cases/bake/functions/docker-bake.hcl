variable "BRANCH" {
  default = "feature/Some Thing"
}
function "tag" {
  params = [name]
  result = "bake.test/${name}:${lower(regex_replace(BRANCH, "[^a-zA-Z0-9]+", "-"))}"
}
target "default" {
  tags   = [tag("functions")]
  args   = { LIST = join(",", [for n in range(3) : format("%02d", n)]), SUM = sha256(BRANCH) }
  labels = { for k, v in { a = 1, b = 2 } : upper(k) => v * 10 }
  platforms = ["linux/amd64", "linux/arm64"]
}
