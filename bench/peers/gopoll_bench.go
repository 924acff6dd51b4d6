// The peer that Go's readers are made of: GETs each URL of the file URLS with net/http, parses the
// answer with gofeed, and stores nothing. Prints how many entries there were. Built by `./dev bench
// poll` where golang-go and golang-github-mmcdole-gofeed-dev are installed.
package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"net/http"
	"os"
	"strconv"
	"sync"
	"sync/atomic"

	"github.com/mmcdole/gofeed"
)

func fail(err error) {
	fmt.Fprintln(os.Stderr, "gopoll_bench:", err)
	os.Exit(1)
}

func entries(client *http.Client, url string) int {
	response, err := client.Get(url)
	if err != nil {
		fail(err)
	}
	defer response.Body.Close()
	document, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		fail(fmt.Errorf("%s: %s %v", url, response.Status, err))
	}
	feed, err := gofeed.NewParser().Parse(bytes.NewReader(document))
	if err != nil {
		fail(fmt.Errorf("%s: %w", url, err))
	}
	return len(feed.Items)
}

// Usage: gopoll_bench URLS AT_ONCE
func main() {
	file, err := os.Open(os.Args[1])
	if err != nil {
		fail(err)
	}
	atOnce, err := strconv.Atoi(os.Args[2])
	if err != nil {
		fail(err)
	}
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	urls := make(chan string)
	var sum atomic.Int64
	var workers sync.WaitGroup
	for i := 0; i < atOnce; i++ {
		workers.Add(1)
		go func() {
			defer workers.Done()
			for url := range urls {
				sum.Add(int64(entries(client, url)))
			}
		}()
	}
	for lines := bufio.NewScanner(file); lines.Scan(); {
		urls <- lines.Text()
	}
	close(urls)
	workers.Wait()
	fmt.Println(sum.Load())
}
