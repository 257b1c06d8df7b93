// The program of every component in this example. It prints its name, its version, and the architecture that it was compiled for.
package main

import (
	"os"
	"runtime"
)

var name, version = "component", "unknown"

func main() {
	os.Stdout.WriteString(name + " " + version + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n")
}
