target "base" {
  args = { VERSION = "1.2", NAME = "base" }
  tags = ["example.com/base:1.2"]
}
target "default" {
  args = {
    VERSION = target.base.args.VERSION
    TAG     = target.base.tags[0]
    BOTH    = "${target.base.args.NAME}-${target.base.args.VERSION}"
  }
}
