// A stand-in for an OAuth proxy. It answers --version.
package main

import (
	"os"
	"runtime"
)

var version = "dev"

func main() {
	if len(os.Args) != 2 || os.Args[1] != "--version" {
		os.Stderr.WriteString("usage: oauth-proxy --version\n")
		os.Exit(2)
	}
	os.Stdout.WriteString("oauth2_proxy " + version + " (built for " + runtime.GOOS + "/" + runtime.GOARCH + ")\n")
}
