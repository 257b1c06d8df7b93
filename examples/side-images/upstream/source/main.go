// The program of every component here: it says which it is, its version, and the machine that it was compiled for.
package main

import (
	"os"
	"runtime"
)

var name, version = "component", "unknown"

func main() {
	os.Stdout.WriteString(name + " " + version + " " + runtime.GOOS + "/" + runtime.GOARCH + "\n")
}
