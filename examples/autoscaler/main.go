// A stand-in for an autoscaler. It prints its version, its user, and its platform.
package main

import (
	"os"
	"runtime"
	"strconv"
)

// Set by the linker; see the Dockerfile.
var version, commit, buildDate = "dev", "none", "unknown"

func main() {
	os.Stdout.WriteString("autoscaler " + version + " (commit " + commit + ", built " + buildDate + ") on " + runtime.GOOS + "/" + runtime.GOARCH +
		" as uid " + strconv.Itoa(os.Getuid()) + "\n")
}
