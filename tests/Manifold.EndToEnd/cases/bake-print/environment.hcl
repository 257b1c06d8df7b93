# environment: NAME=from-outside DEBUG=true COUNT=41
variable "NAME" { default = "inside" }
variable "DEBUG" { default = false }
variable "COUNT" { default = 1 }
variable "DERIVED" { default = "${NAME}-${COUNT}" }
target "default" {
  args = {
    NAME    = NAME
    MODE    = DEBUG ? "debug" : "release"
    NEXT    = COUNT + 1
    DERIVED = DERIVED
  }
}
