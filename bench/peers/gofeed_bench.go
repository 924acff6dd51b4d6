// The peer gofeed: reads all FILEs, parses each once on one core, prints the CPU seconds that the
// parsing took. Built by `./dev bench parse` where golang-go and golang-github-mmcdole-gofeed-dev
// are installed.
package main

import (
	"bytes"
	"fmt"
	"os"
	"runtime"
	"syscall"

	"github.com/mmcdole/gofeed"
)

func cpuSeconds() float64 {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		fail(err)
	}
	return float64(usage.Utime.Nano()+usage.Stime.Nano()) / 1e9
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "gofeed_bench:", err)
	os.Exit(1)
}

func main() {
	runtime.GOMAXPROCS(1)
	var documents [][]byte
	for _, name := range os.Args[1:] {
		document, err := os.ReadFile(name)
		if err != nil {
			fail(err)
		}
		documents = append(documents, document)
	}

	began := cpuSeconds()
	for i, document := range documents {
		if _, err := gofeed.NewParser().Parse(bytes.NewReader(document)); err != nil {
			fail(fmt.Errorf("%s: %w", os.Args[1+i], err))
		}
	}
	fmt.Println(cpuSeconds() - began)
}
